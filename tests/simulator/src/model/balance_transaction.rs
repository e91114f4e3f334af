//! Movements of the account's own balance: what charges, refunds and disputes bring and take.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Movement {
    Charge,
    /// A bank debit.
    Payment,
    Refund,
    /// A refund that came back.
    RefundFailure,
    DisputeWithdrawn,
    DisputeReinstated,
}

impl Movement {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::DisputeWithdrawn | Self::DisputeReinstated => "adjustment",
        }
    }

    pub(crate) fn category(self) -> &'static str {
        match self {
            Self::Charge | Self::Payment => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::DisputeWithdrawn => "dispute",
            Self::DisputeReinstated => "dispute_reversal",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// Negative for what leaves the account.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) fee: i64,
    pub(crate) movement: Movement,
    /// The charge, refund or dispute that moved it.
    pub(crate) source: String,
}
