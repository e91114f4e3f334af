use serde::Deserialize;

use crate::tolerant::{Decimal, List, Metadata, Ref, Text, Time};

/// `invoice` (STRIPE.md section 5.4), before and since its regrouping in 2025-03-31.basil.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Invoice {
    pub id: Option<Text>,
    #[serde(default)]
    pub deleted: bool,
    pub created: Option<Time>,
    pub customer: Option<Ref>,
    /// Before basil.
    pub subscription: Option<Ref>,
    /// Since basil.
    pub parent: Option<InvoiceParent>,
    pub status: Option<Text>,
    pub billing_reason: Option<Text>,
    pub collection_method: Option<Text>,
    pub currency: Option<Text>,
    pub number: Option<Text>,
    pub amount_due: Option<i64>,
    pub amount_paid: Option<i64>,
    pub amount_remaining: Option<i64>,
    pub subtotal: Option<i64>,
    pub total: Option<i64>,
    pub starting_balance: Option<i64>,
    pub ending_balance: Option<i64>,
    pub attempt_count: Option<i64>,
    pub attempted: Option<bool>,
    pub auto_advance: Option<bool>,
    pub next_payment_attempt: Option<Time>,
    pub due_date: Option<Time>,
    pub period_start: Option<Time>,
    pub period_end: Option<Time>,
    pub status_transitions: Option<StatusTransitions>,
    pub default_payment_method: Option<Ref>,
    pub hosted_invoice_url: Option<Text>,
    pub invoice_pdf: Option<Text>,
    pub test_clock: Option<Ref>,
    #[serde(default)]
    pub metadata: Metadata,
    pub lines: Option<List<InvoiceLine>>,
}

/// `invoice.parent`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct InvoiceParent {
    pub subscription_details: Option<SubscriptionDetails>,
}

/// `invoice.parent.subscription_details`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct SubscriptionDetails {
    pub subscription: Option<Ref>,
}

/// `invoice.status_transitions`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct StatusTransitions {
    pub finalized_at: Option<Time>,
    pub paid_at: Option<Time>,
    pub voided_at: Option<Time>,
    pub marked_uncollectible_at: Option<Time>,
}

/// One of `invoice.lines`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct InvoiceLine {
    pub id: Option<Text>,
    pub amount: Option<i64>,
    pub currency: Option<Text>,
    pub description: Option<Text>,
    pub quantity: Option<i64>,
    pub period: Option<Period>,
    pub subscription: Option<Ref>,
    #[serde(default)]
    pub metadata: Metadata,
    /// Since basil.
    pub parent: Option<LineParent>,
    /// Since basil.
    pub pricing: Option<Pricing>,
    /// Before basil.
    pub price: Option<LinePrice>,
    /// Before basil, and the only one in the oldest bodies.
    pub plan: Option<LinePrice>,
    /// Before basil.
    pub subscription_item: Option<Ref>,
    /// Before basil.
    pub invoice_item: Option<Ref>,
    /// Before basil.
    pub proration: Option<bool>,
}

/// A span of time.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Period {
    pub start: Option<Time>,
    pub end: Option<Time>,
}

/// `line.parent`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct LineParent {
    pub invoice_item_details: Option<LineDetails>,
    pub subscription_item_details: Option<LineDetails>,
}

/// `line.parent.*_details`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct LineDetails {
    pub subscription: Option<Ref>,
    pub subscription_item: Option<Ref>,
    pub invoice_item: Option<Ref>,
    pub proration: Option<bool>,
}

/// `line.pricing`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Pricing {
    pub price_details: Option<PriceDetails>,
    pub unit_amount_decimal: Option<Decimal>,
}

/// `line.pricing.price_details`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct PriceDetails {
    pub price: Option<Ref>,
    pub product: Option<Ref>,
}

/// `line.price` or `line.plan` of before basil.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct LinePrice {
    pub id: Option<Text>,
    pub product: Option<Ref>,
}
