//! How invoices are paid by payment intents, and the invoice payments that tie the two.

use super::NewIntent;
use crate::agenda::Task;
use crate::life::LifeError;
use crate::life::collect::By;
use crate::model::card::Card;
use crate::model::charge::Charge;
use crate::model::invoice::{BillingReason, Invoice, InvoiceStatus};
use crate::model::invoice_payment::{InvoicePayment, InvoicePaymentStatus};
use crate::model::payment_intent::{IntentStatus, PaymentIntent};
use crate::world::World;

/// How long after the payment its `invoice_payment.paid` comes; 1 to 20 s were recorded.
const PAYMENT_ANNOUNCED_AFTER_SECONDS: i64 = 2;

impl World {
    /// The intent to collect what remains due on an invoice; none when that is nothing. Whoever
    /// asks for it tells of it with `emit_intent`.
    pub(in crate::life) fn begin_payment(&mut self, invoice: &str) -> Option<String> {
        let held = self.invoices.get(invoice).filter(|held| held.amount_remaining() > 0)?;
        let first = held.billing_reason == BillingReason::Create;
        let what = if first { "Subscription creation" } else { "Subscription update" };
        let new = NewIntent {
            amount: held.amount_remaining(),
            currency: held.currency.clone(),
            customer: Some(held.customer.clone()),
            description: Some(what.to_owned()),
            invoice: Some(invoice.to_owned()),
            setup_future_usage: first.then(|| "off_session".to_owned()),
            method_types: vec![
                "card".to_owned(),
                "sepa_debit".to_owned(),
                "us_bank_account".to_owned(),
            ],
            ..NewIntent::default()
        };
        let intent = self.insert_intent(new);
        self.tie(invoice, &intent, true);
        self.edit::<Invoice>(invoice, |held| held.payment_intent = Some(intent.clone()));
        Some(intent)
    }

    /// Has an intent that was paid before pay an invoice.
    pub(in crate::life) fn adopt_payment(&mut self, invoice: &str, intent: &str) {
        self.edit::<PaymentIntent>(intent, |held| held.invoice = Some(invoice.to_owned()));
        let charges = self.payment_intents.get(intent).map(|held| held.charges.clone());
        for charge in charges.unwrap_or_default() {
            self.edit::<Charge>(&charge, |held| held.invoice = Some(invoice.to_owned()));
        }
        self.tie(invoice, intent, true);
        self.edit::<Invoice>(invoice, |held| held.payment_intent = Some(intent.to_owned()));
    }

    /// Ties an intent to an invoice that it pays.
    pub(super) fn tie(&mut self, invoice: &str, intent: &str, is_default: bool) {
        let Some(of) = self.payment_intents.get(intent) else { return };
        let payment = InvoicePayment {
            id: String::new(),
            created: self.now,
            amount_paid: None,
            amount_requested: of.amount,
            canceled_at: None,
            currency: of.currency.clone(),
            intent: intent.to_owned(),
            invoice: invoice.to_owned(),
            is_default,
            paid_at: None,
            status: InvoicePaymentStatus::Open,
        };
        let id = self.ids.long("inpay_");
        self.invoice_payments.insert(&id, InvoicePayment { id: id.clone(), ..payment });
        self.payments_of.entry(invoice.to_owned()).or_default().push(id);
    }

    pub(in crate::life) fn emit_intent(&mut self, kind: &str, id: &str) {
        self.emit::<PaymentIntent>(kind, id);
    }

    /// The intent that can still pay an invoice, and its payment method where it has one.
    pub(in crate::life) fn open_intent(&mut self, invoice: &str) -> Option<String> {
        let held = self.invoices.get(invoice)?.payment_intent.clone();
        let held = held.and_then(|id| self.payment_intents.get(&id));
        if let Some(open) = held.filter(|held| held.status.is_open()) {
            return Some(open.id.clone());
        }
        let intent = self.begin_payment(invoice)?;
        self.emit_intent("payment_intent.created", &intent);
        Some(intent)
    }

    /// Whether a bank debit for an invoice is under way.
    pub(in crate::life) fn is_processing(&self, invoice: &str) -> bool {
        let intent = self.invoices.get(invoice).and_then(|held| held.payment_intent.as_ref());
        let held = intent.and_then(|id| self.payment_intents.get(id));
        held.is_some_and(|held| held.status == IntentStatus::Processing)
    }

    /// The method that an invoice is paid by: its subscription's, or its customer's. A customer
    /// who has none and is known to pay all the same gets one.
    pub(in crate::life) fn method_for(&mut self, invoice: &str) -> Option<String> {
        let held = self.invoices.get(invoice)?;
        let (customer, subscription) = (held.customer.clone(), held.subscription.clone());
        self.paying_method(&customer, subscription.as_deref()).or_else(|| {
            let bank = self.customers.get(&customer).and_then(|held| held.bank);
            self.give_card(&customer, bank.filter(|card| *card != Card::Missing)?);
            self.paying_method(&customer, subscription.as_deref())
        })
    }

    /// Whether a method was refused for good when the invoice was tried last, and still is: it
    /// is not tried again by itself.
    pub(in crate::life) fn is_refused_for_good(&self, invoice: &str, method: &str) -> bool {
        let intent = self.invoices.get(invoice).and_then(|held| held.payment_intent.as_ref());
        let error = intent
            .and_then(|id| self.payment_intents.get(id))
            .and_then(|held| held.last_error.as_ref());
        error.is_some_and(|error| error.decline.is_hard() && error.method == method)
            && self.would_decline(Some(method)).is_hard()
    }

    /// Keeps that an intent has paid its part of an invoice; the sum.
    pub(in crate::life) fn payment_made(&mut self, invoice: &str, intent: &str) -> i64 {
        let paid = self.payment_intents.get(intent).map_or(0, |held| held.amount_received);
        let now = self.now;
        for id in self.payments_of.get(invoice).cloned().unwrap_or_default() {
            let fits = self.invoice_payments.get(&id).is_some_and(|held| held.intent == intent);
            if fits {
                self.edit::<InvoicePayment>(&id, |held| {
                    held.amount_paid = Some(paid);
                    held.paid_at = Some(now);
                    held.status = InvoicePaymentStatus::Paid;
                });
                let due = now + PAYMENT_ANNOUNCED_AFTER_SECONDS;
                self.agenda.plan(due, Task::AnnouncePayment { payment: id });
            }
        }
        paid
    }

    /// Has an intent of its own pay an open invoice, or a part of it: at once if it has
    /// succeeded, and when it does otherwise.
    pub(crate) fn attach_payment(&mut self, invoice: &str, intent: &str) -> Result<(), LifeError> {
        let held = self.known_invoice(invoice)?;
        let refused =
            |message: &str| Err(LifeError::NotNow { code: None, message: message.to_owned() });
        if held.status != InvoiceStatus::Open {
            return refused("Payments can only be attached to an open invoice.");
        }
        let remaining = held.amount_remaining();
        let (customer, currency) = (held.customer.clone(), held.currency.clone());
        let of = self.payment_intents.get(intent).ok_or_else(|| LifeError::Missing {
            kind: "payment_intent",
            id: intent.to_owned(),
            param: "payment_intent",
        })?;
        if of.invoice.is_some() {
            return refused("This PaymentIntent is attached to an invoice already.");
        }
        if of.currency != currency || of.customer.as_ref().is_some_and(|it| *it != customer) {
            return refused("The PaymentIntent's customer and currency must be the invoice's.");
        }
        if of.amount > remaining {
            return refused("The PaymentIntent's amount is greater than what remains due.");
        }
        if of.status == IntentStatus::Canceled {
            return refused("A canceled PaymentIntent cannot be attached.");
        }
        let paid = of.status == IntentStatus::Succeeded;
        let charges = of.charges.clone();
        self.edit::<PaymentIntent>(intent, |held| held.invoice = Some(invoice.to_owned()));
        for charge in charges {
            self.edit::<Charge>(&charge, |held| held.invoice = Some(invoice.to_owned()));
        }
        self.tie(invoice, intent, false);
        if paid {
            self.settle(invoice, intent, By::Caller);
        }
        Ok(())
    }

    /// Keeps the sum of Stripe's own payment at what remains due.
    pub(in crate::life) fn shrink_default_payment(&mut self, invoice: &str) {
        let remaining = self.invoices.get(invoice).map_or(0, Invoice::amount_remaining);
        for id in self.payments_of.get(invoice).cloned().unwrap_or_default() {
            let Some(held) = self.invoice_payments.get(&id) else { continue };
            if held.is_default && held.status == InvoicePaymentStatus::Open {
                let intent = held.intent.clone();
                self.edit::<InvoicePayment>(&id, |held| held.amount_requested = remaining);
                self.edit::<PaymentIntent>(&intent, |held| held.amount = remaining);
            }
        }
    }

    pub(crate) fn announce_payment(&mut self, id: &str) {
        self.emit::<InvoicePayment>("invoice_payment.paid", id);
    }

    /// Ends what was still to pay an invoice that needs no paying any more.
    pub(in crate::life) fn end_payments(&mut self, invoice: &str, reason: Option<&str>) {
        let now = self.now;
        for id in self.payments_of.get(invoice).cloned().unwrap_or_default() {
            let Some(held) = self.invoice_payments.get(&id) else { continue };
            if held.status != InvoicePaymentStatus::Open {
                continue;
            }
            let intent = held.intent.clone();
            let waits = |held: &PaymentIntent| held.status.is_open();
            if self.payment_intents.get(&intent).is_some_and(waits) {
                self.edit::<InvoicePayment>(&id, |held| {
                    held.canceled_at = Some(now);
                    held.status = InvoicePaymentStatus::Canceled;
                });
                self.end_intent(&intent, reason);
            }
        }
    }
}
