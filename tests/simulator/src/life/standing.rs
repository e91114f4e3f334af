//! How a subscription stands: its status mirrors the latest of its finalized invoices that is not
//! void (STRIPE.md 5.2). A voided invoice gives way to the one before it.

use super::LifeError;
use super::orders::Cancel;
use crate::agenda::Task;
use crate::life::rules::DunningEnd;
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::model::subscription::{Status, Subscription};
use crate::model::terms::PauseReason;
use crate::world::World;

const UPDATED: &str = "customer.subscription.updated";

impl World {
    /// Why a payment by a subscription's own method, or else by the customer's, would fail; none
    /// if it would not.
    pub(super) fn would_fail(&self, customer: &str, method: Option<&str>) -> Option<LifeError> {
        let own = method.map(str::to_owned);
        let method = own.or_else(|| self.paying_method(customer, None));
        if self.would_pay(customer, method.as_deref()) {
            return None;
        }
        let decline = self.would_decline(method.as_deref());
        Some(LifeError::Declined { charge: None, decline, intent: None })
    }

    /// Whether there is any payment method that a subscription of a customer would use.
    pub(super) fn has_method(&self, customer: &str, method: Option<&str>) -> bool {
        method.is_some() || self.paying_method(customer, None).is_some()
    }

    /// A subscription's own payment method has to be the customer's.
    pub(super) fn check_own_method(
        &self,
        customer: &str,
        method: Option<&str>,
    ) -> Result<(), LifeError> {
        let Some(id) = method else {
            return Ok(());
        };
        let held = self.known_method(id, "default_payment_method")?;
        if held.customer.as_deref() == Some(customer) {
            return Ok(());
        }
        Err(LifeError::Invalid {
            param: "default_payment_method",
            message: format!(
                "The customer does not have a payment method with the ID {id}. The payment method \
                 must be attached to the customer."
            ),
        })
    }

    /// The invoice that a subscription's status goes by.
    fn standing_invoice(&self, of: &Subscription) -> Option<&Invoice> {
        let asked_for = of.pending_update.as_ref().map(|update| update.invoice.as_str());
        let invoices = self.invoices_of.get(&of.id)?.iter().rev();
        invoices.filter_map(|id| self.invoices.get(id)).find(|held| {
            Some(held.id.as_str()) != asked_for
                && match held.status {
                    InvoiceStatus::Open | InvoiceStatus::Paid | InvoiceStatus::Uncollectible => {
                        true
                    }
                    InvoiceStatus::Draft | InvoiceStatus::Void => false,
                }
        })
    }

    fn stands_by(&self, of: &Subscription, invoice: &str) -> bool {
        self.standing_invoice(of).is_some_and(|held| held.id == invoice)
    }

    fn become_status(&mut self, id: &str, status: Status) {
        self.update::<Subscription>(UPDATED, id, |held| held.status = status);
    }

    /// What a paid invoice means for its subscription.
    pub(super) fn after_paid(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        if held.pending_update.as_ref().is_some_and(|update| update.invoice == invoice) {
            self.apply_pending_update(subscription);
            return;
        }
        self.save_own_method(subscription, invoice);
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        match held.status {
            Status::Incomplete if held.latest_invoice.as_deref() == Some(invoice) => {
                self.become_status(subscription, Status::Active);
            }
            Status::PastDue | Status::Unpaid if self.stands_by(held, invoice) => {
                self.become_status(subscription, Status::Active);
            }
            Status::Paused => self.resume_by(subscription, invoice, Status::Active),
            Status::Incomplete
            | Status::IncompleteExpired
            | Status::Trialing
            | Status::Active
            | Status::PastDue
            | Status::Unpaid
            | Status::Canceled => {}
        }
    }

    /// The method that paid becomes the subscription's own, where it is set so.
    fn save_own_method(&mut self, subscription: &str, invoice: &str) {
        let settings = self.subscriptions.get(subscription).and_then(|held| held.settings.as_ref());
        let saves = settings
            .and_then(|it| it.payment_settings.as_ref())
            .is_some_and(|it| it["save_default_payment_method"] == "on_subscription");
        let intent = self.invoices.get(invoice).and_then(|held| held.payment_intent.as_ref());
        let intent = intent.and_then(|id| self.payment_intents.get(id)).filter(|_| saves);
        if let Some(method) = intent.and_then(|held| held.method.clone()) {
            self.update::<Subscription>(UPDATED, subscription, |held| {
                held.default_payment_method = Some(method);
            });
        }
    }

    /// What an invoice that is marked uncollectible means for its subscription.
    pub(super) fn after_uncollectible(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        match held.status {
            Status::PastDue if self.stands_by(held, invoice) => {
                self.become_status(subscription, Status::Active);
            }
            Status::Paused => self.resume_by(subscription, invoice, Status::Active),
            Status::Incomplete
            | Status::IncompleteExpired
            | Status::Trialing
            | Status::Active
            | Status::PastDue
            | Status::Unpaid
            | Status::Canceled => {}
        }
    }

    /// What a voided invoice means for its subscription.
    pub(super) fn after_void(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        if held.pending_update.as_ref().is_some_and(|update| update.invoice == invoice) {
            self.drop_pending_update(subscription);
            return;
        }
        match held.status {
            Status::Incomplete if held.latest_invoice.as_deref() == Some(invoice) => {
                self.end_incomplete(subscription);
            }
            Status::PastDue | Status::Unpaid => {
                let owes = self
                    .standing_invoice(held)
                    .is_some_and(|before| before.status == InvoiceStatus::Open);
                if !owes {
                    self.become_status(subscription, Status::Active);
                }
            }
            Status::Paused => self.give_up_resumption(subscription, invoice),
            Status::Incomplete
            | Status::IncompleteExpired
            | Status::Trialing
            | Status::Active
            | Status::Canceled => {}
        }
    }

    /// What a failed payment means for the subscription of an invoice.
    pub(super) fn after_failure(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        let resumption = held.paused.as_deref().and_then(|paused| paused.resumption.as_ref());
        if resumption.is_some_and(|it| it.invoice == invoice && !it.on_success_only) {
            self.resume_by(subscription, invoice, Status::PastDue);
        } else if held.status == Status::Active && self.stands_by(held, invoice) {
            self.become_status(subscription, Status::PastDue);
        }
    }

    /// Plans what becomes of an invoice that was sent and is not paid by the day it is due.
    pub(super) fn plan_overdue(&mut self, invoice: &str) {
        let due = self.invoices.get(invoice).and_then(|held| held.due_date);
        if let Some(due) = due.filter(|due| *due > self.now) {
            self.agenda.plan(due, Task::Overdue { invoice: invoice.to_owned() });
        }
    }

    /// An invoice that was sent is still open on the day it was due.
    pub(crate) fn become_overdue(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else {
            return;
        };
        let late =
            held.status == InvoiceStatus::Open && held.due_date.is_some_and(|due| due <= self.now);
        let subscription = held.subscription.clone();
        if late && self.rules.automations {
            self.emit::<Invoice>("invoice.overdue", invoice);
        }
        let Some(subscription) = subscription.filter(|_| late) else {
            return;
        };
        self.after_failure(&subscription, invoice);
    }

    /// Whether an invoice that failed is tried again by itself. The first invoice of a
    /// subscription is not, as that waits as incomplete; nor are those of a change that waits and
    /// of a resumption.
    pub(super) fn is_retried(&self, invoice: &str) -> bool {
        let Some(held) = self.invoices.get(invoice) else {
            return false;
        };
        let of = held.subscription.as_ref().and_then(|id| self.subscriptions.get(id));
        let asked_for = of.is_some_and(|of| {
            of.pending_update.as_ref().is_some_and(|update| update.invoice == invoice)
                || of.status == Status::Paused
        });
        held.billing_reason != crate::model::invoice::BillingReason::Create && !asked_for
    }

    /// What the account does when the last retry has failed.
    pub(super) fn give_up(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        if held.status != Status::PastDue || !self.stands_by(held, invoice) {
            return;
        }
        let flexible = held.billing_mode.is_flexible() && held.schedule.is_none();
        self.abort_schedule(subscription);
        match self.rules.dunning_end {
            DunningEnd::Pause if flexible => {
                self.become_paused(subscription, PauseReason::FinalPaymentFailure, false);
            }
            DunningEnd::Cancel | DunningEnd::Pause => {
                self.end_now(subscription, Some("payment_failed"), Cancel::default());
            }
            DunningEnd::Unpaid => {
                self.update::<Invoice>("invoice.updated", invoice, |held| {
                    held.auto_advance = false;
                });
                self.become_status(subscription, Status::Unpaid);
            }
            DunningEnd::PastDue => {}
        }
    }
}
