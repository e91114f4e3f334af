//! A subscription is paused: it makes no invoices and begins no periods until it is resumed. A
//! resumption that asks for money waits for its invoice, 23 hours at most.

use super::LifeError;
use super::orders::{Pause, ProrationBehavior, Resume, UnusedTimeFrom};
use crate::agenda::Task;
use crate::model::decimal::Decimal;
use crate::model::invoice::{BillingReason, Invoice, InvoiceItem, Line};
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::terms::{AnchorReset, BillingMode, Collection, PauseReason, Paused, Resumption};
use crate::world::World;

/// How long a resumption waits for its payment.
const WAITS_SECONDS: i64 = 23 * 3_600;
const UPDATED: &str = "customer.subscription.updated";

impl World {
    pub(crate) fn pause_subscription(&mut self, id: &str, how: Pause) -> Result<(), LifeError> {
        let held = self.known_subscription(id)?.clone();
        let refused =
            |message: &str| Err(LifeError::NotNow { code: None, message: message.to_owned() });
        match held.status {
            Status::Active | Status::Trialing | Status::PastDue => {}
            Status::Incomplete
            | Status::IncompleteExpired
            | Status::Canceled
            | Status::Unpaid
            | Status::Paused => {
                return refused(
                    "Only subscriptions that are active, trialing or past due can be paused.",
                );
            }
        }
        if !held.billing_mode.is_flexible() {
            return refused("Only subscriptions with flexible billing mode can be paused.");
        }
        if held.schedule.is_some() {
            return refused("Subscriptions that are managed by a schedule cannot be paused.");
        }
        if held.collection != Collection::Automatic {
            return refused("Only subscriptions that are charged automatically can be paused.");
        }
        let credits =
            held.status != Status::Trialing && how.unused_time_from != UnusedTimeFrom::Nowhere;
        self.become_paused(id, PauseReason::Requested, credits);
        if credits {
            for item in &held.items {
                self.credit_unused(&held, item, how.unused_time_from);
            }
        }
        if !how.skips_usage && held.status != Status::Trialing {
            for item in &held.items {
                let used = (item.current_period_start, self.now);
                for line in self.usage_lines(&held, item, used) {
                    self.keep_for_later(&held, line);
                }
            }
        }
        if how.invoice_now {
            self.invoice_waiting(id);
        }
        Ok(())
    }

    fn credit_unused(&mut self, of: &Subscription, item: &Item, from: UnusedTimeFrom) {
        let start = match from {
            UnusedTimeFrom::Now | UnusedTimeFrom::Nowhere => self.now,
            UnusedTimeFrom::ItemPeriodStart => item.current_period_start,
        };
        self.prorate(of, item, self.rest_of(item, of.billing_cycle_anchor, start), -1);
    }

    /// Has a line wait for the next invoice.
    pub(super) fn keep_for_later(&mut self, of: &Subscription, line: Line) {
        if line.amount == 0 {
            return;
        }
        let item = InvoiceItem {
            id: self.ids.long("ii_"),
            date: self.now,
            amount: line.amount,
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            deleted: false,
            description: line.description,
            discountable: line.discountable,
            discounts: line.discounts,
            invoice: None,
            metadata: line.metadata,
            period_start: line.period_start,
            period_end: line.period_end,
            price: line.price,
            proration: line.proration,
            quantity: line.quantity.unwrap_or(Decimal::ZERO),
            subscription: line.subscription,
            subscription_item: line.subscription_item,
            unit_amount: line.unit_amount,
        };
        self.add_pending(item);
    }

    /// Invoices at once what waits for a subscription's next invoice.
    pub(super) fn invoice_waiting(&mut self, id: &str) {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let lines = self.take_pending_lines(&held);
        if lines.is_empty() {
            return;
        }
        let invoice = self.ids.long("in_");
        let period = (self.now, self.now);
        self.make_invoice(&held, invoice.clone(), BillingReason::Update, lines, period);
        self.update::<Subscription>(UPDATED, id, |held| {
            held.latest_invoice = Some(invoice.clone());
        });
        self.finalize(&invoice);
        self.collect(&invoice, true);
    }

    /// A subscription is paused from now on.
    pub(super) fn become_paused(&mut self, id: &str, reason: PauseReason, credited: bool) {
        let since = self.now;
        let before = self.portrait::<Subscription>(id);
        self.edit::<Subscription>(id, |held| {
            held.status = Status::Paused;
            held.paused = Some(Box::new(Paused { reason, since, credited, resumption: None }));
        });
        self.emit::<Subscription>("customer.subscription.paused", id);
        self.emit_updated::<Subscription>(UPDATED, id, &before);
    }

    pub(crate) fn resume_subscription(&mut self, id: &str, how: Resume) -> Result<(), LifeError> {
        let held = self.known_subscription(id)?.clone();
        let refused =
            |message: &str| Err(LifeError::NotNow { code: None, message: message.to_owned() });
        let Some(paused) = held.paused.as_deref().filter(|_| held.status == Status::Paused) else {
            return refused("Only subscriptions that are paused can be resumed.");
        };
        if held.collection != Collection::Automatic {
            return refused("Only subscriptions that are charged automatically can be resumed.");
        }
        if let Some(older) = paused.resumption.as_ref().map(|it| it.invoice.clone()) {
            self.void(&older);
        }
        if held.trial_end.is_some_and(|end| end > self.now) {
            self.come_back(id, held.billing_cycle_anchor, held.items.clone(), Status::Trialing);
            return Ok(());
        }
        let keeps = how.billing_cycle_anchor == Some(AnchorReset::Unchanged);
        let anchor = if keeps { held.billing_cycle_anchor } else { self.now };
        let mut items = held.items.clone();
        for item in &mut items {
            item.current_period_start = self.now;
            item.current_period_end = self.boundary_after(&item.price, anchor, self.now);
        }
        let mut lines = Vec::new();
        if keeps {
            if how.proration != ProrationBehavior::None {
                self.charge_rest(&held, paused, &items, how.proration_date.unwrap_or(self.now));
            }
        } else {
            for item in &items {
                lines.extend(self.advance_lines(&held, item, false));
            }
        }
        if !keeps || how.proration == ProrationBehavior::AlwaysInvoice {
            let mut waiting = self.take_pending_lines(&held);
            waiting.append(&mut lines);
            lines = waiting;
        }
        if lines.is_empty() {
            self.come_back(id, anchor, items, Status::Active);
            return Ok(());
        }
        let invoice = self.ids.long("in_");
        let on_success_only = how.on_success_only;
        let resumption = Resumption { anchor, invoice: invoice.clone(), items, on_success_only };
        self.await_resumption(&held, resumption, lines);
        Ok(())
    }

    /// Charges what is left of the periods that go on, where they are not paid for already.
    fn charge_rest(&mut self, held: &Subscription, paused: &Paused, items: &[Item], from: i64) {
        for (before, item) in held.items.iter().zip(items) {
            if before.current_period_end > self.now && !paused.credited {
                continue;
            }
            self.prorate(held, item, self.rest_of(item, held.billing_cycle_anchor, from), 1);
        }
    }

    fn await_resumption(&mut self, held: &Subscription, resumption: Resumption, lines: Vec<Line>) {
        let id = held.id.as_str();
        let invoice = resumption.invoice.clone();
        let attempts = resumption.on_success_only;
        self.update::<Subscription>(UPDATED, id, |held| {
            held.latest_invoice = Some(invoice.clone());
            if let Some(paused) = held.paused.as_deref_mut() {
                paused.resumption = Some(resumption);
            }
        });
        let period = (self.now, self.now);
        self.make_invoice(held, invoice.clone(), BillingReason::Update, lines, period);
        self.edit::<Invoice>(&invoice, |held| held.auto_advance = attempts);
        let subscription = id.to_owned();
        self.agenda.plan(self.now + WAITS_SECONDS, Task::ResumptionExpires { subscription });
        self.finalize(&invoice);
        if attempts {
            self.collect(&invoice, true);
        }
    }

    /// The invoice of a resumption decided: the subscription is no longer paused.
    pub(super) fn resume_by(&mut self, id: &str, invoice: &str, status: Status) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        let resumption = held.paused.as_deref().and_then(|paused| paused.resumption.clone());
        if let Some(resumption) = resumption.filter(|it| it.invoice == invoice) {
            self.come_back(id, resumption.anchor, resumption.items, status);
        }
    }

    fn come_back(&mut self, id: &str, anchor: i64, items: Vec<Item>, status: Status) {
        let first_end = items.iter().map(|item| item.current_period_end).min();
        let before = self.portrait::<Subscription>(id);
        self.edit::<Subscription>(id, |held| {
            held.billing_cycle_anchor = anchor;
            held.items = items;
            held.paused = None;
            held.status = status;
        });
        self.emit::<Subscription>("customer.subscription.resumed", id);
        self.emit_updated::<Subscription>(UPDATED, id, &before);
        if let Some(end) = first_end {
            self.plan_period_end(id, end);
        }
    }

    /// The invoice of a resumption is void: the subscription stays paused.
    pub(super) fn give_up_resumption(&mut self, id: &str, invoice: &str) {
        self.edit::<Subscription>(id, |held| {
            if let Some(paused) = held.paused.as_deref_mut() {
                paused.resumption = paused.resumption.take().filter(|it| it.invoice != invoice);
            }
        });
    }

    /// A resumption was not paid for in time.
    pub(crate) fn expire_resumption(&mut self, id: &str) {
        let held = self.subscriptions.get(id).filter(|held| held.status == Status::Paused);
        let resumption = held.and_then(|held| held.paused.as_deref()?.resumption.as_ref());
        let invoice = resumption.and_then(|it| self.invoices.get(&it.invoice));
        let due = invoice.filter(|held| held.created + WAITS_SECONDS <= self.now);
        if let Some(invoice) = due.map(|held| held.id.clone()) {
            self.void(&invoice);
        }
    }

    /// Moves a subscription to another billing mode, which can only be a flexible one.
    pub(crate) fn migrate_subscription(
        &mut self,
        id: &str,
        mode: BillingMode,
    ) -> Result<(), LifeError> {
        self.live_subscription(id)?;
        let now = self.now;
        self.update::<Subscription>(UPDATED, id, |held| {
            if held.billing_mode != mode {
                held.billing_mode = mode;
                held.billing_mode_since = now;
            }
        });
        Ok(())
    }
}
