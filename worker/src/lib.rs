//! Consumers: events from the bus into the inbox and the mirror.
//!
//! Guaranteed: an event is acknowledged only after its outcome is committed, and a repeat of it
//! changes nothing. A crash anywhere makes the broker hand the batch out again. While Postgres is
//! away the consumers pause with their batches in hand, and nothing is counted against any event.
//! An event that cannot be read or is refused is parked in the inbox with its reason and its
//! payload; only what the inbox cannot take goes to the parking queue.

mod asking;
mod events;
mod interpret;
mod metrics;
mod refetch;
mod run;

pub use interpret::Choices;
pub use metrics::WorkerMetrics;
pub use run::{WorkerError, WorkerOptions, run};
