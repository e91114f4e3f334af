use serde::Deserialize;

use crate::tolerant::{Json, Metadata, Ref, Text, Time};

/// `customer` (STRIPE.md section 5.5).
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Customer {
    pub id: Option<Text>,
    pub deleted: Option<bool>,
    pub created: Option<Time>,
    pub email: Option<Text>,
    pub name: Option<Text>,
    pub phone: Option<Text>,
    pub address: Option<Json>,
    pub description: Option<Text>,
    pub balance: Option<i64>,
    /// The name of `balance` before 2019-10-17.
    pub account_balance: Option<i64>,
    pub currency: Option<Text>,
    pub delinquent: Option<bool>,
    pub default_source: Option<Ref>,
    pub invoice_prefix: Option<Text>,
    pub invoice_settings: Option<InvoiceSettings>,
    pub tax_exempt: Option<Text>,
    pub test_clock: Option<Ref>,
    #[serde(default)]
    pub metadata: Metadata,
}

/// `customer.invoice_settings`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct InvoiceSettings {
    pub default_payment_method: Option<Ref>,
}
