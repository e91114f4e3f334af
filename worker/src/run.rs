//! Starting and stopping the worker.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_bus::{
    BusOptions, ConsumeError, ConsumerHealth, ConsumerOptions, Line, consume, depths,
};
use counterfoil_domain::Lane;
use counterfoil_service::wait::pause;
use counterfoil_service::{Clock, Health, Shutdown};
use counterfoil_store::Store;
use counterfoil_stripe_client::StripeClient;
use futures_util::future::{join, try_join};
use futures_util::{FutureExt, pin_mut};

use crate::events::EventHandler;
use crate::metrics::WorkerMetrics;
use crate::refetch::Refetcher;

/// What a worker is made of.
pub struct WorkerOptions {
    /// The database, migrated.
    pub store: Store,
    /// The broker.
    pub bus: BusOptions,
    /// Stripe; `None` while no key is configured, and events that need it are parked.
    pub stripe: Option<StripeClient>,
    /// Most deliveries in one transaction.
    pub batch_max: usize,
    /// Deliveries the broker may hand out ahead, per batch in flight.
    pub prefetch: u16,
    /// Batches that are worked on at once, per lane.
    pub batches_in_flight: usize,
    /// Questions to Stripe that run at once, per batch.
    pub refetch_concurrency: usize,
    /// The clock.
    pub clock: Clock,
    /// Where the worker says how it is.
    pub health: Health,
    /// Where the numbers go.
    pub metrics: WorkerMetrics,
}

/// Why the worker ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A consumer met a fault of ours. Nothing it had in hand was acknowledged.
    #[error("the consumer of the {lane} lane stopped; what it had in hand is handed out again")]
    Consumer {
        /// The lane.
        lane: Lane,
        /// The fault.
        #[source]
        source: ConsumeError,
    },
}

/// How often queue depths and health are read.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Consumes both lanes until `shutdown` is requested, then finishes what is in hand.
pub async fn run(options: WorkerOptions, shutdown: Shutdown) -> Result<(), WorkerError> {
    let refetcher = Arc::new(Refetcher {
        store: options.store.clone(),
        client: options.stripe.clone(),
        concurrency: options.refetch_concurrency,
        clock: options.clock.clone(),
        metrics: options.metrics.clone(),
    });
    let access = consumer(&options, Lane::Access, &refetcher);
    let record = consumer(&options, Lane::Record, &refetcher);
    let healths =
        [(Lane::Access, access.0.health.clone()), (Lane::Record, record.0.health.clone())];
    let consuming = try_join(
        consume_lane(access, Lane::Access, &shutdown),
        consume_lane(record, Lane::Record, &shutdown),
    );
    let looking = join(look_at_health(&options, &healths), look_at_depths(&options));
    pin_mut!(consuming, looking);
    futures_util::select_biased! {
        ended = consuming.fuse() => ended.map(|_| ()),
        _ = looking.fuse() => Ok(()),
    }
}

type LaneConsumer = (ConsumerOptions, Arc<EventHandler>);

fn consumer(options: &WorkerOptions, lane: Lane, refetcher: &Arc<Refetcher>) -> LaneConsumer {
    let mut bus = options.bus.clone();
    bus.connection_name = format!("{} {lane}", bus.connection_name);
    let consumer = ConsumerOptions {
        bus,
        line: Line::Events(lane),
        prefetch: options.prefetch,
        batch_max: options.batch_max,
        batches_in_flight: options.batches_in_flight,
        health: ConsumerHealth::new(),
    };
    let handler = EventHandler {
        lane,
        store: options.store.clone(),
        refetcher: Arc::clone(refetcher),
        clock: options.clock.clone(),
        metrics: options.metrics.clone(),
        unknown_types: Mutex::new(BTreeSet::new()),
    };
    (consumer, Arc::new(handler))
}

async fn consume_lane(
    (options, handler): LaneConsumer,
    lane: Lane,
    shutdown: &Shutdown,
) -> Result<(), WorkerError> {
    let shutdown = shutdown.clone();
    let stop = async move { shutdown.requested().await };
    consume(options, handler, stop).await.map_err(|source| WorkerError::Consumer { lane, source })
}

async fn look_at_health(options: &WorkerOptions, healths: &[(Lane, ConsumerHealth)]) {
    let components: Vec<_> = healths
        .iter()
        .map(|(lane, health)| (options.health.component(&format!("consumer {lane}")), health))
        .collect();
    loop {
        for (component, health) in &components {
            match health.problem() {
                None => component.working(),
                Some(problem) => component.waiting(problem),
            }
        }
        pause(Duration::from_millis(250)).await;
    }
}

async fn look_at_depths(options: &WorkerOptions) {
    loop {
        // A broker that is away shows in the health of the consumers.
        if let Ok(depths) = depths(&options.bus).await {
            options.metrics.depths(&depths);
        }
        pause(LOOK_EVERY).await;
    }
}
