//! Which types of event Counterfoil handles, which it ignores, and why.
//!
//! Every type that Stripe documents is listed, in its snapshot and its thin form; so are types that
//! only older versions send. A type that is not listed is unknown: it is accepted, kept, counted
//! by type, and grants nothing.

mod ignored;
mod mirrored;
mod thin;

use std::collections::HashMap;
use std::sync::LazyLock;

use counterfoil_domain::Lane;
use counterfoil_domain::mirror::ObjectKind;

/// What becomes of an event of some type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// Its object is projected and absorbed into the mirror.
    Mirrored(ObjectKind),
    /// It shows nothing of its object, which Stripe is asked for; the answer is absorbed.
    Asked(ObjectKind),
    /// It is recorded in the inbox, and nothing else follows from it.
    Ignored(&'static str),
}

/// How a type of event is handled.
#[must_use]
pub fn handling_of(event_type: &str) -> Handling {
    find(event_type).unwrap_or(Handling::Ignored(UNKNOWN_TYPE))
}

/// Whether the type is one that is listed here.
#[must_use]
pub fn is_known(event_type: &str) -> bool {
    find(event_type).is_some()
}

/// The lane a type of event travels in; a thin event travels in that of its snapshot. What is
/// unknown takes the lane of its family, so that a new type of subscription event is as urgent as
/// the ones we know.
#[must_use]
pub fn lane_of(event_type: &str) -> Lane {
    let event_type = event_type.strip_prefix(THIN).unwrap_or(event_type);
    let urgent = ACCESS_FAMILIES.iter().any(|family| {
        event_type.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    if urgent { Lane::Access } else { Lane::Record }
}

/// Every listed type. The thin form of a snapshot event is not listed beside it, unless it is
/// handled otherwise.
pub fn listed() -> impl Iterator<Item = (&'static str, Handling)> {
    [mirrored::FAMILIES, ignored::FAMILIES, thin::FAMILIES]
        .into_iter()
        .flatten()
        .flat_map(|family| family.types.iter().map(|event_type| (*event_type, family.handling)))
}

/// The types that an endpoint for snapshot events must be sent, or access and billing are not known:
/// those of the urgent lane that are mirrored, and those of invoices.
pub fn needed() -> impl Iterator<Item = &'static str> {
    listed()
        .filter(|(event_type, handling)| {
            matches!(handling, Handling::Mirrored(_))
                && !event_type.starts_with(THIN)
                && (lane_of(event_type) == Lane::Access || event_type.starts_with("invoice."))
        })
        .map(|it| it.0)
}

/// The reason recorded for types that are not listed.
pub const UNKNOWN_TYPE: &str = "unknown event type";

/// What the type of a thin event begins with where it tells of an object of version 1.
const THIN: &str = "v1.";

/// Families of events that can change who may use what: they never wait behind the rest. An invoice
/// is not among them, as its payment shows in the status of its subscription.
const ACCESS_FAMILIES: &[&str] = &[
    "customer.subscription",
    "customer.deleted",
    "checkout.session",
    "entitlements.active_entitlement_summary",
    "charge.refunded",
    "charge.refund",
    "charge.dispute",
    "refund",
];

fn find(event_type: &str) -> Option<Handling> {
    exactly(event_type).or_else(|| match exactly(event_type.strip_prefix(THIN)?)? {
        Handling::Mirrored(kind) => Some(Handling::Asked(kind)),
        other @ (Handling::Asked(_) | Handling::Ignored(_)) => Some(other),
    })
}

/// Every event asks more than once, and there are some hundred types.
static BY_TYPE: LazyLock<HashMap<&'static str, Handling>> = LazyLock::new(|| listed().collect());

fn exactly(event_type: &str) -> Option<Handling> {
    BY_TYPE.get(event_type).copied()
}

struct Family {
    handling: Handling,
    types: &'static [&'static str],
}

const fn mirrored(kind: ObjectKind, types: &'static [&'static str]) -> Family {
    Family { handling: Handling::Mirrored(kind), types }
}

const fn asked(kind: ObjectKind, types: &'static [&'static str]) -> Family {
    Family { handling: Handling::Asked(kind), types }
}

const fn ignored(reason: &'static str, types: &'static [&'static str]) -> Family {
    Family { handling: Handling::Ignored(reason), types }
}

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
        assert!(seen.len() > 300);
    }

    #[test]
    fn every_kind_but_features_comes_with_an_event() {
        for kind in ObjectKind::ALL {
            let comes = listed().any(|it| it.1 == Handling::Mirrored(kind));
            // Features send no events, and alerts only tell that they were triggered.
            let silent = [ObjectKind::EntitlementFeature, ObjectKind::BillingAlert];
            assert_eq!(comes, !silent.contains(&kind), "{kind}");
        }
    }

    #[test]
    fn lanes() {
        for (event_type, lane) in [
            ("customer.subscription.updated", Lane::Access),
            ("customer.subscription.invented_tomorrow", Lane::Access),
            ("customer.subscriptions", Lane::Record),
            ("customer.deleted", Lane::Access),
            ("customer.updated", Lane::Record),
            ("checkout.session.completed", Lane::Access),
            ("entitlements.active_entitlement_summary.updated", Lane::Access),
            ("refund.created", Lane::Access),
            ("charge.refunded", Lane::Access),
            ("charge.refund.updated", Lane::Access),
            ("charge.dispute.closed", Lane::Access),
            ("charge.succeeded", Lane::Record),
            ("invoice.paid", Lane::Record),
            ("invoice.payment_failed", Lane::Record),
            ("v1.customer.subscription.past_due", Lane::Access),
            ("v1.charge.refunded", Lane::Access),
            ("v1.invoice.paid", Lane::Record),
            ("v1.", Lane::Record),
            ("v2.core.account.updated", Lane::Record),
            ("", Lane::Record),
        ] {
            assert_eq!(lane_of(event_type), lane, "{event_type}");
        }
    }

    #[test]
    fn what_carries_another_object_than_its_name_says() {
        for (event_type, kind) in [
            ("charge.refunded", ObjectKind::Charge),
            ("charge.refund.updated", ObjectKind::Refund),
            ("charge.dispute.funds_withdrawn", ObjectKind::Dispute),
            ("billing.alert.triggered", ObjectKind::BillingAlertTriggered),
            ("customer.tax_id.deleted", ObjectKind::TaxId),
            ("invoiceitem.updated", ObjectKind::InvoiceItem),
        ] {
            assert_eq!(handling_of(event_type), Handling::Mirrored(kind), "{event_type}");
        }
    }

    #[test]
    fn thin_types_ask_for_what_their_snapshots_carry() {
        for (event_type, kind) in [
            ("v1.customer.updated", ObjectKind::Customer),
            ("v1.customer.subscription.updated", ObjectKind::Subscription),
            ("v1.customer.subscription.past_due", ObjectKind::Subscription),
            ("v1.charge.refund.updated", ObjectKind::Refund),
            ("v1.invoice.line_item_added", ObjectKind::Invoice),
            ("v1.invoice_payment.open", ObjectKind::InvoicePayment),
            ("v1.price.deactivated", ObjectKind::Price),
            ("v1.billing.meter.deactivated", ObjectKind::Meter),
            ("v1.billing.alert.triggered", ObjectKind::BillingAlert),
        ] {
            assert_eq!(handling_of(event_type), Handling::Asked(kind), "{event_type}");
        }
    }

    #[test]
    fn thin_types_are_ignored_like_their_snapshots() {
        for (event_type, snapshot) in [
            ("v1.invoice.upcoming", "invoice.upcoming"),
            ("v1.payout.paid", "payout.paid"),
            ("v1.billing_portal.session.created", "billing_portal.session.created"),
            (
                "v1.financial_connections.account.balance_refresh_failed",
                "financial_connections.account.created",
            ),
        ] {
            assert!(matches!(handling_of(event_type), Handling::Ignored(_)), "{event_type}");
            assert_eq!(handling_of(event_type), handling_of(snapshot), "{event_type}");
        }
    }

    #[test]
    fn what_no_thin_event_names_is_not_asked_for() {
        for event_type in [
            "v1.billing.meter.error_report_triggered",
            "v1.billing.meter.no_meter_found",
            "v1.customer.discount.created",
            "v1.customer.discount.source_changed",
            "v1.entitlements.active_entitlement_summary.updated",
            "v2.core.account[configuration.customer].updated",
        ] {
            let Handling::Ignored(reason) = handling_of(event_type) else { panic!("{event_type}") };
            assert_ne!(reason, UNKNOWN_TYPE, "{event_type}");
        }
    }

    #[test]
    fn what_is_not_listed_is_unknown() {
        for event_type in [
            "widget.created",
            "v1.widget.created",
            "v2.widget.created",
            "v1.v1.customer.updated",
            "v1.",
            "",
        ] {
            assert_eq!(handling_of(event_type), Handling::Ignored(UNKNOWN_TYPE), "{event_type}");
            assert!(!is_known(event_type), "{event_type}");
        }
        assert_eq!(handling_of("invoice.paid"), Handling::Mirrored(ObjectKind::Invoice));
    }
}
