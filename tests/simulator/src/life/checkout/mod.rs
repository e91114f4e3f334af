//! Checkout sessions: offered, priced, expired. What a visitor of the page does is in `visit`.
//!
//! A session is open until it is completed or expires, which it does by itself at the latest
//! 24 hours after it was made. Nobody is charged and no subscription is made before a visitor
//! pays.

mod before_basil;
mod discounts;
mod sale;
mod setup;
pub(crate) mod visit;

use super::LifeError;
use super::orders::NewSubscription;
use super::rating;
use crate::agenda::Task;
use crate::model::Metadata;
use crate::model::checkout::{
    Adjustable, CheckoutLine, CheckoutSession, Mode, Offer, Paid, SessionStatus, UiMode,
};
use crate::model::decimal::Decimal;
use crate::model::price::Price;
use crate::world::World;

/// How long a session stays open where nothing else is asked for.
pub(crate) const OPEN_SECONDS: i64 = 24 * 3_600;

/// A line to offer. Its price exists and fits the mode.
#[derive(Clone, Debug)]
pub(crate) struct LineWish {
    pub(crate) adjustable: Option<Adjustable>,
    pub(crate) metadata: Metadata,
    pub(crate) price: String,
    pub(crate) quantity: Option<i64>,
}

impl World {
    /// Opens a session.
    pub(crate) fn open_checkout(
        &mut self,
        offer: Offer,
        wishes: Vec<LineWish>,
        expires_at: Option<i64>,
    ) -> String {
        let id = self.ids.long("cs_test_");
        let lines = wishes.into_iter().map(|wish| CheckoutLine {
            id: self.ids.long("li_"),
            adjustable: wish.adjustable,
            metadata: wish.metadata,
            price: wish.price,
            quantity: wish.quantity,
            subtotal: 0,
            discount: 0,
        });
        let lines: Vec<CheckoutLine> = lines.collect();
        let secret = match offer.ui_mode {
            UiMode::HostedPage => None,
            UiMode::Elements | UiMode::EmbeddedPage | UiMode::Form => {
                Some(format!("{id}_secret_{}", self.ids.long("")))
            }
        };
        let expires_at = expires_at.unwrap_or(self.now + OPEN_SECONDS);
        let mut session = CheckoutSession {
            id: id.clone(),
            created: self.now,
            client_secret: secret,
            expires_at,
            hidden_intent: None,
            invoice: None,
            lines,
            offer,
            paid: Paid::NotYet,
            payer: None,
            payment_intent: None,
            setup_intent: None,
            status: SessionStatus::Open,
            subscription: None,
        };
        self.reckon(&mut session);
        let begins_early = session.offer.begins_early;
        self.checkout_sessions.insert(&id, session);
        if begins_early {
            self.begin_payment_early(&id);
        }
        self.agenda.plan(expires_at, Task::ExpireCheckout { session: id.clone() });
        id
    }

    /// Opens a session for a subscription, by the simulator's own library.
    pub(super) fn open_checkout_for(&mut self, new: &NewSubscription) -> String {
        let metered = |price: &str| self.prices.get(price).is_some_and(Price::is_metered);
        let lines = new.items.iter().map(|item| LineWish {
            adjustable: None,
            metadata: Metadata::new(),
            price: item.price.clone(),
            quantity: (!metered(&item.price)).then(|| item.quantity.unwrap_or(1)),
        });
        let lines = lines.collect();
        let first = new.items.first().and_then(|item| self.prices.get(&item.price));
        let mut offer = Offer::plain(Mode::Subscription);
        offer.currency = first.map(|price| price.currency.clone());
        offer.customer = Some(new.customer.clone());
        offer.subscription_data.description.clone_from(&new.description);
        offer.subscription_data.metadata.clone_from(&new.metadata);
        offer.subscription_data.trial_end = new.trial_end;
        offer.success_url = Some("http://localhost/done".to_owned());
        self.open_checkout(offer, lines, None)
    }

    /// Works out what is due for each line now, and whether anything is.
    pub(super) fn reckon(&self, session: &mut CheckoutSession) {
        let trials =
            session.offer.mode == Mode::Subscription && self.trial_end_of(session).is_some();
        let data = &session.offer.subscription_data;
        let (anchor, skips) = (data.billing_cycle_anchor, data.skips_proration);
        let anchor = anchor.filter(|anchor| *anchor > self.now);
        for line in &mut session.lines {
            let price = self.prices.get(&line.price);
            let recurs = price.is_some_and(|price| price.recurring.is_some());
            line.subtotal = match anchor.filter(|_| recurs) {
                _ if trials && recurs => 0,
                Some(_) if skips => 0,
                Some(anchor) => self.cost_until(&line.price, line.quantity, anchor),
                None => self.period_cost(&line.price, line.quantity.unwrap_or(0)),
            };
        }
        let costs: Vec<(&str, i64)> =
            session.lines.iter().map(|line| (line.price.as_str(), line.subtotal)).collect();
        let left = self.left_at_checkout(&session.offer, &costs);
        for (line, left) in session.lines.iter_mut().zip(left) {
            line.discount = line.subtotal - left;
        }
        let free = session.total() == 0 || session.offer.mode == Mode::Setup;
        session.paid = if free { Paid::NotRequired } else { Paid::NotYet };
    }

    /// What a quantity of a price costs for one period; nothing where it is billed by usage.
    pub(crate) fn period_cost(&self, price: &str, quantity: i64) -> i64 {
        let price = self.prices.get(price).filter(|price| !price.is_metered());
        let quantity = Decimal::whole(quantity);
        price.map_or(0, |price| rating::amount(price, &price.currency, quantity))
    }

    /// The second at which the trial would end if the session were completed now.
    pub(crate) fn trial_end_of(&self, session: &CheckoutSession) -> Option<i64> {
        let data = &session.offer.subscription_data;
        let days = data.trial_days.map(|days| self.now.saturating_add(days.saturating_mul(86_400)));
        days.or(data.trial_end).filter(|end| *end > self.now)
    }

    /// Ends an open session by request.
    pub(crate) fn expire_checkout(&mut self, id: &str) -> Result<(), LifeError> {
        let status = self.known_checkout(id)?.status;
        if status != SessionStatus::Open {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
                 Session has a status of `{}`.",
                status.as_str()
            );
            return Err(LifeError::NotNow { code: None, message });
        }
        self.close(id);
        Ok(())
    }

    /// Ends a session that nobody completed in time.
    pub(crate) fn expire_checkout_when_due(&mut self, id: &str) {
        let due = self
            .checkout_sessions
            .get(id)
            .is_some_and(|held| held.status == SessionStatus::Open && held.expires_at <= self.now);
        if due {
            self.close(id);
        }
    }

    fn close(&mut self, id: &str) {
        self.edit::<CheckoutSession>(id, |held| held.status = SessionStatus::Expired);
        self.emit::<CheckoutSession>("checkout.session.expired", id);
    }

    pub(crate) fn known_checkout(&self, id: &str) -> Result<&CheckoutSession, LifeError> {
        self.checkout_sessions.get(id).ok_or_else(|| LifeError::Missing {
            kind: "checkout.session",
            id: id.to_owned(),
            param: "id",
        })
    }
}
