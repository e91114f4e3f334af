//! Faults in the making of events: a second event for one change, none at all, one of an unknown
//! type, and unknown values and fields in bodies. Each has a stream of chance of its own.

use crate::chance::{Chance, Stream};
use crate::delivery::faults::Faults;
use crate::mishap::{EventFault, EventFaults, Mishap};
use crate::version::ApiVersion;
use serde_json::{Map, Value};

/// What is odd about the events of one change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Oddity {
    pub(crate) making: Making,
    /// What was decided about its delivery.
    pub(crate) mishap: Mishap,
    shown: Shown,
}

/// Which events a change gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    One,
    /// A second one under another id, one of an unknown type, or both.
    More {
        second_id: bool,
        unknown_type: bool,
    },
    /// None, which is told of later.
    Failed,
    /// None.
    Never,
}

/// What is odd about the object that the events show.
#[derive(Clone, Copy, Debug)]
struct Shown {
    unknown_enum: bool,
    unknown_field: bool,
}

#[derive(Debug)]
pub(crate) struct Oddities {
    /// What goes wrong with single events.
    pub(crate) asked: EventFaults,
    pub(crate) faults: Faults,
    failed: Chance,
    never: Chance,
    second_id: Chance,
    unknown_enum: Chance,
    unknown_field: Chance,
    unknown_type: Chance,
}

impl Oddities {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            asked: EventFaults::default(),
            faults: Faults::default(),
            failed: Chance::new(seed, Stream::GenerationFailed),
            never: Chance::new(seed, Stream::NeverGenerated),
            second_id: Chance::new(seed, Stream::SecondId),
            unknown_enum: Chance::new(seed, Stream::UnknownEnum),
            unknown_field: Chance::new(seed, Stream::UnknownField),
            unknown_type: Chance::new(seed, Stream::UnknownType),
        }
    }

    /// The versions that bodies are asked for in on purpose, beside those of the endpoints.
    pub(crate) fn versions(&self) -> Vec<ApiVersion> {
        let asked = |fault: EventFault, rate: f64| rate > 0.0 || self.asked.hold(fault);
        let mut versions = Vec::new();
        if asked(EventFault::BeforeBasil, self.faults.before_basil_rate) {
            versions.push(ApiVersion::before_basil());
        }
        if asked(EventFault::BeforeClover, self.faults.before_clover_rate) {
            versions.push(ApiVersion::before_clover());
        }
        versions
    }

    /// What is odd about the events of a change, of a type.
    pub(crate) fn draw(&mut self, kind: &str) -> Oddity {
        let drawn = self.by_chance();
        let mishap = self.asked.take(kind);
        if mishap == Mishap::LeftToChance {
            return drawn;
        }
        let second_id = mishap.is(EventFault::SecondId);
        let unknown_type = mishap.is(EventFault::UnknownType);
        let making = match mishap.fault() {
            Some(EventFault::GenerationFailed) => Making::Failed,
            Some(EventFault::NeverGenerated) => Making::Never,
            Some(_) if second_id || unknown_type => Making::More { second_id, unknown_type },
            Some(_) | None => Making::One,
        };
        let shown = Shown {
            unknown_enum: mishap.is(EventFault::UnknownEnum),
            unknown_field: mishap.is(EventFault::UnknownField),
        };
        Oddity { making, mishap, shown }
    }

    fn by_chance(&mut self) -> Oddity {
        let faults = self.faults;
        let second_id = self.second_id.hits(faults.second_id_rate);
        let unknown_type = self.unknown_type.hits(faults.unknown_type_rate);
        let shown = Shown {
            unknown_enum: self.unknown_enum.hits(faults.unknown_enum_rate),
            unknown_field: self.unknown_field.hits(faults.unknown_field_rate),
        };
        let never = self.never.hits(faults.never_generated_rate);
        let making = match (never, self.failed.hits(faults.generation_failed_rate)) {
            (true, _) => Making::Never,
            (false, true) => Making::Failed,
            (false, false) if second_id || unknown_type => Making::More { second_id, unknown_type },
            (false, false) => Making::One,
        };
        Oddity { making, mishap: Mishap::LeftToChance, shown }
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
