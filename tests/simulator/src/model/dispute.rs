//! Disputes: a bank takes a charge back, or asks about it.

use super::Metadata;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DisputeStatus {
    WarningNeedsResponse,
    WarningUnderReview,
    WarningClosed,
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

impl DisputeStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    pub(crate) fn is_closed(self) -> bool {
        match self {
            Self::WarningClosed | Self::Won | Self::Lost => true,
            Self::WarningNeedsResponse
            | Self::WarningUnderReview
            | Self::NeedsResponse
            | Self::UnderReview => false,
        }
    }

    /// Whether the charge's money stands against a refund of it.
    pub(crate) fn bars_refunds(self) -> bool {
        match self {
            Self::NeedsResponse | Self::UnderReview | Self::Lost => true,
            Self::WarningNeedsResponse
            | Self::WarningUnderReview
            | Self::WarningClosed
            | Self::Won => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    /// The movements of the account's money, oldest first.
    pub(crate) balance_transactions: Vec<String>,
    pub(crate) charge: String,
    pub(crate) currency: String,
    /// Until when evidence is taken.
    pub(crate) due_by: i64,
    pub(crate) evidence: BTreeMap<String, String>,
    /// Whether the bank only asks, and has taken no money.
    pub(crate) inquiry: bool,
    pub(crate) intent: String,
    pub(crate) metadata: Metadata,
    pub(crate) reason: String,
    pub(crate) status: DisputeStatus,
    pub(crate) submission_count: i64,
}
