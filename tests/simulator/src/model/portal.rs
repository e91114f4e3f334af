//! The customer portal: its configurations, and the sessions that open it for one customer.

use super::Metadata;
use serde_json::Value;

/// Limits on how many a customer may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AdjustableQuantity {
    pub(crate) enabled: bool,
    pub(crate) maximum: Option<i64>,
    pub(crate) minimum: i64,
}

/// A product that customers may change to, by these prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortalProduct {
    pub(crate) adjustable: AdjustableQuantity,
    pub(crate) prices: Vec<String>,
    pub(crate) product: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CancelFeature {
    pub(crate) enabled: bool,
    pub(crate) at_period_end: bool,
    pub(crate) proration_behavior: String,
    pub(crate) reason_enabled: bool,
    pub(crate) reason_options: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateFeature {
    pub(crate) enabled: bool,
    /// Which of `price`, `promotion_code` and `quantity` may be changed.
    pub(crate) allowed: Vec<String>,
    pub(crate) billing_cycle_anchor: Option<String>,
    pub(crate) products: Vec<PortalProduct>,
    pub(crate) proration_behavior: String,
    pub(crate) schedule_at_period_end: Vec<String>,
    pub(crate) trial_update_behavior: String,
}

/// What customers may do.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of Stripe's own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) cancel: CancelFeature,
    /// Which of a customer's fields may be changed; none while the feature is off.
    pub(crate) customer_updates: Vec<String>,
    pub(crate) customer_update: bool,
    pub(crate) invoice_history: bool,
    pub(crate) pause: bool,
    pub(crate) payment_method_update: bool,
    pub(crate) update: UpdateFeature,
}

impl Default for Features {
    /// Nothing is allowed, with the values that Stripe shows for what is off.
    fn default() -> Self {
        let reasons = [
            "too_expensive",
            "missing_features",
            "switched_service",
            "unused",
            "customer_service",
            "too_complex",
            "low_quality",
            "other",
        ];
        Self {
            cancel: CancelFeature {
                enabled: false,
                at_period_end: true,
                proration_behavior: "none".to_owned(),
                reason_enabled: false,
                reason_options: reasons.map(str::to_owned).to_vec(),
            },
            customer_updates: Vec::new(),
            customer_update: false,
            invoice_history: false,
            pause: false,
            payment_method_update: false,
            update: UpdateFeature {
                enabled: false,
                allowed: Vec::new(),
                billing_cycle_anchor: None,
                products: Vec::new(),
                proration_behavior: "none".to_owned(),
                schedule_at_period_end: Vec::new(),
                trial_update_behavior: "end_trial".to_owned(),
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PortalConfiguration {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) default_return_url: Option<String>,
    pub(crate) features: Features,
    pub(crate) headline: Option<String>,
    /// The one that sessions use where they name none.
    pub(crate) is_default: bool,
    pub(crate) login_page: bool,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) privacy_policy_url: Option<String>,
    pub(crate) terms_of_service_url: Option<String>,
    pub(crate) updated: i64,
}

/// What a session's customer is led through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FlowKind {
    CustomerUpdate,
    PaymentMethodUpdate,
    SubscriptionCancel { subscription: String, coupon_offer: Option<String> },
    SubscriptionPause { subscription: String },
    SubscriptionUpdate { subscription: String },
    SubscriptionUpdateConfirm { subscription: String, item: ItemWish, discounts: Vec<Discount> },
}

/// The one change that a customer is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemWish {
    pub(crate) id: String,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Discount {
    pub(crate) coupon: Option<String>,
    pub(crate) promotion_code: Option<String>,
}

/// What follows the flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum AfterFlow {
    HostedConfirmation {
        message: Option<String>,
    },
    #[default]
    Homepage,
    Redirect {
        url: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) after: AfterFlow,
    pub(crate) kind: FlowKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PortalSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// As Stripe's hash.
    pub(crate) after_expiration: Option<Value>,
    pub(crate) configuration: String,
    pub(crate) customer: String,
    pub(crate) flow: Option<Flow>,
    pub(crate) locale: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) return_url: Option<String>,
    /// The last second at which its page was asked for; none before the first visit.
    pub(crate) visited_at: Option<i64>,
}

impl FlowKind {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::CustomerUpdate => "customer_update",
            Self::PaymentMethodUpdate => "payment_method_update",
            Self::SubscriptionCancel { .. } => "subscription_cancel",
            Self::SubscriptionPause { .. } => "subscription_pause",
            Self::SubscriptionUpdate { .. } => "subscription_update",
            Self::SubscriptionUpdateConfirm { .. } => "subscription_update_confirm",
        }
    }

    /// The subscription that a flow is about.
    pub(crate) fn subscription(&self) -> Option<&str> {
        match self {
            Self::CustomerUpdate | Self::PaymentMethodUpdate => None,
            Self::SubscriptionCancel { subscription, .. }
            | Self::SubscriptionPause { subscription }
            | Self::SubscriptionUpdate { subscription }
            | Self::SubscriptionUpdateConfirm { subscription, .. } => Some(subscription),
        }
    }
}

impl PortalConfiguration {
    /// Settings with every feature that needs nothing named.
    pub(crate) fn with_every_feature() -> Self {
        let mut features = Features::default();
        features.cancel.enabled = true;
        features.cancel.reason_enabled = true;
        features.customer_update = true;
        features.customer_updates =
            ["name", "email", "address", "phone"].map(str::to_owned).to_vec();
        features.invoice_history = true;
        features.pause = true;
        features.payment_method_update = true;
        Self {
            id: String::new(),
            created: 0,
            active: true,
            default_return_url: None,
            features,
            headline: None,
            is_default: true,
            login_page: false,
            metadata: Metadata::new(),
            name: None,
            privacy_policy_url: None,
            terms_of_service_url: None,
            updated: 0,
        }
    }

    /// Whether customers may change to a price.
    pub(crate) fn offers(&self, price: &str) -> bool {
        self.features
            .update
            .products
            .iter()
            .any(|product| product.prices.iter().any(|offered| offered == price))
    }
}
