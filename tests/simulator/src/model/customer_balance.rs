//! What moved a customer's balance.

use super::Metadata;

/// Why a balance moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BalanceMove {
    /// Somebody set it.
    Adjustment,
    /// An invoice used some of it, or left some to it.
    AppliedToInvoice,
    /// A credit note left some to it.
    CreditNote,
    /// An invoice was voided, and gave back what it used.
    UnappliedFromInvoice,
}

impl BalanceMove {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Adjustment => "adjustment",
            Self::AppliedToInvoice => "applied_to_invoice",
            Self::CreditNote => "credit_note",
            Self::UnappliedFromInvoice => "unapplied_from_invoice",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CustomerBalanceTransaction {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// Negative is credit.
    pub(crate) amount: i64,
    pub(crate) credit_note: Option<String>,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) description: Option<String>,
    /// The balance after it.
    pub(crate) ending_balance: i64,
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) why: BalanceMove,
}
