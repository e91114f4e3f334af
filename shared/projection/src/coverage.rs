//! Which types of event Counterfoil handles, which it ignores, and why.
//!
//! Every type that Stripe documents and that may reach an endpoint of ours is listed. A type that is
//! not listed is unknown: it is accepted, kept, counted by type, and grants nothing.

use counterfoil_domain::Lane;
use counterfoil_domain::mirror::ObjectKind;

/// What becomes of an event of some type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Its object is projected and absorbed into the mirror.
    Mirrored(ObjectKind),
    /// It is recorded in the inbox, and nothing else follows from it.
    Ignored(&'static str),
}

/// How a type of event is handled.
#[must_use]
pub fn handling_of(event_type: &str) -> Handling {
    find(event_type).map_or(Handling::Ignored(UNKNOWN_TYPE), |it| it.handling)
}

/// Whether the type is one that is listed here.
#[must_use]
pub fn is_known(event_type: &str) -> bool {
    find(event_type).is_some()
}

/// The lane a type of event travels in. What is unknown takes the lane of its family, so that a new
/// type of subscription event is as urgent as the ones we know.
#[must_use]
pub fn lane_of(event_type: &str) -> Lane {
    let urgent = ACCESS_FAMILIES.iter().any(|family| {
        event_type.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    if urgent { Lane::Access } else { Lane::Record }
}

/// Every listed type.
pub fn listed() -> impl Iterator<Item = (&'static str, Handling)> {
    FAMILIES
        .iter()
        .flat_map(|family| family.types.iter().map(|event_type| (*event_type, family.handling)))
}

/// The reason recorded for types that are not listed.
pub const UNKNOWN_TYPE: &str = "unknown event type";

/// Families of events that can change who may use what: they never wait behind the rest.
const ACCESS_FAMILIES: &[&str] = &[
    "customer.subscription",
    "customer.deleted",
    "checkout.session",
    "entitlements.active_entitlement_summary",
    "charge.refunded",
    "charge.dispute",
    "refund",
];

fn find(event_type: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.types.contains(&event_type))
}

struct Family {
    handling: Handling,
    types: &'static [&'static str],
}

const fn mirrored(kind: ObjectKind, types: &'static [&'static str]) -> Family {
    Family { handling: Handling::Mirrored(kind), types }
}

const fn ignored(reason: &'static str, types: &'static [&'static str]) -> Family {
    Family { handling: Handling::Ignored(reason), types }
}

/// Types and their objects as STRIPE.md section 4.1 lists them.
const FAMILIES: &[Family] = &[
    mirrored(
        ObjectKind::Subscription,
        &[
            "customer.subscription.created",
            "customer.subscription.updated",
            "customer.subscription.deleted",
            "customer.subscription.paused",
            "customer.subscription.resumed",
            "customer.subscription.trial_will_end",
            "customer.subscription.pending_update_applied",
            "customer.subscription.pending_update_expired",
        ],
    ),
    mirrored(ObjectKind::Customer, &["customer.created", "customer.updated", "customer.deleted"]),
    mirrored(
        ObjectKind::Invoice,
        &[
            "invoice.created",
            "invoice.updated",
            "invoice.finalized",
            "invoice.finalization_failed",
            "invoice.deleted",
            "invoice.voided",
            "invoice.marked_uncollectible",
            "invoice.sent",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.payment_failed",
            "invoice.payment_action_required",
            "invoice.payment_attempt_required",
            "invoice.will_be_due",
            "invoice.overdue",
            "invoice.overpaid",
        ],
    ),
    mirrored(ObjectKind::Product, &["product.created", "product.updated", "product.deleted"]),
    mirrored(ObjectKind::Price, &["price.created", "price.updated", "price.deleted"]),
    ignored("a preview without an id, and nothing we keep depends on it", &["invoice.upcoming"]),
    ignored(
        "the price of the same id carries everything a plan says",
        &["plan.created", "plan.updated", "plan.deleted"],
    ),
    ignored(
        "a pending line shows on its invoice once it is billed",
        &["invoiceitem.created", "invoiceitem.updated", "invoiceitem.deleted"],
    ),
    ignored(
        "payments are not mirrored; the invoice says whether it is paid",
        &[
            "invoice_payment.paid",
            "payment_intent.created",
            "payment_intent.processing",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
            "payment_intent.payment_failed",
            "payment_intent.canceled",
            "payment_intent.amount_capturable_updated",
            "payment_intent.partially_funded",
            "charge.succeeded",
            "charge.failed",
            "charge.pending",
            "charge.captured",
            "charge.expired",
            "charge.updated",
        ],
    ),
    ignored(
        "refunds and disputes are not mirrored; they change neither invoice nor subscription",
        &[
            "charge.refunded",
            "charge.refund.updated",
            "refund.created",
            "refund.updated",
            "refund.failed",
            "charge.dispute.created",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
            "credit_note.created",
            "credit_note.updated",
            "credit_note.voided",
        ],
    ),
    ignored(
        "what a checkout brought about arrives with its subscription and invoice",
        &[
            "checkout.session.completed",
            "checkout.session.expired",
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
        ],
    ),
    ignored(
        "means of payment are not mirrored",
        &[
            "payment_method.attached",
            "payment_method.detached",
            "payment_method.updated",
            "payment_method.automatically_updated",
            "setup_intent.created",
            "setup_intent.requires_action",
            "setup_intent.succeeded",
            "setup_intent.setup_failed",
            "setup_intent.canceled",
            "mandate.updated",
            "customer.source.created",
            "customer.source.updated",
            "customer.source.deleted",
            "customer.source.expiring",
        ],
    ),
    ignored(
        "discounts and taxes show on the invoices they change",
        &[
            "customer.discount.created",
            "customer.discount.updated",
            "customer.discount.deleted",
            "customer.tax_id.created",
            "customer.tax_id.updated",
            "customer.tax_id.deleted",
            "coupon.created",
            "coupon.updated",
            "coupon.deleted",
            "promotion_code.created",
            "promotion_code.updated",
            "tax_rate.created",
            "tax_rate.updated",
        ],
    ),
    ignored(
        "a schedule shows in the subscription once a phase begins",
        &[
            "subscription_schedule.created",
            "subscription_schedule.updated",
            "subscription_schedule.released",
            "subscription_schedule.canceled",
            "subscription_schedule.completed",
            "subscription_schedule.expiring",
            "subscription_schedule.aborted",
        ],
    ),
    ignored(
        "quotes are not mirrored",
        &["quote.created", "quote.finalized", "quote.accepted", "quote.canceled"],
    ),
    ignored(
        "meters, credits at Stripe and billing alerts are not mirrored",
        &[
            "billing.meter.created",
            "billing.meter.updated",
            "billing.meter.deactivated",
            "billing.meter.reactivated",
            "billing.credit_grant.created",
            "billing.credit_grant.updated",
            "billing.credit_balance_transaction.created",
            "billing.alert.triggered",
            "v1.billing.meter.error_report_triggered",
            "v1.billing.meter.no_meter_found",
        ],
    ),
    ignored(
        "entitlements are resolved from subscriptions and the catalog, not from Stripe's summary",
        &["entitlements.active_entitlement_summary.updated"],
    ),
    ignored(
        "the portal's own doings; what they bring about arrives with its object",
        &[
            "billing_portal.configuration.created",
            "billing_portal.configuration.updated",
            "billing_portal.session.created",
        ],
    ),
    ignored(
        "fraud reviews and payouts are outside billing",
        &[
            "radar.early_fraud_warning.created",
            "radar.early_fraud_warning.updated",
            "review.opened",
            "review.closed",
            "payout.created",
            "payout.updated",
            "payout.paid",
            "payout.failed",
            "payout.canceled",
            "balance.available",
        ],
    ),
    ignored(
        "a test clock moves Stripe's objects, and those send events of their own",
        &[
            "test_helpers.test_clock.created",
            "test_helpers.test_clock.advancing",
            "test_helpers.test_clock.ready",
            "test_helpers.test_clock.internal_failure",
            "test_helpers.test_clock.deleted",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_is_listed_once_and_every_reason_says_something() {
        let mut seen = BTreeSet::new();
        for (event_type, handling) in listed() {
            assert!(seen.insert(event_type), "{event_type} is listed twice");
            if let Handling::Ignored(reason) = handling {
                assert!(reason.len() > 10, "{event_type}: {reason}");
            }
        }
        assert!(seen.len() > 100);
    }

    #[test]
    fn lanes() {
        for (event_type, lane) in [
            ("customer.subscription.updated", Lane::Access),
            ("customer.subscription.invented_tomorrow", Lane::Access),
            ("customer.subscriptions", Lane::Record),
            ("customer.deleted", Lane::Access),
            ("customer.updated", Lane::Record),
            ("refund.created", Lane::Access),
            ("charge.dispute.closed", Lane::Access),
            ("charge.succeeded", Lane::Record),
            ("invoice.paid", Lane::Record),
            ("", Lane::Record),
        ] {
            assert_eq!(lane_of(event_type), lane, "{event_type}");
        }
    }

    #[test]
    fn what_is_not_listed_is_unknown() {
        assert_eq!(handling_of("widget.created"), Handling::Ignored(UNKNOWN_TYPE));
        assert!(!is_known("widget.created"));
        assert_eq!(handling_of("invoice.paid"), Handling::Mirrored(ObjectKind::Invoice));
    }
}
