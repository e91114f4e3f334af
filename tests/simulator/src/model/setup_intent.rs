//! Setup intents: a payment method is made ready for later, without a payment.

use super::Metadata;
use super::payment_intent::{AutomaticMethods, Refusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetupStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Succeeded,
    Canceled,
}

impl SetupStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SetupIntent {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The types that were asked for by name.
    pub(crate) allowed_types: Option<Vec<String>>,
    pub(crate) automatic_methods: Option<AutomaticMethods>,
    pub(crate) cancellation_reason: Option<String>,
    /// The checkout session it belongs to.
    pub(crate) checkout_session: Option<String>,
    pub(crate) client_secret: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) last_error: Option<Refusal>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
    pub(crate) method_types: Vec<String>,
    /// Where the customer goes after 3D Secure.
    pub(crate) return_url: Option<String>,
    pub(crate) status: SetupStatus,
    pub(crate) usage: String,
}
