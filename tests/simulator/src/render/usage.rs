//! Meter events and what is answered for taking one back, in both versions of the API.

use crate::model::usage::UsageEvent;
use crate::moment::rfc3339;
use serde_json::{Value, json};

/// A meter event; it has no id and cannot be read back.
pub(crate) fn event(held: &UsageEvent) -> Value {
    json!({
        "object": "billing.meter_event",
        "created": held.received,
        "event_name": held.event_name,
        "identifier": held.identifier,
        "livemode": false,
        "payload": held.payload,
        "timestamp": held.timestamp,
    })
}

/// The same in version 2.
pub(crate) fn event_v2(held: &UsageEvent) -> Value {
    json!({
        "object": "v2.billing.meter_event",
        "created": rfc3339(held.received),
        "event_name": held.event_name,
        "identifier": held.identifier,
        "livemode": false,
        "payload": held.payload,
        "timestamp": rfc3339(held.timestamp),
    })
}

/// A cancellation of an event, pending until it takes effect.
pub(crate) fn adjustment(event_name: &str, identifier: &str, complete: bool) -> Value {
    json!({
        "object": "billing.meter_event_adjustment",
        "cancel": { "identifier": identifier },
        "event_name": event_name,
        "livemode": false,
        "status": status(complete),
        "type": "cancel",
    })
}

/// The same in version 2.
pub(crate) fn adjustment_v2(
    id: &str,
    created: i64,
    event_name: &str,
    identifier: &str,
    complete: bool,
) -> Value {
    json!({
        "id": id,
        "object": "v2.billing.meter_event_adjustment",
        "cancel": { "identifier": identifier },
        "created": rfc3339(created),
        "event_name": event_name,
        "livemode": false,
        "status": status(complete),
        "type": "cancel",
    })
}

fn status(complete: bool) -> &'static str {
    if complete { "complete" } else { "pending" }
}
