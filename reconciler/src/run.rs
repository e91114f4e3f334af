//! Starting and stopping the jobs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_service::wait::pause;
use counterfoil_service::{Health, Shutdown};
use counterfoil_store::{Run, RunState};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};

use crate::context::Context;
use crate::gap_fill::FULL_PASS_WANTED;
use crate::job::Job;
use crate::schedule::Schedule;
use crate::turn::{How, JobError, Turn, turn};

/// What the reconciler is made of.
pub struct ReconcilerOptions {
    /// What the jobs work with.
    pub context: Context,
    /// When each job runs; one that is missing does not run by itself.
    pub schedules: BTreeMap<Job, Schedule>,
    /// Where the reconciler says how it is.
    pub health: Health,
}

/// Why the reconciler could not run.
#[derive(Debug, thiserror::Error)]
pub enum ReconcilerError {
    /// The scheduler.
    #[error("the scheduler failed; the jobs do not run, restart the reconciler")]
    Scheduler(#[from] JobSchedulerError),
    /// Postgres, where runs are remembered.
    #[error("the last runs cannot be read; the jobs do not run, restart the reconciler")]
    Runs(#[source] JobError),
}

/// How often it is looked whether a job asked for another, and whether a run waits to be gone on
/// with.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After so many looks it is searched for runs that were left behind.
const LOOKS_PER_SEARCH: u32 = 12;
/// When a run that left off because Stripe, Postgres or the broker was away is gone on with.
const AGAIN: Duration = Duration::from_mins(1);

/// Runs of a job among which the last one that was neither dry nor of a part is looked for.
const RUNS: u32 = 50;

/// Runs the jobs by the clock until `shutdown` is requested. A tick that passed while no reconciler
/// ran is made up for once, at the start. Each job runs by itself: a long one delays no other.
pub async fn run(options: ReconcilerOptions, shutdown: Shutdown) -> Result<(), ReconcilerError> {
    let health = options.health.component("jobs");
    let context = Arc::new(options.context);
    let mut scheduler = JobScheduler::new().await?;
    let mut lanes = BTreeMap::new();
    let mut running = tokio::task::JoinSet::new();
    for (job, schedule) in &options.schedules {
        if job.asks_stripe() && context.stripe.is_none() {
            tracing::warn!(job = job.as_str(), "does not run: STRIPE_SECRET_KEY is not set");
            continue;
        }
        // One place: ticks that come while the job runs are one.
        let (ticks, ticked) = mpsc::channel::<()>(1);
        let of_clock = ticks.clone();
        let tick = Tick::new_async(schedule.as_str(), move |_, _| {
            // Full: a tick waits already.
            let _ = of_clock.try_send(());
            Box::pin(async {})
        })?;
        scheduler.add(tick).await?;
        if is_due(&context, *job, schedule).await.map_err(ReconcilerError::Runs)? {
            let _ = ticks.try_send(());
        }
        lanes.insert(*job, ticks);
        running.spawn(lane(Arc::clone(&context), *job, ticked));
    }
    let counts = context.store.open_findings().await;
    context.metrics.open(&counts.map_err(|it| ReconcilerError::Runs(it.into()))?);
    scheduler.start().await?;
    health.working();
    for looks in 1_u32.. {
        tokio::select! {
            () = shutdown.requested() => break,
            () = pause(LOOK_EVERY) => {}
        }
        if looks.is_multiple_of(LOOKS_PER_SEARCH) {
            for (job, ticks) in &lanes {
                match is_left_behind(&context, *job).await {
                    Ok(true) => {
                        let _ = ticks.try_send(());
                    }
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "the last runs cannot be read"),
                }
            }
        }
        for job in context.wanted.take() {
            if let Some(ticks) = lanes.get(&job) {
                let _ = ticks.try_send(());
            }
        }
    }
    scheduler.shutdown().await?;
    drop(lanes);
    // Runs see the shutdown themselves and leave off between two steps.
    while running.join_next().await.is_some() {}
    Ok(())
}

/// Whether the job's last run was left behind by a process that was killed: it is at work, and nobody
/// holds its lock.
async fn is_left_behind(context: &Context, job: Job) -> Result<bool, JobError> {
    let runs = context.store.runs(Some(job.as_str()), Some(&context.scope), RUNS).await?;
    let last = runs.iter().find(|it| !it.dry_run);
    if last.is_none_or(|it| it.state != RunState::Running) {
        return Ok(false);
    }
    match context.store.lock_job(job.as_str(), &context.scope).await? {
        Some(lock) => {
            lock.release().await?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Whether a tick of the job was missed, and what its last completed run shows in the metrics.
async fn is_due(context: &Context, job: Job, schedule: &Schedule) -> Result<bool, JobError> {
    let store = &context.store;
    let completed = store.last_completed(job.as_str(), &context.scope).await?;
    context.metrics.completed(job.as_str(), completed.map(|it| it.1));
    let runs = store.runs(Some(job.as_str()), Some(&context.scope), RUNS).await?;
    let full = |it: &&Run| !it.dry_run && !it.tally.contains_key("partial");
    let last = runs.iter().find(full);
    Ok(match last {
        // Left behind by a process that was killed.
        Some(last) if last.state == RunState::Running => true,
        Some(last) if job == Job::Objects && is_wanted_since(context, last).await? => true,
        Some(last) => schedule.is_missed(last.started_at, context.clock.now()),
        None => job.runs_at_first_start(),
    })
}

/// Whether a gap fill found more missing than Stripe's list of events has since the last full pass
/// began: the process that it told may have been killed before it began another.
async fn is_wanted_since(context: &Context, pass: &Run) -> Result<bool, JobError> {
    let job = Job::GapFill.as_str();
    let runs = context.store.runs(Some(job), Some(&context.scope), RUNS).await?;
    let wants = |it: &Run| !it.dry_run && it.tally.contains_key(FULL_PASS_WANTED);
    Ok(runs.iter().any(|it| it.started_at > pass.started_at && wants(it)))
}

/// Runs one job, tick by tick.
async fn lane(context: Arc<Context>, job: Job, mut ticked: mpsc::Receiver<()>) {
    let shutdown = context.shutdown.clone();
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            tick = ticked.recv() => if tick.is_none() { return },
        }
        // What left off goes on soon, and not at the next tick, which may be a day away.
        while !once(&context, job).await {
            tokio::select! {
                () = shutdown.requested() => return,
                () = pause(AGAIN) => {}
            }
        }
    }
}

/// One turn. `false` where it is to be gone on with.
async fn once(context: &Context, job: Job) -> bool {
    let name = job.as_str();
    match turn(context, job, How::default()).await {
        Ok(Turn::Ended(_)) | Err(JobError::Stopped) => true,
        Ok(Turn::Busy) => {
            tracing::debug!(job = name, "another process is at it");
            true
        }
        Err(error) => {
            let goes_on = error.goes_on();
            tracing::warn!(job = name, %error, goes_on, "left off");
            !goes_on
        }
    }
}
