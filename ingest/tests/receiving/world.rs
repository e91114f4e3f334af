//! A receiver with a prefix of its own on the broker that the environment names.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_bus::{
    AmqpUrl, BatchHandler, BusOptions, ConsumerOptions, Delivery, EventMessage, Line, Outage,
    Publisher, Settlement, Topology, consume, declare, delete_topology,
};
use counterfoil_domain::{Lane, Timestamp};
use counterfoil_ingest::{Ingest, Parts};
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_service::shutdown::Drain;
use counterfoil_service::{Clock, Health, Shutdown};
use prometheus::{Registry, TextEncoder};
use tokio::task::JoinHandle;

use crate::client::Client;

/// How long a test waits for what must happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// What the receiver's clock shows.
pub(crate) const NOW: i64 = 1_700_000_000;
/// The secret of the endpoint `stripe`.
pub(crate) const SECRET: &str = "whsec_test";

static WORLDS: AtomicU32 = AtomicU32::new(0);

/// A receiver, and what arrives from it.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) health: Health,
    pub(crate) shutdown: Shutdown,
    pub(crate) clock: Clock,
    registry: Registry,
    running: JoinHandle<Drain>,
    bus: BusOptions,
    arrived: Arc<Arrived>,
    consuming: Vec<JoinHandle<()>>,
    stop: Shutdown,
    finished: bool,
}

/// The broker that the environment names.
#[expect(clippy::disallowed_methods, reason = "tests have no other settings than this one")]
pub(crate) fn broker() -> String {
    std::env::var("AMQP_URL")
        .expect("AMQP_URL names no broker: run these tests with `make test`, which starts one")
}

#[derive(Default)]
struct Arrived(Mutex<Vec<(Lane, EventMessage)>>);

struct Collector(Lane, Arc<Arrived>);

impl BatchHandler for Collector {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        let mut arrived = self.1.0.lock().unwrap();
        for delivery in batch {
            arrived.push((self.0, EventMessage::from_delivery(delivery).unwrap()));
        }
        Ok(vec![Settlement::Done; batch.len()])
    }
}

impl World {
    /// A receiver with these settings beside the usual ones.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        Self::shaped(settings, "", |_| {}).await
    }

    /// The same with a TOML file, and with the receiver's way to the broker shaped by the test.
    pub(crate) async fn shaped(
        settings: &[(&str, &str)],
        toml: &str,
        shape: impl FnOnce(&mut BusOptions),
    ) -> Self {
        let url = broker();
        let mut environment = vec![
            ("AMQP_URL", url.as_str()),
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("COUNTERFOIL_INGEST_LISTEN", "127.0.0.1:0"),
            ("COUNTERFOIL_CONFIG", "/settings.toml"),
        ];
        environment.retain(|(name, _)| settings.iter().all(|it| it.0 != *name));
        environment.extend(settings);
        let sources = Sources::given(environment).with_files([("/settings.toml", toml)]);
        let config = Config::load(&sources, &[Need::Bus]).unwrap();

        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("test-ingest-{}-{number}", std::process::id());
        let mut bus = BusOptions::new(AmqpUrl::new(config.bus().unwrap().url.clone()).unwrap());
        bus.topology = Topology::new(&prefix).unwrap();
        declare(&bus).await.unwrap();

        let stop = Shutdown::new();
        let arrived = Arc::new(Arrived::default());
        let consuming = Lane::ALL.map(|lane| {
            let options = ConsumerOptions {
                batches_in_flight: 1,
                ..ConsumerOptions::new(bus.clone(), Line::Events(lane))
            };
            let (stop, collector) = (stop.clone(), Collector(lane, Arc::clone(&arrived)));
            tokio::spawn(async move {
                consume(options, Arc::new(collector), stop.requested()).await.unwrap();
            })
        });

        let mut to_broker = bus.clone();
        shape(&mut to_broker);
        let (registry, health, shutdown) = (Registry::new(), Health::new(), Shutdown::new());
        let clock = Clock::fixed(Timestamp::from_unix_seconds(NOW).unwrap());
        let ingest = Ingest::bind(Parts {
            config: config.ingest,
            publisher: Publisher::connect(to_broker).await,
            clock: clock.clone(),
            registry: registry.clone(),
            health: health.clone(),
            shutdown: shutdown.clone(),
        })
        .unwrap();
        let address = ingest.address();
        let running = tokio::spawn(ingest.run());
        let consuming = consuming.into();
        let finished = false;
        Self {
            address,
            health,
            shutdown,
            clock,
            registry,
            running,
            bus,
            arrived,
            consuming,
            stop,
            finished,
        }
    }

    pub(crate) async fn until_ready(&self) {
        until("the receiver is ready", async || self.health.unready().is_empty()).await;
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Sends one good event on a connection of its own and sees it accepted.
    pub(crate) async fn good_event_is_served(&self, id: &str) {
        let mut client = self.connect().await;
        client.send(&crate::client::delivery(&crate::client::event(id))).await;
        assert_eq!(client.answer().await.status, 200, "the good event {id}");
    }

    /// The events that have arrived, once there are this many.
    pub(crate) async fn arrived(&self, count: usize) -> Vec<(Lane, EventMessage)> {
        until(&format!("{count} events have arrived"), async || {
            self.arrived.0.lock().unwrap().len() >= count
        })
        .await;
        self.arrived.0.lock().unwrap().clone()
    }

    /// The value of a metric, by the beginning of its line.
    pub(crate) fn metric(&self, start: &str) -> Option<f64> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let line = text.lines().find(|line| line.starts_with(start))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Ends the receiver and deletes what the test made. Fails unless exactly this many events
    /// arrived, and nothing was cut off.
    pub(crate) async fn finish(self, events: usize) {
        assert_eq!(self.end(events).await, Drain::Complete);
    }

    pub(crate) async fn end(mut self, events: usize) -> Drain {
        self.shutdown.request();
        let running = &mut self.running;
        let drained = tokio::time::timeout(DEADLINE, running).await.expect("it ends").unwrap();
        let ids: Vec<String> =
            self.arrived(events).await.into_iter().map(|(_, event)| event.id).collect();
        assert_eq!(ids.len(), events, "{ids:?}");
        self.stop.request();
        for task in std::mem::take(&mut self.consuming) {
            task.await.unwrap();
        }
        delete_topology(&self.bus).await.unwrap();
        self.finished = true;
        drained
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "end the test with world.finish()");
    }
}

/// Waits for a condition, bounded.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let mut again = tokio::time::interval(Duration::from_millis(10));
    let waiting = async {
        while !condition().await {
            again.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}
