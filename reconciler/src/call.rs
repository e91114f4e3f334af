//! Calls to Stripe: within the budget that all processes share, tried again while Stripe is away.
//!
//! Retries of the reconciler's reads live here and nowhere else. After the last one the job leaves
//! off, and its next tick goes on where it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use backoff::ExponentialBackoffBuilder;
use backoff::backoff::Backoff;
use counterfoil_domain::freshness::seen_at;
use counterfoil_domain::{Scope, Timestamp};
use counterfoil_service::wait::pause;
use counterfoil_service::{Clock, Shutdown};
use counterfoil_store::{Grant, Rate, Store};
use counterfoil_stripe_client::{
    Answer, Asked, Listed, Listing, PageAsked, StripeClient, StripeError,
};

use crate::metrics::ReconcilerMetrics;
use crate::turn::JobError;

/// How long one call is tried again while Stripe is away.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long nobody calls after Stripe limited us.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a turn in the budget is waited for at once.
const TURN: Duration = Duration::from_millis(250);

/// Calls Stripe; cheap to clone, and clones count together.
#[derive(Clone)]
pub struct Caller {
    client: StripeClient,
    store: Store,
    scope: Scope,
    rate: Rate,
    clock: Clock,
    shutdown: Shutdown,
    metrics: Option<(ReconcilerMetrics, &'static str)>,
    spent: Arc<AtomicU64>,
    /// Calls that were taken from the budget and not yet made.
    taken: Arc<AtomicU32>,
}

/// What was answered, and the second as of which it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown<T> {
    /// The answer.
    pub it: T,
    /// The second: what changed while Stripe answered counts as later.
    pub second: Timestamp,
}

impl Caller {
    /// Calls for the objects of a scope.
    #[must_use]
    pub fn new(client: StripeClient, store: Store, scope: Scope, rate: Rate, clock: Clock) -> Self {
        let shutdown = Shutdown::new();
        let (spent, taken) = (Arc::default(), Arc::default());
        Self { client, store, scope, rate, clock, shutdown, metrics: None, spent, taken }
    }

    /// The same, for a job: its calls are counted, and end with the process.
    #[must_use]
    pub(crate) fn for_job(
        self,
        metrics: ReconcilerMetrics,
        job: &'static str,
        shutdown: Shutdown,
    ) -> Self {
        Self { metrics: Some((metrics, job)), shutdown, ..self }
    }

    /// Calls that were made.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// One object with all its children. The `Date` in the answer is exchanged for the second as of
    /// which it is taken.
    pub async fn fetch(&self, asked: Asked<'_>) -> Result<Shown<Answer>, JobError> {
        let account = self.account()?;
        self.tried(
            || self.client.fetch(asked, account),
            |it| match it {
                Answer::Found { date, .. } | Answer::Absent { date } => *date,
                // Nothing was asked, so nothing is as of any second.
                Answer::Unaskable { .. } => Timestamp::EPOCH,
            },
        )
        .await
    }

    /// A page of the objects of a kind.
    pub async fn page_of(
        &self,
        listing: Listing,
        asked: PageAsked<'_>,
    ) -> Result<Shown<Listed>, JobError> {
        let account = self.account()?;
        self.tried(|| self.client.page_of(listing, asked, account), |it| it.date).await
    }

    /// A page of another list.
    pub async fn page_at(
        &self,
        operation: &'static str,
        asked: PageAsked<'_>,
    ) -> Result<Shown<Listed>, JobError> {
        let account = self.account()?;
        self.tried(|| self.client.page_at(operation, asked, account), |it| it.date).await
    }

    /// The page that a page of version 2 names as the next.
    pub async fn page_behind(
        &self,
        operation: &'static str,
        next: &str,
    ) -> Result<Shown<Listed>, JobError> {
        let account = self.account()?;
        self.tried(|| self.client.page_behind(operation, next, account), |it| it.date).await
    }

    /// Has an endpoint be sent events of these types, and be enabled.
    pub(crate) async fn mend_endpoint(&self, id: &str, types: &[&str]) -> Result<(), JobError> {
        self.within_budget().await?;
        self.counted();
        Ok(self.client.mend_endpoint(id, types).await?)
    }

    fn account(&self) -> Result<Option<&str>, JobError> {
        self.client.account_for(&self.scope, false).map_err(|it| JobError::Key(it.to_string()))
    }

    fn counted(&self) {
        self.spent.fetch_add(1, Ordering::Relaxed);
        if let Some((metrics, job)) = &self.metrics {
            metrics.request(job);
        }
    }

    async fn tried<T, F: Future<Output = Result<T, StripeError>>>(
        &self,
        call: impl Fn() -> F,
        date: impl Fn(&T) -> Timestamp,
    ) -> Result<Shown<T>, JobError> {
        let mut waits = ExponentialBackoffBuilder::new()
            .with_initial_interval(Duration::from_millis(500))
            .with_multiplier(2.0)
            .with_max_interval(Duration::from_secs(20))
            .with_max_elapsed_time(None)
            .build();
        let begun = self.clock.monotonic();
        loop {
            self.within_budget().await?;
            let asked = self.clock.monotonic();
            self.counted();
            let error = match call().await {
                Ok(it) => {
                    let took = self.clock.monotonic().saturating_sub(asked);
                    let second = seen_at(date(&it), took);
                    return Ok(Shown { it, second });
                }
                Err(error) => error,
            };
            match error {
                StripeError::Limited { .. } => {
                    // What was taken before is not called either.
                    self.taken.store(0, Ordering::Relaxed);
                    self.store.pause_calls(&self.scope, PAUSE, self.clock.now()).await?;
                }
                StripeError::Unavailable { .. } | StripeError::Failed { .. } => {}
                StripeError::Unauthorized { .. }
                | StripeError::Refused { .. }
                | StripeError::Unreadable { .. } => return Err(error.into()),
            }
            if self.clock.monotonic().saturating_sub(begun) > PATIENCE {
                return Err(error.into());
            }
            tracing::warn!(%error, "waiting for Stripe");
            self.rest(waits.next_backoff().unwrap_or(PAUSE)).await?;
        }
    }

    /// Waits for a call that may be made. Several are taken together where the budget is wide.
    async fn within_budget(&self) -> Result<(), JobError> {
        let fewer = |it: u32| it.checked_sub(1);
        loop {
            if self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok() {
                return Ok(());
            }
            let calls = self.rate.at_once().min(self.rate.burst.max(1));
            let now = self.clock.now();
            let wait = match self.store.take_calls(&self.scope, self.rate, calls, now).await? {
                Grant::Granted => {
                    self.taken.fetch_add(calls - 1, Ordering::Relaxed);
                    return Ok(());
                }
                Grant::After(wait) => wait.min(TURN),
                Grant::Paused => TURN,
            };
            self.rest(wait).await?;
        }
    }

    /// Waits, and leaves off when the process is to end.
    async fn rest(&self, wait: Duration) -> Result<(), JobError> {
        tokio::select! {
            () = self.shutdown.requested() => Err(JobError::Stopped),
            () = pause(wait) => Ok(()),
        }
    }
}
