//! The reconciler's numbers.

use counterfoil_domain::Timestamp;
use prometheus::{Error, IntCounterVec, IntGaugeVec, Opts, Registry};

/// The reconciler's numbers; clones count into the same.
#[derive(Debug, Clone)]
pub struct ReconcilerMetrics {
    runs: IntCounterVec,
    completed: IntGaugeVec,
}

impl ReconcilerMetrics {
    /// Registers them. Fails only when they are registered already.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let it = Self {
            runs: IntCounterVec::new(
                Opts::new("counterfoil_reconciler_runs_total", "Runs of a job, by how they ended."),
                &["job", "result"],
            )?,
            completed: IntGaugeVec::new(
                Opts::new(
                    "counterfoil_reconciler_completed_timestamp_seconds",
                    "When a job last ran to its end, in seconds since 1970.",
                ),
                &["job"],
            )?,
        };
        registry.register(Box::new(it.runs.clone()))?;
        registry.register(Box::new(it.completed.clone()))?;
        Ok(it)
    }

    pub(crate) fn completed(&self, job: &str, now: Timestamp) {
        self.runs.with_label_values(&[job, "completed"]).inc();
        self.completed.with_label_values(&[job]).set(now.unix_seconds());
    }

    pub(crate) fn failed(&self, job: &str) {
        self.runs.with_label_values(&[job, "failed"]).inc();
    }
}
