//! Thin events: the body that is sent, and the event as it is fetched.

use super::put;
use crate::model::thin_event::ThinEvent;
use crate::moment::rfc3339;
use serde_json::{Value, json};

/// What is sent to endpoints: all of an event but its data.
pub(crate) fn notification(event: &ThinEvent) -> Value {
    let reason = event.cause.request.as_ref().map(|_| {
        let request = &event.cause;
        json!({ "type": "request", "request": request })
    });
    let mut body = json!({
        "id": event.id,
        "object": "v2.core.event",
        "context": null,
        "created": rfc3339(event.created),
        "livemode": false,
        "reason": reason,
        "type": event.kind,
    });
    if let Some(related) = &event.related {
        let mut shown = json!({ "type": related.kind, "url": related.url });
        if let Some(id) = &related.id {
            put(&mut shown, "id", Value::from(id.as_str()));
        }
        put(&mut body, "related_object", shown);
    }
    if let Some(snapshot) = &event.snapshot {
        put(&mut body, "snapshot_event", Value::from(snapshot.as_str()));
    }
    body
}

/// What is answered to who fetches it.
pub(crate) fn fetched(event: &ThinEvent) -> Value {
    let mut body = notification(event);
    if let Some(data) = &event.data {
        put(&mut body, "data", data.clone());
    }
    body
}
