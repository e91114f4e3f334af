use serde::Serialize;

use super::Metadata;
use crate::timestamp::Timestamp;

/// A product, as Stripe's `product` object shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Product {
    pub id: String,
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub active: Option<bool>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub default_price: Option<String>,
    pub unit_label: Option<String>,
    pub tax_code: Option<String>,
    pub metadata: Metadata,
}
