//! Invoices, their lines, and the invoice items that wait for the next invoice.

use super::Metadata;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl InvoiceStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BillingReason {
    Create,
    Cycle,
    Update,
}

impl BillingReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) description: String,
    /// The invoice item a proration line came from.
    pub(crate) invoice_item: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    pub(crate) price: String,
    pub(crate) proration: bool,
    pub(crate) quantity: Option<i64>,
    pub(crate) subscription: String,
    pub(crate) subscription_item: String,
    pub(crate) unit_amount: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount_paid: i64,
    pub(crate) attempt_count: i64,
    pub(crate) attempted: bool,
    pub(crate) auto_advance: bool,
    pub(crate) automatically_finalizes_at: Option<i64>,
    pub(crate) billing_reason: BillingReason,
    pub(crate) charge: Option<String>,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    /// The customer's balance after this invoice took from it; none before finalizing.
    pub(crate) ending_balance: Option<i64>,
    pub(crate) finalized_at: Option<i64>,
    pub(crate) lines: Vec<Line>,
    pub(crate) marked_uncollectible_at: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) next_payment_attempt: Option<i64>,
    pub(crate) number: Option<String>,
    pub(crate) paid_at: Option<i64>,
    pub(crate) paid_out_of_band: bool,
    pub(crate) payment_intent: Option<String>,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    pub(crate) starting_balance: i64,
    pub(crate) status: InvoiceStatus,
    pub(crate) subscription: String,
    /// The subscription's metadata as it was when the invoice was made.
    pub(crate) subscription_metadata: Metadata,
    pub(crate) voided_at: Option<i64>,
}

impl Invoice {
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What the customer owes: the total with the balance it started from, never below zero.
    pub(crate) fn amount_due(&self) -> i64 {
        (self.total() + self.starting_balance).max(0)
    }

    pub(crate) fn amount_remaining(&self) -> i64 {
        self.amount_due() - self.amount_paid
    }
}

/// An amount that waits on the customer for the next invoice; here always a proration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvoiceItem {
    pub(crate) id: String,
    pub(crate) date: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) description: String,
    pub(crate) invoice: Option<String>,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) subscription: String,
    pub(crate) subscription_item: String,
    pub(crate) unit_amount: i64,
}
