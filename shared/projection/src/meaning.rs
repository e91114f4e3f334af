//! What an event means for us.

use counterfoil_domain::mirror::{ObjectKind, Projection};
use counterfoil_stripe_wire::event::{Content, Event, Related};

use crate::coverage::{self, Handling};
use crate::project::{ID_BYTES_MAX, ProjectionError, project};

/// What an event means for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It is a sighting of an object the mirror holds.
    Sighting(Box<Projection>),
    /// Something happened to an object, and only Stripe can say what it is now.
    Ask {
        /// The kind of the object.
        kind: ObjectKind,
        /// The object's id.
        id: String,
    },
    /// Nothing follows from it; the reason is recorded.
    Nothing(&'static str),
}

/// What an event means for us.
pub fn meaning_of(event: &Event<'_>) -> Result<Meaning, ProjectionError> {
    match coverage::handling_of(&event.event_type) {
        Handling::Ignored(reason) => Ok(Meaning::Nothing(reason)),
        Handling::Asked(kind) => asked(kind, &event.content),
        Handling::Mirrored(kind) => {
            let Content::Snapshot { object: Some(object), .. } = &event.content else {
                return Err(ProjectionError::NoId { kind });
            };
            project(kind, object.get(), is_deletion(&event.event_type))
                .map(|projection| Meaning::Sighting(Box::new(projection)))
        }
    }
}

fn asked(kind: ObjectKind, content: &Content<'_>) -> Result<Meaning, ProjectionError> {
    let Content::Thin { related_object: Some(Related { id: Some(id), object }) } = content else {
        return Err(ProjectionError::NoId { kind });
    };
    if object.as_deref() != Some(kind.as_str()) {
        return Err(ProjectionError::OtherKind { kind });
    }
    if id.is_empty() {
        return Err(ProjectionError::NoId { kind });
    }
    if id.len() > ID_BYTES_MAX {
        return Err(ProjectionError::IdTooLong { kind });
    }
    Ok(Meaning::Ask { kind, id: id.clone() })
}

/// Whether an event of this type tells that its object is erased. A subscription's `deleted` tells
/// that it ended: it stays, with status canceled (STRIPE.md section 4.1).
pub(crate) fn is_deletion(event_type: &str) -> bool {
    event_type.ends_with(".deleted") && event_type != "customer.subscription.deleted"
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn thin(event_type: &str, related: &Value) -> Result<Meaning, ProjectionError> {
        let body = json!({
            "id": "evt_1", "object": "v2.core.event", "type": event_type,
            "created": "2026-10-28T12:00:00Z", "related_object": related,
        });
        meaning_of(&Event::read(body.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_thin_event_names_what_is_to_be_asked_for() {
        for (event_type, object, kind) in [
            ("v1.customer.subscription.past_due", "subscription", ObjectKind::Subscription),
            ("v1.customer.deleted", "customer", ObjectKind::Customer),
            ("v1.checkout.session.completed", "checkout.session", ObjectKind::CheckoutSession),
            ("v1.charge.refund.updated", "refund", ObjectKind::Refund),
            ("v1.billing.alert.triggered", "billing.alert", ObjectKind::BillingAlert),
        ] {
            let found = thin(event_type, &json!({ "id": "x_1", "type": object, "url": "/v1/x" }));
            assert_eq!(found, Ok(Meaning::Ask { kind, id: "x_1".to_owned() }), "{event_type}");
        }
    }

    #[test]
    fn what_cannot_be_asked_for() {
        let kind = ObjectKind::Invoice;
        let long = "i".repeat(256);
        for (related, error) in [
            (json!(null), ProjectionError::NoId { kind }),
            (json!({ "type": "invoice", "url": "/v1/invoices" }), ProjectionError::NoId { kind }),
            (json!({ "id": "", "type": "invoice" }), ProjectionError::NoId { kind }),
            (json!({ "id": "in_1" }), ProjectionError::OtherKind { kind }),
            (json!({ "id": "ii_1", "type": "invoiceitem" }), ProjectionError::OtherKind { kind }),
            (json!({ "id": long, "type": "invoice" }), ProjectionError::IdTooLong { kind }),
        ] {
            assert_eq!(thin("v1.invoice.paid", &related), Err(error), "{related}");
        }
    }

    #[test]
    fn the_form_of_an_event_fits_its_type() {
        let snapshot = json!({
            "id": "evt_1", "object": "event", "type": "v1.invoice.paid", "created": 1,
            "data": { "object": { "id": "in_1", "object": "invoice" } },
        });
        let found = meaning_of(&Event::read(snapshot.to_string().as_bytes()).unwrap());
        assert_eq!(found, Err(ProjectionError::NoId { kind: ObjectKind::Invoice }));
        let related = json!({ "id": "in_1", "type": "invoice" });
        let found = thin("invoice.paid", &related);
        assert_eq!(found, Err(ProjectionError::NoId { kind: ObjectKind::Invoice }));
    }

    #[test]
    fn what_is_ignored_needs_no_object() {
        for event_type in ["v1.billing.meter.no_meter_found", "v1.payout.paid", "v2.widget.made"] {
            assert!(matches!(thin(event_type, &json!(null)), Ok(Meaning::Nothing(_))));
        }
    }
}
