//! A batch of events: interpret, absorb, settle. Nothing here waits for Stripe.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use counterfoil_bus::{BatchHandler, Delivery, EventMessage, Line, Outage, Settlement};
use counterfoil_domain::Lane;
use counterfoil_domain::mirror::Table;
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::retry::{Rung, gives_up};
use counterfoil_projection::{coverage, witness_of};
use counterfoil_service::Clock;
use counterfoil_store::{Absorbing, Meaning, Received, Settled, Store, StoreError};

use crate::interpret::{Choices, interpret};
use crate::metrics::WorkerMetrics;

/// Handles the events of one lane.
pub(crate) struct EventHandler {
    pub(crate) lane: Lane,
    pub(crate) store: Store,
    /// All tables of the mirror.
    pub(crate) tables: Vec<&'static Table>,
    pub(crate) choices: Arc<Choices>,
    /// Whether Stripe can be asked.
    pub(crate) may_ask: bool,
    pub(crate) clock: Clock,
    pub(crate) metrics: WorkerMetrics,
    pub(crate) unknown_types: Mutex<BTreeSet<String>>,
}

/// So many types that are not listed become labels of their own; the rest is counted together.
const UNKNOWN_TYPES_MAX: usize = 100;

impl BatchHandler for EventHandler {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        let mut settlements: BTreeMap<usize, Settlement> = BTreeMap::new();
        let mut places = Vec::with_capacity(batch.len());
        let mut events = Vec::with_capacity(batch.len());
        for (place, delivery) in batch.iter().enumerate() {
            match EventMessage::from_delivery(delivery) {
                Ok(message) => {
                    places.push(place);
                    events.push(interpret(
                        message,
                        delivery.tries > 0 || delivery.redelivered,
                        &self.choices,
                    ));
                }
                Err(error) => {
                    settlements.insert(place, Settlement::Park(error.to_string()));
                }
            }
        }
        let tries: Vec<u32> = places.iter().map(|place| batch[*place].tries).collect();
        let settled = self.absorb(&events, &tries).await?;
        for (place, settlement) in places.into_iter().zip(settled) {
            settlements.insert(place, settlement);
        }
        Ok(settlements.into_values().collect())
    }
}

impl EventHandler {
    /// Absorbs events together, or, where one of them may be what fails, each alone.
    async fn absorb(&self, events: &[Received], tries: &[u32]) -> Result<Vec<Settlement>, Outage> {
        match self.absorb_together(events).await {
            Ok(settled) => Ok(settled),
            Err(Failure::Outage(outage)) => Err(outage),
            Err(Failure::Later) => Ok(tries.iter().map(|tries| later(*tries)).collect()),
            Err(Failure::Refused(_) | Failure::Unforeseen) => {
                let mut settled = Vec::with_capacity(events.len());
                for (event, tries) in events.iter().zip(tries) {
                    settled.push(self.absorb_alone(event, *tries).await?);
                }
                Ok(settled)
            }
        }
    }

    async fn absorb_alone(&self, event: &Received, tries: u32) -> Result<Settlement, Outage> {
        let failure = match self.absorb_together(std::slice::from_ref(event)).await {
            Ok(settled) => return Ok(settled.into_iter().next().unwrap_or(Settlement::Done)),
            Err(failure) => failure,
        };
        match failure {
            Failure::Outage(outage) => Err(outage),
            Failure::Later | Failure::Unforeseen => Ok(later(tries)),
            Failure::Refused(reason) => {
                // Without its values it is only a name and its bytes, and those can be kept.
                let bare = Received {
                    meaning: Meaning::Park(reason.clone()),
                    object_id: None,
                    customer: None,
                    ..event.clone()
                };
                match self.absorb_together(&[bare]).await {
                    Ok(_) => Ok(Settlement::Done),
                    Err(Failure::Outage(outage)) => Err(outage),
                    Err(Failure::Later | Failure::Unforeseen) => Ok(later(tries)),
                    Err(Failure::Refused(_)) => Ok(Settlement::Park(reason)),
                }
            }
        }
    }

    async fn absorb_together(&self, events: &[Received]) -> Result<Vec<Settlement>, Failure> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let begun = self.clock.monotonic();
        let with = Absorbing {
            witness: &witness_of,
            tables: &self.tables,
            may_ask: self.may_ask,
            now: self.clock.now(),
        };
        let settled = self.store.absorb(events, &with).await?;
        let took = self.clock.monotonic().saturating_sub(begun);
        self.metrics.transaction(took);
        for (event, settled) in events.iter().zip(&settled) {
            self.report(event, settled);
        }
        // What is open goes to the line that asks, so that the lane does not wait for Stripe.
        let settlement = |it: Settled| {
            if it.outcome.is_settled() {
                Settlement::Done
            } else {
                Settlement::Onward(Line::Refetches)
            }
        };
        Ok(settled.into_iter().map(settlement).collect())
    }

    /// The one line and the numbers of one outcome.
    fn report(&self, event: &Received, settled: &Settled) {
        self.metrics.settled(self.lane.as_str(), settled.outcome, settled.repeat);
        let lag = self.clock.now().since(event.received_at);
        let duration_ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
        let id = event.key.id.as_str();
        let (outcome, reason) = (settled.outcome.as_str(), settled.reason.as_deref());
        if settled.repeat {
            tracing::debug!(stripe.event.id = id, outcome, "repeated");
            return;
        }
        self.metrics.lag(lag);
        if !coverage::is_known(&event.event_type) {
            self.metrics.unknown_type(&self.label_of(&event.event_type));
        }
        let (kind, customer) = (event.event_type.as_str(), event.customer.as_deref());
        match settled.outcome {
            Outcome::Parked => tracing::warn!(
                stripe.event.id = id,
                stripe.event.r#type = kind,
                customer.id = customer,
                reason,
                duration_ms,
                "parked"
            ),
            Outcome::Applied
            | Outcome::Superseded
            | Outcome::Duplicate
            | Outcome::Ignored
            | Outcome::Refetching => tracing::info!(
                stripe.event.id = id,
                stripe.event.r#type = kind,
                customer.id = customer,
                reason,
                duration_ms,
                "{outcome}"
            ),
        }
    }

    fn label_of(&self, event_type: &str) -> String {
        let mut known = self.unknown_types.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(event_type)
            || (known.len() < UNKNOWN_TYPES_MAX && known.insert(event_type.to_owned()))
        {
            event_type.to_owned()
        } else {
            "other".to_owned()
        }
    }
}

/// Why a batch was not absorbed, by what is to be done.
pub(crate) enum Failure {
    /// The other side is away: pause with the batch in hand.
    Outage(Outage),
    /// Something was in the way: try again through the queue.
    Later,
    /// Nobody knows why. One event may be the cause, so the others try without it.
    Unforeseen,
    /// One of the values is refused for good, for this reason.
    Refused(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_)
            | StoreError::Schema(_)
            | StoreError::NoRandomness
            | StoreError::TakenOver => Self::Outage(Outage { cause: error.to_string() }),
            StoreError::Conflict => Self::Later,
            StoreError::Refused { .. } => Self::Refused(error.to_string()),
            StoreError::Unforeseen(ref source) => {
                tracing::error!(error = %error, source = %source, "events are tried again later");
                Self::Unforeseen
            }
        }
    }
}

/// The next try after a failure that is nobody's outage.
fn later(tries: u32) -> Settlement {
    let tries = tries.saturating_add(1);
    if gives_up(tries) {
        Settlement::Park("it failed too often; the log says why".to_owned())
    } else {
        Settlement::RetryAfter(Rung::after(tries))
    }
}
