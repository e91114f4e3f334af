//! Reads a body as miniserde does, value by value, so that the place of a refusal is known.

use crate::kinds;
use crate::warnings::Warnings;
use miniserde::de::{Map, Visitor};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// What is wrong at one place of a body. Places are written `items.data[].price`; the body itself
/// is the empty place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The type cannot do without this field.
    Absent {
        /// The object that lacks it.
        at: String,
        /// The field.
        field: String,
    },
    /// Stripe shows this field always, if only as null; the type could do without.
    Missing {
        /// The object that lacks it.
        at: String,
        /// The field.
        field: String,
    },
    /// The type does not take this value.
    Refused {
        /// The value.
        at: String,
    },
    /// The type has no such field, and a newer release of Stripe's own library shows none either.
    Unread {
        /// The field.
        at: String,
    },
    /// An enum has no such value, which async-stripe keeps as unknown.
    Unknown {
        /// The value, or the object that holds it.
        at: String,
        /// What async-stripe says of it.
        warning: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { at, field } => write!(f, "{}: required, and absent", join(at, field)),
            Self::Missing { at, field } => {
                write!(f, "{}: shown always by Stripe, and absent", join(at, field))
            }
            Self::Refused { at } => write!(f, "{at}: not of the type that is asked for"),
            Self::Unread { at } => write!(f, "{at}: the type has no such field"),
            Self::Unknown { at, warning } => write!(f, "{at}: {warning}"),
        }
    }
}

fn join(at: &str, field: &str) -> String {
    if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") }
}

/// The names of all fields of async-stripe's types, one a line.
const FIELDS: &str = include_str!("fields.txt");

/// The fields that Stripe shows always, by object and place in it, from the types of the official
/// Node library: there they are not optional, though many may be null. A dot in an object's name is
/// written as a slash.
const ALWAYS: &str = include_str!("always.txt");

fn always() -> &'static HashMap<&'static str, &'static str> {
    static BY_PLACE: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    BY_PLACE.get_or_init(|| ALWAYS.lines().filter_map(|line| line.split_once(": ")).collect())
}

/// A name that no type has a field of.
const NOWHERE: &str = "no such field";

/// What says which object it is or how long a list is; the types leave it out.
const SELF_EVIDENT: &[&str] = &["object", "total_count"];

pub(crate) struct Reading<'w> {
    warnings: &'w Warnings,
    faults: Vec<Fault>,
    /// Where an id stands that may be expanded into its object.
    expandable: Vec<String>,
    at: Vec<String>,
    /// The objects around, as `always.txt` names them.
    within: Vec<String>,
    /// Objects that are being read once more by the type that their own name says.
    resolved: Vec<String>,
}

impl<'w> Reading<'w> {
    pub(crate) fn new(warnings: &'w Warnings) -> Self {
        Self {
            warnings,
            faults: Vec::new(),
            expandable: Vec::new(),
            at: Vec::new(),
            within: Vec::new(),
            resolved: Vec::new(),
        }
    }

    pub(crate) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort();
        self.faults.dedup();
        self.faults
    }

    pub(crate) fn into_expandable(mut self) -> Vec<String> {
        self.expandable.sort();
        self.expandable.dedup();
        self.expandable
    }

    fn place(&self) -> String {
        let place: String = self.at.concat();
        place.strip_prefix('.').unwrap_or(&place).to_owned()
    }

    fn refuse(&mut self) -> bool {
        self.faults.push(Fault::Refused { at: self.place() });
        false
    }

    /// Gives one value to the type; true when the type took it.
    pub(crate) fn feed(&mut self, value: &Value, visitor: &mut dyn Visitor) -> bool {
        let taken = match value {
            Value::Null => visitor.null(),
            Value::Bool(value) => visitor.boolean(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.nonnegative(value),
                (None, Some(value)) => visitor.negative(value),
                (None, None) => visitor.float(number.as_f64().unwrap_or_default()),
            },
            Value::String(value) => {
                if takes_objects(visitor) {
                    self.expandable.push(self.place());
                }
                visitor.string(value)
            }
            Value::Array(values) => return self.feed_all(values, visitor),
            Value::Object(fields) => return self.feed_fields(fields, visitor),
        };
        self.note_warnings();
        taken.is_ok() || self.refuse()
    }

    fn feed_all(&mut self, values: &[Value], visitor: &mut dyn Visitor) -> bool {
        let Ok(mut seq) = visitor.seq() else { return self.refuse() };
        let mut taken = true;
        self.at.push("[]".to_owned());
        for value in values {
            taken &= match seq.element() {
                Ok(element) => self.feed(value, element),
                Err(_) => self.refuse(),
            };
        }
        self.at.pop();
        if taken && seq.finish().is_err() {
            taken = self.refuse();
        }
        self.note_warnings();
        taken
    }

    fn feed_fields(
        &mut self,
        fields: &serde_json::Map<String, Value>,
        visitor: &mut dyn Visitor,
    ) -> bool {
        let Ok(mut map) = visitor.map() else { return self.refuse() };
        let mut taken = true;
        self.within.push(self.name_of(fields));
        for (name, value) in fields {
            self.at.push(format!(".{name}"));
            taken &= match map.key(name) {
                Ok(field) if is_ignored(field) => {
                    if !SELF_EVIDENT.contains(&name.as_str()) && !self.is_newer(name) {
                        self.faults.push(Fault::Unread { at: self.place() });
                    }
                    true
                }
                Ok(field) => self.feed(value, field),
                Err(_) => self.refuse(),
            };
            self.at.pop();
        }
        if taken && map.finish().is_err() {
            self.find_culprit(fields, map.as_mut());
            taken = false;
        }
        self.find_missing(fields, map.as_mut());
        self.within.pop();
        self.note_warnings();
        taken
    }

    /// Every field that was given was taken, yet the whole is refused: a required field is absent,
    /// or the object is one of several types and not as its own type wants it.
    fn find_culprit(&mut self, fields: &serde_json::Map<String, Value>, map: &mut dyn Map) {
        let before = self.faults.len();
        for field in FIELDS.lines().filter(|name| !fields.contains_key(*name)) {
            if map.key(field).is_ok_and(|it| !is_ignored(it) && it.null().is_err()) {
                self.faults.push(Fault::Absent { at: self.place(), field: field.to_owned() });
            }
        }
        if self.faults.len() > before {
            return;
        }
        let body = Value::Object(fields.clone());
        let place = self.place();
        match kinds::shape_of(&body).filter(|shape| !shape.parses(&body)) {
            Some(shape) if !self.resolved.contains(&place) => {
                self.resolved.push(place);
                shape.read(&body, self);
                self.resolved.pop();
            }
            _ => {
                self.refuse();
            }
        }
    }

    /// What this object is called in `always.txt`.
    fn name_of(&self, fields: &serde_json::Map<String, Value>) -> String {
        if let Some(kind) = fields.get("object").and_then(Value::as_str) {
            let gone = fields.get("deleted") == Some(&Value::Bool(true));
            return if gone { format!("deleted {kind}") } else { kind.replace('.', "/") };
        }
        let field = self.at.iter().rev().find(|step| step.as_str() != "[]");
        let outer = self.within.last().map(String::as_str).unwrap_or_default();
        format!("{outer}{}", field.map(String::as_str).unwrap_or_default())
    }

    /// Whether a field is none of the type's only because the type is of an older release than the
    /// Node library's.
    fn is_newer(&self, field: &str) -> bool {
        let name = self.within.last().map(String::as_str).unwrap_or_default();
        always().get(name).is_some_and(|known| known.split(' ').any(|name| name == field))
    }

    fn find_missing(&mut self, fields: &serde_json::Map<String, Value>, map: &mut dyn Map) {
        // What is kept as it is, or of several types, says nothing of its fields.
        if map.key(NOWHERE).is_ok_and(|it| !is_ignored(it)) {
            return;
        }
        let name = self.within.last().map(String::as_str).unwrap_or_default();
        let Some(always) = always().get(name) else { return };
        for field in always.split(' ').filter(|field| !fields.contains_key(*field)) {
            if map.key(field).is_ok_and(|it| !is_ignored(it) && it.null().is_ok()) {
                self.faults.push(Fault::Missing { at: self.place(), field: field.to_owned() });
            }
        }
    }

    fn note_warnings(&mut self) {
        for warning in self.warnings.take() {
            self.faults.push(Fault::Unknown { at: self.place(), warning });
        }
    }
}

/// miniserde's types send a field that they do not have to one place, which takes anything.
fn is_ignored(visitor: &dyn Visitor) -> bool {
    std::ptr::addr_eq(visitor, std::ptr::from_ref(<dyn Visitor>::ignore()))
}

/// Whether an object of one type may stand here too.
fn takes_objects(visitor: &mut dyn Visitor) -> bool {
    visitor.map().is_ok_and(|mut map| map.key(NOWHERE).is_ok_and(|field| is_ignored(field)))
}
