//! Sessions that sell a subscription and were opened by a version before 2025-03-31.basil: the
//! subscription is made with the first attempt to pay, as `incomplete`, and a declined attempt
//! leaves it so. From then on it expires like any other.

use crate::life::LifeError;
use crate::life::orders::{PaymentBehavior, Start};
use crate::model::checkout::{CheckoutSession, Paid, Payer};
use crate::model::payment_intent::{IntentStatus, PaymentIntent};
use crate::model::subscription::Subscription;
use crate::world::World;

impl World {
    /// Makes the subscription, unless an earlier attempt did, and pays its first invoice.
    pub(super) fn subscribe_then_pay(
        &mut self,
        held: &CheckoutSession,
        payer: Payer,
        method: &str,
    ) -> Result<(), LifeError> {
        let (subscription, invoice) = match (held.subscription.clone(), held.invoice.clone()) {
            (Some(subscription), Some(invoice)) => (subscription, invoice),
            _ => self.begin_unpaid(held, &payer)?,
        };
        let told = Some(payer.clone());
        self.edit::<CheckoutSession>(&held.id, |held| held.payer = told);
        self.pay_invoice_by(&invoice, Some(method.to_owned()), false, false)?;
        self.complete_paid(&held.id, payer, &subscription, &invoice, method);
        Ok(())
    }

    /// What was paid by a visitor who came back from 3D Secure.
    pub(super) fn authenticate_before_basil(
        &mut self,
        held: &CheckoutSession,
        payer: Payer,
        intent: &str,
        passes: bool,
    ) -> Result<(), LifeError> {
        let method = self.payment_intents.get(intent).and_then(|held| held.method.clone());
        self.authenticate_intent(intent, passes)?;
        let named = held.subscription.as_deref().zip(held.invoice.as_deref()).zip(method);
        if let (Some(((subscription, invoice), method)), true) = (named, passes) {
            self.complete_paid(&held.id, payer, subscription, invoice, &method);
        }
        Ok(())
    }

    fn begin_unpaid(
        &mut self,
        held: &CheckoutSession,
        payer: &Payer,
    ) -> Result<(String, String), LifeError> {
        self.customer_at_checkout(held, payer);
        let known = self.known_checkout(&held.id)?.clone();
        let mut new = self.subscription_wished(&known);
        new.start = Start::Api;
        new.payment_behavior = PaymentBehavior::DefaultIncomplete;
        let subscription = self.subscribe(&new)?;
        let invoice =
            self.subscriptions.get(&subscription).and_then(|it| it.latest_invoice.clone());
        let invoice = invoice.unwrap_or_default();
        let intent = self.invoices.get(&invoice).and_then(|held| held.payment_intent.clone());
        if let Some(intent) = &intent {
            let session = Some(held.id.clone());
            self.edit::<PaymentIntent>(intent, |held| held.checkout_session = session);
        }
        self.edit::<CheckoutSession>(&held.id, |held| {
            held.hidden_intent = intent;
            held.invoice = Some(invoice.clone());
            held.subscription = Some(subscription.clone());
        });
        Ok((subscription, invoice))
    }

    fn complete_paid(
        &mut self,
        id: &str,
        payer: Payer,
        subscription: &str,
        invoice: &str,
        method: &str,
    ) {
        let intent = self.invoices.get(invoice).and_then(|held| held.payment_intent.as_ref());
        let debits = intent
            .and_then(|id| self.payment_intents.get(id))
            .is_some_and(|held| held.status == IntentStatus::Processing);
        let method = Some(method.to_owned());
        self.update::<Subscription>("customer.subscription.updated", subscription, |held| {
            held.default_payment_method = method;
        });
        self.edit::<CheckoutSession>(id, |held| {
            held.paid = if debits { Paid::NotYet } else { Paid::Yes };
            held.payer = Some(payer);
        });
        self.complete_for(id, subscription, Some(invoice));
    }
}
