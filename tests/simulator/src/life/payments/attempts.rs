//! Attempts to pay an intent: what the bank says, and what becomes of intent and charge.

use super::intents::unexpected;
use crate::agenda::Task;
use crate::life::LifeError;
use crate::life::collect::By;
use crate::model::Metadata;
use crate::model::card::{Answer, Card, Decline, Presence};
use crate::model::charge::{Charge, ChargeStatus};
use crate::model::payment_intent::{Capture, IntentStatus, PaymentIntent, Refusal};
use crate::model::payment_method::{MethodKind, PaymentMethod};
use crate::world::World;

/// How an intent is confirmed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Confirm {
    /// Whether the attempt is refused where the customer would have to act.
    pub(crate) error_on_action: bool,
    /// The method to pay by, in place of the intent's.
    pub(crate) method: Option<String>,
    pub(crate) off_session: bool,
    pub(crate) return_url: Option<String>,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attempt {
    /// Paid, or approved and waiting to be captured.
    Approved,
    Declined(LifeError),
    /// Waits for the customer to pass 3D Secure.
    NeedsAction,
    /// A bank debit is under way.
    Processing,
}

impl World {
    /// Attempts to pay an intent. A decline is an error, and changes the intent all the same.
    pub(crate) fn confirm_intent(&mut self, id: &str, how: Confirm) -> Result<(), LifeError> {
        let held = self.known_intent(id)?;
        if !held.status.is_open() {
            return Err(unexpected(&already(held.status)));
        }
        let Some(method) = how.method.or_else(|| held.method.clone()) else {
            return Err(unexpected(
                "You cannot confirm this PaymentIntent because it's missing a payment method. \
                 You can either update the PaymentIntent with a payment method and then confirm \
                 it again, or confirm it again directly with a payment method or \
                 ConfirmationToken.",
            ));
        };
        self.check_method(id, &method)?;
        let return_url = how.return_url;
        self.edit::<PaymentIntent>(id, |held| {
            if return_url.is_some() {
                held.return_url = return_url;
            }
        });
        let presence = Presence { off_session: how.off_session, ..Presence::default() };
        let attempt = self.attempt(id, &method, presence);
        if attempt == Attempt::NeedsAction && how.error_on_action {
            let decline = Decline::AuthenticationRequired;
            let refused = self.refuse(id, &method, decline, None);
            return self.after_attempt(id, refused, By::Caller);
        }
        self.after_attempt(id, attempt, By::Caller)
    }

    /// The customer passes 3D Secure, or fails it.
    pub(crate) fn authenticate_intent(&mut self, id: &str, passes: bool) -> Result<(), LifeError> {
        let attempt = self.authenticate_attempt(id, passes)?;
        match self.after_attempt(id, attempt, By::Caller) {
            // Failing is what was asked for.
            Err(LifeError::Declined { .. }) => Ok(()),
            other => other,
        }
    }

    /// The same for whoever goes on from what the attempt came to.
    pub(in crate::life) fn authenticate_attempt(
        &mut self,
        id: &str,
        passes: bool,
    ) -> Result<Attempt, LifeError> {
        let held = self.known_intent(id)?;
        let method = held.method.clone().filter(|_| held.status == IntentStatus::RequiresAction);
        let Some(method) = method else {
            return Err(unexpected("This PaymentIntent does not wait for authentication."));
        };
        Ok(self.authenticated(id, &method, passes))
    }

    fn authenticated(&mut self, id: &str, method: &str, passes: bool) -> Attempt {
        if passes {
            let presence = Presence { authenticated: true, ..Presence::default() };
            self.attempt(id, method, presence)
        } else {
            self.refuse(id, method, Decline::AuthenticationFailed, None)
        }
    }

    /// Ends a bank debit that has to be under way.
    pub(crate) fn settle_by_bank(&mut self, id: &str, succeeds: bool) -> Result<(), LifeError> {
        let status = self.known_intent(id)?.status;
        if status != IntentStatus::Processing {
            let message = "Only a PaymentIntent that is processing can be settled.";
            return Err(unexpected(message));
        }
        self.settle_delayed(id, succeeds);
        Ok(())
    }

    /// Ends a bank debit that is under way; one that is not is left alone.
    pub(crate) fn settle_delayed(&mut self, id: &str, succeeds: bool) {
        let Some(held) = self.payment_intents.get(id) else { return };
        let (charge, method) = (held.latest_charge().map(str::to_owned), held.method.clone());
        let (Some(charge), Some(method), IntentStatus::Processing) = (charge, method, held.status)
        else {
            return;
        };
        let attempt = if succeeds {
            self.edit::<Charge>(&charge, |held| {
                held.status = ChargeStatus::Succeeded;
                held.captured = true;
                held.amount_captured = held.amount;
            });
            self.balance_charge(&charge);
            self.emit::<Charge>("charge.succeeded", &charge);
            self.edit::<PaymentIntent>(id, |held| {
                held.status = IntentStatus::Succeeded;
                held.amount_received = held.amount;
            });
            self.emit::<PaymentIntent>("payment_intent.succeeded", id);
            Attempt::Approved
        } else {
            let decline = Decline::DebitReturned;
            self.edit::<Charge>(&charge, |held| {
                held.status = ChargeStatus::Failed;
                held.decline = Some(decline);
            });
            self.emit::<Charge>("charge.failed", &charge);
            self.refuse(id, &method, decline, Some(charge))
        };
        let succeeded = attempt == Attempt::Approved;
        // A debit that fails is no failure of whoever lets time pass.
        let _ = self.after_attempt(id, attempt, By::Bank);
        self.after_delayed(id, succeeded);
    }

    pub(crate) fn settle_delayed_when_due(&mut self, id: &str) {
        let held = self.payment_intents.get(id).and_then(|held| held.method.as_deref());
        let method = held.and_then(|method| self.payment_methods.get(method));
        let Some(method) = method else { return };
        self.settle_delayed(id, self.bank_of(method) != Card::DelayedFailure);
    }

    /// Tells whatever an intent belongs to what an attempt came to. That the customer has to act
    /// first is no error to whoever confirms an intent.
    fn after_attempt(&mut self, id: &str, attempt: Attempt, by: By) -> Result<(), LifeError> {
        let invoice = self.payment_intents.get(id).and_then(|held| held.invoice.clone());
        let error = match (invoice, attempt) {
            (Some(invoice), attempt) => self.after_invoice_attempt(&invoice, id, attempt, by),
            (None, Attempt::Declined(error)) => Some(error),
            (None, Attempt::Approved | Attempt::NeedsAction | Attempt::Processing) => None,
        };
        match error {
            None | Some(LifeError::NeedsAction { .. }) => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Whether a method can pay an intent.
    fn check_method(&self, intent: &str, method: &str) -> Result<(), LifeError> {
        let (intent, method) =
            (self.known_intent(intent)?, self.known_method(method, "payment_method")?);
        let kind = method.kind.as_str();
        let any = intent.automatic_methods.is_some();
        if !any && !intent.method_types.iter().any(|it| it == kind) {
            return Err(LifeError::Invalid {
                param: "payment_method",
                message: format!(
                    "The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. \
                     Please attach a PaymentMethod of one of the following types: {}.",
                    intent.method_types.join(", ")
                ),
            });
        }
        let refused = |message: &str| {
            Err(LifeError::Invalid { param: "payment_method", message: message.to_owned() })
        };
        match (&method.customer, &intent.customer) {
            (Some(owner), Some(payer)) if owner != payer => refused(
                "The PaymentMethod does not belong to the Customer you supplied. Please supply \
                 a PaymentMethod that is attached to this Customer.",
            ),
            (Some(owner), None) => refused(&format!(
                "The PaymentMethod {} belongs to the Customer {owner}. Please include the \
                 Customer in the `customer` parameter on the PaymentIntent.",
                method.id
            )),
            (None, _)
                if method.spent && method.card.answer(Presence::default()) == Answer::Approved =>
            {
                refused(
                    "The provided PaymentMethod was previously used with a PaymentIntent without \
                     Customer attachment, or was detached from a Customer. It may not be used \
                     again. To use a PaymentMethod multiple times, you must attach it to a \
                     Customer first.",
                )
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// One attempt: asks the method's bank and does what it says.
    pub(in crate::life) fn attempt(
        &mut self,
        id: &str,
        method: &str,
        presence: Presence,
    ) -> Attempt {
        let held = self.payment_methods.get(method);
        let answer = held.map_or(Answer::Declined(Decline::Generic), |held| {
            self.bank_of(held).answer(Presence { set_up: held.set_up, ..presence })
        });
        self.carry_out(id, method, answer, presence.authenticated)
    }

    /// Does what a bank says to an attempt.
    pub(in crate::life) fn carry_out(
        &mut self,
        id: &str,
        method: &str,
        answer: Answer,
        authenticated: bool,
    ) -> Attempt {
        self.edit::<PaymentIntent>(id, |held| {
            held.method = Some(method.to_owned());
            held.last_error = None;
        });
        match answer {
            Answer::Approved => self.approve(id, method, authenticated),
            Answer::Authenticate => {
                self.edit::<PaymentIntent>(id, |held| held.status = IntentStatus::RequiresAction);
                self.emit::<PaymentIntent>("payment_intent.requires_action", id);
                Attempt::NeedsAction
            }
            Answer::Declined(decline) => {
                let charge = self.make_charge(id, method, ChargeStatus::Failed, Some(decline));
                self.emit::<Charge>("charge.failed", &charge);
                self.refuse(id, method, decline, Some(charge))
            }
            Answer::Processing => {
                let charge = self.make_charge(id, method, ChargeStatus::Pending, None);
                self.emit::<Charge>("charge.pending", &charge);
                self.edit::<PaymentIntent>(id, |held| held.status = IntentStatus::Processing);
                self.emit::<PaymentIntent>("payment_intent.processing", id);
                self.keep_method(id, method, authenticated);
                let due = self.now + self.rules.payments.delayed_seconds;
                self.agenda.plan(due, Task::SettlePayment { intent: id.to_owned() });
                Attempt::Processing
            }
        }
    }

    fn approve(&mut self, id: &str, method: &str, authenticated: bool) -> Attempt {
        let captures =
            self.payment_intents.get(id).is_some_and(|held| held.capture != Capture::Manual);
        let charge = self.make_charge(id, method, ChargeStatus::Succeeded, None);
        self.edit::<Charge>(&charge, |held| {
            held.captured = captures;
            held.amount_captured = if captures { held.amount } else { 0 };
        });
        if captures {
            self.balance_charge(&charge);
            self.plan_dispute(&charge);
        }
        self.emit::<Charge>("charge.succeeded", &charge);
        self.edit::<PaymentIntent>(id, |held| {
            held.status =
                if captures { IntentStatus::Succeeded } else { IntentStatus::RequiresCapture };
            held.amount_received = if captures { held.amount } else { 0 };
        });
        let kind = if captures {
            "payment_intent.succeeded"
        } else {
            "payment_intent.amount_capturable_updated"
        };
        self.emit::<PaymentIntent>(kind, id);
        self.keep_method(id, method, authenticated);
        // What has paid once without a customer is used up.
        self.edit::<PaymentMethod>(method, |held| held.spent |= held.customer.is_none());
        Attempt::Approved
    }

    /// Keeps a method for later, if that was asked for.
    fn keep_method(&mut self, id: &str, method: &str, authenticated: bool) {
        let held = self.payment_intents.get(id);
        let keeps = held.filter(|held| held.setup_future_usage.is_some());
        let Some(customer) = keeps.and_then(|held| held.customer.clone()) else { return };
        self.edit::<PaymentMethod>(method, |held| held.set_up |= authenticated);
        // A method that cannot be kept has paid all the same.
        let _ = self.attach_method(method, &customer);
    }

    /// Leaves an intent unpaid, for a reason.
    fn refuse(
        &mut self,
        id: &str,
        method: &str,
        decline: Decline,
        charge: Option<String>,
    ) -> Attempt {
        let refusal = Refusal { decline, charge: charge.clone(), method: method.to_owned() };
        self.edit::<PaymentIntent>(id, |held| {
            held.status = IntentStatus::RequiresPaymentMethod;
            held.last_error = Some(refusal);
            held.method = None;
        });
        self.emit::<PaymentIntent>("payment_intent.payment_failed", id);
        Attempt::Declined(LifeError::Declined { charge, decline, intent: Some(id.to_owned()) })
    }

    fn make_charge(
        &mut self,
        intent: &str,
        method: &str,
        status: ChargeStatus,
        decline: Option<Decline>,
    ) -> String {
        let kind = self.payment_methods.get(method).map(|held| held.kind);
        let id = match kind {
            Some(MethodKind::SepaDebit | MethodKind::UsBankAccount) => self.ids.long("py_"),
            Some(MethodKind::Card) | None => self.ids.long("ch_"),
        };
        let Some(of) = self.payment_intents.get(intent) else { return id };
        let charge = Charge {
            id: id.clone(),
            created: self.now,
            amount: of.amount,
            amount_captured: 0,
            amount_refunded: 0,
            balance_transaction: None,
            captured: false,
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            decline,
            description: of.description.clone(),
            disputed: false,
            intent: intent.to_owned(),
            invoice: of.invoice.clone(),
            metadata: if of.invoice.is_some() { Metadata::new() } else { of.metadata.clone() },
            method: method.to_owned(),
            method_charged: self.payment_methods.get(method).cloned(),
            receipt_email: of.receipt_email.clone(),
            statement_descriptor: of.statement_descriptor.clone(),
            status,
        };
        self.charges.insert(&id, charge);
        self.edit::<PaymentIntent>(intent, |held| held.charges.push(id.clone()));
        id
    }
}

fn already(status: IntentStatus) -> String {
    match status {
        IntentStatus::Succeeded => "You cannot confirm this PaymentIntent because it has already \
                                    succeeded after being previously confirmed."
            .to_owned(),
        other => format!(
            "You cannot confirm this PaymentIntent because it has a status of {}.",
            other.as_str()
        ),
    }
}
