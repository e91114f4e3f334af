//! What a visitor of a checkout page does: pays, is declined, pays later. The page, the library
//! and the control API all go through [`World::complete_checkout`].
//!
//! A decline leaves the session open and nothing made but the payment intent and its charge. What
//! is paid for is made once the payment has succeeded, or is under way.

use crate::life::LifeError;
use crate::life::orders::{CustomerChange, NewCustomer, NewSubscription};
use crate::life::payments::{Attempt, NewIntent, NewMethod};
use crate::life::subscribe::Prepaid;
use crate::model::card::{Answer, Card, Presence};
use crate::model::checkout::{CheckoutSession, Mode, Paid, Payer, SessionStatus};
use crate::model::payment_intent::{Capture, IntentStatus, PaymentIntent};
use crate::model::payment_method::PaymentMethod;
use crate::model::setup_intent::SetupStatus;
use crate::world::World;
use serde_json::{Value, json};

/// What a visitor of a checkout page pays by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PayBy {
    /// The customer's saved payment method, or a good new card where there is none.
    #[default]
    Saved,
    /// A new payment method whose bank answers like this.
    Card(Card),
    /// A payment method by its id, or a test token such as `pm_card_visa`.
    Method(String),
}

/// What a visitor of a checkout page fills in before paying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckoutVisit {
    /// What is paid by.
    pub by: PayBy,
    /// The address, where the session knows none.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// A code that customers know; only where the session takes codes.
    pub promotion_code: Option<String>,
}

impl CheckoutVisit {
    /// A visitor who pays by a new payment method whose bank answers like this.
    #[must_use]
    pub fn by(card: Card) -> Self {
        Self { by: PayBy::Card(card), ..Self::default() }
    }
}

impl World {
    /// Completes an open session as a visitor would. When the bank declines, the session stays
    /// open; when it asks for 3D Secure, the session waits for `authenticate_checkout`.
    pub(crate) fn complete_checkout(
        &mut self,
        id: &str,
        visit: &CheckoutVisit,
    ) -> Result<(), LifeError> {
        self.open_session(id)?;
        if let Some(code) = &visit.promotion_code {
            self.redeem_at_checkout(id, code)?;
        }
        let mut held = self.open_session(id)?.clone();
        self.check_discounts_at_checkout(&held)?;
        // What is due may have changed since the session was opened.
        self.reckon(&mut held);
        let now = held.clone();
        self.edit::<CheckoutSession>(id, |held| *held = now);
        let payer = self.who_pays(&held, visit);
        let due = self.due_at_checkout(&held)?;
        match held.offer.mode {
            Mode::Setup => {
                let method = self.method_at_checkout(&held, &visit.by, &payer)?;
                self.set_up_at_checkout(&held, payer, &method)
            }
            Mode::Payment | Mode::Subscription if due > 0 => {
                let method = self.method_at_checkout(&held, &visit.by, &payer)?;
                if held.offer.subscribes_first && held.offer.mode == Mode::Subscription {
                    return self.subscribe_then_pay(&held, payer, &method);
                }
                self.pay_at_checkout(&held, payer, &method, due)
            }
            Mode::Payment => {
                self.customer_at_checkout(&held, &payer);
                self.finish(id, payer, Paid::NotRequired);
                Ok(())
            }
            Mode::Subscription => {
                self.customer_at_checkout(&held, &payer);
                let method = if held.always_collects() {
                    Some(self.save_at_checkout(&held, &visit.by, &payer)?)
                } else {
                    None
                };
                let prepaid = Prepaid { method, payment: None, session: id.to_owned() };
                self.subscribe_at_checkout(id, payer, prepaid)
            }
        }
    }

    /// The visitor passes the 3D Secure that an attempt waits for, or fails it.
    pub(crate) fn authenticate_checkout(
        &mut self,
        id: &str,
        passes: bool,
    ) -> Result<(), LifeError> {
        let held = self.open_session(id)?.clone();
        let payer = self.who_pays(&held, &CheckoutVisit::default());
        if let Some(setup) = held.setup_intent.clone() {
            self.authenticate_setup_intent(&setup, passes)?;
            return if passes { self.set_up_done(id, payer) } else { Ok(()) };
        }
        let Some(intent) = held.hidden_intent.clone() else {
            return Err(not_now("This session does not wait for authentication."));
        };
        if held.subscription.is_some() {
            return self.authenticate_before_basil(&held, payer, &intent, passes);
        }
        let method = self.payment_intents.get(&intent).and_then(|held| held.method.clone());
        let attempt = self.authenticate_attempt(&intent, passes)?;
        match (attempt, method) {
            (Attempt::Approved | Attempt::Processing, Some(method)) => {
                let attempt = Attempt::Approved;
                self.paid_at_checkout(id, payer, intent, method, attempt)
            }
            _ => Ok(()),
        }
    }

    /// Whether the page has to ask for 3D Secure.
    pub(crate) fn checkout_asks(&self, held: &CheckoutSession) -> bool {
        let intent = held.hidden_intent.as_ref().and_then(|id| self.payment_intents.get(id));
        let setup = held.setup_intent.as_ref().and_then(|id| self.setup_intents.get(id));
        intent.is_some_and(|held| held.status == IntentStatus::RequiresAction)
            || setup.is_some_and(|held| held.status == SetupStatus::RequiresAction)
    }

    /// Ends the delayed payment of a completed session, before it ends by itself.
    pub(crate) fn settle_checkout(&mut self, id: &str, succeeds: bool) -> Result<(), LifeError> {
        let held = self.known_checkout(id)?;
        let intent = held.hidden_intent.as_ref().and_then(|id| self.payment_intents.get(id));
        match intent.filter(|intent| intent.status == IntentStatus::Processing) {
            Some(intent) => {
                let intent = intent.id.clone();
                self.settle_delayed(&intent, succeeds);
                Ok(())
            }
            None => Err(not_now("No payment of this session is under way.")),
        }
    }

    /// What the end of a delayed payment means for the session it was begun by.
    pub(in crate::life) fn after_delayed(&mut self, intent: &str, succeeded: bool) {
        let session = self.payment_intents.get(intent).and_then(|it| it.checkout_session.clone());
        let waiting = session.filter(|id| {
            self.checkout_sessions.get(id).is_some_and(|held| {
                held.paid == Paid::NotYet && held.status == SessionStatus::Complete
            })
        });
        let Some(id) = waiting else { return };
        if succeeded {
            self.edit::<CheckoutSession>(&id, |held| held.paid = Paid::Yes);
            self.emit::<CheckoutSession>("checkout.session.async_payment_succeeded", &id);
        } else {
            self.emit::<CheckoutSession>("checkout.session.async_payment_failed", &id);
        }
    }

    /// Opens a session for a subscription and has the customer complete it at once.
    pub(in crate::life) fn buy(&mut self, new: &NewSubscription) -> Result<String, LifeError> {
        self.live_customer(&new.customer, "customer")?;
        for item in &new.items {
            self.sellable_price(&item.price)?;
        }
        let id = self.open_checkout_for(new);
        self.complete_checkout(&id, &CheckoutVisit::default())?;
        let made = self.checkout_sessions.get(&id).and_then(|held| held.subscription.clone());
        made.ok_or_else(|| not_now("The session made no subscription."))
    }

    pub(super) fn open_session(&self, id: &str) -> Result<&CheckoutSession, LifeError> {
        let held = self.known_checkout(id)?;
        match held.status {
            SessionStatus::Open => Ok(held),
            SessionStatus::Complete => Err(not_now("This Checkout Session is already complete.")),
            SessionStatus::Expired => Err(not_now("This Checkout Session has expired.")),
        }
    }

    /// Who pays: what is known, and what the visitor filled in.
    fn who_pays(&self, held: &CheckoutSession, visit: &CheckoutVisit) -> Payer {
        let customer = held.offer.customer.as_deref().and_then(|id| self.customers.get(id));
        let said = held.payer.clone().unwrap_or_default();
        let known = customer.and_then(|customer| customer.email.clone());
        let email = known.or_else(|| held.offer.customer_email.clone());
        Payer {
            address: Some(an_address()),
            email: email.or_else(|| visit.email.clone()).or(said.email),
            name: visit
                .name
                .clone()
                .or(said.name)
                .or_else(|| customer.and_then(|customer| customer.name.clone())),
            phone: said.phone,
        }
    }

    /// What is to be paid now: of a subscription, its first invoice less what the customer's
    /// balance covers.
    fn due_at_checkout(&mut self, held: &CheckoutSession) -> Result<i64, LifeError> {
        let customer = held.offer.customer.as_deref().and_then(|id| self.customers.get(id));
        let balance = customer.map_or(0, |customer| customer.balance);
        match held.offer.mode {
            Mode::Setup => Ok(0),
            Mode::Payment => Ok(held.total()),
            Mode::Subscription => {
                let wish = self.subscription_wished(held);
                Ok((self.first_due(&wish)? + balance).max(0))
            }
        }
    }

    pub(super) fn method_at_checkout(
        &mut self,
        held: &CheckoutSession,
        by: &PayBy,
        payer: &Payer,
    ) -> Result<String, LifeError> {
        let saved = held.offer.customer.as_deref().and_then(|id| self.paying_method(id, None));
        let method = match (by, saved) {
            (PayBy::Saved, Some(saved)) if held.offer.mode != Mode::Setup => return Ok(saved),
            (PayBy::Saved, _) => self.create_method(NewMethod::of_card(Card::Good)),
            (PayBy::Card(Card::Declining), _) => {
                // The card that fails when it is charged, not the one that fails afterwards.
                self.use_method("pm_card_visa_chargeDeclined", "payment_method")?
            }
            (PayBy::Card(card), _) => self.create_method(NewMethod::of_card(*card)),
            (PayBy::Method(named), _) => self.use_method(named, "payment_method")?,
        };
        let payer = payer.clone();
        self.edit::<PaymentMethod>(&method, |held| {
            if held.customer.is_none() {
                held.billing_details.address = payer.address;
                held.billing_details.email = payer.email;
                held.billing_details.name = payer.name;
                held.billing_details.phone = payer.phone;
            }
        });
        Ok(method)
    }

    /// The customer of a session, made where one is needed, with what the page may write to it.
    pub(super) fn customer_at_checkout(
        &mut self,
        held: &CheckoutSession,
        payer: &Payer,
    ) -> Option<String> {
        // An earlier attempt may have made one.
        let known = self.checkout_sessions.get(&held.id).and_then(|it| it.offer.customer.clone());
        if let Some(customer) = known {
            let writes = |what: &str| held.offer.customer_update.iter().any(|it| it == what);
            let lacks_email =
                self.customers.get(&customer).is_some_and(|customer| customer.email.is_none());
            let change = CustomerChange {
                address: payer.address.clone().filter(|_| writes("address")),
                email: payer.email.clone().filter(|_| lacks_email),
                name: payer.name.clone().filter(|_| writes("name")),
                ..CustomerChange::default()
            };
            // A customer that was deleted meanwhile is left alone.
            let _ = self.update_customer(&customer, change);
            return Some(customer);
        }
        let wanted = held.offer.mode == Mode::Subscription
            || held.offer.customer_creation.as_deref() == Some("always")
            || held.offer.intent_data.setup_future_usage.is_some();
        if !wanted {
            return None;
        }
        let customer = self.create_customer(NewCustomer {
            address: payer.address.clone(),
            card: Card::Missing,
            email: payer.email.clone(),
            name: payer.name.clone(),
            phone: payer.phone.clone(),
            ..NewCustomer::default()
        });
        self.edit::<CheckoutSession>(&held.id, |it| it.offer.customer = Some(customer.clone()));
        Some(customer)
    }

    fn pay_at_checkout(
        &mut self,
        held: &CheckoutSession,
        payer: Payer,
        method: &str,
        due: i64,
    ) -> Result<(), LifeError> {
        let answer = self.bank_says(method, Presence::default());
        let customer = match answer {
            // Nobody becomes a customer by a declined payment.
            Answer::Declined(_) => held.offer.customer.clone(),
            Answer::Approved | Answer::Authenticate | Answer::Processing => {
                self.customer_at_checkout(held, &payer)
            }
        };
        let intent = self.intent_at_checkout(held, customer, due);
        let told = payer.clone();
        self.edit::<CheckoutSession>(&held.id, |held| {
            held.hidden_intent = Some(intent.clone());
            held.payer = Some(told);
            if held.offer.mode == Mode::Payment {
                held.payment_intent = Some(intent.clone());
            }
        });
        match self.attempt(&intent, method, Presence::default()) {
            Attempt::Declined(error) => Err(error),
            Attempt::NeedsAction => Err(LifeError::NeedsAction { intent }),
            done @ (Attempt::Approved | Attempt::Processing) => {
                self.paid_at_checkout(&held.id, payer, intent, method.to_owned(), done)
            }
        }
    }

    /// Before 2022-08-01 a session that sells for once had its payment intent from the beginning.
    pub(super) fn begin_payment_early(&mut self, id: &str) {
        let Some(held) = self.checkout_sessions.get(id).cloned() else { return };
        if held.offer.mode != Mode::Payment || held.total() == 0 {
            return;
        }
        let intent = self.intent_at_checkout(&held, held.offer.customer.clone(), held.total());
        self.edit::<CheckoutSession>(id, |held| {
            held.hidden_intent = Some(intent.clone());
            held.payment_intent = Some(intent);
        });
    }

    /// The intent of the session's attempts: one for all of them.
    fn intent_at_checkout(
        &mut self,
        held: &CheckoutSession,
        customer: Option<String>,
        amount: i64,
    ) -> String {
        let known = held.hidden_intent.clone().filter(|id| {
            self.payment_intents.get(id).is_some_and(|intent| intent.status.is_open())
        });
        if let Some(intent) = known {
            self.edit::<PaymentIntent>(&intent, |held| {
                held.amount = amount;
                held.customer = customer;
            });
            return intent;
        }
        let data = held.offer.intent_data.clone();
        let subscribes = held.offer.mode == Mode::Subscription;
        self.create_intent(NewIntent {
            amount,
            capture: match data.capture_method.as_deref() {
                Some("automatic") => Capture::Automatic,
                Some("manual") => Capture::Manual,
                Some(_) | None => Capture::AutomaticAsync,
            },
            checkout_session: Some(held.id.clone()),
            currency: held.offer.currency.clone().unwrap_or_default(),
            customer,
            description: if subscribes {
                Some("Subscription creation".to_owned())
            } else {
                data.description
            },
            metadata: data.metadata,
            method_types: ["card", "sepa_debit", "us_bank_account"].map(str::to_owned).to_vec(),
            receipt_email: data.receipt_email,
            setup_future_usage: if subscribes {
                Some("off_session".to_owned())
            } else {
                data.setup_future_usage
            },
            statement_descriptor: data.statement_descriptor,
            ..NewIntent::default()
        })
    }

    /// What follows a payment that has succeeded or is under way.
    fn paid_at_checkout(
        &mut self,
        id: &str,
        payer: Payer,
        intent: String,
        method: String,
        attempt: Attempt,
    ) -> Result<(), LifeError> {
        let paid = if attempt == Attempt::Processing { Paid::NotYet } else { Paid::Yes };
        let mode = self.known_checkout(id)?.offer.mode;
        if mode == Mode::Subscription {
            self.edit::<CheckoutSession>(id, |held| held.paid = paid);
            let payment = Some((intent, attempt));
            let prepaid = Prepaid { method: Some(method), payment, session: id.to_owned() };
            return self.subscribe_at_checkout(id, payer, prepaid);
        }
        self.finish(id, payer, paid);
        if paid == Paid::Yes {
            self.book_charge(&intent);
        }
        Ok(())
    }

    /// The money of a charge arrives in the account's balance.
    fn book_charge(&mut self, intent: &str) {
        let held = self.payment_intents.get(intent);
        let Some(charge) = held.and_then(|held| held.latest_charge()).map(str::to_owned) else {
            return;
        };
        self.balance_charge_late(&charge);
    }

    pub(super) fn finish(&mut self, id: &str, payer: Payer, paid: Paid) {
        if let Some(held) = self.checkout_sessions.get(id).cloned() {
            self.count_redemptions(&held);
        }
        self.edit::<CheckoutSession>(id, |held| {
            held.paid = paid;
            held.payer = Some(payer);
            held.status = SessionStatus::Complete;
        });
        self.emit::<CheckoutSession>("checkout.session.completed", id);
    }
}

fn not_now(message: &str) -> LifeError {
    LifeError::NotNow { code: None, message: message.to_owned() }
}

/// The billing address that every visitor gives.
fn an_address() -> Value {
    json!({ "city": null, "country": "US", "line1": null, "line2": null, "postal_code": "94107",
            "state": null })
}
