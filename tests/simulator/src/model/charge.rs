//! Charges: one attempt each to take the sum of a payment intent.

use super::Metadata;
use super::card::Decline;
use super::payment_method::PaymentMethod;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChargeStatus {
    Failed,
    Pending,
    Succeeded,
}

impl ChargeStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) amount_captured: i64,
    pub(crate) amount_refunded: i64,
    /// What it became in the account's balance, once it has arrived there.
    pub(crate) balance_transaction: Option<String>,
    pub(crate) captured: bool,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) decline: Option<Decline>,
    pub(crate) description: Option<String>,
    pub(crate) disputed: bool,
    pub(crate) intent: String,
    /// The invoice that the intent pays.
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) method: String,
    /// The method as it was when it was charged; what becomes of it later does not show here.
    pub(crate) method_charged: Option<PaymentMethod>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) status: ChargeStatus,
}

impl Charge {
    /// Whether all of it went back.
    pub(crate) fn is_refunded(&self) -> bool {
        self.amount_refunded > 0 && self.amount_refunded >= self.amount_captured
    }
}
