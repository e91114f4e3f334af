use serde::Deserialize;

use super::Price;
use crate::tolerant::{List, Metadata, Ref, Text, Time};

/// `subscription` (STRIPE.md section 5.2).
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct Subscription {
    pub id: Option<Text>,
    pub deleted: Option<bool>,
    pub created: Option<Time>,
    pub customer: Option<Ref>,
    pub status: Option<Text>,
    pub currency: Option<Text>,
    pub collection_method: Option<Text>,
    /// Before 2025-03-31.basil; since then only on the items.
    pub current_period_start: Option<Time>,
    /// Before 2025-03-31.basil; since then only on the items.
    pub current_period_end: Option<Time>,
    pub start_date: Option<Time>,
    pub billing_cycle_anchor: Option<Time>,
    pub trial_start: Option<Time>,
    pub trial_end: Option<Time>,
    pub cancel_at: Option<Time>,
    pub cancel_at_period_end: Option<bool>,
    pub canceled_at: Option<Time>,
    pub cancellation_details: Option<CancellationDetails>,
    pub ended_at: Option<Time>,
    pub days_until_due: Option<i64>,
    pub default_payment_method: Option<Ref>,
    pub latest_invoice: Option<Ref>,
    pub pause_collection: Option<PauseCollection>,
    pub schedule: Option<Ref>,
    pub billing_mode: Option<BillingMode>,
    pub test_clock: Option<Ref>,
    #[serde(default)]
    pub metadata: Metadata,
    pub items: Option<List<SubscriptionItem>>,
}

/// One of `subscription.items`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct SubscriptionItem {
    pub id: Option<Text>,
    pub created: Option<Time>,
    pub price: Option<Price>,
    /// The legacy twin of `price`, with the same id.
    pub plan: Option<Price>,
    pub quantity: Option<i64>,
    pub current_period_start: Option<Time>,
    pub current_period_end: Option<Time>,
    #[serde(default)]
    pub metadata: Metadata,
}

/// `subscription.pause_collection`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct PauseCollection {
    pub behavior: Option<Text>,
    pub resumes_at: Option<Time>,
}

/// `subscription.cancellation_details`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct CancellationDetails {
    pub reason: Option<Text>,
}

/// `subscription.billing_mode`.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the fields are Stripe's own, under Stripe's names")]
pub struct BillingMode {
    pub r#type: Option<Text>,
}
