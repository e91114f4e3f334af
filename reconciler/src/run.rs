//! Starting and stopping the jobs.

use counterfoil_service::{Clock, Health, Shutdown};
use counterfoil_store::Store;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::metrics::ReconcilerMetrics;
use crate::payloads::PayloadJanitor;

/// What the reconciler is made of.
pub struct ReconcilerOptions {
    /// The database, migrated.
    pub store: Store,
    /// Days for which payloads are kept.
    pub payload_keep_days: u16,
    /// The clock.
    pub clock: Clock,
    /// Where the reconciler says how it is.
    pub health: Health,
    /// Where the numbers go.
    pub metrics: ReconcilerMetrics,
}

/// Why the reconciler could not run.
#[derive(Debug, thiserror::Error)]
#[error("the scheduler failed; the jobs do not run, restart the reconciler")]
pub struct ReconcilerError(#[from] JobSchedulerError);

/// Seventeen minutes past every hour: away from the full hour, at which everybody's jobs run.
const HOURLY: &str = "0 17 * * * *";

/// Runs the jobs by the clock, and once at the start, until `shutdown` is requested.
pub async fn run(options: ReconcilerOptions, shutdown: Shutdown) -> Result<(), ReconcilerError> {
    let health = options.health.component("jobs");
    let janitor = PayloadJanitor {
        store: options.store,
        keep_days: options.payload_keep_days,
        clock: options.clock,
        metrics: options.metrics,
    };
    let mut scheduler = JobScheduler::new().await?;
    let hourly = janitor.clone();
    let job = Job::new_async(HOURLY, move |_, _| {
        let janitor = hourly.clone();
        Box::pin(async move { janitor.run().await })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    janitor.run().await;
    health.working();
    shutdown.requested().await;
    scheduler.shutdown().await?;
    Ok(())
}
