//! Collecting an open invoice: paying it, failing to, trying again, and giving up.

use super::LifeError;
use super::orders::Cancel;
use crate::agenda::Task;
use crate::life::rules::DunningEnd;
use crate::model::customer::Customer;
use crate::model::invoice::{BillingReason, Invoice, InvoiceStatus};
use crate::model::payment::{Card, Charge, Payment, PaymentStatus};
use crate::model::subscription::{Status, Subscription};
use crate::render;
use crate::world::{Portrait, World};
use serde_json::Value;

/// How long after the payment its `invoice_payment.paid` comes; 1 to 20 s were recorded.
const PAYMENT_ANNOUNCED_AFTER_SECONDS: i64 = 2;

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

    /// The intent to collect an invoice; none when nothing is due.
    pub(super) fn begin_payment(&mut self, invoice: &str) -> Option<String> {
        let held = self.invoices.get(invoice).filter(|held| held.amount_due() > 0)?;
        let payment = Payment {
            intent: self.ids.long("pi_"),
            on_invoice: self.ids.long("inpay_"),
            created: self.now,
            amount: held.amount_remaining(),
            charge: None,
            currency: held.currency.clone(),
            customer: held.customer.clone(),
            invoice: invoice.to_owned(),
            method: None,
            paid_at: None,
            status: PaymentStatus::RequiresPaymentMethod,
        };
        let intent = payment.intent.clone();
        self.payments.insert(&intent, payment);
        self.edit::<Invoice>(invoice, |held| held.payment_intent = Some(intent.clone()));
        Some(intent)
    }

    /// Attempts to collect an open invoice with whatever the customer pays by.
    pub(super) fn collect(&mut self, id: &str, automatic: bool) -> Option<LifeError> {
        let held = self.invoices.get(id)?;
        if held.status != InvoiceStatus::Open && held.status != InvoiceStatus::Uncollectible {
            return None;
        }
        let card = self.customers.get(&held.customer).map_or(Card::Missing, |held| held.card);
        match card {
            Card::Good => {
                self.settle(id, automatic);
                None
            }
            Card::Declining | Card::Missing => Some(self.decline(id, automatic)),
        }
    }

    fn charge(&mut self, invoice: &str, succeeded: bool) -> Option<String> {
        let held = self.invoices.get(invoice)?;
        let intent = held.payment_intent.clone()?;
        let method =
            self.customers.get(&held.customer).and_then(|held| held.default_payment_method.clone());
        let id = self.ids.long("ch_");
        let now = self.now;
        let payment = self.payments.get_mut(&intent)?;
        payment.charge = Some(Charge { id: id.clone(), created: now, succeeded });
        payment.method = method;
        if succeeded {
            payment.status = PaymentStatus::Succeeded;
            payment.paid_at = Some(now);
        }
        let kind = if succeeded { "charge.succeeded" } else { "charge.failed" };
        self.emit_by(kind, |world, view| {
            let payment = world.payments.get(&intent);
            payment
                .and_then(|of| of.charge.as_ref().map(|charge| (charge, of)))
                .map_or(Value::Null, |(charge, of)| render::payment::charge(charge, of, view))
        });
        let kind =
            if succeeded { "payment_intent.succeeded" } else { "payment_intent.payment_failed" };
        self.emit_intent(kind, &intent);
        Some(id)
    }

    pub(super) fn emit_intent(&mut self, kind: &str, id: &str) {
        self.emit_by(kind, |world, view| {
            world.payments.get(id).map_or(Value::Null, |held| render::payment::intent(held, view))
        });
    }

    fn settle(&mut self, id: &str, automatic: bool) {
        let charge = self.charge(id, true);
        let before = self.portrait::<Invoice>(id);
        self.edit::<Invoice>(id, |held| {
            held.charge = charge;
            // The first attempt of any kind counts, after it only automatic ones.
            if automatic || held.attempt_count == 0 {
                held.attempt_count += 1;
            }
        });
        self.mark_paid_from(id, false, &before);
        if let Some(payment) = self.invoices.get(id).and_then(|held| held.payment_intent.clone()) {
            let due = self.now + PAYMENT_ANNOUNCED_AFTER_SECONDS;
            self.agenda.plan(due, Task::AnnouncePayment { payment });
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
        self.recover(&subscription, id);
        self.update::<Customer>("customer.updated", &customer, |held| held.delinquent = false);
    }

    /// A paid latest invoice makes its subscription active.
    fn recover(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        let waits = match held.status {
            Status::Incomplete | Status::PastDue | Status::Unpaid => true,
            Status::IncompleteExpired | Status::Trialing | Status::Active | Status::Canceled => {
                false
            }
        };
        if waits && held.latest_invoice.as_deref() == Some(invoice) {
            self.update::<Subscription>("customer.subscription.updated", subscription, |held| {
                held.status = Status::Active;
            });
        }
    }

    pub(crate) fn announce_payment(&mut self, intent: &str) {
        self.emit_by("invoice_payment.paid", |world, _| {
            world.payments.get(intent).map_or(Value::Null, render::payment::invoice_payment)
        });
    }

    /// A declined attempt and what follows from it.
    fn decline(&mut self, id: &str, automatic: bool) -> LifeError {
        let charge = self.charge(id, false);
        let now = self.now;
        let retries = self.rules.retry_after_seconds.clone();
        let before = self.portrait::<Invoice>(id);
        let mut next = None;
        self.edit::<Invoice>(id, |held| {
            held.charge.clone_from(&charge);
            held.attempted = true;
            if automatic || held.attempt_count == 0 {
                held.attempt_count += 1;
            }
            // A first invoice is not tried again: the subscription waits as incomplete.
            let is_tried_again = held.billing_reason != BillingReason::Create;
            if automatic && is_tried_again && held.auto_advance {
                let made = usize::try_from(held.attempt_count - 1).unwrap_or(usize::MAX);
                next = retries.get(made).map(|wait| now + wait);
                held.next_payment_attempt = next;
            }
        });
        self.emit::<Invoice>("invoice.payment_failed", id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        let declined = LifeError::Declined { charge };
        let Some(held) = self.invoices.get(id) else {
            return declined;
        };
        if held.billing_reason == BillingReason::Create {
            return declined;
        }
        let (subscription, customer) = (held.subscription.clone(), held.customer.clone());
        let latest = self.subscriptions.get(&subscription).is_some_and(|of| {
            of.status == Status::Active && of.latest_invoice.as_deref() == Some(id)
        });
        if latest {
            self.update::<Subscription>("customer.subscription.updated", &subscription, |held| {
                held.status = Status::PastDue;
            });
        }
        self.update::<Customer>("customer.updated", &customer, |held| held.delinquent = true);
        match next {
            Some(due) => self.agenda.plan(due, Task::Collect { invoice: id.to_owned() }),
            None if automatic => self.give_up(&subscription, id),
            None => {}
        }
        declined
    }

    /// What the account does when the last retry has failed.
    fn give_up(&mut self, subscription: &str, invoice: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        if held.status != Status::PastDue || held.latest_invoice.as_deref() != Some(invoice) {
            return;
        }
        match self.rules.dunning_end {
            DunningEnd::Cancel => {
                self.end_now(subscription, "payment_failed", Cancel::default());
            }
            DunningEnd::Unpaid => {
                self.update::<Invoice>("invoice.updated", invoice, |held| {
                    held.auto_advance = false;
                });
                self.update::<Subscription>("customer.subscription.updated", subscription, |of| {
                    of.status = Status::Unpaid;
                });
            }
            DunningEnd::PastDue => {}
        }
    }

    /// Pays an invoice by request, with the customer's payment method or outside of Stripe.
    pub(crate) fn pay_invoice(&mut self, id: &str, out_of_band: bool) -> Result<(), LifeError> {
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
                self.mark_paid(id, true);
            }
            return Ok(());
        }
        self.collect(id, false).map_or(Ok(()), Err)
    }

    /// An attempt to collect an open invoice that the bank declines.
    pub(crate) fn fail_payment(&mut self, id: &str) -> Result<(), LifeError> {
        match self.known_invoice(id)?.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                self.decline(id, false);
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
