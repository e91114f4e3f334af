//! Payment methods: cards and bank accounts, of a customer or of nobody.

use super::Metadata;
use super::card::Card;
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MethodKind {
    #[default]
    Card,
    SepaDebit,
    UsBankAccount,
}

impl MethodKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::SepaDebit => "sepa_debit",
            Self::UsBankAccount => "us_bank_account",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Card, Self::SepaDebit, Self::UsBankAccount]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// What can be read off a card or an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) brand: &'static str,
    pub(crate) country: &'static str,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) last_four: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) billing_details: BillingDetails,
    /// How its bank answers; no part of any body.
    pub(crate) card: Card,
    /// None before it is attached and after it is detached.
    pub(crate) customer: Option<String>,
    pub(crate) face: Face,
    pub(crate) kind: MethodKind,
    pub(crate) metadata: Metadata,
    /// Whether it can never be used again: it was detached, or its card is refused by customers.
    pub(crate) spent: bool,
    /// Whether it was set up for later use, with the 3D Secure that this may have taken.
    pub(crate) set_up: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BillingDetails {
    /// As Stripe's address hash.
    pub(crate) address: Option<Value>,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
}
