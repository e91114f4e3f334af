//! Events whose object must be asked of Stripe: a line of its own, so that no lane ever waits for an
//! answer. The call is made outside any transaction, and its answer is absorbed as a sighting of its
//! own, later than all that waited for it.
//!
//! A crash between the steps leaves the event open in the inbox and its message unacknowledged, so
//! it is asked again. While Stripe is away or limits us the line pauses, for ever if need be: that
//! is never a reason to park. Events about one object share one question, within a batch, across
//! batches and across processes.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_bus::{BatchHandler, Delivery, EventMessage, Outage, Settlement};
use counterfoil_service::wait::pause;
use counterfoil_store::{ObjectRef, Received};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::events::Failure;
use crate::interpret::{Choices, interpret};
use crate::refetch::{Question, Refetcher, SECOND};

/// Handles the events that wait for an answer.
pub(crate) struct AskingHandler {
    pub(crate) refetcher: Refetcher,
    pub(crate) choices: Arc<Choices>,
}

impl BatchHandler for AskingHandler {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        let mut settlements: Vec<Settlement> = vec![Settlement::Done; batch.len()];
        let mut waiting: Vec<(usize, Received, u32)> = Vec::with_capacity(batch.len());
        for (place, delivery) in batch.iter().enumerate() {
            match EventMessage::from_delivery(delivery) {
                Ok(message) => {
                    let event = interpret(message, true, &self.choices);
                    waiting.push((place, event, delivery.tries));
                }
                Err(error) => settlements[place] = Settlement::Park(error.to_string()),
            }
        }
        let mut questions: BTreeMap<ObjectRef<'_>, Question<'_>> = BTreeMap::new();
        let mut unasked = Vec::new();
        for (place, event, tries) in &waiting {
            match event.meaning.object() {
                Some((kind, id)) => {
                    let object = ObjectRef { kind, id, scope: &event.key.scope };
                    questions
                        .entry(object)
                        .or_insert_with(|| Question::about(object))
                        .add(*place, event, *tries);
                }
                // It was open, and this version reads it otherwise.
                None => unasked.push(&event.key),
            }
        }
        // Once for all; what is from further ahead goes back to the queue.
        let wait = waiting.iter().map(|(_, event, _)| self.refetcher.unripe(event.created));
        pause(wait.filter(|it| *it <= SECOND).max().unwrap_or_default()).await;
        self.refetcher.park_unasked(&unasked).await.map_err(outage_of)?;
        let mut questions = questions.into_values();
        let mut running: FuturesUnordered<_> = questions
            .by_ref()
            .take(self.refetcher.concurrency.max(1))
            .map(|it| self.refetcher.settle(it))
            .collect();
        let mut paused = None;
        while let Some(answer) = running.next().await {
            match answer {
                Ok(answers) => {
                    for (place, settlement) in answers {
                        settlements[place] = settlement;
                    }
                }
                // The others are heard first, so that they are not asked again.
                Err(failure) => paused = Some(outage_of(failure)),
            }
            if paused.is_none()
                && let Some(question) = questions.next()
            {
                running.push(self.refetcher.settle(question));
            }
        }
        paused.map_or(Ok(settlements), Err)
    }
}

/// Nothing of an event is judged here, so whatever fails is waited for.
fn outage_of(failure: Failure) -> Outage {
    match failure {
        Failure::Outage(outage) => outage,
        Failure::Later => Outage { cause: "another transaction was in the way".to_owned() },
        Failure::Unforeseen => Outage { cause: "Postgres failed; the log says how".to_owned() },
        Failure::Refused(cause) => Outage { cause },
    }
}
