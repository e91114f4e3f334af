//! Customers.

use super::Metadata;
use super::card::Card;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) address: Option<Value>,
    /// Negative is credit.
    pub(crate) balance: i64,
    pub(crate) currency: Option<String>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) delinquent: bool,
    pub(crate) discount: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) invoice_prefix: String,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) next_invoice_sequence: i64,
    pub(crate) phone: Option<String>,
    pub(crate) test_clock: Option<String>,
    /// How the customer's banks answer, if not as its methods say; no part of any body.
    pub(crate) bank: Option<Card>,
}
