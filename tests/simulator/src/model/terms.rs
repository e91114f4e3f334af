//! What is agreed on for a subscription besides its items.

use super::subscription::Item;
use serde_json::Value;

/// How a subscription's invoices are collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collection {
    /// By charging the customer's payment method.
    #[default]
    Automatic,
    /// By sending an invoice.
    ByInvoice {
        /// How many days the customer has to pay it.
        days_until_due: i64,
    },
}

impl Collection {
    /// The value of `collection_method`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "charge_automatically",
            Self::ByInvoice { .. } => "send_invoice",
        }
    }

    pub(crate) fn days_until_due(self) -> Option<i64> {
        match self {
            Self::Automatic => None,
            Self::ByInvoice { days_until_due } => Some(days_until_due),
        }
    }
}

/// How prorations and invoices are worked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BillingMode {
    /// As before 2025-06-30.basil.
    Classic,
    /// The default since 2025-09-30.clover.
    #[default]
    Flexible,
    /// Flexible, with discounts of prorations shown beside them.
    FlexibleItemized,
}

impl BillingMode {
    pub(crate) fn is_flexible(self) -> bool {
        match self {
            Self::Classic => false,
            Self::Flexible | Self::FlexibleItemized => true,
        }
    }
}

/// What becomes of a trial that ends without a payment method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingMethod {
    /// The subscription ends.
    Cancel,
    /// It is invoiced all the same.
    #[default]
    CreateInvoice,
    /// It is paused.
    Pause,
}

impl MissingMethod {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::CreateInvoice => "create_invoice",
            Self::Pause => "pause",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Cancel, Self::CreateInvoice, Self::Pause].into_iter().find(|it| it.as_str() == text)
    }
}

/// What becomes of the billing cycle's anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorReset {
    /// It is set to the present second.
    Now,
    /// It stays.
    Unchanged,
}

impl AnchorReset {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Unchanged => "unchanged",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Now, Self::Unchanged].into_iter().find(|it| it.as_str() == text)
    }
}

/// How a trial ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrialSettings {
    /// What becomes of the anchor; if not said, a paid period begins with the end of the trial.
    pub anchor: Option<AnchorReset>,
    /// What becomes of a trial that ends without a payment method.
    pub missing_method: MissingMethod,
}

/// What becomes of the invoices that are made while collection is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UncollectedInvoices {
    /// They stay drafts.
    KeepAsDraft,
    /// They are marked uncollectible.
    MarkUncollectible,
    /// They are voided.
    Void,
}

impl UncollectedInvoices {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::KeepAsDraft => "keep_as_draft",
            Self::MarkUncollectible => "mark_uncollectible",
            Self::Void => "void",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::KeepAsDraft, Self::MarkUncollectible, Self::Void]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

/// A pause of collection, which leaves the subscription's status as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseCollection {
    /// What becomes of invoices meanwhile.
    pub behavior: UncollectedInvoices,
    /// Unix second at which collection goes on by itself.
    pub resumes_at: Option<i64>,
}

/// What becomes of a subscription's collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionChange {
    /// It is paused.
    Pause(PauseCollection),
    /// It goes on.
    Resume,
}

/// Settings that are kept and shown, each as the group of fields that Stripe shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscriptionSettings {
    /// `billing_cycle_anchor_config`.
    pub anchor_config: Option<Value>,
    /// `billing_thresholds`.
    pub billing_thresholds: Option<Value>,
    /// `invoice_settings`.
    pub invoice_settings: Option<Value>,
    /// `payment_settings`.
    pub payment_settings: Option<Value>,
}

/// Why a subscription is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PauseReason {
    Requested,
    TrialEnd,
    FinalPaymentFailure,
}

impl PauseReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "pause_requested",
            Self::TrialEnd => "trial_end_without_payment_method",
            Self::FinalPaymentFailure => "final_payment_failure",
        }
    }
}

/// Since when and why a subscription is paused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paused {
    pub(crate) reason: PauseReason,
    pub(crate) since: i64,
    /// Whether the rest of the running period was credited.
    pub(crate) credited: bool,
    /// What it will be once it is resumed, if it is to be.
    pub(crate) resumption: Option<Resumption>,
}

/// A resumption that waits for its invoice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resumption {
    pub(crate) anchor: i64,
    pub(crate) invoice: String,
    pub(crate) items: Vec<Item>,
    /// Whether a payment that fails leaves it paused.
    pub(crate) on_success_only: bool,
}

/// A change that waits for its invoice to be paid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PendingUpdate {
    pub(crate) billing_cycle_anchor: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) invoice: String,
    pub(crate) items: Vec<Item>,
    pub(crate) trial_end: Option<i64>,
}
