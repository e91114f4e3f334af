//! What goes wrong with single events on purpose, in their making or their delivery: with the
//! next ones of a type, or with all of them by a script. What goes wrong by chance is set by
//! [`Faults`](crate::Faults).

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What goes wrong with one event. Faults of delivery are for every endpoint that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EventFault {
    /// Its body is rendered for 2020-08-27, whatever version an endpoint has.
    BeforeBasil,
    /// Its body is rendered for 2025-03-31.basil, whatever version an endpoint has.
    BeforeClover,
    /// Its first attempt comes so many milliseconds of real time later; what is made after it
    /// overtakes it.
    Delayed {
        /// How long, in milliseconds of real time.
        millis: u64,
    },
    /// It is sent a second time under the same event id.
    Duplicated,
    /// Its first attempt never leaves, as if the connection had failed.
    FirstAttemptDropped,
    /// The first attempt has a `t` an hour ahead, rightly signed.
    FutureTime,
    /// It is never made, which a thin `v2.core.health.event_generation_failure.resolved` tells of
    /// some time later.
    GenerationFailed,
    /// It is given up without an attempt.
    Lost,
    /// The first attempt has a `Stripe-Signature` that does not parse.
    MalformedHeader,
    /// It is never made and nothing tells of it.
    NeverGenerated,
    /// It is sent once more after it was acknowledged.
    Redelivered,
    /// A second event under another id tells of the same change.
    SecondId,
    /// The first attempt has a `t` an hour old, rightly signed.
    StaleTime,
    /// Its object has a `status` that nobody has heard of; one without a `status` is as it was.
    UnknownEnum,
    /// Its object has a field that nobody has heard of.
    UnknownField,
    /// One more event tells of the change, of a type that nobody has heard of.
    UnknownType,
    /// The first attempt is signed with `v0` only.
    V0Only,
}

/// A step: what becomes of the next events of some types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventStep {
    /// The type that is meant; with a `*` at its end, every type that begins so. Thin events are
    /// meant only by what begins with `v1.` or `v2.`, and can only have faults of delivery, a
    /// second id, or never be made.
    pub on: String,
    /// What goes wrong with the event; nothing for one that is let through.
    #[serde(default)]
    pub fault: Option<EventFault>,
    /// How many events the step is for.
    #[serde(default = "one")]
    pub times: u32,
}

fn one() -> u32 {
    1
}

impl EventStep {
    fn fits(&self, kind: &str) -> bool {
        let is_thin = |text: &str| text.starts_with("v1.") || text.starts_with("v2.");
        is_thin(&self.on) == is_thin(kind)
            && match self.on.strip_suffix('*') {
                Some(beginning) => kind.starts_with(beginning),
                None => self.on == kind,
            }
    }
}

/// The faults of events that are still to come. A script comes before the faults of next events,
/// and those come before chance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventFaults {
    /// By next event: each waits for its own types.
    pub next: Vec<EventStep>,
    /// One after the other: a step waits for its event, and what follows waits for the step.
    pub script: VecDeque<EventStep>,
}

/// What was decided about an event before it is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mishap {
    #[default]
    LeftToChance,
    /// A step was for it.
    Decided(Option<EventFault>),
}

impl EventFaults {
    /// Whether a fault is among what is still to come.
    pub(crate) fn hold(&self, fault: EventFault) -> bool {
        self.next.iter().chain(&self.script).any(|step| step.fault == Some(fault))
    }

    /// What the next event, of a type, is decided to be, which is used up by it.
    pub(crate) fn take(&mut self, kind: &str) -> Mishap {
        if let Some(step) = self.script.front_mut().filter(|step| step.fits(kind)) {
            let fault = step.fault;
            step.times = step.times.saturating_sub(1);
            if step.times == 0 {
                self.script.pop_front();
            }
            return Mishap::Decided(fault);
        }
        let Some(place) = self.next.iter().position(|step| step.fits(kind)) else {
            return Mishap::LeftToChance;
        };
        let Some(step) = self.next.get_mut(place) else {
            return Mishap::LeftToChance;
        };
        let fault = step.fault;
        step.times = step.times.saturating_sub(1);
        if step.times == 0 {
            self.next.remove(place);
        }
        Mishap::Decided(fault)
    }
}

impl Mishap {
    pub(crate) fn fault(self) -> Option<EventFault> {
        match self {
            Self::LeftToChance | Self::Decided(None) => None,
            Self::Decided(fault) => fault,
        }
    }

    pub(crate) fn is(self, fault: EventFault) -> bool {
        self.fault() == Some(fault)
    }

    /// Whether a fault of delivery happens: by what was decided, or else by chance.
    pub(crate) fn happens(self, fault: EventFault, by_chance: bool) -> bool {
        match self {
            Self::LeftToChance => by_chance,
            Self::Decided(decided) => decided == Some(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EventFault, EventFaults, EventStep, Mishap};

    #[test]
    fn steps_mean_types() {
        for (on, kind, expected) in [
            ("invoice.paid", "invoice.paid", true),
            ("invoice.paid", "invoice.payment_failed", false),
            ("invoice.*", "invoice.payment_failed", true),
            ("invoice.*", "invoiceitem.created", false),
            ("*", "invoice.paid", true),
            ("*", "v1.invoice.paid", false),
            ("v1.*", "v1.invoice.paid", true),
            ("v1.*", "v2.core.event_destination.ping", false),
        ] {
            let step = EventStep { on: on.to_owned(), fault: None, times: 1 };
            assert_eq!(step.fits(kind), expected, "{on}: {kind}");
        }
    }

    #[test]
    fn a_script_comes_before_what_is_next() {
        let step = |on: &str, fault, times| EventStep { on: on.to_owned(), fault, times };
        let mut faults = EventFaults {
            next: vec![step("a", Some(EventFault::Lost), 1)],
            script: [step("*", None, 2), step("b", Some(EventFault::SecondId), 1)].into(),
        };
        let decided = |fault| Mishap::Decided(fault);
        assert_eq!(faults.take("a"), decided(None));
        assert_eq!(faults.take("b"), decided(None));
        assert_eq!(faults.take("a"), decided(Some(EventFault::Lost)));
        assert_eq!(faults.take("a"), Mishap::LeftToChance);
        assert_eq!(faults.take("b"), decided(Some(EventFault::SecondId)));
        assert_eq!(faults, EventFaults::default());
    }
}
