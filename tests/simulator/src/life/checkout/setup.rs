//! Sessions that save a payment method: those that are for nothing else, and those of a trial.

use super::visit::PayBy;
use crate::life::LifeError;
use crate::life::payments::NewSetup;
use crate::model::checkout::{CheckoutSession, Paid, Payer};
use crate::model::setup_intent::{SetupIntent, SetupStatus};
use crate::world::World;

impl World {
    /// Makes a method ready for the charges after a trial.
    pub(super) fn save_at_checkout(
        &mut self,
        held: &CheckoutSession,
        by: &PayBy,
        payer: &Payer,
    ) -> Result<String, LifeError> {
        let method = self.method_at_checkout(held, by, payer)?;
        let customer = self.known_checkout(&held.id)?.offer.customer.clone();
        let owner = self.payment_methods.get(&method).and_then(|held| held.customer.clone());
        if owner.is_some() && owner == customer {
            return Ok(method);
        }
        let setup = self.setup_at_checkout(held, customer);
        self.confirm_setup_intent(&setup, Some(method.clone()), None)?;
        // The visitor of a trial is taken to pass whatever the bank asks for.
        let asks = |held: &SetupIntent| held.status == SetupStatus::RequiresAction;
        if self.setup_intents.get(&setup).is_some_and(asks) {
            self.authenticate_setup_intent(&setup, true)?;
        }
        Ok(method)
    }

    fn setup_at_checkout(&mut self, held: &CheckoutSession, customer: Option<String>) -> String {
        let data = held.offer.intent_data.clone();
        self.create_setup_intent(NewSetup {
            checkout_session: Some(held.id.clone()),
            customer,
            description: data.description,
            metadata: data.metadata,
            method_types: ["card", "sepa_debit", "us_bank_account"].map(str::to_owned).to_vec(),
            ..NewSetup::default()
        })
    }

    pub(super) fn set_up_at_checkout(
        &mut self,
        held: &CheckoutSession,
        payer: Payer,
        method: &str,
    ) -> Result<(), LifeError> {
        let customer = self.customer_at_checkout(held, &payer);
        let setup = match held.setup_intent.clone() {
            Some(setup) => setup,
            None => self.setup_at_checkout(held, customer),
        };
        let told = payer.clone();
        self.edit::<CheckoutSession>(&held.id, |held| {
            held.payer = Some(told);
            held.setup_intent = Some(setup.clone());
        });
        self.confirm_setup_intent(&setup, Some(method.to_owned()), None)?;
        let status = self.setup_intents.get(&setup).map(|held| held.status);
        if status == Some(SetupStatus::RequiresAction) {
            return Err(LifeError::NeedsAction { intent: setup });
        }
        self.set_up_done(&held.id, payer)
    }

    pub(super) fn set_up_done(&mut self, id: &str, payer: Payer) -> Result<(), LifeError> {
        self.open_session(id)?;
        self.finish(id, payer, Paid::NotRequired);
        Ok(())
    }
}
