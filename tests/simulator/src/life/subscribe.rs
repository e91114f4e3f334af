//! The start of a subscription: by an API call, by a checkout session, with or without a trial.

use super::LifeError;
use super::collect::By;
use super::orders::{NewItem, NewSubscription, PaymentBehavior, Start};
use super::payments::Attempt;
use crate::agenda::Task;
use crate::calendar::{SECONDS_PER_DAY, next_boundary};
use crate::model::invoice::BillingReason;
use crate::model::price::{Interval, Price};
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

/// How long a first invoice may stay unpaid.
const INCOMPLETE_SECONDS: i64 = 23 * 3_600;
/// How long before its end a trial's end is announced.
const TRIAL_NOTICE_SECONDS: i64 = 3 * SECONDS_PER_DAY;

/// What a checkout session has done before the subscription is made.
pub(super) struct Prepaid {
    /// The method that the subscription is paid by.
    pub(super) method: Option<String>,
    /// The intent that pays the first invoice, and what its attempt came to.
    pub(super) payment: Option<(String, Attempt)>,
    pub(super) session: String,
}

impl World {
    /// Starts a subscription. A declined payment leaves it `incomplete`, which is no error, except
    /// where the caller or a checkout makes it one: then nothing is made.
    pub(crate) fn subscribe(&mut self, new: &NewSubscription) -> Result<String, LifeError> {
        match new.start {
            Start::Api => self.subscribe_prepaid(new, None),
            Start::Checkout => self.buy(new),
        }
    }

    /// The same, for a session that has been paid already where `prepaid` says so.
    pub(super) fn subscribe_prepaid(
        &mut self,
        new: &NewSubscription,
        prepaid: Option<Prepaid>,
    ) -> Result<String, LifeError> {
        self.live_customer(&new.customer, "customer")?;
        let method = self.paying_method(&new.customer, None);
        self.check_discounts(new)?;
        let trial_end = new.trial_end.filter(|end| *end > self.now);
        let items = self.first_items(&new.items, trial_end)?;
        let due = self.first_due(new, &items, trial_end.is_some());
        let pays = due == 0 || self.would_pay(&new.customer, method.as_deref());
        let must_pay = new.payment_behavior == PaymentBehavior::ErrorIfIncomplete;
        if must_pay && !pays {
            let decline = self.would_decline(method.as_deref());
            return Err(LifeError::Declined { charge: None, decline, intent: None });
        }
        let licenses = items.iter().any(|item| item.quantity.is_some());
        let id = self.insert_subscription(new, items, trial_end);
        let discounts = self.redeem_for_subscription(&id, &new.discounts)?;
        // What is metered is billed in arrears: where nothing else is sold there is no first invoice.
        let invoices = due > 0 || licenses;
        let invoice = invoices.then(|| self.ids.long("in_"));
        let status = match (trial_end, new.start) {
            (Some(_), _) => Status::Trialing,
            (None, Start::Checkout) => Status::Active,
            (None, Start::Api) if due == 0 => Status::Active,
            (None, Start::Api) => Status::Incomplete,
        };
        self.edit::<Subscription>(&id, |held| {
            held.status = status;
            held.latest_invoice.clone_from(&invoice);
        });
        if let Some(prepaid) = &prepaid {
            let method = prepaid.method.clone();
            self.edit::<Subscription>(&id, |held| held.default_payment_method = method);
            self.complete_for(&prepaid.session, &id, invoice.as_deref());
        }
        self.emit::<Subscription>("customer.subscription.created", &id);
        for discount in &discounts {
            self.announce_discount(discount);
        }
        if let Some(invoice) = &invoice {
            self.first_invoice(&id, invoice.clone(), trial_end);
        }
        self.plan_first_period(&id, trial_end);
        let Some(invoice) = invoice else {
            return Ok(id);
        };
        if let Some((intent, attempt)) = prepaid.and_then(|prepaid| prepaid.payment) {
            self.adopt_payment(&invoice, &intent);
            self.finalize(&invoice);
            self.after_invoice_attempt(&invoice, &intent, attempt, By::Caller);
            return Ok(id);
        }
        self.finalize(&invoice);
        let asked = new.payment_behavior == PaymentBehavior::DefaultIncomplete;
        if due > 0 && !asked {
            self.collect(&invoice, true);
        }
        Ok(id)
    }

    /// What the first invoice will be about: what waits on the customer, and unless a trial comes
    /// first what is billed in advance, without what discounts take from that.
    fn first_due(&self, new: &NewSubscription, items: &[Item], is_trial: bool) -> i64 {
        let currency = self.currency_of(items);
        let waiting = self.waiting(&new.customer, &currency, None);
        let waits: i64 = waiting.iter().map(|item| item.amount).sum();
        if is_trial {
            return waits.max(0);
        }
        let costs: Vec<(&str, i64)> =
            items.iter().map(|item| (item.price.as_str(), self.advance_cost(item))).collect();
        (waits + self.left_by_discounts(&new.customer, &new.discounts, &currency, &costs)).max(0)
    }

    /// The currency of a subscription to these items.
    fn currency_of(&self, items: &[Item]) -> String {
        let price = items.first().and_then(|item| self.prices.get(&item.price));
        price.map_or_else(|| "usd".to_owned(), |price| price.currency.clone())
    }

    fn first_items(
        &mut self,
        wanted: &[NewItem],
        trial_end: Option<i64>,
    ) -> Result<Vec<Item>, LifeError> {
        let invalid =
            |message: &str| LifeError::Invalid { param: "items", message: message.to_owned() };
        if wanted.is_empty() {
            return Err(invalid("at least one item is needed"));
        }
        let mut currency = None;
        for item in wanted {
            let price = self.sellable_price(&item.price)?;
            if *currency.get_or_insert_with(|| price.currency.clone()) != price.currency {
                return Err(invalid("all prices of a subscription have one currency"));
            }
        }
        Ok(wanted
            .iter()
            .map(|item| {
                let end = trial_end.unwrap_or_else(|| self.period_end(&item.price, self.now));
                self.new_item(&item.price, item.quantity, (self.now, end))
            })
            .collect())
    }

    /// A price that a subscription item may name.
    pub(super) fn sellable_price(&self, id: &str) -> Result<&Price, LifeError> {
        let price = self.known_price(id, "items")?;
        let fault = match (price.active, &price.recurring) {
            (true, Some(_)) => return Ok(price),
            (false, _) => format!("The price specified is inactive: {id}."),
            (true, None) => format!("The price specified is set to `type=one_time`: {id}."),
        };
        Err(LifeError::Invalid { param: "items", message: fault })
    }

    pub(super) fn new_item(
        &mut self,
        price: &str,
        quantity: Option<i64>,
        (start, end): (i64, i64),
    ) -> Item {
        let metered = self.prices.get(price).is_some_and(Price::is_metered);
        Item {
            id: self.ids.short("si_"),
            created: self.now,
            current_period_start: start,
            current_period_end: end,
            discounts: Vec::new(),
            metadata: crate::model::Metadata::new(),
            price: price.to_owned(),
            quantity: if metered { None } else { Some(quantity.unwrap_or(1)) },
        }
    }

    /// The end of the first period of a price that is begun at `anchor`.
    pub(super) fn period_end(&self, price: &str, anchor: i64) -> i64 {
        let (interval, count) = self.rhythm(price);
        next_boundary(anchor, interval, count, anchor)
    }

    /// How often a price recurs.
    pub(super) fn rhythm(&self, price: &str) -> (Interval, i64) {
        self.prices
            .get(price)
            .and_then(|price| price.recurring.as_ref())
            .map_or((Interval::Month, 1), |rhythm| (rhythm.interval, rhythm.interval_count))
    }

    pub(super) fn insert_subscription(
        &mut self,
        new: &NewSubscription,
        items: Vec<Item>,
        trial_end: Option<i64>,
    ) -> String {
        let id = self.ids.long("sub_");
        let now = self.now;
        let currency = self.currency_of(&items);
        let period_end = items.iter().map(|item| item.current_period_end).max();
        let ends = new.cancel_at_period_end;
        let subscription = Subscription {
            id: id.clone(),
            created: now,
            billing_cycle_anchor: trial_end.unwrap_or(now),
            cancel_at: if ends { period_end } else { None },
            cancel_at_period_end: ends,
            canceled_at: ends.then_some(now),
            cancellation_comment: None,
            cancellation_feedback: None,
            cancellation_reason: ends.then_some("cancellation_requested"),
            currency,
            customer: new.customer.clone(),
            default_payment_method: None,
            description: new.description.clone(),
            discounts: Vec::new(),
            ended_at: None,
            items,
            latest_invoice: None,
            metadata: new.metadata.clone(),
            status: Status::Incomplete,
            trial_end,
            trial_start: trial_end.map(|_| now),
        };
        self.subscriptions.insert(&id, subscription);
        self.subscriptions_of.entry(new.customer.clone()).or_default().push(id.clone());
        id
    }

    fn first_invoice(&mut self, subscription: &str, id: String, trial_end: Option<i64>) {
        let Some(held) = self.subscriptions.get(subscription).cloned() else {
            return;
        };
        let mut lines = self.take_pending_lines(&held);
        for item in &held.items {
            lines.extend(self.advance_lines(&held, item, trial_end.is_some()));
        }
        let now = self.now;
        self.make_invoice(&held, id, BillingReason::Create, lines, (now, now));
    }

    fn plan_first_period(&mut self, id: &str, trial_end: Option<i64>) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        let first_end = held.items.iter().map(|item| item.current_period_end).min();
        let incomplete = held.status == Status::Incomplete;
        let subscription = || id.to_owned();
        if let Some(end) = first_end {
            self.agenda.plan(end, Task::PeriodEnd { subscription: subscription() });
        }
        if incomplete {
            let task = Task::IncompleteExpires { subscription: subscription() };
            self.agenda.plan(self.now + INCOMPLETE_SECONDS, task);
        }
        if let Some(end) = trial_end {
            let notice = (end - TRIAL_NOTICE_SECONDS).max(self.now);
            self.agenda.plan(notice, Task::TrialWillEnd { subscription: subscription() });
        }
    }

    pub(crate) fn announce_trial_end(&mut self, id: &str) {
        let trialing = self.subscriptions.get(id).is_some_and(|s| s.status == Status::Trialing);
        if trialing {
            self.emit::<Subscription>("customer.subscription.trial_will_end", id);
        }
    }

    /// Ends a subscription whose first invoice was never paid.
    pub(crate) fn expire_incomplete(&mut self, id: &str) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        if held.status != Status::Incomplete {
            return;
        }
        let invoice = held.latest_invoice.clone();
        let now = self.now;
        self.update::<Subscription>("customer.subscription.updated", id, |held| {
            held.status = Status::IncompleteExpired;
            held.canceled_at = Some(now);
            held.ended_at = Some(now);
        });
        if let Some(invoice) = invoice {
            self.void(&invoice);
        }
    }
}
