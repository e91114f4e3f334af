use serde::Serialize;

use super::Metadata;
use crate::timestamp::Timestamp;

/// A customer, as Stripe's `customer` object shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Customer {
    pub id: String,
    pub created: Option<Timestamp>,
    /// Personal.
    pub email: Option<String>,
    /// Personal.
    pub name: Option<String>,
    /// Personal.
    pub phone: Option<String>,
    /// Personal. The address as JSON text.
    pub address: Option<String>,
    /// May hold anything its author wrote, so it counts as personal.
    pub description: Option<String>,
    /// Minor units of `currency`; negative is credit.
    pub balance: Option<i64>,
    pub currency: Option<String>,
    pub delinquent: Option<bool>,
    pub default_source: Option<String>,
    pub invoice_prefix: Option<String>,
    pub invoice_settings_default_payment_method: Option<String>,
    pub tax_exempt: Option<String>,
    pub test_clock: Option<String>,
    pub metadata: Metadata,
}
