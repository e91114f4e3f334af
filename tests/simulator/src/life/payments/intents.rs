//! Payment intents: made, changed, cancelled, captured.

use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::model::charge::Charge;
use crate::model::payment_intent::{AutomaticMethods, Capture, IntentStatus, PaymentIntent};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A payment intent to make. Its method exists; what it names is checked by whoever asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewIntent {
    pub(crate) amount: i64,
    pub(crate) allowed_types: Option<Vec<String>>,
    pub(crate) automatic_methods: Option<AutomaticMethods>,
    pub(crate) capture: Capture,
    pub(crate) checkout_session: Option<String>,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
    /// The types of methods that can pay it; cards when none is named.
    pub(crate) method_types: Vec<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
}

/// A change to a payment intent.
#[derive(Clone, Debug, Default)]
pub(crate) struct IntentChange {
    pub(crate) amount: Option<i64>,
    pub(crate) capture: Option<Capture>,
    pub(crate) currency: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
}

impl World {
    /// Makes a payment intent, with or without a method to pay it by.
    pub(crate) fn create_intent(&mut self, new: NewIntent) -> String {
        let id = self.insert_intent(new);
        self.emit::<PaymentIntent>("payment_intent.created", &id);
        id
    }

    /// Makes a payment intent without a word.
    pub(super) fn insert_intent(&mut self, new: NewIntent) -> String {
        let id = self.ids.long("pi_");
        let secret = self.ids.long("_secret_");
        let mut method_types = new.method_types;
        if method_types.is_empty() {
            method_types.push("card".to_owned());
        }
        let intent = PaymentIntent {
            client_secret: format!("{id}{secret}"),
            id: id.clone(),
            created: self.now,
            amount: new.amount,
            amount_received: 0,
            allowed_types: new.allowed_types,
            automatic_methods: new.automatic_methods,
            canceled_at: None,
            cancellation_reason: None,
            capture: new.capture,
            charges: Vec::new(),
            checkout_session: new.checkout_session,
            currency: new.currency,
            customer: new.customer,
            description: new.description,
            invoice: new.invoice,
            last_error: None,
            metadata: new.metadata,
            method_types,
            receipt_email: new.receipt_email,
            return_url: new.return_url,
            setup_future_usage: new.setup_future_usage,
            statement_descriptor: new.statement_descriptor,
            status: match new.method {
                Some(_) => IntentStatus::RequiresConfirmation,
                None => IntentStatus::RequiresPaymentMethod,
            },
            method: new.method,
        };
        self.payment_intents.insert(&id, intent);
        id
    }

    pub(crate) fn update_intent(
        &mut self,
        id: &str,
        change: IntentChange,
    ) -> Result<(), LifeError> {
        let held = self.known_intent(id)?;
        let is_open = held.status.is_open();
        let owes_otherwise =
            change.amount.is_some() || change.currency.is_some() || change.customer.is_some();
        // What an invoice's intent is about follows from the invoice alone.
        if owes_otherwise && held.invoice.is_some() {
            return Err(unexpected(
                "The parameters amount, currency and customer cannot be used when modifying a \
                 PaymentIntent that was created by an invoice.",
            ));
        }
        if (owes_otherwise || change.method.is_some()) && !is_open {
            return Err(unexpected(&format!(
                "This PaymentIntent's amount, currency, customer or payment_method could not be \
                 updated because it has a status of {}.",
                held.status.as_str()
            )));
        }
        // No event tells of a changed intent.
        self.edit::<PaymentIntent>(id, |held| {
            held.amount = change.amount.unwrap_or(held.amount);
            held.capture = change.capture.unwrap_or(held.capture);
            if let Some(currency) = change.currency {
                held.currency = currency;
            }
            if let Some(method) = change.method {
                held.status = IntentStatus::RequiresConfirmation;
                held.method = Some(method);
            }
            set_text(&mut held.customer, change.customer);
            set_text(&mut held.description, change.description);
            set_text(&mut held.receipt_email, change.receipt_email);
            set_text(&mut held.setup_future_usage, change.setup_future_usage);
            set_text(&mut held.statement_descriptor, change.statement_descriptor);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        Ok(())
    }

    /// Cancels an intent that is not paid; what was approved and not captured goes back.
    pub(crate) fn cancel_intent(
        &mut self,
        id: &str,
        reason: Option<&str>,
    ) -> Result<(), LifeError> {
        let held = self.known_intent(id)?;
        let uncaptured = held.status == IntentStatus::RequiresCapture;
        if !held.status.is_open() && !uncaptured {
            return Err(unexpected(&format!(
                "You cannot cancel this PaymentIntent because it has a status of {}. Only a \
                 PaymentIntent with one of the following statuses may be canceled: \
                 requires_payment_method, requires_capture, requires_confirmation, \
                 requires_action.",
                held.status.as_str()
            )));
        }
        if held.invoice.is_some() {
            return Err(unexpected(
                "You cannot cancel a PaymentIntent that belongs to an invoice. Void the invoice \
                 instead.",
            ));
        }
        self.end_intent(id, reason);
        if let Some(charge) = self.uncaptured_charge(id).filter(|_| uncaptured) {
            self.edit::<Charge>(&charge, |held| held.amount_refunded = held.amount);
            self.emit::<Charge>("charge.refunded", &charge);
        }
        Ok(())
    }

    /// Cancels an open intent, whatever it belongs to.
    pub(in crate::life) fn end_intent(&mut self, id: &str, reason: Option<&str>) {
        let now = self.now;
        self.edit::<PaymentIntent>(id, |held| {
            held.status = IntentStatus::Canceled;
            held.canceled_at = Some(now);
            held.cancellation_reason = reason.map(str::to_owned);
        });
        self.emit::<PaymentIntent>("payment_intent.canceled", id);
    }

    fn uncaptured_charge(&self, intent: &str) -> Option<String> {
        let charge = self.payment_intents.get(intent)?.latest_charge()?;
        self.charges.get(charge).filter(|held| !held.captured).map(|held| held.id.clone())
    }

    /// Takes what was approved, or a part of it; the rest goes back.
    pub(crate) fn capture_intent(
        &mut self,
        id: &str,
        amount: Option<i64>,
    ) -> Result<(), LifeError> {
        let held = self.known_intent(id)?;
        if held.status != IntentStatus::RequiresCapture {
            return Err(unexpected(&format!(
                "This PaymentIntent could not be captured because it has a status of {}. Only a \
                 PaymentIntent with one of the following statuses may be captured: \
                 requires_capture.",
                held.status.as_str()
            )));
        }
        let amount = amount.unwrap_or(held.amount);
        if amount < 1 || amount > held.amount {
            return Err(LifeError::Invalid {
                param: "amount_to_capture",
                message: format!(
                    "The requested capture amount is greater than the amount you can capture \
                     for this charge, or is not positive: {amount}."
                ),
            });
        }
        if let Some(charge) = self.uncaptured_charge(id) {
            self.edit::<Charge>(&charge, |held| {
                held.captured = true;
                held.amount_captured = amount;
            });
            self.balance_charge(&charge);
            self.plan_dispute(&charge);
            self.emit::<Charge>("charge.captured", &charge);
        }
        self.edit::<PaymentIntent>(id, |held| {
            held.status = IntentStatus::Succeeded;
            held.amount_received = amount;
        });
        self.emit::<PaymentIntent>("payment_intent.succeeded", id);
        Ok(())
    }

    /// The charge that an intent was paid by.
    pub(crate) fn paid_charge_of(&self, intent: &str) -> Result<String, LifeError> {
        let held = self.payment_intents.get(intent).ok_or_else(|| LifeError::Missing {
            kind: "payment_intent",
            id: intent.to_owned(),
            param: "payment_intent",
        })?;
        let charge = held.latest_charge().filter(|_| held.status == IntentStatus::Succeeded);
        charge.map(str::to_owned).ok_or_else(|| {
            unexpected(&format!(
                "This PaymentIntent ({intent}) does not have a successful charge to refund."
            ))
        })
    }

    pub(crate) fn known_intent(&self, id: &str) -> Result<&PaymentIntent, LifeError> {
        self.payment_intents.get(id).ok_or_else(|| LifeError::Missing {
            kind: "payment_intent",
            id: id.to_owned(),
            param: "intent",
        })
    }
}

/// The state of an intent does not allow it.
pub(super) fn unexpected(message: &str) -> LifeError {
    LifeError::NotNow { code: Some("payment_intent_unexpected_state"), message: message.to_owned() }
}
