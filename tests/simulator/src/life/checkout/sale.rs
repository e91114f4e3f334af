//! The subscription that a checkout session sells: what it will be like, and its making once the
//! session is paid or asks for no payment.

use super::discounts::wishes_of;
use crate::life::LifeError;
use crate::life::orders::{NewItem, NewSubscription, ProrationBehavior, Start};
use crate::life::subscribe::Prepaid;
use crate::model::checkout::{CheckoutLine, CheckoutSession, Paid, Payer, SessionStatus};
use crate::world::World;

impl World {
    /// The subscription that a session sells.
    pub(super) fn subscription_wished(&self, held: &CheckoutSession) -> NewSubscription {
        let data = held.offer.subscription_data.clone();
        let item = |line: &CheckoutLine| NewItem {
            metadata: line.metadata.clone(),
            price: line.price.clone(),
            quantity: line.quantity,
        };
        let recurs = |line: &&CheckoutLine| {
            self.prices.get(&line.price).is_some_and(|price| price.recurring.is_some())
        };
        let trial_end = self.trial_end_of(held);
        let anchor = data.billing_cycle_anchor.filter(|anchor| *anchor > self.now);
        NewSubscription {
            add_invoice_items: held.lines.iter().filter(|line| !recurs(line)).map(item).collect(),
            billing_cycle_anchor: anchor,
            billing_mode: data.billing_mode,
            customer: held.offer.customer.clone().unwrap_or_default(),
            description: data.description,
            discounts: wishes_of(&held.offer),
            items: held.lines.iter().filter(recurs).map(item).collect(),
            metadata: data.metadata,
            proration: if data.skips_proration {
                ProrationBehavior::None
            } else {
                ProrationBehavior::CreateProrations
            },
            start: Start::Checkout,
            trial_end,
            trial_settings: data.trial_settings,
            ..NewSubscription::default()
        }
    }

    pub(super) fn subscribe_at_checkout(
        &mut self,
        id: &str,
        payer: Payer,
        prepaid: Prepaid,
    ) -> Result<(), LifeError> {
        let held = self.known_checkout(id)?.clone();
        let new = self.subscription_wished(&held);
        self.edit::<CheckoutSession>(id, |held| held.payer = Some(payer));
        if prepaid.payment.is_none() {
            self.edit::<CheckoutSession>(id, |held| held.paid = Paid::NotRequired);
        }
        self.subscribe_prepaid(&new, Some(prepaid)).map(|_| ())
    }

    /// The session of a subscription that is being made is complete. `payment_status` was set by
    /// whoever paid.
    pub(in crate::life) fn complete_for(
        &mut self,
        id: &str,
        subscription: &str,
        invoice: Option<&str>,
    ) {
        self.edit::<CheckoutSession>(id, |held| {
            held.status = SessionStatus::Complete;
            held.subscription = Some(subscription.to_owned());
            held.invoice = invoice.map(str::to_owned);
        });
        self.emit::<CheckoutSession>("checkout.session.completed", id);
    }
}
