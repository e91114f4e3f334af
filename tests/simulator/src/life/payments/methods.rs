//! Payment methods: made, attached to a customer, detached for good, and which one pays.

use crate::life::LifeError;
use crate::model::card::{Answer, Card, Decline, Presence};
use crate::model::customer::Customer;
use crate::model::payment_method::{BillingDetails, Face, MethodKind, PaymentMethod};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A test card (STRIPE.md section 8).
struct TestCard {
    /// Behind `pm_card_`; the same name behind `tok_` is its token.
    name: &'static str,
    number: &'static str,
    card: Card,
    /// Customers refuse cards that are declined when they are attached.
    attaches: bool,
}

const fn test(name: &'static str, number: &'static str, card: Card) -> TestCard {
    TestCard { name, number, card, attaches: true }
}

const fn unattachable(name: &'static str, number: &'static str, card: Card) -> TestCard {
    TestCard { name, number, card, attaches: false }
}

const TEST_CARDS: &[TestCard] = &[
    test("visa", "4242424242424242", Card::Good),
    test("visa_debit", "4000056655665556", Card::Good),
    test("mastercard", "5555555555554444", Card::Good),
    test("amex", "378282246310005", Card::Good),
    unattachable("visa_chargeDeclined", "4000000000000002", Card::Declining),
    unattachable("chargeDeclined", "4000000000000002", Card::Declining),
    unattachable(
        "visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        Card::InsufficientFunds,
    ),
    unattachable("chargeDeclinedInsufficientFunds", "4000000000009995", Card::InsufficientFunds),
    unattachable("visa_chargeDeclinedLostCard", "4000000000009987", Card::Lost),
    unattachable("visa_chargeDeclinedStolenCard", "4000000000009979", Card::Stolen),
    unattachable("chargeDeclinedExpiredCard", "4000000000000069", Card::Expired),
    unattachable("chargeDeclinedIncorrectCvc", "4000000000000127", Card::IncorrectCvc),
    unattachable("chargeDeclinedProcessingError", "4000000000000119", Card::ProcessingError),
    unattachable("radarBlock", "4100000000000019", Card::Fraudulent),
    test("chargeCustomerFail", "4000000000000341", Card::Declining),
    test("authenticationRequired", "4000002760003184", Card::NeedsAuthentication),
    test("threeDSecure2Required", "4000000000003220", Card::NeedsAuthentication),
    test("authenticationRequiredOnSetup", "4000002500003155", Card::NeedsAuthenticationOnce),
    test("createDispute", "4000000000000259", Card::Disputed),
    test("createDisputeProductNotReceived", "4000000000002685", Card::DisputedAsNotReceived),
    test("createDisputeInquiry", "4000000000001976", Card::Inquired),
    test("refundFail", "4000000000005126", Card::RefundFails),
    test("pendingRefund", "4000000000007726", Card::RefundPending),
];

/// Bank accounts by the token, and by the number, that stands for them.
const TEST_ACCOUNTS: &[(&str, &str, Card)] = &[
    ("pm_usBankAccount", "000123456789", Card::DelayedSuccess),
    ("pm_usBankAccount_success", "000123456789", Card::DelayedSuccess),
    ("pm_usBankAccount_insufficientFunds", "000222222227", Card::DelayedFailure),
];

/// SEPA accounts whose debits fail; every other one's succeed.
const FAILING_IBANS: &[&str] = &["AT861904300235473202", "DE62370400440532013001"];

/// A change to a payment method.
#[derive(Clone, Debug, Default)]
pub(crate) struct MethodChange {
    pub(crate) billing_details: Option<BillingDetails>,
    pub(crate) exp_month: Option<i64>,
    pub(crate) exp_year: Option<i64>,
    pub(crate) metadata: Metadata,
}

/// A payment method to make.
#[derive(Clone, Debug)]
pub(crate) struct NewMethod {
    pub(crate) billing_details: BillingDetails,
    pub(crate) metadata: Metadata,
    pub(crate) card: Card,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) kind: MethodKind,
    /// The number of the card or account.
    pub(crate) number: String,
    /// Whether customers refuse it.
    pub(crate) spent: bool,
}

impl NewMethod {
    fn of(kind: MethodKind, number: &str, card: Card) -> Self {
        Self {
            billing_details: BillingDetails::default(),
            metadata: Metadata::new(),
            card,
            exp_month: 12,
            exp_year: 2034,
            kind,
            number: number.to_owned(),
            spent: false,
        }
    }

    fn of_test_card(test: &TestCard) -> Self {
        Self { spent: !test.attaches, ..Self::of(MethodKind::Card, test.number, test.card) }
    }

    /// The method that a test token (`pm_card_visa`) stands for; none for any other text.
    pub(crate) fn of_test_token(token: &str) -> Option<Self> {
        let account = TEST_ACCOUNTS.iter().find(|(name, ..)| *name == token);
        if let Some((_, number, card)) = account {
            return Some(Self::of(MethodKind::UsBankAccount, number, *card));
        }
        let name = token.strip_prefix("pm_card_").or_else(|| token.strip_prefix("tok_"))?;
        TEST_CARDS.iter().find(|test| test.name == name).map(Self::of_test_card)
    }

    /// The method of a number; none for a card that is no test card.
    pub(crate) fn of_number(kind: MethodKind, number: &str) -> Option<Self> {
        let number: String = number.chars().filter(|it| !it.is_whitespace()).collect();
        match kind {
            MethodKind::Card => {
                TEST_CARDS.iter().find(|test| test.number == number).map(Self::of_test_card)
            }
            MethodKind::UsBankAccount => {
                let known = TEST_ACCOUNTS.iter().find(|(_, account, _)| *account == number);
                let card = known.map_or(Card::DelayedSuccess, |(.., card)| *card);
                Some(Self::of(kind, &number, card))
            }
            MethodKind::SepaDebit => {
                let fails = FAILING_IBANS.contains(&number.as_str());
                let card = if fails { Card::DelayedFailure } else { Card::DelayedSuccess };
                Some(Self::of(kind, &number, card))
            }
        }
    }

    /// A method whose bank answers in a given way.
    pub(crate) fn of_card(card: Card) -> Self {
        if card.is_delayed() {
            let account = TEST_ACCOUNTS.iter().find(|(.., it)| *it == card);
            let number = account.map_or("000123456789", |(_, number, _)| number);
            return Self::of(MethodKind::UsBankAccount, number, card);
        }
        let fits =
            |test: &&TestCard| test.card == card && (test.attaches || card != Card::Declining);
        let number = TEST_CARDS.iter().find(fits).map_or("4242424242424242", |test| test.number);
        Self::of(MethodKind::Card, number, card)
    }

    fn face(&self) -> Face {
        let country = match self.kind {
            MethodKind::Card | MethodKind::UsBankAccount => "US",
            MethodKind::SepaDebit if self.number.starts_with("AT") => "AT",
            MethodKind::SepaDebit => "DE",
        };
        let brand = match self.number.chars().next() {
            Some('3') => "amex",
            Some('5') => "mastercard",
            Some(_) | None => "visa",
        };
        let digits: Vec<char> = self.number.chars().collect();
        let last_four = digits.iter().skip(digits.len().saturating_sub(4)).collect();
        let (exp_month, exp_year) = (self.exp_month, self.exp_year);
        Face { brand, country, exp_month, exp_year, last_four }
    }
}

impl World {
    /// Makes a payment method that belongs to nobody yet.
    pub(crate) fn create_method(&mut self, new: NewMethod) -> String {
        let id = self.ids.long("pm_");
        let method = PaymentMethod {
            id: id.clone(),
            created: self.now,
            face: new.face(),
            billing_details: new.billing_details,
            card: new.card,
            customer: None,
            kind: new.kind,
            metadata: new.metadata,
            spent: new.spent,
            set_up: false,
        };
        self.payment_methods.insert(&id, method);
        id
    }

    /// The method that a parameter names: a known one, or a new one for a test token.
    pub(crate) fn use_method(
        &mut self,
        named: &str,
        param: &'static str,
    ) -> Result<String, LifeError> {
        if self.payment_methods.get(named).is_some() {
            return Ok(named.to_owned());
        }
        match NewMethod::of_test_token(named) {
            Some(new) => Ok(self.create_method(new)),
            None => Err(no_method(named, param)),
        }
    }

    /// Whether a method that a parameter names could be attached to a customer: a decline is told
    /// before anything is made.
    pub(crate) fn may_attach(&self, named: &str, param: &'static str) -> Result<(), LifeError> {
        let (spent, card) = match (self.payment_methods.get(named), named) {
            (Some(held), _) => (held.spent, held.card),
            (None, token) => NewMethod::of_test_token(token)
                .map(|new| (new.spent, new.card))
                .ok_or_else(|| no_method(named, param))?,
        };
        match (spent, card.answer(Presence::default())) {
            (true, Answer::Declined(decline)) => {
                Err(LifeError::Declined { charge: None, decline, intent: None })
            }
            (true, Answer::Approved | Answer::Authenticate | Answer::Processing) => {
                Err(LifeError::NotNow {
                    code: None,
                    message: "This PaymentMethod was previously used without being attached to a \
                              Customer or was detached from a Customer, and may not be used \
                              again."
                        .to_owned(),
                })
            }
            (false, _) => Ok(()),
        }
    }

    /// A method that a customer pays by: one of its own, or one that a test token stands for.
    pub(crate) fn method_of_customer(
        &mut self,
        named: &str,
        customer: &str,
    ) -> Result<String, LifeError> {
        let id = self.use_method(named, "payment_method")?;
        let owner = self.known_method(&id, "payment_method")?.customer.as_deref();
        if owner.is_some_and(|owner| owner != customer) {
            let message = "The PaymentMethod does not belong to the Customer of this invoice.";
            return Err(LifeError::Invalid {
                param: "payment_method",
                message: message.to_owned(),
            });
        }
        Ok(id)
    }

    pub(crate) fn known_method(
        &self,
        id: &str,
        param: &'static str,
    ) -> Result<&PaymentMethod, LifeError> {
        self.payment_methods.get(id).ok_or_else(|| no_method(id, param))
    }

    /// Gives a method to a customer; one that the customer has already stays as it is.
    pub(crate) fn attach_method(&mut self, id: &str, customer: &str) -> Result<(), LifeError> {
        self.live_customer(customer, "customer")?;
        let held = self.known_method(id, "payment_method")?;
        match held.customer.as_deref() {
            Some(owner) if owner == customer => return Ok(()),
            Some(_) => {
                let message = "The payment method you provided has already been attached to a \
                               customer.";
                return Err(LifeError::NotNow { code: None, message: message.to_owned() });
            }
            None => {}
        }
        self.may_attach(id, "payment_method")?;
        self.edit::<PaymentMethod>(id, |held| held.customer = Some(customer.to_owned()));
        self.methods_of.entry(customer.to_owned()).or_default().push(id.to_owned());
        self.emit::<PaymentMethod>("payment_method.attached", id);
        Ok(())
    }

    /// Changes a method, which only one that is attached allows.
    pub(crate) fn update_method(
        &mut self,
        id: &str,
        change: MethodChange,
    ) -> Result<(), LifeError> {
        let held = self.known_method(id, "id")?;
        if held.customer.is_none() {
            let message = "You must save this PaymentMethod to a customer before you can update \
                           it.";
            return Err(LifeError::NotNow { code: None, message: message.to_owned() });
        }
        self.update::<PaymentMethod>("payment_method.updated", id, |held| {
            if let Some(details) = change.billing_details {
                held.billing_details = details;
            }
            held.face.exp_month = change.exp_month.unwrap_or(held.face.exp_month);
            held.face.exp_year = change.exp_year.unwrap_or(held.face.exp_year);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        Ok(())
    }

    /// Takes a method away from its customer, for good.
    pub(crate) fn detach_method(&mut self, id: &str) -> Result<(), LifeError> {
        let owner = self.known_method(id, "id")?.customer.clone();
        let Some(owner) = owner else {
            let message = "The payment method you provided is not attached to a customer so \
                           detachment is impossible.";
            return Err(LifeError::NotNow { code: None, message: message.to_owned() });
        };
        let names_the_owner = self.rules.payments.detached_method_names_customer;
        let before = self.portrait::<PaymentMethod>(id);
        self.edit::<PaymentMethod>(id, |held| {
            held.customer = None;
            held.spent = true;
        });
        if let Some(methods) = self.methods_of.get_mut(&owner) {
            methods.retain(|method| method != id);
        }
        if names_the_owner {
            self.emit_updated::<PaymentMethod>("payment_method.detached", id, &before);
        } else {
            self.emit::<PaymentMethod>("payment_method.detached", id);
        }
        self.update::<Customer>("customer.updated", &owner, |held| {
            held.default_payment_method.take_if(|default| default == id);
        });
        self.forget_default_method(&owner, id);
        Ok(())
    }

    /// Subscriptions that were paid by a method that is gone fall back to the customer's.
    fn forget_default_method(&mut self, customer: &str, method: &str) {
        for id in self.subscriptions_of.get(customer).cloned().unwrap_or_default() {
            self.update::<crate::model::subscription::Subscription>(
                "customer.subscription.updated",
                &id,
                |held| {
                    held.default_payment_method.take_if(|default| default == method);
                },
            );
        }
    }

    /// Gives a customer a new payment method, which becomes the default.
    pub(crate) fn give_card(&mut self, customer: &str, card: Card) {
        let id = self.create_method(NewMethod::of_card(card));
        if self.attach_method(&id, customer).is_ok() {
            self.set_default_method(customer, &id);
        }
    }

    /// Has a customer pay by a method from now on.
    pub(crate) fn set_default_method(&mut self, customer: &str, method: &str) {
        self.edit::<Customer>(customer, |held| held.bank = None);
        self.update::<Customer>("customer.updated", customer, |held| {
            held.default_payment_method = Some(method.to_owned());
        });
    }

    /// How a method's bank answers at present, whatever the customer's banks were told.
    pub(super) fn bank_of(&self, method: &PaymentMethod) -> Card {
        let owner = method.customer.as_deref().and_then(|id| self.customers.get(id));
        owner.and_then(|held| held.bank).unwrap_or(method.card)
    }

    /// The method that a customer's subscription is paid by: its own, or the customer's.
    pub(crate) fn paying_method(
        &self,
        customer: &str,
        subscription: Option<&str>,
    ) -> Option<String> {
        let held = self.customers.get(customer)?;
        if held.bank == Some(Card::Missing) {
            return None;
        }
        subscription
            .and_then(|id| self.subscriptions.get(id))
            .and_then(|held| held.default_payment_method.clone())
            .or_else(|| held.default_payment_method.clone())
    }

    /// What a method's bank would say to a charge.
    pub(in crate::life) fn bank_says(&self, method: &str, presence: Presence) -> Answer {
        self.payment_methods.get(method).map_or(Answer::Declined(Decline::Generic), |held| {
            self.bank_of(held).answer(Presence { set_up: held.set_up, ..presence })
        })
    }

    /// Whether a charge of a customer's method would succeed at once, or be taken for it.
    pub(crate) fn would_pay(&self, customer: &str, method: Option<&str>) -> bool {
        let held = method.and_then(|id| self.payment_methods.get(id));
        let bank = held.map(|held| self.bank_of(held));
        // Without a method, a customer who is known to pay gets one when it comes to it.
        let bank = bank.or_else(|| self.customers.get(customer).and_then(|held| held.bank));
        let set_up = held.is_some_and(|held| held.set_up);
        let presence = Presence { set_up, ..Presence::default() };
        match bank.unwrap_or(Card::Missing).answer(presence) {
            Answer::Approved | Answer::Processing => true,
            Answer::Authenticate | Answer::Declined(_) => false,
        }
    }

    /// Why a charge of a method would be declined.
    pub(crate) fn would_decline(&self, method: Option<&str>) -> Decline {
        let held = method.and_then(|id| self.payment_methods.get(id));
        match held.map(|held| self.bank_of(held).answer(Presence::default())) {
            Some(Answer::Declined(decline)) => decline,
            Some(Answer::Authenticate) => Decline::AuthenticationRequired,
            Some(Answer::Approved | Answer::Processing) | None => Decline::Generic,
        }
    }
}

fn no_method(id: &str, param: &'static str) -> LifeError {
    LifeError::Missing { kind: "PaymentMethod", id: id.to_owned(), param }
}
