//! Collecting an open invoice: paying it, failing to, trying again, and giving up. The attempts
//! themselves are those of its payment intents (`payments`); this file is what they mean for the
//! invoice and its subscription.

use super::LifeError;
use super::payments::Attempt;
use crate::agenda::Task;
use crate::emit::Portrait;
use crate::model::card::{Answer, Decline, Presence};
use crate::model::customer::Customer;
use crate::model::invoice::{BillingReason, Invoice, InvoiceStatus};
use crate::model::payment_intent::{IntentStatus, PaymentIntent};
use crate::world::World;

/// On whose account an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::life) enum By {
    /// By the account, which tries again where that is set.
    Account,
    /// By a bank, about an attempt that was counted when it was begun.
    Bank,
    /// By request.
    Caller,
}

impl World {
    /// The next automatic attempt, if it is still wanted.
    pub(crate) fn collect_when_due(&mut self, id: &str) {
        let due = self.invoices.get(id).is_some_and(|held| {
            held.auto_advance && held.next_payment_attempt.is_some_and(|at| at <= self.now)
        });
        if due {
            self.collect(id, true);
        }
    }

    /// Attempts to collect an open invoice with whatever the customer pays by.
    pub(super) fn collect(&mut self, id: &str, automatic: bool) -> Option<LifeError> {
        let by = if automatic { By::Account } else { By::Caller };
        self.collect_by(id, None, by, automatic)
    }

    /// The same, with a method of the caller's choice.
    fn collect_by(
        &mut self,
        id: &str,
        method: Option<String>,
        by: By,
        off_session: bool,
    ) -> Option<LifeError> {
        let held = self.invoices.get(id)?;
        if held.status != InvoiceStatus::Open && held.status != InvoiceStatus::Uncollectible {
            return None;
        }
        let off_session = off_session && held.billing_reason != BillingReason::Create;
        if self.is_processing(id) {
            return (by == By::Caller).then(|| LifeError::NotNow {
                code: Some("payment_intent_unexpected_state"),
                message: "This invoice's payment is processing and cannot be tried again."
                    .to_owned(),
            });
        }
        let Some(method) = method.or_else(|| self.method_for(id)) else {
            self.decline(id, None, by);
            return Some(LifeError::NotNow {
                code: Some("resource_missing"),
                message: "This customer has no attached payment source or default payment \
                          method. Please consider adding a default payment method."
                    .to_owned(),
            });
        };
        if by == By::Account && self.is_refused_for_good(id, &method) {
            self.pass_over(id);
            return None;
        }
        let intent = self.open_intent(id)?;
        let presence = Presence { off_session, ..Presence::default() };
        let attempt = self.attempt(&intent, &method, presence);
        self.after_invoice_attempt(id, &intent, attempt, by)
    }

    /// What an attempt to pay an invoice means for it.
    pub(super) fn after_invoice_attempt(
        &mut self,
        id: &str,
        intent: &str,
        attempt: Attempt,
        by: By,
    ) -> Option<LifeError> {
        match attempt {
            Attempt::Approved => {
                self.settle(id, intent, by);
                None
            }
            Attempt::Declined(error) => {
                let asks = matches!(
                    error,
                    LifeError::Declined { decline: Decline::AuthenticationRequired, .. }
                );
                if asks {
                    self.ask_for_action(intent);
                    self.emit::<Invoice>("invoice.payment_action_required", id);
                }
                self.decline(id, Some(intent), by);
                Some(error)
            }
            Attempt::NeedsAction => {
                let before = self.portrait::<Invoice>(id);
                self.count_attempt(id, by);
                self.emit::<Invoice>("invoice.payment_action_required", id);
                self.emit_updated::<Invoice>("invoice.updated", id, &before);
                Some(LifeError::NeedsAction { intent: intent.to_owned() })
            }
            Attempt::Processing => {
                self.begin_debit(id, intent, by);
                None
            }
        }
    }

    /// A charge that the customer was not there to authenticate waits for the customer.
    fn ask_for_action(&mut self, intent: &str) {
        self.edit::<PaymentIntent>(intent, |held| {
            held.status = IntentStatus::RequiresAction;
            held.method = held.last_error.as_ref().map(|error| error.method.clone());
        });
        self.emit::<PaymentIntent>("payment_intent.requires_action", intent);
    }

    fn keep_charge(&mut self, id: &str, intent: &str) {
        let charge = self.payment_intents.get(intent).and_then(|held| held.latest_charge());
        let charge = charge.map(str::to_owned);
        self.edit::<Invoice>(id, |held| held.charge = charge);
    }

    /// The first attempt of any kind counts, after it only automatic ones. The second of the
    /// next attempt, where there is one.
    fn count_attempt(&mut self, id: &str, by: By) -> Option<i64> {
        let (now, retries) = (self.now, self.rules.retry_after_seconds.clone());
        let is_tried_again = self.is_retried(id);
        let mut next = None;
        self.edit::<Invoice>(id, |held| {
            held.attempted = true;
            if by == By::Account || held.attempt_count == 0 {
                held.attempt_count += 1;
            }
            if by != By::Caller && is_tried_again && held.auto_advance {
                let made = usize::try_from(held.attempt_count - 1).unwrap_or(usize::MAX);
                next = retries.get(made).map(|wait| now + wait);
                held.next_payment_attempt = next;
            }
        });
        next
    }

    pub(in crate::life) fn settle(&mut self, id: &str, intent: &str, by: By) {
        let before = self.portrait::<Invoice>(id);
        self.keep_charge(id, intent);
        self.edit::<Invoice>(id, |held| {
            if by == By::Account || held.attempt_count == 0 {
                held.attempt_count += 1;
            }
        });
        let paid = self.payment_made(id, intent);
        let remains = self.invoices.get(id).is_some_and(|held| held.amount_remaining() > paid);
        if remains {
            self.edit::<Invoice>(id, |held| {
                held.amount_paid += paid;
                held.attempted = true;
            });
            self.emit_updated::<Invoice>("invoice.updated", id, &before);
            self.shrink_default_payment(id);
        } else {
            self.end_payments(id, None);
            self.mark_paid_from(id, false, &before);
        }
    }

    /// A bank debit is taken for paid by the subscription, not by the invoice.
    fn begin_debit(&mut self, id: &str, intent: &str, by: By) {
        let before = self.portrait::<Invoice>(id);
        self.keep_charge(id, intent);
        self.count_attempt(id, by);
        self.edit::<Invoice>(id, |held| held.next_payment_attempt = None);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        let first = self.invoices.get(id).filter(|it| it.billing_reason == BillingReason::Create);
        if let Some(subscription) = first.and_then(|held| held.subscription.clone()) {
            self.after_paid(&subscription, id);
        }
    }

    pub(super) fn mark_paid(&mut self, id: &str, out_of_band: bool) {
        let before = self.portrait::<Invoice>(id);
        self.mark_paid_from(id, out_of_band, &before);
    }

    fn mark_paid_from(&mut self, id: &str, out_of_band: bool, before: &Portrait<Invoice>) {
        let now = self.now;
        self.edit::<Invoice>(id, |held| {
            held.status = InvoiceStatus::Paid;
            held.amount_paid = held.amount_due();
            held.attempted = true;
            held.auto_advance = false;
            held.next_payment_attempt = None;
            held.paid_at = Some(now);
            held.paid_out_of_band = out_of_band;
        });
        self.emit::<Invoice>("invoice.paid", id);
        if !out_of_band {
            self.emit::<Invoice>("invoice.payment_succeeded", id);
        }
        let Some(held) = self.invoices.get(id) else {
            return;
        };
        let (subscription, customer) = (held.subscription.clone(), held.customer.clone());
        if held.billing_reason != BillingReason::Create || held.attempt_count > 1 {
            self.emit_updated::<Invoice>("invoice.updated", id, before);
        }
        if let Some(subscription) = subscription {
            self.after_paid(&subscription, id);
        }
        self.update::<Customer>("customer.updated", &customer, |held| held.delinquent = false);
    }

    /// A declined attempt and what follows from it. Without an intent nothing was charged, as
    /// there was nothing to charge.
    fn decline(&mut self, id: &str, intent: Option<&str>, by: By) {
        let before = self.portrait::<Invoice>(id);
        if let Some(intent) = intent {
            self.keep_charge(id, intent);
        }
        let next = self.count_attempt(id, by);
        self.emit::<Invoice>("invoice.payment_failed", id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        let Some(held) = self.invoices.get(id) else { return };
        if held.billing_reason == BillingReason::Create {
            // The subscription was active since the debit was begun, and stays so.
            if by == By::Bank && intent.is_some() {
                self.void(id);
            }
            return;
        }
        self.fall_behind(id, next, by);
    }

    /// A retry that nothing is executed for, as the method was refused for good.
    fn pass_over(&mut self, id: &str) {
        let before = self.portrait::<Invoice>(id);
        let next = self.count_attempt(id, By::Account);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        self.fall_behind(id, next, By::Account);
    }

    /// What an unpaid invoice means for its subscription and its customer.
    fn fall_behind(&mut self, id: &str, next: Option<i64>, by: By) {
        let Some(held) = self.invoices.get(id) else { return };
        let (subscription, customer) = (held.subscription.clone(), held.customer.clone());
        let subscription = subscription.unwrap_or_default();
        self.after_failure(&subscription, id);
        self.update::<Customer>("customer.updated", &customer, |held| held.delinquent = true);
        match next {
            Some(due) => self.agenda.plan(due, Task::Collect { invoice: id.to_owned() }),
            None if by != By::Caller => self.give_up(&subscription, id),
            None => {}
        }
    }

    /// Pays an invoice by request, with the customer's payment method or outside of Stripe.
    pub(crate) fn pay_invoice(&mut self, id: &str, out_of_band: bool) -> Result<(), LifeError> {
        self.pay_invoice_by(id, None, out_of_band, true)
    }

    /// The same with a method of the caller's choice, and with or without the customer there.
    pub(crate) fn pay_invoice_by(
        &mut self,
        id: &str,
        method: Option<String>,
        out_of_band: bool,
        off_session: bool,
    ) -> Result<(), LifeError> {
        let status = self.known_invoice(id)?.status;
        match status {
            InvoiceStatus::Draft => self.finalize(id),
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {}
            InvoiceStatus::Paid => {
                return Err(LifeError::NotNow {
                    code: Some("invoice_already_paid"),
                    message: "Invoice is already paid".to_owned(),
                });
            }
            InvoiceStatus::Void => {
                return Err(LifeError::NotNow {
                    code: None,
                    message: "This invoice is void and cannot be paid.".to_owned(),
                });
            }
        }
        if out_of_band {
            if self.invoices.get(id).is_some_and(|held| held.status != InvoiceStatus::Paid) {
                self.end_payments(id, None);
                self.mark_paid(id, true);
            }
            return Ok(());
        }
        self.collect_by(id, method, By::Caller, off_session).map_or(Ok(()), Err)
    }

    /// An attempt to collect an open invoice that the bank declines.
    pub(crate) fn fail_payment(&mut self, id: &str) -> Result<(), LifeError> {
        match self.known_invoice(id)?.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                let intent = self.open_intent(id).zip(self.method_for(id));
                if let Some((intent, method)) = intent {
                    let declined = Answer::Declined(Decline::Generic);
                    let attempt = self.carry_out(&intent, &method, declined, false);
                    self.after_invoice_attempt(id, &intent, attempt, By::Caller);
                } else {
                    self.decline(id, None, By::Caller);
                }
                Ok(())
            }
            InvoiceStatus::Draft | InvoiceStatus::Paid | InvoiceStatus::Void => {
                Err(LifeError::NotNow {
                    code: None,
                    message: "Only an open invoice can fail to be paid.".to_owned(),
                })
            }
        }
    }
}
