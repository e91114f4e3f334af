use serde::Serialize;

use super::Metadata;
use crate::timestamp::Timestamp;

/// A price, as Stripe's `price` object shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Price {
    pub id: String,
    pub created: Option<Timestamp>,
    pub active: Option<bool>,
    pub product: Option<String>,
    pub currency: Option<String>,
    pub r#type: Option<String>,
    pub billing_scheme: Option<String>,
    /// Minor units of `currency`; absent where the price is no whole number of them.
    pub unit_amount: Option<i64>,
    /// Minor units of `currency` as an exact decimal numeral, at most 12 decimals.
    pub unit_amount_decimal: Option<String>,
    pub recurring_interval: Option<String>,
    pub recurring_interval_count: Option<i64>,
    pub recurring_usage_type: Option<String>,
    pub recurring_meter: Option<String>,
    pub tiers_mode: Option<String>,
    pub lookup_key: Option<String>,
    pub nickname: Option<String>,
    pub tax_behavior: Option<String>,
    pub transform_quantity_divide_by: Option<i64>,
    pub transform_quantity_round: Option<String>,
    pub metadata: Metadata,
}
