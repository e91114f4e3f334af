//! Bodies written for these tests: of every kind in the form of 2026-10-28.endive, with a value
//! wherever we keep one, and in the form of 2020-08-27 where that is another.

mod before;
mod billing;
mod catalogue;
mod payments;

use counterfoil_domain::mirror::ObjectKind;
use serde_json::Value;

pub(crate) use before::BEFORE;
pub(crate) use billing::{invoice, subscription};
pub(crate) use catalogue::{customer, price, product};
pub(crate) use payments::checkout_session;

/// Every body.
pub(crate) fn all() -> Vec<(ObjectKind, Value)> {
    let mut all = now();
    all.extend(BEFORE.iter().map(|(kind, before, _)| (*kind, before(of(*kind)))));
    all
}

/// The first body of a kind, in the form of 2026-10-28.endive.
pub(crate) fn of(kind: ObjectKind) -> Value {
    now().into_iter().find(|it| it.0 == kind).unwrap().1
}

fn now() -> Vec<(ObjectKind, Value)> {
    vec![
        (ObjectKind::Customer, customer()),
        (ObjectKind::TaxId, catalogue::tax_id()),
        (ObjectKind::Product, product()),
        (ObjectKind::Price, price()),
        (ObjectKind::Coupon, catalogue::coupon()),
        (ObjectKind::PromotionCode, catalogue::promotion_code()),
        (ObjectKind::Discount, catalogue::discount()),
        (ObjectKind::Subscription, subscription()),
        (ObjectKind::SubscriptionSchedule, billing::subscription_schedule()),
        (ObjectKind::Invoice, invoice()),
        (ObjectKind::Invoice, billing::invoice_of_a_quote()),
        (ObjectKind::InvoiceItem, billing::invoice_item()),
        (ObjectKind::InvoicePayment, billing::invoice_payment()),
        (ObjectKind::CreditNote, billing::credit_note()),
        (ObjectKind::PaymentIntent, payments::payment_intent()),
        (ObjectKind::SetupIntent, payments::setup_intent()),
        (ObjectKind::Charge, payments::charge()),
        (ObjectKind::Refund, payments::refund()),
        (ObjectKind::Dispute, payments::dispute()),
        (ObjectKind::EarlyFraudWarning, payments::early_fraud_warning()),
        (ObjectKind::Review, payments::review()),
        (ObjectKind::PaymentMethod, payments::payment_method()),
        (ObjectKind::CheckoutSession, checkout_session()),
        (ObjectKind::EntitlementFeature, catalogue::feature()),
        (ObjectKind::ActiveEntitlementSummary, catalogue::entitlements()),
        (ObjectKind::Meter, catalogue::meter()),
        (ObjectKind::CreditGrant, billing::credit_grant()),
        (ObjectKind::CreditBalanceTransaction, billing::credit()),
        (ObjectKind::CreditBalanceTransaction, billing::debit()),
        (ObjectKind::BillingAlert, catalogue::alert()),
        (ObjectKind::BillingAlertTriggered, catalogue::alert_triggered()),
        (ObjectKind::Quote, billing::quote()),
    ]
}
