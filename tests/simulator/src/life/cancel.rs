//! The end of a subscription, at once or at an appointed time.

use super::LifeError;
use super::orders::Cancel;
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::model::subscription::Subscription;
use crate::world::World;

impl World {
    pub(crate) fn cancel_subscription(&mut self, id: &str, how: Cancel) -> Result<(), LifeError> {
        self.live_subscription(id)?;
        self.end_now(id, "cancellation_requested", how);
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

    /// Ends a subscription now. Its pending prorations go, its unpaid invoices stay as they are
    /// but are no longer collected.
    pub(super) fn end_now(&mut self, id: &str, reason: &'static str, how: Cancel) {
        let now = self.now;
        self.edit::<Subscription>(id, |held| {
            held.status = crate::model::subscription::Status::Canceled;
            held.canceled_at.get_or_insert(now);
            held.ended_at = Some(now);
            held.cancellation_reason = Some(reason);
            if how.comment.is_some() {
                held.cancellation_comment = how.comment;
            }
            if how.feedback.is_some() {
                held.cancellation_feedback = how.feedback;
            }
        });
        self.emit::<Subscription>("customer.subscription.deleted", id);
        let customer = self.subscriptions.get(id).map(|held| held.customer.clone());
        self.drop_pending(&customer.unwrap_or_default(), id);
        for invoice in self.invoices_of.get(id).cloned().unwrap_or_default() {
            let unpaid = self.invoices.get(&invoice).is_some_and(|held| match held.status {
                InvoiceStatus::Draft | InvoiceStatus::Open => held.auto_advance,
                InvoiceStatus::Paid | InvoiceStatus::Uncollectible | InvoiceStatus::Void => false,
            });
            if unpaid {
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
