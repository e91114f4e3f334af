//! Metadata as a write gives it (STRIPE.md 7.1): its limits, and what is unset by an empty value.
//! A write that goes beyond a limit is refused before anything is done.

use super::error::ApiError;
use super::form::Form;
use serde_json::Value;

const METADATA: &str = "metadata";
const KEYS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 40;
const VALUE_CHARS_MAX: usize = 500;

/// The parameters of what makes an object: a key without a value is not set at all.
pub(super) fn of_new(form: Form) -> Result<Form, ApiError> {
    check(&form)?;
    let given = form.map(METADATA);
    if given.values().all(|value| !value.is_empty()) {
        return Ok(form);
    }
    let rest = form.without(&[METADATA]);
    let set = given.iter().filter(|(_, value)| !value.is_empty());
    Ok(set.fold(rest, |form, (key, value)| form.with_entry(METADATA, key, value)))
}

/// The parameters of what changes `held`: an empty `metadata` unsets every key.
pub(super) fn of_change(form: Form, held: &Value) -> Result<Form, ApiError> {
    check(&form)?;
    let Some(keys) = held[METADATA].as_object() else {
        return Ok(form);
    };
    let given = form.map(METADATA);
    let empties = form.text(METADATA) == Some("");
    let kept = keys.keys().filter(|key| !empties && !given.contains_key(*key)).count();
    let set = given.values().filter(|value| !value.is_empty()).count();
    if kept + set > KEYS_MAX {
        return Err(too_many());
    }
    if !empties {
        return Ok(form);
    }
    let rest = form.without(&[METADATA]);
    let unset = keys.keys().fold(rest, |form, key| form.with_entry(METADATA, key, ""));
    Ok(given.iter().fold(unset, |form, (key, value)| form.with_entry(METADATA, key, value)))
}

/// Holds every metadata of a form against the limits, also what is inside other parameters.
fn check(form: &Form) -> Result<(), ApiError> {
    for (path, value) in form.paths() {
        let [.., of, key] = path else {
            continue;
        };
        if of != METADATA {
            continue;
        }
        let refused = |message: &str| Err(ApiError::invalid(METADATA, message));
        if key.contains(['[', ']']) {
            return refused("Metadata keys cannot contain square brackets.");
        }
        if key.chars().count() > KEY_CHARS_MAX {
            return refused("Metadata keys can be at most 40 characters long.");
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            return refused("Metadata values can be at most 500 characters long.");
        }
    }
    if form.map(METADATA).values().filter(|value| !value.is_empty()).count() > KEYS_MAX {
        return Err(too_many());
    }
    Ok(())
}

fn too_many() -> ApiError {
    ApiError::invalid(METADATA, "An object can have at most 50 metadata keys.")
}
