//! What a change makes of the items, of the trial and of the billing cycle, worked out before
//! anything is changed.

use super::items::Swap;
use super::orders::{NewItem, ProrationBehavior, SubscriptionChange, TrialEnd};
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::terms::AnchorReset;
use crate::world::World;

/// What a change does to a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrialMove {
    Stays,
    Begins(i64),
    Moves(i64),
    Ends,
}

/// What a change makes of the items and of the billing cycle.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) anchor: i64,
    pub(super) items: Vec<Item>,
    pub(super) swaps: Vec<Swap>,
    pub(super) trial_end: Option<i64>,
    pub(super) trial: TrialMove,
    /// Whether every item begins a new period now.
    pub(super) restarts: bool,
    /// Whether what is owed is invoiced at once.
    pub(super) invoices: bool,
    /// Whether the rest of the period is credited and charged.
    pub(super) prorates: bool,
    /// The second that the rest is counted from.
    pub(super) from: i64,
}

impl World {
    pub(super) fn next_state(&mut self, held: &Subscription, change: &SubscriptionChange) -> Next {
        let now = self.now;
        let (swaps, mut items) = self.swap_items(held, &change.items);
        let trialing = held.status == Status::Trialing;
        let running = match held.status {
            Status::Active | Status::PastDue | Status::Unpaid => true,
            Status::Trialing
            | Status::Incomplete
            | Status::IncompleteExpired
            | Status::Canceled
            | Status::Paused => false,
        };
        let trial = match change.trial_end {
            Some(TrialEnd::Now) if trialing => TrialMove::Ends,
            Some(TrialEnd::At(end)) if trialing => TrialMove::Moves(end),
            Some(TrialEnd::At(end)) if running => TrialMove::Begins(end),
            Some(_) | None => TrialMove::Stays,
        };
        let billed = running || trial == TrialMove::Ends;
        let restarts = billed
            && (change.billing_cycle_anchor == Some(AnchorReset::Now)
                || matches!(trial, TrialMove::Begins(_) | TrialMove::Ends)
                || swaps.iter().any(|swap| self.changes_rhythm(swap))
                || self.begins_to_cost(&held.items, &items));
        let mut anchor = held.billing_cycle_anchor;
        match trial {
            TrialMove::Begins(end) => {
                anchor = end;
                for item in &mut items {
                    (item.current_period_start, item.current_period_end) = (now, end);
                }
            }
            TrialMove::Moves(end) => {
                anchor = end;
                for item in &mut items {
                    item.current_period_end = end;
                }
            }
            TrialMove::Ends => {
                for item in &mut items {
                    let (start, end, moved) = self.period_after_trial(held, item);
                    (item.current_period_start, item.current_period_end) = (start, end);
                    anchor = moved;
                }
            }
            TrialMove::Stays if restarts => {
                anchor = now;
                for item in &mut items {
                    item.current_period_start = now;
                    item.current_period_end = self.period_end(&item.price, now);
                }
            }
            TrialMove::Stays => {}
        }
        let prorates = billed
            && !trialing
            && (restarts || !swaps.is_empty())
            && change.proration != ProrationBehavior::None;
        let licensed = |items: &[Item]| items.iter().any(|item| item.quantity.is_some());
        let at_once =
            restarts || (prorates && change.proration == ProrationBehavior::AlwaysInvoice);
        let something = licensed(&held.items)
            || licensed(&items)
            || !self.waiting(&held.customer, &held.currency, Some(&held.id)).is_empty();
        Next {
            anchor,
            trial_end: match trial {
                TrialMove::Stays => held.trial_end,
                TrialMove::Begins(end) | TrialMove::Moves(end) => Some(end),
                TrialMove::Ends => Some(now),
            },
            items,
            swaps,
            trial,
            restarts,
            invoices: at_once && something,
            prorates,
            from: change.proration_date.unwrap_or(now),
        }
    }

    /// Whether an invoice at once would ask for money.
    pub(super) fn owes_more(&self, held: &Subscription, next: &Next, extras: &[NewItem]) -> bool {
        let extras: i64 = extras.iter().map(|item| self.extra_cost(item)).sum();
        let cost = |items: &[Item]| items.iter().map(|item| self.advance_cost(item)).sum::<i64>();
        let periods = match (next.trial, next.restarts) {
            (TrialMove::Begins(_), _) => 0,
            (_, true) => cost(&next.items),
            (_, false) => cost(&next.items) - cost(&held.items),
        };
        periods + extras > 0
    }
}
