//! Payments: the payment method of a customer, and one payment of an invoice, which Stripe shows
//! as a payment intent, a charge and an invoice payment.

/// How a customer's bank answers charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Card {
    /// Every charge succeeds.
    #[default]
    Good,
    /// Every charge is declined.
    Declining,
    /// There is no payment method.
    Missing,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    pub(crate) last_four: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentStatus {
    RequiresPaymentMethod,
    Succeeded,
}

/// One payment of an invoice. It keeps its intent over all attempts; each attempt is a new charge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Payment {
    pub(crate) intent: String,
    pub(crate) on_invoice: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) charge: Option<Charge>,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) invoice: String,
    pub(crate) method: Option<String>,
    pub(crate) paid_at: Option<i64>,
    pub(crate) status: PaymentStatus,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) succeeded: bool,
}
