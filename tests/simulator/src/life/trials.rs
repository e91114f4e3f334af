//! Trials: how their end is announced, and what comes of it, with and without a payment method.

use super::orders::Cancel;
use super::subscribe::trial_moves_anchor;
use crate::calendar::previous_boundary;
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::terms::{MissingMethod, PauseReason};
use crate::world::World;

impl World {
    pub(crate) fn announce_trial_end(&mut self, id: &str) {
        let near = self.now + super::subscribe::TRIAL_NOTICE_SECONDS;
        let announced = self.subscriptions.get(id).is_some_and(|held| {
            // A trial that was made longer since is announced later.
            held.status == Status::Trialing && held.trial_end.is_some_and(|end| end <= near)
        });
        if announced {
            self.emit::<Subscription>("customer.subscription.trial_will_end", id);
        }
    }

    /// Ends or pauses a subscription whose trial ends without a payment method, if it is set so.
    /// True when that is what became of it.
    pub(super) fn lacks_method(&mut self, id: &str) -> bool {
        let Some(held) = self.subscriptions.get(id) else {
            return false;
        };
        let has = self.has_method(&held.customer, held.default_payment_method.as_deref());
        let by_invoice = held.collection.days_until_due().is_some();
        if has || by_invoice {
            return false;
        }
        match held.trial_settings.missing_method {
            MissingMethod::CreateInvoice => false,
            MissingMethod::Cancel => {
                // Nobody asked for it and no payment failed, so no reason is given.
                self.end_now(id, None, Cancel::default());
                true
            }
            MissingMethod::Pause => {
                self.become_paused(id, PauseReason::TrialEnd, false);
                true
            }
        }
    }

    /// The first paid period of an item whose trial ends now, and the anchor it goes by.
    pub(super) fn period_after_trial(&self, held: &Subscription, item: &Item) -> (i64, i64, i64) {
        let now = self.now;
        let anchor = if trial_moves_anchor(held) { now } else { held.billing_cycle_anchor };
        (now, self.boundary_after(&item.price, anchor, now), anchor)
    }

    /// How much of a whole period an item's present period is: the seconds of both.
    pub(super) fn part_of_period(&self, item: &Item, anchor: i64) -> (i64, i64) {
        let (interval, count) = self.rhythm(&item.price);
        let (start, end) = (item.current_period_start, item.current_period_end);
        let begun = previous_boundary(anchor, interval, count, end);
        (end - start, end - begun)
    }
}
