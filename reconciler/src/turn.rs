//! One turn of a job: the lock, the run, what came of it.

use std::time::Duration;

use counterfoil_domain::Timestamp;
use counterfoil_domain::reconcile::Braked;
use counterfoil_store::{Run, RunHandle, RunState, StoreError};
use counterfoil_stripe_client::StripeError;

use crate::call::Caller;
use crate::context::Context;
use crate::job::Job;
use crate::{endpoints, gap_fill, janitors, objects, payloads};

/// How a turn is to be taken.
#[derive(Clone, Default)]
pub struct How<'a> {
    /// Only make the plan.
    pub dry_run: bool,
    /// Only what was made since; the pass then proves nothing of what is older.
    pub since: Option<Timestamp>,
    /// Leave off after so many objects or events; likewise.
    pub limit: Option<u64>,
    /// Another bound on what may change than the configured one.
    pub repairs_max: Option<u64>,
    /// Told how far the run has come.
    pub progress: Option<&'a (dyn Fn(&str) + Sync)>,
}

impl How<'_> {
    pub(crate) fn tell(&self, text: &str) {
        if let Some(progress) = self.progress {
            progress(text);
        }
    }

    /// Whether not all is looked at.
    pub(crate) fn is_partial(&self) -> bool {
        self.since.is_some() || self.limit.is_some()
    }
}

/// What came of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Another process, or another run of this one, is at it.
    Busy,
    /// The run, as it ended.
    Ended(Run),
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Postgres.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// The brake: nothing was changed.
    #[error("{0}")]
    Braked(Braked),
    /// The key.
    #[error("{0}")]
    Key(String),
    /// The broker did not take what was to be delivered.
    #[error("{0}; the next run tries again")]
    Bus(String),
    /// A step panicked.
    #[error("{0}; this is a fault of Counterfoil's own, and the log has the place")]
    Fault(&'static str),
    /// The process ends; the run goes on at its next tick.
    #[error("the process ends; the run goes on at its next tick")]
    Stopped,
}

impl JobError {
    /// Whether the same run can go on later where it was.
    pub(crate) fn goes_on(&self) -> bool {
        match self {
            Self::Store(
                StoreError::Unavailable(_) | StoreError::Conflict | StoreError::TakenOver,
            )
            | Self::Stripe(
                StripeError::Unavailable { .. }
                | StripeError::Limited { .. }
                | StripeError::Failed { .. },
            )
            | Self::Bus(_)
            | Self::Stopped => true,
            Self::Store(
                StoreError::Refused { .. }
                | StoreError::Schema(_)
                | StoreError::NoRandomness
                | StoreError::Unforeseen(_),
            )
            | Self::Stripe(
                StripeError::Unauthorized { .. }
                | StripeError::Refused { .. }
                | StripeError::Unreadable { .. },
            )
            | Self::Braked(_)
            | Self::Key(_)
            | Self::Fault(_) => false,
        }
    }
}

/// What a run works with beside the context.
pub(crate) struct Running<'a> {
    pub(crate) context: &'a Context,
    pub(crate) handle: RunHandle,
    pub(crate) run: Run,
    pub(crate) how: How<'a>,
    pub(crate) caller: Option<Caller>,
}

impl Running<'_> {
    /// Who is named in the audit.
    pub(crate) fn actor(&self) -> String {
        format!("run {} of {}", self.run.id, self.run.job)
    }

    pub(crate) fn caller(&self) -> Result<&Caller, JobError> {
        let missing = || JobError::Key("STRIPE_SECRET_KEY is not set".to_owned());
        self.caller.as_ref().ok_or_else(missing)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.context.clock.now()
    }
}

/// A run that began longer ago and was left behind is given up: what it had listed is of little use. A
/// pass over a large account may take days at a few calls a second.
const STALE: Duration = Duration::from_hours(7 * 24);

/// Takes one turn of a job, unless somebody else is at it.
pub async fn turn(context: &Context, job: Job, how: How<'_>) -> Result<Turn, JobError> {
    let name = job.as_str();
    let Some(lock) = context.store.lock_job(name, &context.scope).await? else {
        context.metrics.ended(name, "skipped");
        // What the other process closed must not stay open in this one's figures.
        context.metrics.open(&context.store.open_findings().await?);
        return Ok(Turn::Busy);
    };
    let ended = locked(context, job, how).await;
    // Where it fails the connection is gone, and the lock with it.
    if let Err(error) = lock.release().await {
        tracing::warn!(job = name, %error, "the lock went with its connection");
    }
    ended.map(Turn::Ended)
}

async fn locked(context: &Context, job: Job, how: How<'_>) -> Result<Run, JobError> {
    let store = &context.store;
    let name = job.as_str();
    let begun = context.clock.now();
    let stale = begun.minus(STALE);
    let run = store.begin_run(name, &context.scope, how.dry_run, stale, begun).await?;
    let (id, handle) = (run.id, run.handle());
    let caller = context.stripe.clone().map(|client| {
        let (store, scope) = (store.clone(), context.scope.clone());
        Caller::new(client, store, scope, context.rate, context.clock.clone()).for_job(
            context.metrics.clone(),
            name,
            context.shutdown.clone(),
        )
    });
    let running = Running { context, handle: handle.clone(), run, how, caller };
    tracing::info!(job = name, run = id, dry_run = running.how.dry_run, "begins");
    let done = match job {
        Job::GapFill => gap_fill::run(&running).await,
        Job::Objects => objects::run(&running).await,
        Job::Endpoints => endpoints::run(&running).await,
        Job::Janitors => janitors::run(&running).await,
        Job::Payloads => payloads::run(&running).await,
    };
    let requests = running.caller.as_ref().map_or(0, Caller::spent);
    // A full pass counts its calls as it goes, since it outlives its processes.
    let requests = if job == Job::Objects { 0 } else { requests };
    let requests = i64::try_from(requests).unwrap_or(i64::MAX);
    let now = context.clock.now();
    let ended = match &done {
        Ok(()) => {
            store.tally(&handle, &[("requests", requests)]).await?;
            store.end_run(&handle, RunState::Completed, None, now).await?;
            "completed"
        }
        Err(error) if error.goes_on() => {
            // What cannot be noted now is noted by whoever goes on.
            if let Err(error) = store.tally(&handle, &[("requests", requests)]).await {
                tracing::debug!(%error, "the calls of a run that goes on are not counted");
            }
            "failed"
        }
        Err(error) => {
            let braked = matches!(error, JobError::Braked(_));
            let how = if braked { RunState::Braked } else { RunState::Failed };
            store.tally(&handle, &[("requests", requests)]).await?;
            store.end_run(&handle, how, Some(&error.to_string()), now).await?;
            how.as_str()
        }
    };
    context.metrics.ended(name, ended);
    if ended == "completed" && !running.how.dry_run {
        context.metrics.completed(name, Some(now));
    }
    context.metrics.open(&store.open_findings().await?);
    match done {
        Ok(()) => tracing::info!(job = name, run = id, requests, "completed"),
        Err(error) if matches!(error, JobError::Braked(_)) => {
            tracing::error!(job = name, run = id, cause = %error, "braked; nothing was changed");
        }
        Err(error) => return Err(error),
    }
    store.run(id).await?.ok_or_else(|| JobError::Store(StoreError::Schema("a run".to_owned())))
}
