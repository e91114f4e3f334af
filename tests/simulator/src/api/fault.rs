//! What goes wrong with calls on purpose: the next ones, some of them by chance, or all of them
//! by a script.

use super::limits::RateLimit;
use super::pattern::Pattern;
use super::request::ApiRequest;
use crate::chance::{Chance, Stream};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The test clock that the call advances ends in `internal_failure`. Any other call is done as
    /// ever.
    ClockFails,
    /// The connection is cut after the effect took place; an idempotency key keeps the answer
    /// that nobody got.
    CutAfterEffect,
    /// The connection is cut and nothing has happened.
    CutBeforeEffect,
    /// 424 and nothing has happened: something that Stripe depends on failed.
    DependencyFailed,
    /// A list that shows nothing and says that nothing follows, whatever the account has. Any other
    /// call is done as ever.
    EmptyList,
    /// 500 after the effect took place, with `Stripe-Should-Retry: false`; an idempotency key
    /// keeps it. A call that fails by itself fails as it would have.
    ErrorAfterEffect,
    /// 500 and nothing has happened; no key keeps it, and a retry finds the way free.
    ErrorBeforeEffect,
    /// 409 and nothing has happened: the idempotency key is in use by another call.
    KeyInUse,
    /// A search sees what the account was so many simulated seconds ago.
    LateSearch {
        /// How late, in simulated seconds.
        seconds: u32,
    },
    /// 429 without a reason, with `Stripe-Should-Retry: true`: the object is in use.
    LockTimeout,
    /// The effect takes place, but half of the answer's JSON is missing.
    MalformedAnswer,
    /// 429 with its reason.
    RateLimited {
        /// The limit that was hit.
        limit: RateLimit,
    },
    /// The effect takes place at once, and the answer comes so many milliseconds later. Until
    /// then the call counts as running.
    SlowAnswer {
        /// How long, in milliseconds of real time.
        millis: u64,
    },
}

/// A step of a script: what becomes of the next call that its pattern means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The calls that are meant.
    pub on: Pattern,
    /// What goes wrong with the call; nothing for one that is let through.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// How many calls the step is for.
    #[serde(default = "one")]
    pub times: u32,
}

fn one() -> u32 {
    1
}

/// A fault that hits some calls by chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRate {
    /// The calls that are meant.
    pub on: Pattern,
    /// What goes wrong with them.
    pub fault: Fault,
    /// The probability for each call, from 0 to 1.
    pub rate: f64,
}

/// The faults of calls that are still to come. A script comes before the faults of next calls,
/// and those come before chance.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CallFaults {
    /// By chance; the first that hits is taken.
    pub rates: Vec<FaultRate>,
    /// By next call: each waits for its own calls.
    pub next: Vec<Step>,
    /// One after the other: a step waits for its call, and what follows waits for the step.
    pub script: VecDeque<Step>,
}

#[derive(Debug)]
pub(crate) struct FaultBook {
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    chance: Chance,
    faults: CallFaults,
}

impl FaultBook {
    pub(crate) fn new(seed: u64) -> Self {
        let chance = Chance::new(seed, Stream::Calls);
        Self { held: Mutex::new(Held { chance, faults: CallFaults::default() }) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> CallFaults {
        self.held().faults.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut CallFaults)) {
        change(&mut self.held().faults);
    }

    /// What goes wrong with a call, which is used up by it.
    pub(super) fn take(&self, request: &ApiRequest) -> Option<Fault> {
        let mut held = self.held();
        let Held { chance, faults } = &mut *held;
        if faults.script.is_empty() && faults.next.is_empty() && faults.rates.is_empty() {
            return None;
        }
        let path = request.segments();
        let fits = |on: &Pattern| on.fits(request.method.as_str(), &path);
        if let Some(step) = faults.script.front_mut().filter(|step| fits(&step.on)) {
            let fault = step.fault;
            step.times = step.times.saturating_sub(1);
            if step.times == 0 {
                faults.script.pop_front();
            }
            return fault;
        }
        if let Some(place) = faults.next.iter().position(|step| fits(&step.on)) {
            let step = faults.next.get_mut(place)?;
            let fault = step.fault;
            step.times = step.times.saturating_sub(1);
            if step.times == 0 {
                faults.next.remove(place);
            }
            return fault;
        }
        faults.rates.iter().find(|it| fits(&it.on) && chance.hits(it.rate)).map(|it| it.fault)
    }
}
