use serde::Serialize;

use super::Metadata;
use crate::timestamp::Timestamp;

/// An invoice, as Stripe's `invoice` object shows it, with its lines. Amounts are minor units of
/// `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Invoice {
    pub id: String,
    pub created: Option<Timestamp>,
    pub customer: Option<String>,
    /// `parent.subscription_details.subscription`; before 2025-03-31.basil `subscription`.
    pub subscription: Option<String>,
    pub status: Option<String>,
    pub billing_reason: Option<String>,
    pub collection_method: Option<String>,
    pub currency: Option<String>,
    pub number: Option<String>,
    pub amount_due: Option<i64>,
    pub amount_paid: Option<i64>,
    pub amount_remaining: Option<i64>,
    pub subtotal: Option<i64>,
    /// May be negative.
    pub total: Option<i64>,
    pub starting_balance: Option<i64>,
    pub ending_balance: Option<i64>,
    pub attempt_count: Option<i64>,
    pub attempted: Option<bool>,
    pub auto_advance: Option<bool>,
    pub next_payment_attempt: Option<Timestamp>,
    pub due_date: Option<Timestamp>,
    /// What could be picked up; for a renewal the past period. The service period is the lines'.
    pub period_start: Option<Timestamp>,
    pub period_end: Option<Timestamp>,
    pub status_transitions_finalized_at: Option<Timestamp>,
    pub status_transitions_paid_at: Option<Timestamp>,
    pub status_transitions_voided_at: Option<Timestamp>,
    pub status_transitions_marked_uncollectible_at: Option<Timestamp>,
    pub default_payment_method: Option<String>,
    pub hosted_invoice_url: Option<String>,
    pub invoice_pdf: Option<String>,
    pub test_clock: Option<String>,
    pub metadata: Metadata,
    pub lines: Vec<InvoiceLine>,
}

/// One line of an invoice. Its amount is in minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct InvoiceLine {
    pub id: String,
    pub amount: Option<i64>,
    pub currency: Option<String>,
    pub description: Option<String>,
    pub quantity: Option<i64>,
    pub price: Option<String>,
    pub product: Option<String>,
    /// Minor units as an exact decimal numeral. Versions before 2025-03-31.basil do not say it.
    pub unit_amount_decimal: Option<String>,
    pub subscription: Option<String>,
    pub subscription_item: Option<String>,
    pub invoice_item: Option<String>,
    pub proration: Option<bool>,
    pub period_start: Option<Timestamp>,
    pub period_end: Option<Timestamp>,
    pub metadata: Metadata,
}
