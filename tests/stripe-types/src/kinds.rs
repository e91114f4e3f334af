//! The type of an object by its own word for what it is (`object`, and `deleted`). Objects that
//! async-stripe has no type for have no shape.

use crate::shape::Shape;
use serde_json::Value;

/// The shape of a body that names itself.
#[must_use]
pub fn shape_of(body: &Value) -> Option<Shape> {
    let kind = body.get("object")?.as_str()?;
    if body.get("deleted") == Some(&Value::Bool(true)) { gone(kind) } else { present(kind) }
}

fn gone(kind: &str) -> Option<Shape> {
    Some(match kind {
        "coupon" => Shape::of::<stripe_shared::DeletedCoupon>(),
        "customer" => Shape::of::<stripe_shared::DeletedCustomer>(),
        "discount" => Shape::of::<stripe_shared::DeletedDiscount>(),
        "invoice" => Shape::of::<stripe_shared::DeletedInvoice>(),
        "invoiceitem" => Shape::of::<stripe_billing::DeletedInvoiceitem>(),
        "plan" => Shape::of::<stripe_shared::DeletedPlan>(),
        "product" => Shape::of::<stripe_shared::DeletedProduct>(),
        "product_feature" => Shape::of::<stripe_product::DeletedProductFeature>(),
        "subscription_item" => Shape::of::<stripe_shared::DeletedSubscriptionItem>(),
        "tax_id" => Shape::of::<stripe_shared::DeletedTaxId>(),
        "test_helpers.test_clock" => Shape::of::<stripe_shared::DeletedTestHelpersTestClock>(),
        "webhook_endpoint" => Shape::of::<stripe_misc::DeletedWebhookEndpoint>(),
        _ => return None,
    })
}

fn present(kind: &str) -> Option<Shape> {
    Some(match kind {
        "balance_transaction" => Shape::of::<stripe_shared::BalanceTransaction>(),
        "billing.alert" => Shape::of::<stripe_billing::BillingAlert>(),
        "billing.alert_triggered" => Shape::of::<stripe_billing::BillingAlertTriggered>(),
        "billing.credit_balance_summary" => {
            Shape::of::<stripe_billing::BillingCreditBalanceSummary>()
        }
        "billing.credit_balance_transaction" => {
            Shape::of::<stripe_shared::BillingCreditBalanceTransaction>()
        }
        "billing.credit_grant" => Shape::of::<stripe_shared::BillingCreditGrant>(),
        "billing.meter" => Shape::of::<stripe_billing::BillingMeter>(),
        "billing.meter_event" => Shape::of::<stripe_billing::BillingMeterEvent>(),
        "billing.meter_event_adjustment" => {
            Shape::of::<stripe_billing::BillingMeterEventAdjustment>()
        }
        "billing.meter_event_summary" => Shape::of::<stripe_billing::BillingMeterEventSummary>(),
        "billing_portal.configuration" => Shape::of::<stripe_billing::BillingPortalConfiguration>(),
        "billing_portal.session" => Shape::of::<stripe_billing::BillingPortalSession>(),
        "charge" => Shape::of::<stripe_shared::Charge>(),
        "checkout.session" => Shape::of::<stripe_shared::CheckoutSession>(),
        "coupon" => Shape::of::<stripe_shared::Coupon>(),
        "credit_note" => Shape::of::<stripe_shared::CreditNote>(),
        "credit_note_line_item" => Shape::of::<stripe_shared::CreditNoteLineItem>(),
        "customer" => Shape::of::<stripe_shared::Customer>(),
        "customer_balance_transaction" => Shape::of::<stripe_shared::CustomerBalanceTransaction>(),
        "discount" => Shape::of::<stripe_shared::Discount>(),
        "dispute" => Shape::of::<stripe_shared::Dispute>(),
        "entitlements.active_entitlement" => {
            Shape::of::<stripe_misc::EntitlementsActiveEntitlement>()
        }
        "entitlements.active_entitlement_summary" => {
            Shape::of::<stripe_misc::EntitlementsActiveEntitlementSummary>()
        }
        "entitlements.feature" => Shape::of::<stripe_shared::EntitlementsFeature>(),
        "event" => Shape::of::<stripe_shared::Event>(),
        "invoice" => Shape::of::<stripe_shared::Invoice>(),
        "invoice_payment" => Shape::of::<stripe_shared::InvoicePayment>(),
        "invoiceitem" => Shape::of::<stripe_billing::InvoiceItem>(),
        "line_item" => Shape::of::<stripe_shared::InvoiceLineItem>(),
        "mandate" => Shape::of::<stripe_shared::Mandate>(),
        "payment_intent" => Shape::of::<stripe_shared::PaymentIntent>(),
        "payment_method" => Shape::of::<stripe_shared::PaymentMethod>(),
        "plan" => Shape::of::<stripe_shared::Plan>(),
        "price" => Shape::of::<stripe_shared::Price>(),
        "product" => Shape::of::<stripe_shared::Product>(),
        "product_feature" => Shape::of::<stripe_product::ProductFeature>(),
        "promotion_code" => Shape::of::<stripe_shared::PromotionCode>(),
        "refund" => Shape::of::<stripe_shared::Refund>(),
        "setup_intent" => Shape::of::<stripe_shared::SetupIntent>(),
        "subscription" => Shape::of::<stripe_shared::Subscription>(),
        "subscription_item" => Shape::of::<stripe_shared::SubscriptionItem>(),
        "subscription_schedule" => Shape::of::<stripe_shared::SubscriptionSchedule>(),
        "tax_id" => Shape::of::<stripe_shared::TaxId>(),
        "test_helpers.test_clock" => Shape::of::<stripe_shared::TestHelpersTestClock>(),
        "webhook_endpoint" => Shape::of::<stripe_misc::WebhookEndpoint>(),
        _ => return None,
    })
}
