//! Credit notes: a finalized invoice is corrected, before or after it was paid.

use super::Metadata;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreditNoteLine {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) description: Option<String>,
    /// The line of the invoice that it credits; none for one of its own.
    pub(crate) invoice_line: Option<String>,
    pub(crate) quantity: Option<i64>,
    pub(crate) unit_amount: Option<i64>,
}

/// A refund that a credit note accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreditedRefund {
    pub(crate) refund: String,
    pub(crate) amount: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreditNote {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    /// What went to the customer's balance, and by which transaction.
    pub(crate) balance_transaction: Option<String>,
    pub(crate) effective_at: i64,
    pub(crate) invoice: String,
    pub(crate) lines: Vec<CreditNoteLine>,
    pub(crate) memo: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) number: String,
    pub(crate) out_of_band: Option<i64>,
    /// What it takes from an invoice that was paid; the rest lowers what is due.
    pub(crate) post_payment: i64,
    pub(crate) reason: Option<String>,
    pub(crate) refunds: Vec<CreditedRefund>,
    pub(crate) voided_at: Option<i64>,
}

impl CreditNote {
    pub(crate) fn amount(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What it takes from an invoice that is not paid.
    pub(crate) fn pre_payment(&self) -> i64 {
        self.amount() - self.post_payment
    }
}
