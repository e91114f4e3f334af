//! A prefix of its own per test on the broker that the environment names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use counterfoil_bus::{
    AmqpUrl, BusOptions, Headers, Line, Message, Publisher, Role, Topology, delete_topology,
};
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

/// How long a test waits for what must happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

static WORLDS: AtomicU32 = AtomicU32::new(0);

/// One test's part of the broker.
pub(crate) struct World {
    pub(crate) options: BusOptions,
    finished: bool,
}

/// The broker that the environment names.
#[expect(clippy::disallowed_methods, reason = "tests have no other settings than this one")]
pub(crate) fn url() -> String {
    std::env::var("AMQP_URL")
        .expect("AMQP_URL names no broker: run these tests with `make test`, which starts one")
}

impl World {
    pub(crate) fn new() -> Self {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("test-bus-{}-{number}", std::process::id());
        let mut options = BusOptions::new(AmqpUrl::new(url().into()).unwrap());
        options.topology = Topology::new(&prefix).unwrap();
        options.connection_name = prefix;
        // Most tests count messages; those of packs switch them on.
        options.pack_max = 1;
        Self { options, finished: false }
    }

    /// The same with a topology that the test shapes.
    pub(crate) fn shaped(shape: impl FnOnce(Topology) -> Topology) -> Self {
        let mut world = Self::new();
        world.options.topology = shape(world.options.topology.clone());
        world
    }

    /// The same options with the broker behind another port.
    pub(crate) fn through(&self, port: u16) -> BusOptions {
        let mut uri: lapin::uri::AMQPUri = url().parse().unwrap();
        uri.authority.host = "127.0.0.1".to_owned();
        uri.authority.port = port;
        BusOptions { url: AmqpUrl::new(uri.to_string().into()).unwrap(), ..self.options.clone() }
    }

    /// A publisher that is connected.
    pub(crate) async fn publisher(&self) -> Publisher {
        let publisher = Publisher::connect(self.options.clone()).await;
        tokio::time::timeout(DEADLINE, publisher.connected()).await.expect("the broker is there");
        publisher
    }

    /// Messages that wait in a queue.
    pub(crate) async fn depth(&self, line: Line, role: Role) -> u32 {
        let topology = &self.options.topology;
        let queue = match role {
            Role::Main => topology.queue(line),
            Role::Retry(rung) => topology.retry_queue(line, rung),
            Role::Parked => topology.parking_queue(line),
        };
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let channel = self.raw().await.create_channel().await.unwrap();
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
        declared.unwrap().message_count()
    }

    pub(crate) async fn until_depth(&self, line: Line, role: Role, expected: u32) {
        until(&format!("{line:?} {role:?} holds {expected}"), async || {
            self.depth(line, role).await == expected
        })
        .await;
    }

    /// A connection past the bus.
    pub(crate) async fn raw(&self) -> Connection {
        Connection::connect(&url(), ConnectionProperties::default()).await.unwrap()
    }

    pub(crate) async fn delete_queue(&self, name: &str) {
        let channel = self.raw().await.create_channel().await.unwrap();
        channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn purge_queue(&self, name: &str) {
        let channel = self.raw().await.create_channel().await.unwrap();
        channel.queue_purge(name.into(), QueuePurgeOptions::default()).await.unwrap();
    }

    /// Deletes what the test made.
    pub(crate) async fn finish(mut self) {
        delete_topology(&self.options).await.unwrap();
        self.finished = true;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "end the test with world.finish()");
    }
}

/// Waits for a condition, bounded.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let mut again = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !condition().await {
            again.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn message(id: &str) -> Message {
    let mut headers = Headers::new();
    headers.set_text("color", "green");
    Message {
        id: id.to_owned(),
        kind: "test".to_owned(),
        headers,
        body: Bytes::from(format!("body of {id}\u{0}\u{ff}")),
    }
}
