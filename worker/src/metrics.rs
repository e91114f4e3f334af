//! The worker's numbers.

use std::time::Duration;

use counterfoil_bus::QueueDepth;
use counterfoil_domain::outcome::Outcome;
use prometheus::{Error, Histogram, HistogramOpts, IntCounterVec, IntGaugeVec, Opts, Registry};

/// The worker's numbers; clones count into the same.
#[derive(Debug, Clone)]
pub struct WorkerMetrics {
    outcomes: IntCounterVec,
    unknown_types: IntCounterVec,
    transaction_seconds: Histogram,
    event_to_row_seconds: Histogram,
    refetches: IntCounterVec,
    depth: IntGaugeVec,
}

/// From a quick local transaction to one that waits for locks.
const TRANSACTION_SECONDS: [f64; 11] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// From an idle system to one that drains a backlog of hours.
const LAG_SECONDS: [f64; 14] =
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0, 21_600.0];

impl WorkerMetrics {
    /// Registers them. Fails only when they are registered already.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let it = Self {
            outcomes: IntCounterVec::new(
                Opts::new(
                    "counterfoil_worker_events_total",
                    "Events settled, by what became of them.",
                ),
                &["lane", "outcome"],
            )?,
            unknown_types: IntCounterVec::new(
                Opts::new(
                    "counterfoil_worker_unknown_event_types_total",
                    "Events of types that are not listed, by type.",
                ),
                &["type"],
            )?,
            transaction_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "counterfoil_worker_transaction_seconds",
                    "Time to absorb one batch, from taking a connection to the commit.",
                )
                .buckets(TRANSACTION_SECONDS.to_vec()),
            )?,
            event_to_row_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "counterfoil_worker_event_to_row_seconds",
                    "Time from ingest having read an event to its outcome being committed.",
                )
                .buckets(LAG_SECONDS.to_vec()),
            )?,
            refetches: IntCounterVec::new(
                Opts::new(
                    "counterfoil_worker_refetches_total",
                    "Objects asked of Stripe again, by what came of it.",
                ),
                &["result"],
            )?,
            depth: IntGaugeVec::new(
                Opts::new("counterfoil_bus_queue_messages", "Messages that wait in a queue."),
                &["queue"],
            )?,
        };
        registry.register(Box::new(it.outcomes.clone()))?;
        registry.register(Box::new(it.unknown_types.clone()))?;
        registry.register(Box::new(it.transaction_seconds.clone()))?;
        registry.register(Box::new(it.event_to_row_seconds.clone()))?;
        registry.register(Box::new(it.refetches.clone()))?;
        registry.register(Box::new(it.depth.clone()))?;
        Ok(it)
    }

    pub(crate) fn settled(&self, lane: &str, outcome: Outcome, repeat: bool) {
        let outcome = if repeat { "repeated" } else { outcome.as_str() };
        self.outcomes.with_label_values(&[lane, outcome]).inc();
    }

    /// Types come from outside, so their number is bounded before they become labels.
    pub(crate) fn unknown_type(&self, label: &str) {
        self.unknown_types.with_label_values(&[label]).inc();
    }

    pub(crate) fn transaction(&self, took: Duration) {
        self.transaction_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn lag(&self, lag: Duration) {
        self.event_to_row_seconds.observe(lag.as_secs_f64());
    }

    pub(crate) fn refetched(&self, result: &str) {
        self.refetches.with_label_values(&[result]).inc();
    }

    pub(crate) fn depths(&self, depths: &[QueueDepth]) {
        for depth in depths {
            self.depth.with_label_values(&[&depth.name]).set(i64::from(depth.messages));
        }
    }
}
