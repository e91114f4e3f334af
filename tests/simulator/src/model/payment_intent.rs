//! Payment intents: one sum to be paid, over as many attempts as it takes.

use super::Metadata;
use super::card::Decline;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl IntentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it still waits for the customer.
    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction => true,
            Self::Processing | Self::RequiresCapture | Self::Succeeded | Self::Canceled => false,
        }
    }
}

/// When an approved sum is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Capture {
    #[default]
    Automatic,
    /// What is meant when nothing is said since 2024-04-10; the same as automatic before.
    AutomaticAsync,
    Manual,
}

/// Why the last attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) decline: Decline,
    pub(crate) charge: Option<String>,
    pub(crate) method: String,
}

/// What Stripe may choose a customer's methods from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AutomaticMethods {
    pub(crate) allow_redirects: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    /// What was received; of a captured sum this may be a part.
    pub(crate) amount_received: i64,
    /// The types that were asked for by name.
    pub(crate) allowed_types: Option<Vec<String>>,
    pub(crate) automatic_methods: Option<AutomaticMethods>,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) capture: Capture,
    /// Every attempt's charge, oldest first.
    pub(crate) charges: Vec<String>,
    /// The checkout session it belongs to.
    pub(crate) checkout_session: Option<String>,
    pub(crate) client_secret: String,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    /// The invoice it pays.
    pub(crate) invoice: Option<String>,
    pub(crate) last_error: Option<Refusal>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
    /// The types of methods that can pay it.
    pub(crate) method_types: Vec<String>,
    pub(crate) receipt_email: Option<String>,
    /// Where the customer goes after 3D Secure.
    pub(crate) return_url: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) status: IntentStatus,
}

impl PaymentIntent {
    pub(crate) fn latest_charge(&self) -> Option<&str> {
        self.charges.last().map(String::as_str)
    }

    /// What was approved and waits to be captured.
    pub(crate) fn amount_capturable(&self) -> i64 {
        if self.status == IntentStatus::RequiresCapture { self.amount } else { 0 }
    }
}
