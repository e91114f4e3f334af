//! The end of a subscription, at once or at an appointed time. At an appointed time what waits
//! and what was used is billed by a last invoice; at once only where the caller asks for it.

use super::LifeError;
use super::customers::set_text;
use super::orders::Cancel;
use crate::model::invoice::{BillingReason, Invoice, InvoiceStatus, Line};
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

impl World {
    pub(crate) fn cancel_subscription(&mut self, id: &str, how: Cancel) -> Result<(), LifeError> {
        self.live_subscription(id)?;
        self.abort_schedule_of_canceled(id);
        self.end_now(id, Some("cancellation_requested"), how);
        Ok(())
    }

    pub(crate) fn cancel_at_its_time(&mut self, id: &str) {
        let due = self.subscriptions.get(id).is_some_and(|held| {
            !held.status.has_ended()
                && !held.cancel_at_period_end
                && held.cancel_at.is_some_and(|at| at <= self.now)
        });
        if due {
            self.end_at_its_time(id);
        }
    }

    /// Ends a subscription whose period, or appointed time, is over. `canceled_at` stays the time
    /// of the request. What is left of a period that was billed is credited.
    pub(super) fn end_at_its_time(&mut self, id: &str) {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let mut last = None;
        if is_billed(held.status) {
            for item in &held.items {
                self.credit_rest(&held, item);
            }
            let mut lines = self.take_pending_lines(&held);
            lines.extend(self.last_usage(&held));
            last = self.last_invoice(&held, BillingReason::Cycle, lines);
        }
        self.end(id, Some("cancellation_requested"), Cancel::default(), last.as_deref());
        if let Some(invoice) = last {
            self.finalize(&invoice);
            self.collect(&invoice, true);
        }
    }

    /// Ends a subscription now. Its unpaid invoices stay as they are, but are no longer
    /// collected.
    pub(super) fn end_now(&mut self, id: &str, reason: Option<&'static str>, how: Cancel) {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let billed = is_billed(held.status);
        if how.prorate && billed {
            for item in &held.items {
                self.credit_rest(&held, item);
            }
        }
        let mut last = None;
        if how.invoice_now {
            let mut lines = self.take_pending_lines(&held);
            if billed {
                lines.extend(self.last_usage(&held));
            }
            last = self.last_invoice(&held, BillingReason::Update, lines);
        }
        let drops = !how.invoice_now && !how.prorate;
        self.end(id, reason, how, last.as_deref());
        if drops {
            self.drop_pending(&held.customer, id);
        }
        if let Some(invoice) = last {
            self.finalize(&invoice);
            self.collect(&invoice, true);
        }
    }

    fn credit_rest(&mut self, of: &Subscription, item: &Item) {
        if item.current_period_end <= self.now {
            return;
        }
        let rest = self.rest_of(item, of.billing_cycle_anchor, self.now);
        self.prorate(of, item, rest, -1);
    }

    /// The lines that bill what was used in the periods that run, or ended this second.
    fn last_usage(&mut self, of: &Subscription) -> Vec<Line> {
        let mut lines = Vec::new();
        for item in &of.items {
            let end = item.current_period_end.min(self.now);
            lines.extend(self.usage_lines(of, item, (item.current_period_start, end)));
        }
        lines
    }

    fn last_invoice(
        &mut self,
        of: &Subscription,
        reason: BillingReason,
        lines: Vec<Line>,
    ) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        let invoice = self.ids.long("in_");
        self.make_invoice(of, invoice.clone(), reason, lines, (of.period().0, self.now));
        self.edit::<Invoice>(&invoice, |held| held.automatically_finalizes_at = None);
        self.edit::<Subscription>(&of.id, |held| held.latest_invoice = Some(invoice.clone()));
        Some(invoice)
    }

    fn end(&mut self, id: &str, reason: Option<&'static str>, how: Cancel, last: Option<&str>) {
        let now = self.now;
        self.edit::<Subscription>(id, |held| {
            held.status = Status::Canceled;
            held.paused = None;
            held.pending_update = None;
            held.canceled_at.get_or_insert(now);
            held.ended_at = Some(now);
            held.cancellation_reason = reason;
            set_text(&mut held.cancellation_comment, how.comment);
            set_text(&mut held.cancellation_feedback, how.feedback);
        });
        self.emit::<Subscription>("customer.subscription.deleted", id);
        for invoice in self.invoices_of.get(id).cloned().unwrap_or_default() {
            let unpaid = self.invoices.get(&invoice).is_some_and(|held| match held.status {
                InvoiceStatus::Draft | InvoiceStatus::Open => held.auto_advance,
                InvoiceStatus::Paid | InvoiceStatus::Uncollectible | InvoiceStatus::Void => false,
            });
            if unpaid && last != Some(invoice.as_str()) {
                self.update::<Invoice>("invoice.updated", &invoice, |held| {
                    held.auto_advance = false;
                    held.automatically_finalizes_at = None;
                    held.next_payment_attempt = None;
                });
            }
        }
    }

    /// A subscription that has not ended.
    pub(super) fn live_subscription(&self, id: &str) -> Result<&Subscription, LifeError> {
        self.subscriptions.get(id).filter(|held| !held.status.has_ended()).ok_or_else(|| {
            LifeError::Missing { kind: "subscription", id: id.to_owned(), param: "id" }
        })
    }
}

/// Whether the periods of a subscription in this state are billed.
fn is_billed(status: Status) -> bool {
    match status {
        Status::Active | Status::PastDue | Status::Unpaid => true,
        Status::Incomplete
        | Status::IncompleteExpired
        | Status::Trialing
        | Status::Canceled
        | Status::Paused => false,
    }
}
