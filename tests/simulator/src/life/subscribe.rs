//! The start of a subscription: by an API call, by a checkout session, with or without a trial,
//! from now on, from a day in the past, or up to a day that its billing goes by.

use super::LifeError;
use super::collect::By;
use super::opening::Opening;
use super::orders::{CancelAt, NewSubscription, PaymentBehavior, ProrationBehavior, Start};
use super::payments::Attempt;
use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::model::invoice::{BillingReason, Line};
use crate::model::price::Price;
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::terms::{AnchorReset, Collection, SubscriptionSettings};
use crate::world::World;

/// How long a first invoice may stay unpaid.
const INCOMPLETE_SECONDS: i64 = 23 * 3_600;
/// How long before its end a trial's end is announced.
pub(super) const TRIAL_NOTICE_SECONDS: i64 = 3 * SECONDS_PER_DAY;

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
            Start::Api | Start::Schedule => self.begin(new, None, None),
            Start::Checkout => self.buy(new),
        }
    }

    /// The same, for a session that has been paid already where `prepaid` says so.
    pub(super) fn subscribe_prepaid(
        &mut self,
        new: &NewSubscription,
        prepaid: Option<Prepaid>,
    ) -> Result<String, LifeError> {
        self.begin(new, prepaid, None)
    }

    /// The same for a schedule.
    pub(super) fn subscribe_for(
        &mut self,
        new: &NewSubscription,
        schedule: &str,
    ) -> Result<String, LifeError> {
        self.begin(new, None, Some(schedule))
    }

    fn begin(
        &mut self,
        new: &NewSubscription,
        prepaid: Option<Prepaid>,
        schedule: Option<&str>,
    ) -> Result<String, LifeError> {
        self.live_customer(&new.customer, "customer")?;
        self.check_room(&new.customer)?;
        self.check_own_method(&new.customer, new.default_payment_method.as_deref())?;
        self.check_extras(&new.add_invoice_items)?;
        self.check_discounts(new)?;
        let opening = self.opening(new)?;
        let automatic = new.collection == Collection::Automatic;
        let must_pay = automatic && new.payment_behavior == PaymentBehavior::ErrorIfIncomplete;
        let method = new.default_payment_method.as_deref();
        if must_pay
            && opening.due > 0
            && let Some(declined) = self.would_fail(&new.customer, method)
        {
            return Err(declined);
        }
        let (due, trial_end) = (opening.due, opening.trial_end);
        let invoice = opening.invoices.then(|| self.ids.long("in_"));
        let waits = due > 0 && (automatic || self.rules.subscriptions.send_invoice_incomplete);
        let id = self.insert_subscription(new, opening);
        let discounts = self.redeem_for_subscription(&id, &new.discounts)?;
        let status = match (trial_end, new.start) {
            (Some(_), _) => Status::Trialing,
            (None, Start::Api) if waits => Status::Incomplete,
            (None, Start::Api | Start::Checkout | Start::Schedule) => Status::Active,
        };
        self.edit::<Subscription>(&id, |held| {
            held.status = status;
            held.latest_invoice.clone_from(&invoice);
            held.schedule = schedule.map(str::to_owned);
        });
        if let Some(prepaid) = &prepaid {
            let method = prepaid.method.clone();
            self.edit::<Subscription>(&id, |held| held.default_payment_method = method);
            self.discounts_of_session(&discounts, &prepaid.session);
            self.complete_for(&prepaid.session, &id, invoice.as_deref());
        }
        self.emit::<Subscription>("customer.subscription.created", &id);
        for discount in &discounts {
            self.announce_discount(discount);
        }
        self.add_extras(&id, &new.add_invoice_items);
        if let Some(invoice) = &invoice {
            self.first_invoice(&id, invoice.clone(), new);
        }
        self.plan_first_period(&id);
        let at_once = automatic && new.start != Start::Schedule;
        let Some(invoice) = invoice.filter(|_| at_once) else {
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

    /// Keeps a new subscription, which is incomplete at first.
    fn insert_subscription(&mut self, new: &NewSubscription, opening: Opening) -> String {
        let id = self.ids.long("sub_");
        let now = self.now;
        let Opening { anchor, items, trial_end, .. } = opening;
        let currency = self.currency_of(&items);
        let ends = match (new.cancel_at_period_end, new.cancel_at) {
            (true, _) => Some(true),
            (false, Some(CancelAt::Never) | None) => None,
            (false, Some(_)) => Some(false),
        };
        let cancel_at = match ends {
            Some(true) => end_of(&items, CancelAt::MaxPeriodEnd),
            Some(false) => new.cancel_at.and_then(|at| end_of(&items, at)),
            None => None,
        };
        let settings = new.settings.clone();
        let subscription = Subscription {
            id: id.clone(),
            created: now,
            billing_cycle_anchor: anchor,
            billing_mode: new.billing_mode,
            billing_mode_since: now,
            cancel_at,
            cancel_at_period_end: ends == Some(true),
            canceled_at: ends.map(|_| now),
            cancellation_comment: None,
            cancellation_feedback: None,
            cancellation_reason: ends.map(|_| "cancellation_requested"),
            collection: new.collection,
            currency,
            customer: new.customer.clone(),
            default_payment_method: new.default_payment_method.clone(),
            description: new.description.clone(),
            discounts: Vec::new(),
            ended_at: None,
            items,
            latest_invoice: None,
            metadata: new.metadata.clone(),
            pause_collection: None,
            paused: None,
            pending_update: None,
            schedule: None,
            settings: (settings != SubscriptionSettings::default()).then(|| Box::new(settings)),
            start_date: new.backdate_start_date.unwrap_or(now),
            status: Status::Incomplete,
            trial_end,
            trial_settings: new.trial_settings,
            trial_start: trial_end.map(|_| now),
        };
        self.subscriptions.insert(&id, subscription);
        self.subscriptions_of.entry(new.customer.clone()).or_default().push(id.clone());
        id
    }

    /// Keeps a subscription that is there without having begun.
    pub(super) fn seed_subscription(&mut self, new: &NewSubscription, items: Vec<Item>) -> String {
        let opening = Opening { anchor: self.now, items, trial_end: None, due: 0, invoices: false };
        self.insert_subscription(new, opening)
    }

    fn first_invoice(&mut self, subscription: &str, id: String, new: &NewSubscription) {
        let Some(held) = self.subscriptions.get(subscription).cloned() else {
            return;
        };
        let mut lines = self.take_pending_lines(&held);
        for item in &held.items {
            if held.trial_end.is_some() {
                lines.extend(self.advance_lines(&held, item, true));
                continue;
            }
            if let Some(start) = new.backdate_start_date
                && new.proration != ProrationBehavior::None
            {
                let amount = self.past_cost(item, start, self.now);
                lines.extend(self.part_line(&held, item, (start, self.now), amount));
            }
            match self.first_rest(item, held.billing_cycle_anchor) {
                None => lines.extend(self.advance_lines(&held, item, false)),
                Some(rest) => {
                    let charges = new.proration != ProrationBehavior::None;
                    let whole = self.cost(item, &held.currency);
                    let amount = if charges { rest.share(whole) } else { 0 };
                    let period = (rest.start, rest.end);
                    lines.extend(self.part_line(&held, item, period, amount));
                }
            }
        }
        let now = self.now;
        self.make_invoice(&held, id, BillingReason::Create, lines, (now, now));
    }

    /// The line that bills an item for a part of a period; none for what is metered.
    pub(super) fn part_line(
        &mut self,
        of: &Subscription,
        item: &Item,
        (start, end): (i64, i64),
        amount: i64,
    ) -> Option<Line> {
        let part = Item { current_period_start: start, current_period_end: end, ..item.clone() };
        let mut line = self.advance_lines(of, &part, false).into_iter().next()?;
        line.amount = amount;
        line.proration = true;
        Some(line)
    }

    fn plan_first_period(&mut self, id: &str) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        let first_end = held.items.iter().map(|item| item.current_period_end).min();
        let cancel_at = held.cancel_at.filter(|_| !held.cancel_at_period_end);
        let (incomplete, trial_end) = (held.status == Status::Incomplete, held.trial_end);
        let subscription = || id.to_owned();
        if let Some(end) = first_end {
            self.plan_period_end(id, end);
        }
        if incomplete {
            let task = Task::IncompleteExpires { subscription: subscription() };
            self.agenda.plan(self.now + INCOMPLETE_SECONDS, task);
        }
        if let Some(end) = trial_end {
            let notice = (end - TRIAL_NOTICE_SECONDS).max(self.now);
            self.agenda.plan(notice, Task::TrialWillEnd { subscription: subscription() });
        }
        if let Some(at) = cancel_at {
            self.agenda.plan(at, Task::CancelAt { subscription: subscription() });
        }
    }

    /// Plans what the end of a period brings, and what comes some days before it.
    pub(super) fn plan_period_end(&mut self, id: &str, end: i64) {
        self.agenda.plan(end, Task::PeriodEnd { subscription: id.to_owned() });
        if let Some(days) = self.rules.subscriptions.upcoming_days {
            let notice = end - days * SECONDS_PER_DAY;
            if notice > self.now {
                self.agenda.plan(notice, Task::Upcoming { subscription: id.to_owned() });
            }
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
        self.end_incomplete(id);
        if let Some(invoice) = invoice {
            self.void(&invoice);
        }
    }

    /// An incomplete subscription is given up.
    pub(super) fn end_incomplete(&mut self, id: &str) {
        let now = self.now;
        self.update::<Subscription>("customer.subscription.updated", id, |held| {
            held.status = Status::IncompleteExpired;
            held.canceled_at = Some(now);
            held.ended_at = Some(now);
        });
    }
}

/// The second that an appointed end means for these items.
pub(super) fn end_of(items: &[Item], at: CancelAt) -> Option<i64> {
    let ends = items.iter().map(|item| item.current_period_end);
    match at {
        CancelAt::At(second) => Some(second),
        CancelAt::MinPeriodEnd => ends.min(),
        CancelAt::MaxPeriodEnd => ends.max(),
        CancelAt::Never => None,
    }
}

/// Whether the anchor is moved to the end of a trial.
pub(super) fn trial_moves_anchor(held: &Subscription) -> bool {
    match held.trial_settings.anchor {
        Some(AnchorReset::Now) => true,
        Some(AnchorReset::Unchanged) => false,
        // An anchor of the caller's own is kept.
        None => held.trial_end.is_some_and(|end| end >= held.billing_cycle_anchor),
    }
}
