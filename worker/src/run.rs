//! Starting and stopping the worker.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_bus::{
    BatchHandler, BusOptions, ConsumeError, ConsumerHealth, ConsumerOptions, Line, consume, depths,
};
use counterfoil_domain::Lane;
use counterfoil_service::wait::pause;
use counterfoil_service::{Clock, Health, Shutdown};
use counterfoil_store::{Rate, Store};
use counterfoil_stripe_client::StripeClient;
use futures_util::future::{join, try_join3};
use futures_util::{FutureExt, pin_mut};

use crate::asking::AskingHandler;
use crate::events::EventHandler;
use crate::interpret::Choices;
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
    /// How fast Stripe may be called, by all processes together.
    pub rate: Rate,
    /// What the operator has chosen.
    pub choices: Choices,
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
    #[error("the consumer of {} stopped; what it had in hand is handed out again", line.as_str())]
    Consumer {
        /// What it consumed.
        line: Line,
        /// The fault.
        #[source]
        source: ConsumeError,
    },
}

/// How often queue depths and health are read.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Consumes both lanes and the line that asks until `shutdown` is requested, then finishes what is
/// in hand.
pub async fn run(options: WorkerOptions, shutdown: Shutdown) -> Result<(), WorkerError> {
    let choices = Arc::new(options.choices.clone());
    let tables: Vec<_> = counterfoil_projection::tables().collect();
    let events = |lane| {
        Arc::new(EventHandler {
            lane,
            store: options.store.clone(),
            tables: tables.clone(),
            choices: Arc::clone(&choices),
            may_ask: options.stripe.is_some(),
            clock: options.clock.clone(),
            metrics: options.metrics.clone(),
            unknown_types: Mutex::new(BTreeSet::new()),
        })
    };
    let asking = Arc::new(AskingHandler {
        refetcher: Refetcher {
            store: options.store.clone(),
            client: options.stripe.clone(),
            concurrency: options.refetch_concurrency,
            rate: options.rate,
            tables: tables.clone(),
            clock: options.clock.clone(),
            metrics: options.metrics.clone(),
        },
        choices: Arc::clone(&choices),
    });
    let lines = [Line::Events(Lane::Access), Line::Events(Lane::Record), Line::Refetches];
    let consumers = lines.map(|line| consumer(&options, line));
    let healths = lines.map(Line::as_str);
    let healths: Vec<_> =
        healths.into_iter().zip(consumers.iter().map(|it| it.health.clone())).collect();
    let [access, record, refetches] = consumers;
    let consuming = try_join3(
        consume_line(access, events(Lane::Access), &shutdown),
        consume_line(record, events(Lane::Record), &shutdown),
        consume_line(refetches, asking, &shutdown),
    );
    let looking = join(look_at_health(&options, &healths), look_at_depths(&options));
    pin_mut!(consuming, looking);
    futures_util::select_biased! {
        ended = consuming.fuse() => ended.map(|_| ()),
        _ = looking.fuse() => Ok(()),
    }
}

/// Messages of the line that asks that one slot holds at most: what waits in the hands of a slot
/// that waits for Stripe could be asked for by another.
const ASKED_AT_ONCE: u16 = 50;

fn consumer(options: &WorkerOptions, line: Line) -> ConsumerOptions {
    let (prefetch, batch_max) = match line {
        Line::Refetches => {
            (options.prefetch.min(ASKED_AT_ONCE), options.batch_max.min(usize::from(ASKED_AT_ONCE)))
        }
        Line::Events(_) | Line::Emissions | Line::Outbound => (options.prefetch, options.batch_max),
    };
    let mut bus = options.bus.clone();
    bus.connection_name = format!("{} {}", bus.connection_name, line.as_str());
    ConsumerOptions {
        bus,
        line,
        prefetch,
        batch_max,
        batches_in_flight: options.batches_in_flight,
        health: ConsumerHealth::new(),
    }
}

async fn consume_line<H: BatchHandler>(
    options: ConsumerOptions,
    handler: Arc<H>,
    shutdown: &Shutdown,
) -> Result<(), WorkerError> {
    let (line, shutdown) = (options.line, shutdown.clone());
    let stop = async move { shutdown.requested().await };
    consume(options, handler, stop).await.map_err(|source| WorkerError::Consumer { line, source })
}

async fn look_at_health(options: &WorkerOptions, healths: &[(&str, ConsumerHealth)]) {
    let components: Vec<_> = healths
        .iter()
        .map(|(line, health)| (options.health.component(&format!("consumer {line}")), health))
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
