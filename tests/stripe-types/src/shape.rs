//! One of async-stripe's types, as a value. Judging a body never fails; it finds faults or none.

use crate::kinds;
use crate::reading::{Fault, Reading};
use crate::warnings::Warnings;
use miniserde::Deserialize;
use serde_json::Value;

/// A type that a body can be held against.
#[derive(Clone, Copy)]
pub struct Shape {
    name: fn() -> &'static str,
    parses: fn(&str) -> bool,
    read: fn(&Value, &mut Reading<'_>),
}

impl Shape {
    /// The shape of this type.
    #[must_use]
    pub const fn of<T: Deserialize>() -> Self {
        Self { name: std::any::type_name::<T>, parses: parses::<T>, read: read::<T> }
    }

    /// The type's path without its modules: `List<Customer>`.
    #[must_use]
    pub fn name(&self) -> String {
        let full = (self.name)();
        full.split_inclusive(['<', '>', ','])
            .map(|part| part.rsplit("::").next().unwrap_or(part))
            .collect()
    }

    /// Whether async-stripe can read this body at all.
    #[must_use]
    pub fn parses(&self, body: &Value) -> bool {
        (self.parses)(&body.to_string())
    }

    /// What is wrong with a body, none when it is as the type wants it.
    ///
    /// Where an object that was deleted is expanded inside another, Stripe shows `deleted: true`,
    /// which async-stripe's expandable fields cannot read. Such an object is judged as what it is,
    /// and the rest as if it had not been expanded.
    #[must_use]
    pub fn faults(&self, body: &Value) -> Vec<Fault> {
        let mut body = body.clone();
        for inner in inside(&mut body) {
            collapse_deleted(inner);
        }
        let body = &body;
        let warnings = Warnings::default();
        let mut reading = Reading::new(&warnings);
        warnings.hear(|| self.read(body, &mut reading));
        let mut faults = reading.into_faults();
        let refused = |fault: &Fault| matches!(fault, Fault::Absent { .. } | Fault::Refused { .. });
        if !self.parses(body) && !faults.iter().any(refused) {
            faults.push(Fault::Refused { at: String::new() });
        }
        faults
    }

    /// Where ids stand in a body that the type takes objects for as well, written as the parameter
    /// `expand` wants them: what can be expanded.
    #[must_use]
    pub fn expandable(&self, body: &Value) -> Vec<String> {
        let warnings = Warnings::default();
        let mut reading = Reading::new(&warnings);
        warnings.hear(|| self.read(body, &mut reading));
        reading.into_expandable().into_iter().map(|place| place.replace("[]", "")).collect()
    }

    pub(crate) fn read(&self, body: &Value, reading: &mut Reading<'_>) {
        (self.read)(body, reading);
    }
}

fn inside(body: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match body {
        Value::Array(values) => Box::new(values.iter_mut()),
        Value::Object(fields) => Box::new(fields.values_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

fn collapse_deleted(body: &mut Value) {
    let is_deleted = body.get("deleted") == Some(&Value::Bool(true));
    if is_deleted && kinds::shape_of(body).is_some_and(|shape| shape.parses(body)) {
        *body = body.get("id").cloned().unwrap_or_default();
    }
    for inner in inside(body) {
        collapse_deleted(inner);
    }
}

fn parses<T: Deserialize>(body: &str) -> bool {
    miniserde::json::from_str::<T>(body).is_ok()
}

fn read<T: Deserialize>(body: &Value, reading: &mut Reading<'_>) {
    let mut out: Option<T> = None;
    reading.feed(body, T::begin(&mut out));
}
