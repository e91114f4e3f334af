//! The janitor of payloads.

use counterfoil_service::Clock;
use counterfoil_store::Store;

use crate::metrics::ReconcilerMetrics;

/// The job's name in metrics and logs.
pub(crate) const JOB: &str = "payloads";

/// Makes the coming partitions and drops what retention no longer keeps.
#[derive(Clone)]
pub(crate) struct PayloadJanitor {
    pub(crate) store: Store,
    pub(crate) keep_days: u16,
    pub(crate) clock: Clock,
    pub(crate) metrics: ReconcilerMetrics,
}

impl PayloadJanitor {
    pub(crate) async fn run(&self) {
        let now = self.clock.now();
        match self.store.keep_payloads(now, self.keep_days).await {
            Ok(done) => {
                self.metrics.completed(JOB, now);
                tracing::info!(
                    job = JOB,
                    partitions_made = done.made,
                    partitions_dropped = done.dropped,
                    payloads_deleted = done.deleted,
                    "completed"
                );
            }
            Err(error) => {
                self.metrics.failed(JOB);
                tracing::warn!(job = JOB, %error, "failed; the next tick tries again");
            }
        }
    }
}
