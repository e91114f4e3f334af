//! Events whose order could not be decided: Stripe is asked, outside any transaction, and the
//! answer is absorbed as a sighting of its own, later than all that waited for it.
//!
//! A crash between the steps leaves the event open in the inbox and its message unacknowledged, so
//! it is asked again. While Stripe is away or limits us the events wait on the retry ladder, for
//! ever if need be: that is never a reason to park.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_bus::{Outage, Settlement};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::retry::Rung;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use counterfoil_projection::coverage::{self, Handling};
use counterfoil_projection::{absent, project};
use counterfoil_service::Clock;
use counterfoil_store::{Fetched, FetchedOutcome, Received, Store, StoreError};
use counterfoil_stripe_client::{Answer, StripeClient, StripeError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::events::Failure;
use crate::metrics::WorkerMetrics;

/// Asks Stripe again.
pub(crate) struct Refetcher {
    pub(crate) store: Store,
    /// `None` while no key is configured.
    pub(crate) client: Option<StripeClient>,
    pub(crate) concurrency: usize,
    pub(crate) clock: Clock,
    pub(crate) metrics: WorkerMetrics,
}

/// One object to ask for, with the events that wait for it.
struct Question<'a> {
    kind: ObjectKind,
    id: &'a str,
    scope: &'a Scope,
    waiting: Vec<(&'a Received, u32)>,
}

impl Refetcher {
    /// Settles events that are open. Several about one object share one question.
    pub(crate) async fn settle(
        &self,
        open: &[(&Received, u32)],
    ) -> Result<BTreeMap<EventKey, Settlement>, Failure> {
        let mut answers = BTreeMap::new();
        let mut questions: BTreeMap<(ObjectKind, &str, &Scope), Question<'_>> = BTreeMap::new();
        let mut unasked = Vec::new();
        for (event, tries) in open {
            let kind = coverage::handling_of(&event.event_type);
            let (Handling::Mirrored(kind), Some(id)) = (kind, event.object_id.as_deref()) else {
                unasked.push(&event.key);
                continue;
            };
            let scope = &event.key.scope;
            questions
                .entry((kind, id, scope))
                .or_insert_with(|| Question { kind, id, scope, waiting: Vec::new() })
                .waiting
                .push((event, *tries));
        }
        if !unasked.is_empty() {
            // An earlier version left it open, and this one reads it otherwise.
            let reason = "Stripe must be asked, and the event does not say for what";
            self.store.park_open(&unasked, reason, self.clock.now()).await?;
        }
        let mut questions = questions.into_values();
        let mut running: FuturesUnordered<_> =
            questions.by_ref().take(self.concurrency.max(1)).map(|it| self.ask(it)).collect();
        while let Some(answer) = running.next().await {
            answers.extend(answer?);
            if let Some(question) = questions.next() {
                running.push(self.ask(question));
            }
        }
        Ok(answers)
    }

    async fn ask(&self, question: Question<'_>) -> Result<Vec<(EventKey, Settlement)>, Failure> {
        let Some(client) = &self.client else {
            let reason = "Stripe must be asked, and STRIPE_SECRET_KEY is not set";
            return self.park(&question, reason).await;
        };
        let newest = question.waiting.iter().map(|(event, _)| event.created).max();
        if newest.is_some_and(|it| self.clock.now().unix_seconds() <= it.unix_seconds() + 1) {
            // Only what was read in a later second decides, and an answer is dated up to a second
            // after it was read.
            return Ok(question.later("too soon", &self.metrics, |_| Rung::Seconds5));
        }
        let foreign = question.waiting.iter().any(|(event, _)| event.foreign);
        let account = match client.account_for(question.scope, foreign) {
            Ok(account) => account,
            Err(not_ours) => return self.park(&question, &not_ours.to_string()).await,
        };
        let begun = self.clock.monotonic();
        let answer = client.fetch(question.kind, question.id, account).await;
        let took = self.clock.monotonic().saturating_sub(begun);
        let (projection, date) = match answer {
            Ok(Answer::Found { body, date }) => match project(question.kind, &body, false) {
                Ok(projection) if projection.id == question.id => (projection, date),
                Ok(_) => return self.park(&question, "Stripe answered with another object").await,
                Err(error) => return self.park(&question, &error.to_string()).await,
            },
            Ok(Answer::Absent { date }) => (absent(question.kind, question.id.to_owned()), date),
            Err(error @ (StripeError::Unavailable { .. } | StripeError::Limited { .. })) => {
                tracing::warn!(object = question.id, %error, "the events about it wait");
                return Ok(question.later("unavailable", &self.metrics, Rung::after));
            }
            Err(
                error @ (StripeError::Unauthorized { .. }
                | StripeError::Refused { .. }
                | StripeError::Unreadable { .. }),
            ) => return self.park(&question, &error.to_string()).await,
        };
        let second = seen_at(date, took);
        let fetched = Fetched { scope: question.scope.clone(), second, projection };
        let outcome = match self.store.absorb_fetched(&fetched, self.clock.now()).await {
            Ok(outcome) => outcome,
            // What happens to one object's answer is nothing to the rest of the batch.
            Err(StoreError::Conflict) => {
                return Ok(question.later("conflict", &self.metrics, Rung::after));
            }
            Err(error @ StoreError::Refused { .. }) => {
                return self.park(&question, &error.to_string()).await;
            }
            Err(
                error @ (StoreError::Unavailable(_)
                | StoreError::Schema(_)
                | StoreError::Unforeseen(_)),
            ) => return Err(error.into()),
        };
        let decided = |event: &Received| event.created.unix_seconds() < second.unix_seconds();
        match outcome {
            FetchedOutcome::Settled(_) if question.waiting.iter().all(|(it, _)| decided(it)) => {
                self.metrics.refetched("settled");
                tracing::info!(object = question.id, "settled by asking Stripe");
                Ok(question.all(&Settlement::Done))
            }
            FetchedOutcome::Settled(_) | FetchedOutcome::TooSoon => {
                Ok(question.later("too soon", &self.metrics, |_| Rung::Seconds5))
            }
        }
    }

    async fn park(
        &self,
        question: &Question<'_>,
        reason: &str,
    ) -> Result<Vec<(EventKey, Settlement)>, Failure> {
        let keys: Vec<&EventKey> = question.waiting.iter().map(|(event, _)| &event.key).collect();
        self.store.park_open(&keys, reason, self.clock.now()).await?;
        self.metrics.refetched("parked");
        for key in keys {
            tracing::warn!(stripe.event.id = key.id, object = question.id, reason, "parked");
        }
        Ok(question.all(&Settlement::Done))
    }
}

/// The second as of which an answer is to be taken. Stripe dates it when it is written, and may have
/// read the object before: anything that changed meanwhile must count as later, so the whole time
/// the call took is taken off.
fn seen_at(date: Timestamp, took: Duration) -> Timestamp {
    date.minus(took).whole_second()
}

impl Question<'_> {
    fn all(&self, settlement: &Settlement) -> Vec<(EventKey, Settlement)> {
        let each = |(event, _): &(&Received, u32)| (event.key.clone(), settlement.clone());
        self.waiting.iter().map(each).collect()
    }

    fn later(
        &self,
        result: &str,
        metrics: &WorkerMetrics,
        rung: impl Fn(u32) -> Rung,
    ) -> Vec<(EventKey, Settlement)> {
        metrics.refetched(result);
        let each = |(event, tries): &(&Received, u32)| {
            (event.key.clone(), Settlement::RetryAfter(rung(tries.saturating_add(1))))
        };
        self.waiting.iter().map(each).collect()
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        Self::Outage(outage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_while_stripe_answered_counts_as_later() {
        let second = |at| Timestamp::from_unix_seconds(at).unwrap();
        for (took, seen) in [(0, 20), (1, 19), (1_000, 19), (1_001, 18), (30_000, -10)] {
            let seen_then = seen_at(second(20), Duration::from_millis(took));
            assert_eq!(seen_then, second(seen), "{took} ms");
        }
    }
}
