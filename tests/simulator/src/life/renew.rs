//! The end of a period: the subscription renews, leaves its trial, or ends. Items with intervals
//! of their own renew each at its own time.

use super::pending::Rest;
use crate::calendar::next_boundary;
use crate::model::invoice::{BillingReason, Line};
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

impl World {
    pub(crate) fn end_period(&mut self, id: &str) {
        self.expire_pending_update(id);
        self.enter_due_phase(id);
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let renews = match held.status {
            Status::Trialing | Status::Active | Status::PastDue | Status::Unpaid => true,
            Status::Incomplete | Status::IncompleteExpired | Status::Canceled | Status::Paused => {
                false
            }
        };
        let due: Vec<&Item> =
            held.items.iter().filter(|item| item.current_period_end <= self.now).collect();
        if !renews || due.is_empty() {
            return;
        }
        if held.cancel_at.is_some_and(|at| at <= self.now) {
            self.end_at_its_time(id);
            return;
        }
        if held.status == Status::Trialing && self.lacks_method(id) {
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
        let trialing = held.status == Status::Trialing;
        let mut anchor = held.billing_cycle_anchor;
        let mut periods = Vec::new();
        for item in &held.items {
            let (start, end) = (item.current_period_start, item.current_period_end);
            periods.push(if end > now {
                (start, end)
            } else if trialing {
                let (start, end, moved) = self.period_after_trial(held, item);
                anchor = moved;
                (start, end)
            } else {
                let (interval, count) = self.rhythm(&item.price);
                (end, next_boundary(anchor, interval, count, end))
            });
        }
        self.update::<Subscription>("customer.subscription.updated", &held.id, |held| {
            for (item, (start, end)) in held.items.iter_mut().zip(&periods) {
                (item.current_period_start, item.current_period_end) = (*start, *end);
            }
            held.latest_invoice = Some(invoice.to_owned());
            held.billing_cycle_anchor = anchor;
            if trialing {
                held.status = Status::Active;
            }
        });
        if let Some((_, next)) = periods.iter().min_by_key(|(_, end)| *end) {
            self.plan_period_end(&held.id, *next);
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
                let (part, whole) = self.part_of_period(item, held.billing_cycle_anchor);
                if before.status != Status::Trialing || part == whole {
                    lines.extend(self.advance_lines(&held, item, false));
                } else {
                    let period = (item.current_period_start, item.current_period_end);
                    let rest = Rest { start: period.0, end: period.1, length: whole };
                    let amount = rest.share(self.cost(item, &held.currency));
                    lines.extend(self.part_line(&held, item, period, amount));
                }
            }
        }
        lines
    }
}
