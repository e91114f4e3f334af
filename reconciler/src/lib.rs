//! Jobs that run by the clock, each safe to repeat and to run in several processes at once.
//!
//! So far one job: the janitor of payloads, which makes their partitions ahead of time and drops
//! what is older than retention. A run that fails is logged and counted, and the next tick is its
//! retry. Until the janitor has run, payloads go to the default partition, so nothing waits for it.

mod metrics;
mod payloads;
mod run;

pub use metrics::ReconcilerMetrics;
pub use run::{ReconcilerError, ReconcilerOptions, run};
