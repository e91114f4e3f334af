//! Settings of the account for payments, and the switches for what Stripe's public text leaves
//! open about them.

use crate::calendar::SECONDS_PER_DAY;
use serde::{Deserialize, Serialize};

/// How payments, refunds and disputes go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentRules {
    /// Whether a dispute cancels the subscription that its charge paid, an hour later. What goes
    /// by a test clock is left alone.
    pub cancel_disputed: bool,
    /// Seconds from the beginning of a bank debit to its end.
    pub delayed_seconds: i64,
    /// Unverified: whether `payment_method.detached` names the former customer in
    /// `previous_attributes`.
    pub detached_method_names_customer: bool,
    /// Seconds from the submission of evidence to the bank's decision.
    pub dispute_review_seconds: i64,
    /// Seconds from a refund to the bank's confirmation of it.
    pub refund_seconds: i64,
}

impl Default for PaymentRules {
    fn default() -> Self {
        Self {
            cancel_disputed: false,
            delayed_seconds: 4 * SECONDS_PER_DAY,
            detached_method_names_customer: true,
            dispute_review_seconds: 60 * SECONDS_PER_DAY,
            refund_seconds: 5 * SECONDS_PER_DAY,
        }
    }
}
