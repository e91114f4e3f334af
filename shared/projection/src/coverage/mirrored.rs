//! Types of snapshot events whose object is mirrored, by the kind of object they carry.

use super::{Family, mirrored};
use counterfoil_domain::mirror::ObjectKind;

pub(super) const FAMILIES: &[Family] = &[
    mirrored(
        ObjectKind::Subscription,
        &[
            "customer.subscription.created",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.pending_update_applied",
            "customer.subscription.pending_update_expired",
            "customer.subscription.resumed",
            "customer.subscription.trial_will_end",
            "customer.subscription.updated",
        ],
    ),
    mirrored(
        ObjectKind::Discount,
        &["customer.discount.created", "customer.discount.deleted", "customer.discount.updated"],
    ),
    mirrored(
        ObjectKind::TaxId,
        &["customer.tax_id.created", "customer.tax_id.deleted", "customer.tax_id.updated"],
    ),
    mirrored(ObjectKind::Customer, &["customer.created", "customer.deleted", "customer.updated"]),
    mirrored(ObjectKind::Product, &["product.created", "product.deleted", "product.updated"]),
    mirrored(ObjectKind::Price, &["price.created", "price.deleted", "price.updated"]),
    mirrored(ObjectKind::Coupon, &["coupon.created", "coupon.deleted", "coupon.updated"]),
    mirrored(ObjectKind::PromotionCode, &["promotion_code.created", "promotion_code.updated"]),
    mirrored(
        ObjectKind::SubscriptionSchedule,
        &[
            "subscription_schedule.aborted",
            "subscription_schedule.canceled",
            "subscription_schedule.completed",
            "subscription_schedule.created",
            "subscription_schedule.expiring",
            "subscription_schedule.released",
            "subscription_schedule.updated",
        ],
    ),
    mirrored(
        ObjectKind::Invoice,
        &[
            "invoice.created",
            "invoice.deleted",
            "invoice.finalization_failed",
            "invoice.finalized",
            "invoice.marked_uncollectible",
            "invoice.overdue",
            "invoice.overpaid",
            "invoice.paid",
            "invoice.payment_action_required",
            "invoice.payment_attempt_required",
            "invoice.payment_failed",
            "invoice.payment_succeeded",
            "invoice.sent",
            "invoice.updated",
            "invoice.voided",
            "invoice.will_be_due",
        ],
    ),
    // Older versions send `updated` too.
    mirrored(
        ObjectKind::InvoiceItem,
        &["invoiceitem.created", "invoiceitem.deleted", "invoiceitem.updated"],
    ),
    mirrored(ObjectKind::InvoicePayment, &["invoice_payment.paid"]),
    mirrored(
        ObjectKind::CreditNote,
        &["credit_note.created", "credit_note.updated", "credit_note.voided"],
    ),
    mirrored(
        ObjectKind::PaymentIntent,
        &[
            "payment_intent.amount_capturable_updated",
            "payment_intent.canceled",
            "payment_intent.created",
            "payment_intent.partially_funded",
            "payment_intent.payment_failed",
            "payment_intent.processing",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        ],
    ),
    mirrored(
        ObjectKind::SetupIntent,
        &[
            "setup_intent.canceled",
            "setup_intent.created",
            "setup_intent.requires_action",
            "setup_intent.setup_failed",
            "setup_intent.succeeded",
        ],
    ),
    mirrored(
        ObjectKind::Dispute,
        &[
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
        ],
    ),
    // `charge.refunded` carries the charge, `charge.refund.updated` the refund.
    mirrored(
        ObjectKind::Refund,
        &["charge.refund.updated", "refund.created", "refund.failed", "refund.updated"],
    ),
    mirrored(
        ObjectKind::Charge,
        &[
            "charge.captured",
            "charge.expired",
            "charge.failed",
            "charge.pending",
            "charge.refunded",
            "charge.succeeded",
            "charge.updated",
        ],
    ),
    mirrored(
        ObjectKind::EarlyFraudWarning,
        &["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"],
    ),
    mirrored(ObjectKind::Review, &["review.closed", "review.opened"]),
    // `card_automatically_updated` is the older name of `automatically_updated`.
    mirrored(
        ObjectKind::PaymentMethod,
        &[
            "payment_method.attached",
            "payment_method.automatically_updated",
            "payment_method.detached",
            "payment_method.updated",
            "payment_method.card_automatically_updated",
        ],
    ),
    mirrored(
        ObjectKind::CheckoutSession,
        &[
            "checkout.session.async_payment_failed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.completed",
            "checkout.session.expired",
        ],
    ),
    mirrored(
        ObjectKind::ActiveEntitlementSummary,
        &["entitlements.active_entitlement_summary.updated"],
    ),
    mirrored(
        ObjectKind::Meter,
        &[
            "billing.meter.created",
            "billing.meter.deactivated",
            "billing.meter.reactivated",
            "billing.meter.updated",
        ],
    ),
    mirrored(
        ObjectKind::CreditGrant,
        &["billing.credit_grant.created", "billing.credit_grant.updated"],
    ),
    mirrored(ObjectKind::CreditBalanceTransaction, &["billing.credit_balance_transaction.created"]),
    mirrored(ObjectKind::BillingAlertTriggered, &["billing.alert.triggered"]),
    mirrored(
        ObjectKind::Quote,
        &["quote.accepted", "quote.canceled", "quote.created", "quote.finalized"],
    ),
];
