//! What is known of each kind of object: a file for each.

mod active_entitlement_summary;
mod billing_alert;
mod billing_alert_triggered;
mod charge;
mod checkout_session;
mod coupon;
mod credit_balance_transaction;
mod credit_grant;
mod credit_note;
mod customer;
mod discount;
mod dispute;
mod early_fraud_warning;
mod entitlement_feature;
mod invoice;
mod invoice_item;
mod invoice_payment;
mod meter;
mod payment_intent;
mod payment_method;
mod price;
mod product;
mod promotion_code;
mod quote;
mod refund;
mod review;
mod setup_intent;
mod subscription;
mod subscription_schedule;
mod tax_id;

use counterfoil_domain::mirror::ObjectKind;

use crate::object::Object;

pub(crate) fn object_of(kind: ObjectKind) -> &'static Object {
    match kind {
        ObjectKind::Customer => &customer::OBJECT,
        ObjectKind::TaxId => &tax_id::OBJECT,
        ObjectKind::Product => &product::OBJECT,
        ObjectKind::Price => &price::OBJECT,
        ObjectKind::Coupon => &coupon::OBJECT,
        ObjectKind::PromotionCode => &promotion_code::OBJECT,
        ObjectKind::Discount => &discount::OBJECT,
        ObjectKind::Subscription => &subscription::OBJECT,
        ObjectKind::SubscriptionSchedule => &subscription_schedule::OBJECT,
        ObjectKind::Invoice => &invoice::OBJECT,
        ObjectKind::InvoiceItem => &invoice_item::OBJECT,
        ObjectKind::InvoicePayment => &invoice_payment::OBJECT,
        ObjectKind::CreditNote => &credit_note::OBJECT,
        ObjectKind::PaymentIntent => &payment_intent::OBJECT,
        ObjectKind::SetupIntent => &setup_intent::OBJECT,
        ObjectKind::Charge => &charge::OBJECT,
        ObjectKind::Refund => &refund::OBJECT,
        ObjectKind::Dispute => &dispute::OBJECT,
        ObjectKind::EarlyFraudWarning => &early_fraud_warning::OBJECT,
        ObjectKind::Review => &review::OBJECT,
        ObjectKind::PaymentMethod => &payment_method::OBJECT,
        ObjectKind::CheckoutSession => &checkout_session::OBJECT,
        ObjectKind::EntitlementFeature => &entitlement_feature::OBJECT,
        ObjectKind::ActiveEntitlementSummary => &active_entitlement_summary::OBJECT,
        ObjectKind::Meter => &meter::OBJECT,
        ObjectKind::CreditGrant => &credit_grant::OBJECT,
        ObjectKind::CreditBalanceTransaction => &credit_balance_transaction::OBJECT,
        ObjectKind::BillingAlert => &billing_alert::OBJECT,
        ObjectKind::BillingAlertTriggered => &billing_alert_triggered::OBJECT,
        ObjectKind::Quote => &quote::OBJECT,
    }
}
