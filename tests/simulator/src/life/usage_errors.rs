//! Meter events that do not count, reported once for each meter and window (STRIPE.md 6.5); and
//! events that are rejected for no reason of their own, on purpose.

use super::usage::UsageRefusal;
use crate::agenda::Task;
use crate::chance::{Chance, Stream};
use crate::model::meter::Meter;
use crate::model::thin_event::Related;
use crate::model::usage::{MeterError, Rejected, UsageState};
use crate::moment::rfc3339;
use crate::render::Object as _;
use crate::world::World;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which meter events are rejected on purpose, though nothing is wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageFaults {
    /// What is said to be wrong with them.
    pub error: MeterError,
    /// How many of the next events.
    pub next: u32,
    /// The probability for any other event, from 0 to 1.
    pub rate: f64,
}

/// The same, with the chance that some of them follow from.
#[derive(Debug)]
pub(crate) struct UsageFaultBook {
    chance: Chance,
    pub(crate) faults: UsageFaults,
}

impl UsageFaultBook {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed, Stream::Usage), faults: UsageFaults::default() }
    }

    /// What the event that is looked at now is rejected with, if it is.
    pub(super) fn strike(&mut self) -> Option<MeterError> {
        if self.faults.next > 0 {
            self.faults.next -= 1;
            return Some(self.faults.error);
        }
        self.chance.hits(self.faults.rate).then_some(self.faults.error)
    }
}

impl World {
    pub(super) fn reject_usage(&mut self, place: usize, refusal: UsageRefusal) {
        self.usage.drop_event(place, UsageState::Rejected);
        let (UsageRefusal::Wrong { error, message }, Some(event)) =
            (refusal, self.usage.get(place))
        else {
            return;
        };
        let rejected = Rejected { error, identifier: event.identifier.clone(), message };
        let meter = self.meter_named(&event.event_name).map(|meter| meter.id.clone());
        let length = self.rules.usage.report_window_seconds.max(1);
        let now = self.account_now();
        let start = now - now.rem_euclid(length);
        if !self.usage.rejected.contains_key(&start) {
            let due = start + length + self.rules.usage.reported_after_seconds.max(0);
            self.agenda.plan(due, Task::ReportMeterErrors { start, end: start + length });
        }
        let of_window = self.usage.rejected.entry(start).or_default();
        of_window.entry(meter).or_default().push(rejected);
    }

    /// Reports what was rejected in a window, each meter's by itself.
    pub(crate) fn report_meter_errors(&mut self, start: i64, end: i64) {
        for (meter, rejected) in self.usage.rejected.remove(&start).unwrap_or_default() {
            let data = report(&rejected, start, end, self.rules.usage.report_samples_max);
            match meter {
                Some(meter) => {
                    let related = Related {
                        url: format!("/v1/{}/{meter}", Meter::PLURAL),
                        id: Some(meter),
                        kind: Meter::KIND.to_owned(),
                    };
                    let kind = "v1.billing.meter.error_report_triggered";
                    self.emit_thin(kind, Some(related), Some(data));
                }
                None => {
                    self.emit_thin("v1.billing.meter.no_meter_found", None, Some(data));
                }
            }
        }
    }
}

fn report(rejected: &[Rejected], start: i64, end: i64, samples_max: usize) -> Value {
    let mut by_error: BTreeMap<MeterError, Vec<&Rejected>> = BTreeMap::new();
    for one in rejected {
        by_error.entry(one.error).or_default().push(one);
    }
    let types = by_error.iter().map(|(error, rejected)| {
        let samples = rejected.iter().take(samples_max).map(|one| {
            json!({
                "error_message": one.message,
                "request": { "identifier": one.identifier },
            })
        });
        json!({
            "code": error.code(),
            "error_count": rejected.len(),
            "sample_errors": samples.collect::<Vec<_>>(),
        })
    });
    let count = rejected.len();
    let summary = if count == 1 {
        "There is 1 invalid event".to_owned()
    } else {
        format!("There are {count} invalid events")
    };
    json!({
        "developer_message_summary": summary,
        "reason": { "error_count": count, "error_types": types.collect::<Vec<_>>() },
        "validation_end": rfc3339(end),
        "validation_start": rfc3339(start),
    })
}
