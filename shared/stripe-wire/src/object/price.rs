use serde::Deserialize;

use crate::tolerant::{Decimal, Metadata, Ref, Text, Time};

/// `price` (STRIPE.md section 5.3).
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Price {
    pub id: Option<Text>,
    pub deleted: Option<bool>,
    pub created: Option<Time>,
    pub active: Option<bool>,
    pub product: Option<Ref>,
    pub currency: Option<Text>,
    pub r#type: Option<Text>,
    pub billing_scheme: Option<Text>,
    pub unit_amount: Option<i64>,
    pub unit_amount_decimal: Option<Decimal>,
    pub recurring: Option<Recurring>,
    pub tiers_mode: Option<Text>,
    pub lookup_key: Option<Text>,
    pub nickname: Option<Text>,
    pub tax_behavior: Option<Text>,
    pub transform_quantity: Option<TransformQuantity>,
    #[serde(default)]
    pub metadata: Metadata,
}

/// `price.recurring`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Recurring {
    pub interval: Option<Text>,
    pub interval_count: Option<i64>,
    pub usage_type: Option<Text>,
    pub meter: Option<Ref>,
}

/// `price.transform_quantity`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct TransformQuantity {
    pub divide_by: Option<i64>,
    pub round: Option<Text>,
}
