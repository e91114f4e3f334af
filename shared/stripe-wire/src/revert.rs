//! What an object was before an `*.updated` event.

use serde_json::Value;
use serde_json::value::RawValue;

/// The object with `previous_attributes` put back: top-level attributes that changed hold their old
/// values, nested hashes at least their changed keys, arrays the whole old array (STRIPE.md section
/// 3; whether nested hashes hold more than the changed keys is not settled, and merging serves both
/// forms).
pub fn revert(object: &RawValue, previous_attributes: &RawValue) -> serde_json::Result<String> {
    let mut object: Value = serde_json::from_str(object.get())?;
    let previous: Value = serde_json::from_str(previous_attributes.get())?;
    put_back(&mut object, previous);
    Ok(object.to_string())
}

fn put_back(now: &mut Value, before: Value) {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            for (key, old) in before {
                match now.get_mut(&key) {
                    Some(new) => put_back(new, old),
                    None => {
                        now.insert(key, old);
                    }
                }
            }
        }
        (now, before) => *now = before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(object: &str, previous: &str, expected: &str) {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let found: Value =
            serde_json::from_str(&revert(&raw(object), &raw(previous)).unwrap()).unwrap();
        assert_eq!(found, serde_json::from_str::<Value>(expected).unwrap());
    }

    #[test]
    fn attributes_are_put_back() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":0}"#, r#"{"a":0,"b":2}"#);
        check(r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":null}"#);
        check(r#"{"a":1}"#, r#"{"c":3}"#, r#"{"a":1,"c":3}"#);
        check(r#"{"h":{"x":1,"y":2}}"#, r#"{"h":{"x":0}}"#, r#"{"h":{"x":0,"y":2}}"#);
        check(r#"{"l":[1,2]}"#, r#"{"l":[1]}"#, r#"{"l":[1]}"#);
        check(r#"{"h":null}"#, r#"{"h":{"x":0}}"#, r#"{"h":{"x":0}}"#);
        check(r#"{"h":{"x":0}}"#, r#"{"h":null}"#, r#"{"h":null}"#);
    }
}
