//! Checkout sessions: what is offered on a page, and what has come of it.

use super::Metadata;
use super::terms::{BillingMode, TrialSettings};
use serde_json::Value;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Payment,
    Setup,
    Subscription,
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Setup => "setup",
            Self::Subscription => "subscription",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Payment, Self::Setup, Self::Subscription]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// Where the page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UiMode {
    Elements,
    EmbeddedPage,
    Form,
    HostedPage,
}

impl UiMode {
    /// The names since 2026-03-25.dahlia.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Elements => "elements",
            Self::EmbeddedPage => "embedded_page",
            Self::Form => "form",
            Self::HostedPage => "hosted_page",
        }
    }

    /// The names before 2026-03-25.dahlia; a form was not offered then.
    pub(crate) fn as_old_str(self) -> &'static str {
        match self {
            Self::Elements | Self::Form => "custom",
            Self::EmbeddedPage => "embedded",
            Self::HostedPage => "hosted",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

impl SessionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// Whether what is due has been paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paid {
    Yes,
    NotYet,
    NotRequired,
}

impl Paid {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "paid",
            Self::NotYet => "unpaid",
            Self::NotRequired => "no_payment_required",
        }
    }
}

/// How many a customer may choose of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Adjustable {
    pub(crate) maximum: Option<i64>,
    pub(crate) minimum: Option<i64>,
}

/// One thing that is offered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckoutLine {
    pub(crate) id: String,
    pub(crate) adjustable: Option<Adjustable>,
    pub(crate) metadata: Metadata,
    pub(crate) price: String,
    /// Absent for a metered price.
    pub(crate) quantity: Option<i64>,
    /// What is due for it now, and how much of that a discount takes off.
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
}

/// A coupon or a promotion code that lowers what is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckoutDiscount {
    pub(crate) coupon: Option<String>,
    pub(crate) promotion_code: Option<String>,
}

/// What the subscription of a session will be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SubscriptionData {
    pub(crate) billing_cycle_anchor: Option<i64>,
    pub(crate) billing_mode: BillingMode,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    /// Whether the time before the anchor is free.
    pub(crate) skips_proration: bool,
    /// Days from completion to the end of the trial.
    pub(crate) trial_days: Option<i64>,
    pub(crate) trial_end: Option<i64>,
    pub(crate) trial_settings: TrialSettings,
}

/// What the payment intent or the setup intent of a session will be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct IntentData {
    pub(crate) capture_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) receipt_email: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
}

/// What a session is made with and keeps.
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of Stripe's own")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) allow_promotion_codes: Option<bool>,
    pub(crate) allowed_payment_method_types: Option<Vec<String>>,
    pub(crate) automatic_tax: bool,
    /// Whether it has its payment intent from the beginning, as before 2022-08-01.
    pub(crate) begins_early: bool,
    pub(crate) billing_address_collection: Option<String>,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) customer: Option<String>,
    /// Whether a payment makes a customer where none is named.
    pub(crate) customer_creation: Option<String>,
    pub(crate) customer_email: Option<String>,
    /// Which of `address` and `name` the page writes to the customer.
    pub(crate) customer_update: Vec<String>,
    pub(crate) discounts: Vec<CheckoutDiscount>,
    pub(crate) intent_data: IntentData,
    pub(crate) locale: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) mode: Mode,
    /// Whether a payment method is asked for where nothing is due.
    pub(crate) payment_method_collection: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) phone_number_collection: bool,
    pub(crate) return_url: Option<String>,
    pub(crate) submit_type: Option<String>,
    pub(crate) subscription_data: SubscriptionData,
    /// Whether the subscription is made before it is paid, as before 2025-03-31.basil.
    pub(crate) subscribes_first: bool,
    pub(crate) success_url: Option<String>,
    pub(crate) tax_id_collection: bool,
    pub(crate) ui_mode: UiMode,
}

impl Offer {
    /// An offer of nothing but its mode, on a hosted page.
    pub(crate) fn plain(mode: Mode) -> Self {
        Self {
            allow_promotion_codes: None,
            allowed_payment_method_types: None,
            automatic_tax: false,
            begins_early: false,
            billing_address_collection: None,
            cancel_url: None,
            client_reference_id: None,
            currency: None,
            customer: None,
            customer_creation: None,
            customer_email: None,
            customer_update: Vec::new(),
            discounts: Vec::new(),
            intent_data: IntentData::default(),
            locale: None,
            metadata: Metadata::new(),
            mode,
            payment_method_collection: Some("always".to_owned()),
            payment_method_types: vec!["card".to_owned()],
            phone_number_collection: false,
            return_url: None,
            submit_type: None,
            subscription_data: SubscriptionData::default(),
            subscribes_first: false,
            success_url: None,
            tax_id_collection: false,
            ui_mode: UiMode::HostedPage,
        }
    }
}

/// Who paid, as the page was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Payer {
    pub(crate) address: Option<Value>,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckoutSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) client_secret: Option<String>,
    pub(crate) expires_at: i64,
    /// The payment intent of attempts that no object shows yet.
    pub(crate) hidden_intent: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) lines: Vec<CheckoutLine>,
    pub(crate) offer: Offer,
    pub(crate) paid: Paid,
    pub(crate) payer: Option<Payer>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) setup_intent: Option<String>,
    pub(crate) status: SessionStatus,
    pub(crate) subscription: Option<String>,
}

impl CheckoutSession {
    pub(crate) fn subtotal(&self) -> i64 {
        self.lines.iter().map(|line| line.subtotal).sum()
    }

    pub(crate) fn discount(&self) -> i64 {
        self.lines.iter().map(|line| line.discount).sum()
    }

    /// What is due on completion.
    pub(crate) fn total(&self) -> i64 {
        self.subtotal() - self.discount()
    }

    /// Whether a payment method is asked for even where nothing is due.
    pub(crate) fn always_collects(&self) -> bool {
        self.offer.payment_method_collection.as_deref() != Some("if_required")
    }

    /// The address to go to once it is complete, with the session's id in it where wanted.
    pub(crate) fn after_url(&self) -> Option<String> {
        let url = self.offer.success_url.as_ref().or(self.offer.return_url.as_ref())?;
        Some(url.replace("{CHECKOUT_SESSION_ID}", &self.id))
    }
}
