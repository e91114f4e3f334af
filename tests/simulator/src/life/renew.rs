//! The end of a period: the subscription renews, leaves its trial, or ends.

use super::orders::Cancel;
use crate::agenda::Task;
use crate::calendar::next_boundary;
use crate::model::invoice::{BillingReason, Line};
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

impl World {
    pub(crate) fn end_period(&mut self, id: &str) {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let renews = match held.status {
            Status::Trialing | Status::Active | Status::PastDue | Status::Unpaid => true,
            Status::Incomplete | Status::IncompleteExpired | Status::Canceled => false,
        };
        let due: Vec<&Item> =
            held.items.iter().filter(|item| item.current_period_end <= self.now).collect();
        if !renews || due.is_empty() {
            return;
        }
        if held.cancel_at_period_end && held.cancel_at.is_some_and(|at| at <= self.now) {
            self.end_at_its_time(id);
            return;
        }
        // The invoice is about the period that ended; its lines bill the one that begins.
        let ended = (
            due.iter().map(|item| item.current_period_start).min().unwrap_or(self.now),
            due.iter().map(|item| item.current_period_end).max().unwrap_or(self.now),
        );
        let invoice = self.ids.long("in_");
        self.begin_next_period(&held, &invoice);
        let lines = self.renewal_lines(&held);
        if let Some(held) = self.subscriptions.get(id).cloned() {
            self.make_invoice(&held, invoice, BillingReason::Cycle, lines, ended);
        }
    }

    fn begin_next_period(&mut self, held: &Subscription, invoice: &str) {
        let now = self.now;
        let ends: Vec<i64> = held
            .items
            .iter()
            .map(|item| {
                if item.current_period_end > now {
                    return item.current_period_end;
                }
                let (interval, count) = self.rhythm(&item.price);
                next_boundary(held.billing_cycle_anchor, interval, count, item.current_period_end)
            })
            .collect();
        self.update::<Subscription>("customer.subscription.updated", &held.id, |held| {
            for (item, end) in held.items.iter_mut().zip(&ends) {
                if item.current_period_end < *end {
                    item.current_period_start = item.current_period_end;
                    item.current_period_end = *end;
                }
            }
            held.latest_invoice = Some(invoice.to_owned());
            if held.status == Status::Trialing {
                held.status = Status::Active;
            }
        });
        if let Some(next) = ends.iter().min() {
            self.agenda.plan(*next, Task::PeriodEnd { subscription: held.id.clone() });
        }
    }

    /// The lines for the items whose period has ended: what waited, what was used in it, and
    /// the period that begins. What was used in a trial is free.
    fn renewal_lines(&mut self, before: &Subscription) -> Vec<Line> {
        let Some(held) = self.subscriptions.get(&before.id).cloned() else {
            return Vec::new();
        };
        let mut lines = self.take_pending_lines(&held);
        let now = self.now;
        for ended in before.items.iter().filter(|item| item.current_period_end <= now) {
            let period = (ended.current_period_start, ended.current_period_end);
            if before.status != Status::Trialing {
                lines.extend(self.usage_lines(before, ended, period));
            }
            if let Some(item) = held.items.iter().find(|item| item.id == ended.id) {
                lines.extend(self.advance_lines(&held, item, false));
            }
        }
        lines
    }

    /// Ends a subscription whose period, or appointed time, is over.
    pub(super) fn end_at_its_time(&mut self, id: &str) {
        let asked = self.subscriptions.get(id).and_then(|held| held.canceled_at);
        self.end_now(id, "cancellation_requested", Cancel::default());
        // `canceled_at` stays the time of the request; `end_now` keeps it when it is set.
        debug_assert_eq!(asked, self.subscriptions.get(id).and_then(|held| held.canceled_at));
    }
}
