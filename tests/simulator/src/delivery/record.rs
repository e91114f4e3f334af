//! What is known of each delivery, and the sums over all of them.

use super::endpoint::EndpointId;
use serde::Serialize;

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It has not been acknowledged yet.
    Waiting,
    /// A 2xx came for it.
    Acknowledged,
    /// The time for retries is over.
    GivenUp,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    /// When a 2xx first came, in microseconds of the wall clock.
    pub acknowledged_at_micros: Option<i64>,
    /// How many times it was tried, dropped attempts and duplicates included.
    pub attempts: u32,
    /// How many copies left the simulator.
    pub copies_sent: u32,
    /// Where it goes.
    pub endpoint: EndpointId,
    /// The event.
    pub event_id: String,
    /// When the first copy was sent, in microseconds of the wall clock.
    pub first_sent_at_micros: Option<i64>,
    /// The type of the event.
    pub kind: String,
    /// Whether it was sent by hand, beside the delivery that is made by itself.
    pub resent: bool,
    /// How far it has come.
    pub state: DeliveryState,
}

/// Sums over everything a simulator has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Deliveries that a 2xx came for.
    pub acknowledged: u64,
    /// Attempts that were dropped, refused, not answered in time, or answered with no 2xx.
    pub attempts_failed: u64,
    /// Copies sent of what had been acknowledged, or was being sent, already.
    pub duplicates_sent: u64,
    /// Events made.
    pub events_made: u64,
    /// Deliveries given up.
    pub given_up: u64,
    /// Copies sent, retries and duplicates included.
    pub sent: u64,
    /// Thin events made.
    pub thin_events_made: u64,
    /// Copies that are waiting to be sent or answered.
    pub underway: u64,
}
