//! Refunds: money of a charge that goes back.

use super::Metadata;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

impl RefundStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether its money counts as gone back.
    pub(crate) fn counts(self) -> bool {
        match self {
            Self::Pending | Self::RequiresAction | Self::Succeeded => true,
            Self::Failed | Self::Canceled => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) charge: String,
    pub(crate) currency: String,
    pub(crate) failure_reason: Option<String>,
    pub(crate) failure_transaction: Option<String>,
    pub(crate) intent: String,
    pub(crate) metadata: Metadata,
    pub(crate) reason: Option<String>,
    /// The acquirer's number, by which the bank finds it; some days later.
    pub(crate) reference: Option<String>,
    pub(crate) status: RefundStatus,
}
