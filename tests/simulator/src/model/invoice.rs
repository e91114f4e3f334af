//! Invoices, their lines, and the invoice items that wait for the next invoice.

use super::Metadata;
use super::decimal::Decimal;

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

/// Why an invoice was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BillingReason {
    Create,
    Cycle,
    Update,
    /// A caller asked for it.
    Manual,
    /// A preview of what is to come, which is kept nowhere.
    Upcoming,
}

impl BillingReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
            Self::Manual => "manual",
            Self::Upcoming => "upcoming",
        }
    }
}

/// How an invoice is collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CollectionMethod {
    #[default]
    ChargeAutomatically,
    SendInvoice,
}

impl CollectionMethod {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ChargeAutomatically => "charge_automatically",
            Self::SendInvoice => "send_invoice",
        }
    }

    /// Parses what [`CollectionMethod::as_str`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::ChargeAutomatically, Self::SendInvoice].into_iter().find(|it| it.as_str() == text)
    }
}

/// What one discount takes from a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiscountAmount {
    pub(crate) amount: i64,
    pub(crate) discount: String,
}

/// What one debit of billing credits takes from a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreditAmount {
    pub(crate) amount: i64,
    /// The credit balance transaction.
    pub(crate) transaction: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) id: String,
    /// Before discounts and credits.
    pub(crate) amount: i64,
    pub(crate) credit_amounts: Vec<CreditAmount>,
    pub(crate) description: Option<String>,
    pub(crate) discount_amounts: Vec<DiscountAmount>,
    pub(crate) discountable: bool,
    /// The discounts of the line itself, in the order they are applied.
    pub(crate) discounts: Vec<String>,
    /// The invoice item the line came from.
    pub(crate) invoice_item: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    /// None where only an amount was given.
    pub(crate) price: Option<String>,
    pub(crate) proration: bool,
    pub(crate) quantity: Option<Decimal>,
    pub(crate) subscription: Option<String>,
    pub(crate) subscription_item: Option<String>,
    /// What one unit costs; none for a fixed amount only.
    pub(crate) unit_amount: Option<Decimal>,
    /// Whether it bills the usage of its period, which is counted until the invoice is finalized.
    pub(crate) usage: bool,
}

impl Line {
    /// What the discounts take from it.
    pub(crate) fn discounted(&self) -> i64 {
        self.discount_amounts.iter().map(|discount| discount.amount).sum()
    }

    /// What billing credits take from it.
    pub(crate) fn credited(&self) -> i64 {
        self.credit_amounts.iter().map(|credit| credit.amount).sum()
    }
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
    pub(crate) collection_method: CollectionMethod,
    /// What credit notes took after it was paid, and before.
    pub(crate) credited_after_payment: i64,
    pub(crate) credited_before_payment: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_name: Option<String>,
    /// What `due_date` is counted by from finalizing, where none is set.
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) deleted_at: Option<i64>,
    pub(crate) description: Option<String>,
    /// The discounts of the whole invoice, in the order they are applied.
    pub(crate) discounts: Vec<String>,
    pub(crate) due_date: Option<i64>,
    /// The customer's balance after this invoice took from it; none before finalizing.
    pub(crate) ending_balance: Option<i64>,
    pub(crate) finalized_at: Option<i64>,
    pub(crate) footer: Option<String>,
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
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) status: InvoiceStatus,
    /// None for an invoice of the customer alone.
    pub(crate) subscription: Option<String>,
    /// The subscription's metadata as it was when the invoice was made.
    pub(crate) subscription_metadata: Metadata,
    /// Why it was given up.
    pub(crate) uncollectible_reason: Option<&'static str>,
    pub(crate) voided_at: Option<i64>,
}

impl Invoice {
    /// The sum of the lines before discounts and credits.
    pub(crate) fn subtotal(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What is left of the subtotal after discounts and credits; negative if credits exceed it.
    pub(crate) fn total(&self) -> i64 {
        let less = |line: &Line| line.discounted() + line.credited();
        self.subtotal() - self.lines.iter().map(less).sum::<i64>()
    }

    /// What the customer owes: the total with the balance it started from and less what credit
    /// notes took, never below zero.
    pub(crate) fn amount_due(&self) -> i64 {
        (self.total() + self.starting_balance - self.credited_before_payment).max(0)
    }

    pub(crate) fn amount_remaining(&self) -> i64 {
        self.amount_due() - self.amount_paid
    }

    /// Whether it is about this subscription.
    pub(crate) fn is_of(&self, subscription: &str) -> bool {
        self.subscription.as_deref() == Some(subscription)
    }
}

/// An amount that waits on the customer for the next invoice, or stands on a draft.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvoiceItem {
    pub(crate) id: String,
    pub(crate) date: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) discountable: bool,
    pub(crate) discounts: Vec<String>,
    /// The invoice it stands on; none while it waits.
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    pub(crate) price: Option<String>,
    pub(crate) proration: bool,
    pub(crate) quantity: Decimal,
    pub(crate) subscription: Option<String>,
    pub(crate) subscription_item: Option<String>,
    pub(crate) unit_amount: Option<Decimal>,
}
