//! The paths of version 1 of Stripe's API that the simulator serves, each with the type that
//! async-stripe's request builder for it declares as its output. Version 2 is not in async-stripe.

use crate::shape::Shape;
use stripe_types::{List, SearchList};

/// Paths that belong together and are walked together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The paths of [`CUSTOMERS`].
    Customers,
    /// The paths of [`SUBSCRIPTIONS`].
    Subscriptions,
    /// The paths of [`SCHEDULES`].
    Schedules,
    /// The paths of [`INVOICES`].
    Invoices,
    /// The paths of [`CREDIT_NOTES`].
    CreditNotes,
    /// The paths of [`PAYMENTS`].
    Payments,
    /// The paths of [`CATALOGUE`].
    Catalogue,
    /// The paths of [`HOSTED`].
    Hosted,
    /// The paths of [`USAGE`].
    Usage,
    /// The paths of [`CREDITS`].
    Credits,
    /// The paths of [`ENTITLEMENTS`].
    Entitlements,
    /// The paths of [`HOOKS`].
    Hooks,
    /// The paths of [`CLOCKS`].
    Clocks,
}

/// One path and what it answers with.
#[derive(Clone, Copy)]
pub struct Path {
    /// GET, POST or DELETE.
    pub method: &'static str,
    /// The path, with names in braces for ids.
    pub pattern: &'static str,
    /// The type of a good answer.
    pub shape: Shape,
}

impl Path {
    const fn new<T: miniserde::Deserialize>(method: &'static str, pattern: &'static str) -> Self {
        Self { method, pattern, shape: Shape::of::<T>() }
    }

    fn fits(&self, path: &str) -> bool {
        let mut words = path.split('/');
        let fits = self.pattern.split('/').all(|wanted| {
            words.next().is_some_and(|word| wanted == word || wanted.starts_with('{'))
        });
        fits && words.next().is_none()
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.pattern)
    }
}

/// The row of a request. A literal word wins over an id, as it comes first in the table.
#[must_use]
pub fn find(method: &str, path: &str) -> Option<&'static Path> {
    Subject::ALL
        .iter()
        .flat_map(|subject| subject.paths())
        .find(|row| row.method == method && row.fits(path))
}

impl Subject {
    /// Every subject.
    pub const ALL: &[Self] = &[
        Self::Customers,
        Self::Subscriptions,
        Self::Schedules,
        Self::Invoices,
        Self::CreditNotes,
        Self::Payments,
        Self::Catalogue,
        Self::Hosted,
        Self::Usage,
        Self::Credits,
        Self::Entitlements,
        Self::Hooks,
        Self::Clocks,
    ];

    /// The paths of this subject.
    #[must_use]
    pub const fn paths(self) -> &'static [Path] {
        match self {
            Self::Customers => CUSTOMERS,
            Self::Subscriptions => SUBSCRIPTIONS,
            Self::Schedules => SCHEDULES,
            Self::Invoices => INVOICES,
            Self::CreditNotes => CREDIT_NOTES,
            Self::Payments => PAYMENTS,
            Self::Catalogue => CATALOGUE,
            Self::Hosted => HOSTED,
            Self::Usage => USAGE,
            Self::Credits => CREDITS,
            Self::Entitlements => ENTITLEMENTS,
            Self::Hooks => HOOKS,
            Self::Clocks => CLOCKS,
        }
    }
}

/// Paths of customers.
pub const CUSTOMERS: &[Path] = &[
    Path::new::<List<stripe_shared::Customer>>("GET", "/v1/customers"),
    Path::new::<stripe_shared::Customer>("POST", "/v1/customers"),
    Path::new::<SearchList<stripe_shared::Customer>>("GET", "/v1/customers/search"),
    Path::new::<stripe_core::customer::RetrieveCustomerReturned>("GET", "/v1/customers/{id}"),
    Path::new::<stripe_shared::Customer>("POST", "/v1/customers/{id}"),
    Path::new::<stripe_shared::DeletedCustomer>("DELETE", "/v1/customers/{id}"),
    Path::new::<stripe_shared::DeletedDiscount>("DELETE", "/v1/customers/{id}/discount"),
    Path::new::<List<stripe_shared::PaymentMethod>>("GET", "/v1/customers/{id}/payment_methods"),
    Path::new::<stripe_shared::PaymentMethod>("GET", "/v1/customers/{id}/payment_methods/{pm}"),
    Path::new::<List<stripe_shared::CustomerBalanceTransaction>>(
        "GET",
        "/v1/customers/{id}/balance_transactions",
    ),
    Path::new::<stripe_shared::CustomerBalanceTransaction>(
        "POST",
        "/v1/customers/{id}/balance_transactions",
    ),
    Path::new::<stripe_shared::CustomerBalanceTransaction>(
        "GET",
        "/v1/customers/{id}/balance_transactions/{transaction}",
    ),
    Path::new::<stripe_shared::CustomerBalanceTransaction>(
        "POST",
        "/v1/customers/{id}/balance_transactions/{transaction}",
    ),
    Path::new::<List<stripe_shared::TaxId>>("GET", "/v1/customers/{id}/tax_ids"),
    Path::new::<stripe_shared::TaxId>("POST", "/v1/customers/{id}/tax_ids"),
    Path::new::<stripe_shared::TaxId>("GET", "/v1/customers/{id}/tax_ids/{tax_id}"),
    Path::new::<stripe_shared::DeletedTaxId>("DELETE", "/v1/customers/{id}/tax_ids/{tax_id}"),
];

/// Paths of subscriptions and their items.
pub const SUBSCRIPTIONS: &[Path] = &[
    Path::new::<List<stripe_shared::Subscription>>("GET", "/v1/subscriptions"),
    Path::new::<stripe_shared::Subscription>("POST", "/v1/subscriptions"),
    Path::new::<SearchList<stripe_shared::Subscription>>("GET", "/v1/subscriptions/search"),
    Path::new::<stripe_shared::Subscription>("GET", "/v1/subscriptions/{id}"),
    Path::new::<stripe_shared::Subscription>("POST", "/v1/subscriptions/{id}"),
    Path::new::<stripe_shared::Subscription>("DELETE", "/v1/subscriptions/{id}"),
    Path::new::<stripe_shared::Subscription>("POST", "/v1/subscriptions/{id}/pause"),
    Path::new::<stripe_shared::Subscription>("POST", "/v1/subscriptions/{id}/resume"),
    Path::new::<stripe_shared::Subscription>("POST", "/v1/subscriptions/{id}/migrate"),
    Path::new::<stripe_shared::DeletedDiscount>("DELETE", "/v1/subscriptions/{id}/discount"),
    Path::new::<List<stripe_shared::SubscriptionItem>>("GET", "/v1/subscription_items"),
    Path::new::<stripe_shared::SubscriptionItem>("POST", "/v1/subscription_items"),
    Path::new::<stripe_shared::SubscriptionItem>("GET", "/v1/subscription_items/{id}"),
    Path::new::<stripe_shared::SubscriptionItem>("POST", "/v1/subscription_items/{id}"),
    Path::new::<stripe_shared::DeletedSubscriptionItem>("DELETE", "/v1/subscription_items/{id}"),
];

/// Paths of schedules of subscriptions.
pub const SCHEDULES: &[Path] = &[
    Path::new::<List<stripe_shared::SubscriptionSchedule>>("GET", "/v1/subscription_schedules"),
    Path::new::<stripe_shared::SubscriptionSchedule>("POST", "/v1/subscription_schedules"),
    Path::new::<stripe_shared::SubscriptionSchedule>("GET", "/v1/subscription_schedules/{id}"),
    Path::new::<stripe_shared::SubscriptionSchedule>("POST", "/v1/subscription_schedules/{id}"),
    Path::new::<stripe_shared::SubscriptionSchedule>(
        "POST",
        "/v1/subscription_schedules/{id}/cancel",
    ),
    Path::new::<stripe_shared::SubscriptionSchedule>(
        "POST",
        "/v1/subscription_schedules/{id}/release",
    ),
];

/// Paths of invoices, their lines, items and payments.
pub const INVOICES: &[Path] = &[
    Path::new::<List<stripe_shared::Invoice>>("GET", "/v1/invoices"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices"),
    Path::new::<SearchList<stripe_shared::Invoice>>("GET", "/v1/invoices/search"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/create_preview"),
    Path::new::<stripe_shared::Invoice>("GET", "/v1/invoices/{id}"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}"),
    Path::new::<stripe_shared::DeletedInvoice>("DELETE", "/v1/invoices/{id}"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/finalize"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/pay"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/send"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/void"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/mark_uncollectible"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/attach_payment"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/add_lines"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/update_lines"),
    Path::new::<stripe_shared::Invoice>("POST", "/v1/invoices/{id}/remove_lines"),
    Path::new::<List<stripe_shared::InvoiceLineItem>>("GET", "/v1/invoices/{id}/lines"),
    Path::new::<stripe_shared::InvoiceLineItem>("POST", "/v1/invoices/{id}/lines/{line}"),
    Path::new::<List<stripe_billing::InvoiceItem>>("GET", "/v1/invoiceitems"),
    Path::new::<stripe_billing::InvoiceItem>("POST", "/v1/invoiceitems"),
    Path::new::<stripe_billing::InvoiceItem>("GET", "/v1/invoiceitems/{id}"),
    Path::new::<stripe_billing::InvoiceItem>("POST", "/v1/invoiceitems/{id}"),
    Path::new::<stripe_billing::DeletedInvoiceitem>("DELETE", "/v1/invoiceitems/{id}"),
    Path::new::<List<stripe_shared::InvoicePayment>>("GET", "/v1/invoice_payments"),
    Path::new::<stripe_shared::InvoicePayment>("GET", "/v1/invoice_payments/{id}"),
];

/// Paths of credit notes.
pub const CREDIT_NOTES: &[Path] = &[
    Path::new::<List<stripe_shared::CreditNote>>("GET", "/v1/credit_notes"),
    Path::new::<stripe_shared::CreditNote>("POST", "/v1/credit_notes"),
    Path::new::<stripe_shared::CreditNote>("GET", "/v1/credit_notes/preview"),
    Path::new::<List<stripe_shared::CreditNoteLineItem>>("GET", "/v1/credit_notes/preview/lines"),
    Path::new::<stripe_shared::CreditNote>("GET", "/v1/credit_notes/{id}"),
    Path::new::<List<stripe_shared::CreditNoteLineItem>>("GET", "/v1/credit_notes/{id}/lines"),
    Path::new::<stripe_shared::CreditNote>("POST", "/v1/credit_notes/{id}"),
    Path::new::<stripe_shared::CreditNote>("POST", "/v1/credit_notes/{id}/void"),
];

/// Paths of payment methods, intents, charges, refunds and disputes.
pub const PAYMENTS: &[Path] = &[
    Path::new::<List<stripe_shared::PaymentMethod>>("GET", "/v1/payment_methods"),
    Path::new::<stripe_shared::PaymentMethod>("POST", "/v1/payment_methods"),
    Path::new::<stripe_shared::PaymentMethod>("GET", "/v1/payment_methods/{id}"),
    Path::new::<stripe_shared::PaymentMethod>("POST", "/v1/payment_methods/{id}"),
    Path::new::<stripe_shared::PaymentMethod>("POST", "/v1/payment_methods/{id}/attach"),
    Path::new::<stripe_shared::PaymentMethod>("POST", "/v1/payment_methods/{id}/detach"),
    Path::new::<List<stripe_shared::PaymentIntent>>("GET", "/v1/payment_intents"),
    Path::new::<stripe_shared::PaymentIntent>("POST", "/v1/payment_intents"),
    Path::new::<SearchList<stripe_shared::PaymentIntent>>("GET", "/v1/payment_intents/search"),
    Path::new::<stripe_shared::PaymentIntent>("GET", "/v1/payment_intents/{id}"),
    Path::new::<stripe_shared::PaymentIntent>("POST", "/v1/payment_intents/{id}"),
    Path::new::<stripe_shared::PaymentIntent>("POST", "/v1/payment_intents/{id}/confirm"),
    Path::new::<stripe_shared::PaymentIntent>("POST", "/v1/payment_intents/{id}/cancel"),
    Path::new::<stripe_shared::PaymentIntent>("POST", "/v1/payment_intents/{id}/capture"),
    Path::new::<List<stripe_shared::SetupIntent>>("GET", "/v1/setup_intents"),
    Path::new::<stripe_shared::SetupIntent>("POST", "/v1/setup_intents"),
    Path::new::<stripe_shared::SetupIntent>("GET", "/v1/setup_intents/{id}"),
    Path::new::<stripe_shared::SetupIntent>("POST", "/v1/setup_intents/{id}"),
    Path::new::<stripe_shared::SetupIntent>("POST", "/v1/setup_intents/{id}/confirm"),
    Path::new::<stripe_shared::SetupIntent>("POST", "/v1/setup_intents/{id}/cancel"),
    Path::new::<List<stripe_shared::Charge>>("GET", "/v1/charges"),
    Path::new::<SearchList<stripe_shared::Charge>>("GET", "/v1/charges/search"),
    Path::new::<stripe_shared::Charge>("GET", "/v1/charges/{id}"),
    Path::new::<stripe_shared::Charge>("POST", "/v1/charges/{id}"),
    Path::new::<List<stripe_shared::Refund>>("GET", "/v1/refunds"),
    Path::new::<stripe_shared::Refund>("POST", "/v1/refunds"),
    Path::new::<stripe_shared::Refund>("GET", "/v1/refunds/{id}"),
    Path::new::<stripe_shared::Refund>("POST", "/v1/refunds/{id}"),
    Path::new::<stripe_shared::Refund>("POST", "/v1/refunds/{id}/cancel"),
    Path::new::<List<stripe_shared::Dispute>>("GET", "/v1/disputes"),
    Path::new::<stripe_shared::Dispute>("GET", "/v1/disputes/{id}"),
    Path::new::<stripe_shared::Dispute>("POST", "/v1/disputes/{id}"),
    Path::new::<stripe_shared::Dispute>("POST", "/v1/disputes/{id}/close"),
];

/// Paths of products, prices, coupons and promotion codes.
pub const CATALOGUE: &[Path] = &[
    Path::new::<List<stripe_shared::Product>>("GET", "/v1/products"),
    Path::new::<stripe_shared::Product>("POST", "/v1/products"),
    Path::new::<SearchList<stripe_shared::Product>>("GET", "/v1/products/search"),
    Path::new::<stripe_shared::Product>("GET", "/v1/products/{id}"),
    Path::new::<stripe_shared::Product>("POST", "/v1/products/{id}"),
    Path::new::<stripe_shared::DeletedProduct>("DELETE", "/v1/products/{id}"),
    Path::new::<List<stripe_shared::Price>>("GET", "/v1/prices"),
    Path::new::<stripe_shared::Price>("POST", "/v1/prices"),
    Path::new::<SearchList<stripe_shared::Price>>("GET", "/v1/prices/search"),
    Path::new::<stripe_shared::Price>("GET", "/v1/prices/{id}"),
    Path::new::<stripe_shared::Price>("POST", "/v1/prices/{id}"),
    Path::new::<List<stripe_shared::Coupon>>("GET", "/v1/coupons"),
    Path::new::<stripe_shared::Coupon>("POST", "/v1/coupons"),
    Path::new::<stripe_shared::Coupon>("GET", "/v1/coupons/{id}"),
    Path::new::<stripe_shared::Coupon>("POST", "/v1/coupons/{id}"),
    Path::new::<stripe_shared::DeletedCoupon>("DELETE", "/v1/coupons/{id}"),
    Path::new::<List<stripe_shared::PromotionCode>>("GET", "/v1/promotion_codes"),
    Path::new::<stripe_shared::PromotionCode>("POST", "/v1/promotion_codes"),
    Path::new::<stripe_shared::PromotionCode>("GET", "/v1/promotion_codes/{id}"),
    Path::new::<stripe_shared::PromotionCode>("POST", "/v1/promotion_codes/{id}"),
];

/// Paths of Checkout and the customer portal.
pub const HOSTED: &[Path] = &[
    Path::new::<List<stripe_shared::CheckoutSession>>("GET", "/v1/checkout/sessions"),
    Path::new::<stripe_shared::CheckoutSession>("POST", "/v1/checkout/sessions"),
    Path::new::<stripe_shared::CheckoutSession>("GET", "/v1/checkout/sessions/{id}"),
    Path::new::<stripe_shared::CheckoutSession>("POST", "/v1/checkout/sessions/{id}"),
    Path::new::<stripe_shared::CheckoutSession>("POST", "/v1/checkout/sessions/{id}/expire"),
    Path::new::<List<stripe_shared::CheckoutSessionItem>>(
        "GET",
        "/v1/checkout/sessions/{id}/line_items",
    ),
    Path::new::<stripe_billing::BillingPortalSession>("POST", "/v1/billing_portal/sessions"),
    Path::new::<List<stripe_billing::BillingPortalConfiguration>>(
        "GET",
        "/v1/billing_portal/configurations",
    ),
    Path::new::<stripe_billing::BillingPortalConfiguration>(
        "POST",
        "/v1/billing_portal/configurations",
    ),
    Path::new::<stripe_billing::BillingPortalConfiguration>(
        "GET",
        "/v1/billing_portal/configurations/{id}",
    ),
    Path::new::<stripe_billing::BillingPortalConfiguration>(
        "POST",
        "/v1/billing_portal/configurations/{id}",
    ),
];

/// Paths of meters, their events and alerts.
pub const USAGE: &[Path] = &[
    Path::new::<List<stripe_billing::BillingMeter>>("GET", "/v1/billing/meters"),
    Path::new::<stripe_billing::BillingMeter>("POST", "/v1/billing/meters"),
    Path::new::<stripe_billing::BillingMeter>("GET", "/v1/billing/meters/{id}"),
    Path::new::<stripe_billing::BillingMeter>("POST", "/v1/billing/meters/{id}"),
    Path::new::<stripe_billing::BillingMeter>("POST", "/v1/billing/meters/{id}/deactivate"),
    Path::new::<stripe_billing::BillingMeter>("POST", "/v1/billing/meters/{id}/reactivate"),
    Path::new::<List<stripe_billing::BillingMeterEventSummary>>(
        "GET",
        "/v1/billing/meters/{id}/event_summaries",
    ),
    Path::new::<stripe_billing::BillingMeterEvent>("POST", "/v1/billing/meter_events"),
    Path::new::<stripe_billing::BillingMeterEventAdjustment>(
        "POST",
        "/v1/billing/meter_event_adjustments",
    ),
    Path::new::<List<stripe_billing::BillingAlert>>("GET", "/v1/billing/alerts"),
    Path::new::<stripe_billing::BillingAlert>("POST", "/v1/billing/alerts"),
    Path::new::<stripe_billing::BillingAlert>("GET", "/v1/billing/alerts/{id}"),
    Path::new::<stripe_billing::BillingAlert>("POST", "/v1/billing/alerts/{id}/activate"),
    Path::new::<stripe_billing::BillingAlert>("POST", "/v1/billing/alerts/{id}/deactivate"),
    Path::new::<stripe_billing::BillingAlert>("POST", "/v1/billing/alerts/{id}/archive"),
];

/// Paths of credit grants and balances.
pub const CREDITS: &[Path] = &[
    Path::new::<List<stripe_shared::BillingCreditGrant>>("GET", "/v1/billing/credit_grants"),
    Path::new::<stripe_shared::BillingCreditGrant>("POST", "/v1/billing/credit_grants"),
    Path::new::<stripe_shared::BillingCreditGrant>("GET", "/v1/billing/credit_grants/{id}"),
    Path::new::<stripe_shared::BillingCreditGrant>("POST", "/v1/billing/credit_grants/{id}"),
    Path::new::<stripe_shared::BillingCreditGrant>("POST", "/v1/billing/credit_grants/{id}/expire"),
    Path::new::<stripe_shared::BillingCreditGrant>("POST", "/v1/billing/credit_grants/{id}/void"),
    Path::new::<stripe_billing::BillingCreditBalanceSummary>(
        "GET",
        "/v1/billing/credit_balance_summary",
    ),
    Path::new::<List<stripe_shared::BillingCreditBalanceTransaction>>(
        "GET",
        "/v1/billing/credit_balance_transactions",
    ),
    Path::new::<stripe_shared::BillingCreditBalanceTransaction>(
        "GET",
        "/v1/billing/credit_balance_transactions/{id}",
    ),
];

/// Paths of features and who has them.
pub const ENTITLEMENTS: &[Path] = &[
    Path::new::<List<stripe_shared::EntitlementsFeature>>("GET", "/v1/entitlements/features"),
    Path::new::<stripe_shared::EntitlementsFeature>("POST", "/v1/entitlements/features"),
    Path::new::<stripe_shared::EntitlementsFeature>("GET", "/v1/entitlements/features/{id}"),
    Path::new::<stripe_shared::EntitlementsFeature>("POST", "/v1/entitlements/features/{id}"),
    Path::new::<List<stripe_misc::EntitlementsActiveEntitlement>>(
        "GET",
        "/v1/entitlements/active_entitlements",
    ),
    Path::new::<stripe_misc::EntitlementsActiveEntitlement>(
        "GET",
        "/v1/entitlements/active_entitlements/{id}",
    ),
    Path::new::<List<stripe_product::ProductFeature>>("GET", "/v1/products/{id}/features"),
    Path::new::<stripe_product::ProductFeature>("POST", "/v1/products/{id}/features"),
    Path::new::<stripe_product::ProductFeature>("GET", "/v1/products/{id}/features/{feature}"),
    Path::new::<stripe_product::DeletedProductFeature>(
        "DELETE",
        "/v1/products/{id}/features/{feature}",
    ),
];

/// Paths of events and webhook endpoints.
pub const HOOKS: &[Path] = &[
    Path::new::<List<stripe_shared::Event>>("GET", "/v1/events"),
    Path::new::<stripe_shared::Event>("GET", "/v1/events/{id}"),
    Path::new::<List<stripe_misc::WebhookEndpoint>>("GET", "/v1/webhook_endpoints"),
    Path::new::<stripe_misc::WebhookEndpoint>("POST", "/v1/webhook_endpoints"),
    Path::new::<stripe_misc::WebhookEndpoint>("GET", "/v1/webhook_endpoints/{id}"),
    Path::new::<stripe_misc::WebhookEndpoint>("POST", "/v1/webhook_endpoints/{id}"),
    Path::new::<stripe_misc::DeletedWebhookEndpoint>("DELETE", "/v1/webhook_endpoints/{id}"),
];

/// Paths of test clocks.
pub const CLOCKS: &[Path] = &[
    Path::new::<List<stripe_shared::TestHelpersTestClock>>("GET", "/v1/test_helpers/test_clocks"),
    Path::new::<stripe_shared::TestHelpersTestClock>("POST", "/v1/test_helpers/test_clocks"),
    Path::new::<stripe_shared::TestHelpersTestClock>("GET", "/v1/test_helpers/test_clocks/{id}"),
    Path::new::<stripe_shared::DeletedTestHelpersTestClock>(
        "DELETE",
        "/v1/test_helpers/test_clocks/{id}",
    ),
    Path::new::<stripe_shared::TestHelpersTestClock>(
        "POST",
        "/v1/test_helpers/test_clocks/{id}/advance",
    ),
];
