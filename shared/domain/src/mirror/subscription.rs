use serde::Serialize;

use super::Metadata;
use crate::timestamp::Timestamp;

/// A subscription, as Stripe's `subscription` object shows it, with its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Subscription {
    pub id: String,
    pub created: Option<Timestamp>,
    pub customer: Option<String>,
    pub status: Option<String>,
    pub currency: Option<String>,
    pub collection_method: Option<String>,
    /// The earliest start among the items' periods. Before 2025-03-31.basil Stripe showed one
    /// period on the subscription itself.
    pub current_period_start: Option<Timestamp>,
    /// The latest end among the items' periods.
    pub current_period_end: Option<Timestamp>,
    pub start_date: Option<Timestamp>,
    pub billing_cycle_anchor: Option<Timestamp>,
    pub trial_start: Option<Timestamp>,
    pub trial_end: Option<Timestamp>,
    pub cancel_at: Option<Timestamp>,
    pub cancel_at_period_end: Option<bool>,
    /// When cancellation was asked for, which is not when it takes effect.
    pub canceled_at: Option<Timestamp>,
    pub cancellation_details_reason: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub days_until_due: Option<i64>,
    pub default_payment_method: Option<String>,
    pub latest_invoice: Option<String>,
    pub pause_collection_behavior: Option<String>,
    pub pause_collection_resumes_at: Option<Timestamp>,
    pub schedule: Option<String>,
    pub billing_mode_type: Option<String>,
    pub test_clock: Option<String>,
    pub metadata: Metadata,
    pub items: Vec<SubscriptionItem>,
}

/// One item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct SubscriptionItem {
    pub id: String,
    pub created: Option<Timestamp>,
    pub price: Option<String>,
    pub product: Option<String>,
    /// Absent for metered prices.
    pub quantity: Option<i64>,
    pub current_period_start: Option<Timestamp>,
    pub current_period_end: Option<Timestamp>,
    pub metadata: Metadata,
}
