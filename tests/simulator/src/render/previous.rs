//! `previous_attributes`: what an `*.updated` event says about the state before it
//! (STRIPE.md section 3).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a changed hash inside an object is shown. Public text does not settle it; recorded events
/// show both forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NestedHashes {
    /// Only the keys that changed.
    #[default]
    ChangedKeys,
    /// The whole old hash; metadata still shows only its changed keys.
    Whole,
}

/// The old values of the attributes that changed. A key that was absent before is shown as null.
pub(crate) fn previous_attributes(before: &Value, after: &Value, nested: NestedHashes) -> Value {
    let changed = match (before, after) {
        (Value::Object(before), Value::Object(after)) => changed_keys(before, after, nested),
        _ => Map::new(),
    };
    Value::Object(changed)
}

fn changed_keys(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    nested: NestedHashes,
) -> Map<String, Value> {
    let mut changed = Map::new();
    for (name, old) in before {
        match after.get(name) {
            Some(new) if new == old => {}
            Some(Value::Object(new)) => {
                let shown = match old {
                    Value::Object(old)
                        if nested == NestedHashes::ChangedKeys || name == "metadata" =>
                    {
                        Value::Object(changed_keys(old, new, nested))
                    }
                    old => old.clone(),
                };
                changed.insert(name.clone(), shown);
            }
            Some(_) | None => {
                changed.insert(name.clone(), old.clone());
            }
        }
    }
    for name in after.keys() {
        if !before.contains_key(name) {
            changed.insert(name.clone(), Value::Null);
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::{NestedHashes, previous_attributes};
    use serde_json::{Value, json};

    #[test]
    fn only_what_changed_is_shown_with_its_old_value() {
        let check = |before: Value, after: Value, expected: Value| {
            let shown = previous_attributes(&before, &after, NestedHashes::ChangedKeys);
            assert_eq!(shown, expected, "{before} to {after}");
        };
        check(json!({"a": 1, "b": 2}), json!({"a": 1, "b": 2}), json!({}));
        check(json!({"a": 1, "b": 2}), json!({"a": 3, "b": 2}), json!({"a": 1}));
        check(json!({"a": null}), json!({"a": 3}), json!({"a": null}));
        check(json!({"a": [1, 2]}), json!({"a": [1, 3]}), json!({"a": [1, 2]}));
        check(
            json!({"h": {"x": 1, "y": 2}}),
            json!({"h": {"x": 1, "y": 3}}),
            json!({"h": {"y": 2}}),
        );
        check(
            json!({"metadata": {"gone": "1"}}),
            json!({"metadata": {"new": "2"}}),
            json!({"metadata": {"gone": "1", "new": null}}),
        );
        check(json!({"h": null}), json!({"h": {"x": 1}}), json!({"h": null}));
        check(json!({"h": {"x": 1}}), json!({"h": null}), json!({"h": {"x": 1}}));
    }

    #[test]
    fn a_whole_hash_is_shown_when_switched_so_but_never_whole_metadata() {
        let before = json!({"h": {"x": 1, "y": 2}, "metadata": {"a": "1", "b": "2"}});
        let after = json!({"h": {"x": 1, "y": 3}, "metadata": {"a": "1", "b": "3"}});
        assert_eq!(
            previous_attributes(&before, &after, NestedHashes::Whole),
            json!({"h": {"x": 1, "y": 2}, "metadata": {"b": "2"}})
        );
    }
}
