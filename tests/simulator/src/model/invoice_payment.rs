//! Invoice payments: what ties an invoice to the payment intents that pay it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvoicePaymentStatus {
    Open,
    Paid,
    Canceled,
}

impl InvoicePaymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvoicePayment {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount_paid: Option<i64>,
    pub(crate) amount_requested: i64,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) currency: String,
    pub(crate) intent: String,
    pub(crate) invoice: String,
    /// Whether Stripe made it, and keeps its sum at what remains due.
    pub(crate) is_default: bool,
    pub(crate) paid_at: Option<i64>,
    pub(crate) status: InvoicePaymentStatus,
}
