//! What goes wrong on purpose.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Faults of making and delivering events. Rates are probabilities from 0 to 1; all are off by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// How many deliveries are sent a second time under the same event id.
    pub duplicate_rate: f64,
    /// How many first attempts never leave, as if the connection had failed.
    pub drop_first_rate: f64,
    /// Each delivery waits a random time up to this many milliseconds, so that later events
    /// overtake earlier ones.
    pub reorder_window_millis: u64,
    /// How many changes get a second event under another id.
    pub second_id_rate: f64,
}

impl Faults {
    pub(crate) fn reorder_window(&self) -> Duration {
        Duration::from_millis(self.reorder_window_millis)
    }

    /// Whether every rate is a probability.
    pub(crate) fn are_rates(&self) -> bool {
        [self.duplicate_rate, self.drop_first_rate, self.second_id_rate]
            .iter()
            .all(|rate| (0.0..=1.0).contains(rate))
    }
}
