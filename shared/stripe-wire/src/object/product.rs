use serde::Deserialize;

use crate::tolerant::{Metadata, Ref, Text, Time};

/// `product` (STRIPE.md section 5.3).
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Product {
    pub id: Option<Text>,
    pub deleted: Option<bool>,
    pub created: Option<Time>,
    pub updated: Option<Time>,
    pub active: Option<bool>,
    pub name: Option<Text>,
    pub description: Option<Text>,
    pub default_price: Option<Ref>,
    pub unit_label: Option<Text>,
    pub tax_code: Option<Ref>,
    #[serde(default)]
    pub metadata: Metadata,
}
