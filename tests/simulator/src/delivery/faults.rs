//! What goes wrong on purpose.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Faults of making and delivering events. Rates are probabilities from 0 to 1; all are off by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// How many deliveries have a body rendered for 2020-08-27, whatever the endpoint's version.
    pub before_basil_rate: f64,
    /// How many deliveries have a body rendered for 2025-03-31.basil.
    pub before_clover_rate: f64,
    /// How many deliveries wait for [`delay_millis`](Self::delay_millis) before their first
    /// attempt.
    pub delayed_rate: f64,
    /// How long a delayed delivery waits, in milliseconds.
    pub delay_millis: u64,
    /// How many deliveries are sent a second time under the same event id.
    pub duplicate_rate: f64,
    /// How many first attempts never leave, as if the connection had failed.
    pub drop_first_rate: f64,
    /// How many first attempts have a `t` an hour ahead, rightly signed.
    pub future_time_rate: f64,
    /// How many changes get no event, which a thin
    /// `v2.core.health.event_generation_failure.resolved` tells of later.
    pub generation_failed_rate: f64,
    /// How many deliveries are given up without an attempt.
    pub lost_rate: f64,
    /// How many first attempts have a `Stripe-Signature` that does not parse.
    pub malformed_header_rate: f64,
    /// How many changes get no event at all.
    pub never_generated_rate: f64,
    /// How many deliveries are sent once more after they were acknowledged.
    pub redelivered_rate: f64,
    /// Each delivery waits a random time up to this many milliseconds, so that later events
    /// overtake earlier ones.
    pub reorder_window_millis: u64,
    /// How many changes get a second event under another id.
    pub second_id_rate: f64,
    /// How many first attempts have a `t` an hour old, rightly signed.
    pub stale_time_rate: f64,
    /// How many events have a `status` that nobody has heard of.
    pub unknown_enum_rate: f64,
    /// How many events have a field that nobody has heard of.
    pub unknown_field_rate: f64,
    /// How many changes get one more event, of a type that nobody has heard of.
    pub unknown_type_rate: f64,
    /// How many first attempts are signed with `v0` only.
    pub v0_only_rate: f64,
}

impl Faults {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_millis)
    }

    pub(crate) fn reorder_window(&self) -> Duration {
        Duration::from_millis(self.reorder_window_millis)
    }

    /// Whether every rate is a probability.
    pub(crate) fn are_rates(&self) -> bool {
        [
            self.before_basil_rate,
            self.before_clover_rate,
            self.delayed_rate,
            self.drop_first_rate,
            self.duplicate_rate,
            self.future_time_rate,
            self.generation_failed_rate,
            self.lost_rate,
            self.malformed_header_rate,
            self.never_generated_rate,
            self.redelivered_rate,
            self.second_id_rate,
            self.stale_time_rate,
            self.unknown_enum_rate,
            self.unknown_field_rate,
            self.unknown_type_rate,
            self.v0_only_rate,
        ]
        .iter()
        .all(|rate| (0.0..=1.0).contains(rate))
    }
}
