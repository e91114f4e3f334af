//! One question to Stripe: whether it must still be asked, when, and what its answer settles.

use std::time::Duration;

use counterfoil_bus::{Outage, Settlement};
use counterfoil_domain::freshness::seen_at;
use counterfoil_domain::mirror::{ObjectKind, Table};
use counterfoil_domain::retry::Rung;
use counterfoil_domain::{EventKey, Timestamp};
use counterfoil_projection::{absent, project};
use counterfoil_service::Clock;
use counterfoil_service::wait::pause;
use counterfoil_store::{
    Fetched, FetchedOutcome, Grant, ObjectRef, Rate, Received, Store, StoreError,
};
use counterfoil_stripe_client::{Answer, Asked, StripeClient, StripeError};

use crate::events::Failure;
use crate::metrics::WorkerMetrics;

/// Asks Stripe.
pub(crate) struct Refetcher {
    pub(crate) store: Store,
    /// `None` while no key is configured.
    pub(crate) client: Option<StripeClient>,
    pub(crate) concurrency: usize,
    pub(crate) rate: Rate,
    pub(crate) tables: Vec<&'static Table>,
    pub(crate) clock: Clock,
    pub(crate) metrics: WorkerMetrics,
}

/// One object to ask for, with the events that wait for it.
pub(crate) struct Question<'a> {
    object: ObjectRef<'a>,
    waiting: Vec<(usize, &'a Received, u32)>,
}

/// What becomes of the deliveries at these places.
type Answers = Vec<(usize, Settlement)>;

/// How long the answer to a question of another process is waited for before the event goes back
/// to the queue.
const OTHERS_ANSWER: Duration = Duration::from_secs(2);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After this time a question counts as given up by whoever asked it. Longer than any call takes.
const CLAIM: Duration = Duration::from_mins(2);
/// How long nobody calls after Stripe limited us, or could not be reached.
const PAUSE: Duration = Duration::from_secs(1);
/// How long after the beginning of its second an event may be asked for.
pub(crate) const SECOND: Duration = Duration::from_millis(2_100);

impl<'a> Question<'a> {
    pub(crate) fn about(object: ObjectRef<'a>) -> Self {
        Self { object, waiting: Vec::new() }
    }

    pub(crate) fn add(&mut self, place: usize, event: &'a Received, tries: u32) {
        self.waiting.push((place, event, tries));
    }

    /// The customer at whom the object can be found. A discount of an invoice or a checkout shows at
    /// none, and must not be taken for gone because its customer does not have it.
    fn customer(&self) -> Option<&'a str> {
        let elsewhere = |it: &Received| {
            ["invoice", "invoice_item", "checkout_session"].iter().any(|at| it.text(at).is_some())
        };
        let discount = self.object.kind == ObjectKind::Discount;
        let shown = self.waiting.iter().filter(|(_, it, _)| !(discount && elsewhere(it)));
        shown.map(|(_, it, _)| *it).find_map(|it| it.customer.as_deref())
    }

    fn newest(&self) -> Timestamp {
        let all = self.waiting.iter().map(|(_, event, _)| event.created);
        all.max().unwrap_or(Timestamp::EPOCH)
    }

    fn all(&self, settlement: &Settlement) -> Answers {
        self.waiting.iter().map(|(place, ..)| (*place, settlement.clone())).collect()
    }

    /// Each goes back to the queue, to its own rung.
    fn later(&self, rung: impl Fn(u32) -> Rung) -> Answers {
        let each = |(place, _, tries): &(usize, &Received, u32)| {
            (*place, Settlement::RetryAfter(rung(tries.saturating_add(1))))
        };
        self.waiting.iter().map(each).collect()
    }
}

impl Refetcher {
    /// Settles the events about one object: by what is held by now, or by asking.
    pub(crate) async fn settle(&self, question: Question<'_>) -> Result<Answers, Failure> {
        let Some(client) = &self.client else {
            let reason = "Stripe must be asked, and STRIPE_SECRET_KEY is not set";
            return self.park(&question, reason).await;
        };
        let foreign = question.waiting.iter().any(|(_, event, _)| event.foreign);
        let account = match client.account_for(question.object.scope, foreign) {
            Ok(account) => account,
            Err(not_ours) => return self.park(&question, &not_ours.to_string()).await,
        };
        if self.unripe(question.newest()) > Duration::ZERO {
            self.metrics.refetched("too soon");
            return Ok(question.later(|_| Rung::Seconds5));
        }
        let given_up = self.clock.now().plus(OTHERS_ANSWER);
        loop {
            if self.is_settled(&question).await? {
                self.metrics.refetched("shared");
                return Ok(question.all(&Settlement::Done));
            }
            let now = self.clock.now();
            if self.store.claim_question(question.object, now.plus(CLAIM), now).await? {
                break;
            }
            if now >= given_up {
                return Ok(question.later(|_| Rung::Seconds5));
            }
            pause(LOOK_EVERY).await;
        }
        // Whoever asked before may have been answered between the look and the note.
        let answer = match self.is_settled(&question).await {
            Ok(true) => {
                self.metrics.refetched("shared");
                Ok(question.all(&Settlement::Done))
            }
            Ok(false) => self.ask(client, account, &question).await,
            Err(failure) => Err(failure),
        };
        // Whatever came of it, another process may ask now.
        let released = self.store.release_question(question.object, self.clock.now()).await;
        let answer = answer?;
        released?;
        Ok(answer)
    }

    /// How long until an answer is sure to be of a later second than an event: only what was read
    /// in a later second decides, and an answer is dated up to a second after it was read.
    pub(crate) fn unripe(&self, created: Timestamp) -> Duration {
        created.whole_second().plus(SECOND).since(self.clock.now())
    }

    /// Whether what is held of the object is later than every event that waits.
    async fn is_settled(&self, question: &Question<'_>) -> Result<bool, Failure> {
        let held = self.store.settle_by_held(question.object, self.clock.now()).await?;
        let newest = question.newest().unix_seconds();
        // What is shown on request only is not held just because something later is.
        let hidden = question.waiting.iter().any(|(_, event, _)| event.hides());
        Ok(!hidden && held.is_some_and(|it| it.unix_seconds() > newest))
    }

    async fn ask(
        &self,
        client: &StripeClient,
        account: Option<&str>,
        question: &Question<'_>,
    ) -> Result<Answers, Failure> {
        self.within_budget(question).await?;
        let object = question.object;
        let asked = Asked {
            kind: object.kind,
            id: object.id,
            customer: question.customer(),
            subscription: question.waiting.iter().find_map(|(_, it, _)| it.text("subscription")),
        };
        let begun = self.clock.monotonic();
        let answer = client.fetch(asked, account).await;
        let took = self.clock.monotonic().saturating_sub(begun);
        let (projection, date) = match answer {
            Ok(Answer::Found { body, date }) => match project(object.kind, &body, false) {
                Ok(projection) if projection.id == object.id => (projection, date),
                Ok(_) => return self.park(question, "Stripe answered with another object").await,
                Err(error) => return self.park(question, &error.to_string()).await,
            },
            Ok(Answer::Absent { date }) => (absent(object.kind, object.id.to_owned()), date),
            Ok(Answer::Unaskable { why }) => return self.park(question, why).await,
            Err(error @ (StripeError::Unavailable { .. } | StripeError::Limited { .. })) => {
                self.metrics.refetched("unavailable");
                let now = self.clock.now();
                self.store.pause_calls(object.scope, PAUSE, now).await?;
                return Err(Failure::Outage(Outage { cause: error.to_string() }));
            }
            // Perhaps for this object alone, so the others do not wait for it.
            Err(error @ StripeError::Failed { .. }) => {
                self.metrics.refetched("unavailable");
                tracing::warn!(object = object.id, %error, "the events about it wait");
                return Ok(question.later(Rung::after));
            }
            Err(
                error @ (StripeError::Unauthorized { .. }
                | StripeError::Refused { .. }
                | StripeError::Unreadable { .. }),
            ) => return self.park(question, &error.to_string()).await,
        };
        let second = seen_at(date, took);
        let fetched = Fetched { scope: object.scope.clone(), second, projection };
        let now = self.clock.now();
        let outcome = match self.store.absorb_fetched(&fetched, &self.tables, now).await {
            Ok(outcome) => outcome,
            // What happens to one object's answer is nothing to the others.
            Err(StoreError::Conflict) => return Ok(question.later(Rung::after)),
            Err(error @ StoreError::Refused { .. }) => {
                return self.park(question, &error.to_string()).await;
            }
            Err(
                error @ (StoreError::Unavailable(_)
                | StoreError::Schema(_)
                | StoreError::NoRandomness
                | StoreError::TakenOver
                | StoreError::Unforeseen(_)),
            ) => return Err(error.into()),
        };
        match outcome {
            FetchedOutcome::Settled(_)
                if question.newest().unix_seconds() < second.unix_seconds() =>
            {
                self.metrics.refetched("settled");
                tracing::info!(object = object.id, "settled by asking Stripe");
                Ok(question.all(&Settlement::Done))
            }
            FetchedOutcome::Settled(_) | FetchedOutcome::TooSoon => {
                self.metrics.refetched("too soon");
                Ok(question.later(|_| Rung::Seconds5))
            }
        }
    }

    /// Waits for a call that may be made. While calls are paused for everybody, that is an outage.
    async fn within_budget(&self, question: &Question<'_>) -> Result<(), Failure> {
        loop {
            let now = self.clock.now();
            match self.store.take_call(question.object.scope, self.rate, now).await? {
                Grant::Granted => return Ok(()),
                Grant::After(wait) => pause(wait.min(PAUSE)).await,
                Grant::Paused => {
                    let cause = "calls to Stripe are paused, as it limited them or was away";
                    return Err(Failure::Outage(Outage { cause: cause.to_owned() }));
                }
            }
        }
    }

    /// Parks events that are open although nothing can be asked for them.
    pub(crate) async fn park_unasked(&self, keys: &[&EventKey]) -> Result<(), Failure> {
        if keys.is_empty() {
            return Ok(());
        }
        let reason = "Stripe must be asked, and the event does not say for what";
        Ok(self.store.park_open(keys, reason, self.clock.now()).await?)
    }

    async fn park(&self, question: &Question<'_>, reason: &str) -> Result<Answers, Failure> {
        let keys: Vec<&EventKey> = question.waiting.iter().map(|(_, it, _)| &it.key).collect();
        self.store.park_open(&keys, reason, self.clock.now()).await?;
        self.metrics.refetched("parked");
        for key in keys {
            tracing::warn!(stripe.event.id = key.id, object = question.object.id, reason, "parked");
        }
        Ok(question.all(&Settlement::Done))
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        Self::Outage(outage)
    }
}
