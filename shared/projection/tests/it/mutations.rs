//! Bodies with anything missing, null, or of another shape: an answer or an error, never a panic.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_projection::coverage::{Handling, listed};
use counterfoil_projection::{project, witness_of};
use serde_json::{Value, json};

use crate::bodies;

/// The pointers of every value in a body.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(value, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                pointers(value, &format!("{here}/{at}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a value is an id, or a part of one.
fn is_id(kind: ObjectKind, pointer: &str) -> bool {
    let of_kind: &[&str] = match kind {
        ObjectKind::ActiveEntitlementSummary => &["/customer"],
        ObjectKind::BillingAlertTriggered => &["/alert", "/customer", "/created"],
        _ => &[],
    };
    pointer.ends_with("/id") || pointer.is_empty() || of_kind.contains(&pointer)
}

/// A field that a version does not show, or shows as null, is no reason to park the event.
#[test]
fn any_field_but_an_id_may_be_null() {
    for (kind, body) in bodies::all() {
        let mut places = Vec::new();
        pointers(&body, "", &mut places);
        for place in places.iter().filter(|it| !is_id(kind, it)) {
            // An entry of a list is never null.
            let parent = place.rsplit_once('/').map_or("", |it| it.0);
            if body.pointer(parent).is_some_and(Value::is_array) {
                continue;
            }
            let mut other = body.clone();
            *other.pointer_mut(place).unwrap() = Value::Null;
            let found = project(kind, &other.to_string(), false);
            assert!(found.is_ok(), "{kind} with {place} null: {found:?}");
        }
    }
}

#[test]
fn any_value_may_be_anything_without_a_panic() {
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!("\u{0}\u{FFFF}"),
        json!(""),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "id": null }),
        json!({ "data": null, "has_more": "perhaps" }),
    ];
    let (mut tried, mut answers) = (0, 0);
    for (kind, body) in bodies::all() {
        let mut places = Vec::new();
        pointers(&body, "", &mut places);
        let whole = body.to_string();
        let event_type = listed().find(|it| it.1 == Handling::Mirrored(kind)).map(|it| it.0);
        for place in &places {
            for value in &strange {
                let mut other = body.clone();
                *other.pointer_mut(place).unwrap() = value.clone();
                let other = other.to_string();
                answers += usize::from(project(kind, &other, false).is_ok());
                tried += 1;
                // A witness is projected twice, and one in five meets each value at some place.
                if let Some(event_type) = event_type.filter(|_| tried % 5 == 0) {
                    let event = format!(
                        r#"{{"id":"evt_1","created":1,"type":"{event_type}","data":{{
                        "object":{whole},"previous_attributes":{other}}}}}"#
                    );
                    let _never_panics = witness_of(event.as_bytes());
                }
            }
        }
    }
    assert!(answers > 100, "nothing was read at all");
}

#[test]
fn truncated_bodies_are_errors() {
    for (kind, body) in bodies::all() {
        let text = body.to_string();
        for end in 0..text.len() {
            assert!(project(kind, &text[..end], false).is_err(), "{kind} cut at {end}");
        }
    }
}
