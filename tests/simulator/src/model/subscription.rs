//! Subscriptions and their items.

use super::Metadata;
use super::terms::{
    BillingMode, Collection, PauseCollection, Paused, PendingUpdate, SubscriptionSettings,
    TrialSettings,
};

/// The states of a subscription (STRIPE.md 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Canceled,
    Unpaid,
    Paused,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
        }
    }

    /// An ended subscription can never be revived.
    pub(crate) fn has_ended(self) -> bool {
        match self {
            Self::Canceled | Self::IncompleteExpired => true,
            Self::Incomplete
            | Self::Trialing
            | Self::Active
            | Self::PastDue
            | Self::Unpaid
            | Self::Paused => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) current_period_start: i64,
    pub(crate) current_period_end: i64,
    pub(crate) discounts: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) price: String,
    /// Absent for a metered price.
    pub(crate) quantity: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) billing_cycle_anchor: i64,
    pub(crate) billing_mode: BillingMode,
    /// Since when its billing mode is what it is.
    pub(crate) billing_mode_since: i64,
    pub(crate) cancel_at: Option<i64>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_comment: Option<String>,
    pub(crate) cancellation_feedback: Option<String>,
    pub(crate) cancellation_reason: Option<&'static str>,
    pub(crate) collection: Collection,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) discounts: Vec<String>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) items: Vec<Item>,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) pause_collection: Option<PauseCollection>,
    /// Set while, and only while, it is paused.
    pub(crate) paused: Option<Box<Paused>>,
    pub(crate) pending_update: Option<Box<PendingUpdate>>,
    /// The schedule that manages it.
    pub(crate) schedule: Option<String>,
    /// None while all of them are as a new subscription has them.
    pub(crate) settings: Option<Box<SubscriptionSettings>>,
    /// When it began, which may be before it was made.
    pub(crate) start_date: i64,
    pub(crate) status: Status,
    pub(crate) trial_end: Option<i64>,
    pub(crate) trial_settings: TrialSettings,
    pub(crate) trial_start: Option<i64>,
}

impl Subscription {
    /// The subscription's period: from the earliest start to the latest end of its items.
    pub(crate) fn period(&self) -> (i64, i64) {
        let start = self.items.iter().map(|item| item.current_period_start).min();
        let end = self.items.iter().map(|item| item.current_period_end).max();
        (start.unwrap_or(self.created), end.unwrap_or(self.created))
    }
}
