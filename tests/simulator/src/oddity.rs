//! Faults in the making of events: a second event for one change, none at all, one of an unknown
//! type, and unknown values and fields in bodies. Each has a stream of chance of its own.

use crate::chance::{Chance, Stream};
use crate::delivery::faults::Faults;
use serde_json::{Map, Value};

/// What is odd about the events of one change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Oddity {
    pub(crate) second_id: bool,
    pub(crate) unknown_type: bool,
    shown: Shown,
}

/// What is odd about the object that the events show.
#[derive(Clone, Copy, Debug)]
struct Shown {
    unknown_enum: bool,
    unknown_field: bool,
}

#[derive(Debug)]
pub(crate) struct Oddities {
    pub(crate) faults: Faults,
    never: Chance,
    second_id: Chance,
    unknown_enum: Chance,
    unknown_field: Chance,
    unknown_type: Chance,
}

impl Oddities {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            never: Chance::new(seed, Stream::NeverGenerated),
            second_id: Chance::new(seed, Stream::SecondId),
            unknown_enum: Chance::new(seed, Stream::UnknownEnum),
            unknown_field: Chance::new(seed, Stream::UnknownField),
            unknown_type: Chance::new(seed, Stream::UnknownType),
        }
    }

    /// None for a change that gets no event at all.
    pub(crate) fn draw(&mut self) -> Option<Oddity> {
        let faults = self.faults;
        let oddity = Oddity {
            second_id: self.second_id.hits(faults.second_id_rate),
            unknown_type: self.unknown_type.hits(faults.unknown_type_rate),
            shown: Shown {
                unknown_enum: self.unknown_enum.hits(faults.unknown_enum_rate),
                unknown_field: self.unknown_field.hits(faults.unknown_field_rate),
            },
        };
        (!self.never.hits(faults.never_generated_rate)).then_some(oddity)
    }
}

impl Oddity {
    /// The type of an event about the same object that nobody has heard of.
    pub(crate) fn unknown_kind(kind: &str) -> String {
        let object = kind.rsplit_once('.').map_or(kind, |(object, _)| object);
        format!("{object}.unheard_of")
    }

    /// Makes what an event shows odd. An object without a `status` keeps its values.
    pub(crate) fn touch(self, object: &mut Value) {
        let Value::Object(fields) = object else { return };
        if let (true, Some(status)) = (self.shown.unknown_enum, fields.get_mut("status")) {
            *status = Value::from("unheard_of");
        }
        if self.shown.unknown_field {
            let inner = Map::from_iter([("unheard_of".to_owned(), Value::Null)]);
            fields.insert("unheard_of".to_owned(), Value::Object(inner));
        }
    }
}
