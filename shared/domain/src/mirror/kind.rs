//! The kinds of object the mirror holds.

use std::fmt;

/// The kinds of object the mirror holds. Their order is the one in which rows are locked and
/// written: every transaction keeps to it, so that two workers never wait for each other in a
/// circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the object of that name at Stripe")]
pub enum ObjectKind {
    Customer,
    TaxId,
    Product,
    Price,
    Coupon,
    PromotionCode,
    Discount,
    /// With its items.
    Subscription,
    SubscriptionSchedule,
    /// With its lines.
    Invoice,
    InvoiceItem,
    InvoicePayment,
    /// With its lines.
    CreditNote,
    PaymentIntent,
    SetupIntent,
    Charge,
    Refund,
    Dispute,
    EarlyFraudWarning,
    Review,
    PaymentMethod,
    /// With its lines, which Stripe shows on request only.
    CheckoutSession,
    EntitlementFeature,
    /// All entitlements that a customer has now; its id is the customer's.
    ActiveEntitlementSummary,
    Meter,
    CreditGrant,
    CreditBalanceTransaction,
    BillingAlert,
    /// One crossing of an alert's threshold; its id is made of what it says.
    BillingAlertTriggered,
    Quote,
}

impl ObjectKind {
    /// All kinds, in order.
    pub const ALL: [Self; 30] = [
        Self::Customer,
        Self::TaxId,
        Self::Product,
        Self::Price,
        Self::Coupon,
        Self::PromotionCode,
        Self::Discount,
        Self::Subscription,
        Self::SubscriptionSchedule,
        Self::Invoice,
        Self::InvoiceItem,
        Self::InvoicePayment,
        Self::CreditNote,
        Self::PaymentIntent,
        Self::SetupIntent,
        Self::Charge,
        Self::Refund,
        Self::Dispute,
        Self::EarlyFraudWarning,
        Self::Review,
        Self::PaymentMethod,
        Self::CheckoutSession,
        Self::EntitlementFeature,
        Self::ActiveEntitlementSummary,
        Self::Meter,
        Self::CreditGrant,
        Self::CreditBalanceTransaction,
        Self::BillingAlert,
        Self::BillingAlertTriggered,
        Self::Quote,
    ];

    /// Stripe's name of the kind: the value of the object's `object` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// The name of its table in schema `stripe`.
    #[must_use]
    pub fn table(self) -> &'static str {
        self.names().1
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether the caller gives the ids of such objects, so that one may be given again after its
    /// object was deleted (STRIPE.md section 5.1). Stripe never gives an id of its own twice.
    #[must_use]
    pub fn ids_may_return(self) -> bool {
        matches!(self, Self::Product | Self::Price | Self::Coupon)
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Customer => ("customer", "customers"),
            Self::TaxId => ("tax_id", "tax_ids"),
            Self::Product => ("product", "products"),
            Self::Price => ("price", "prices"),
            Self::Coupon => ("coupon", "coupons"),
            Self::PromotionCode => ("promotion_code", "promotion_codes"),
            Self::Discount => ("discount", "discounts"),
            Self::Subscription => ("subscription", "subscriptions"),
            Self::SubscriptionSchedule => ("subscription_schedule", "subscription_schedules"),
            Self::Invoice => ("invoice", "invoices"),
            Self::InvoiceItem => ("invoiceitem", "invoice_items"),
            Self::InvoicePayment => ("invoice_payment", "invoice_payments"),
            Self::CreditNote => ("credit_note", "credit_notes"),
            Self::PaymentIntent => ("payment_intent", "payment_intents"),
            Self::SetupIntent => ("setup_intent", "setup_intents"),
            Self::Charge => ("charge", "charges"),
            Self::Refund => ("refund", "refunds"),
            Self::Dispute => ("dispute", "disputes"),
            Self::EarlyFraudWarning => ("radar.early_fraud_warning", "early_fraud_warnings"),
            Self::Review => ("review", "reviews"),
            Self::PaymentMethod => ("payment_method", "payment_methods"),
            Self::CheckoutSession => ("checkout.session", "checkout_sessions"),
            Self::EntitlementFeature => ("entitlements.feature", "entitlement_features"),
            Self::ActiveEntitlementSummary => {
                ("entitlements.active_entitlement_summary", "active_entitlement_summaries")
            }
            Self::Meter => ("billing.meter", "meters"),
            Self::CreditGrant => ("billing.credit_grant", "credit_grants"),
            Self::CreditBalanceTransaction => {
                ("billing.credit_balance_transaction", "credit_balance_transactions")
            }
            Self::BillingAlert => ("billing.alert", "billing_alerts"),
            Self::BillingAlertTriggered => ("billing.alert_triggered", "billing_alerts_triggered"),
            Self::Quote => ("quote", "quotes"),
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_listed_in_order_under_names_of_its_own() {
        assert!(ObjectKind::ALL.is_sorted());
        let names: BTreeSet<&str> = ObjectKind::ALL.iter().map(|it| it.as_str()).collect();
        let tables: BTreeSet<&str> = ObjectKind::ALL.iter().map(|it| it.table()).collect();
        assert_eq!((names.len(), tables.len()), (ObjectKind::ALL.len(), ObjectKind::ALL.len()));
        for kind in ObjectKind::ALL {
            assert_eq!(ObjectKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ObjectKind::parse("widget"), None);
    }
}
