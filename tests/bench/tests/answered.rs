//! What is answered 200 is in the queue: the load generator against the receiver, in one process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_bench::load::closed::{self, Counts};
use counterfoil_bench::load::{Target, open};
use counterfoil_bench::product::SECRET;
use counterfoil_bus::{
    BatchHandler, ConsumerOptions, Delivery, Line, Outage, Publisher, Settlement, consume,
};
use counterfoil_domain::Lane;
use counterfoil_ingest::{Ingest, Parts};
use counterfoil_service::config::{Config, Sources};
use counterfoil_service::{Clock, Health, Shutdown};
use counterfoil_support::{Queues, until};

const DEADLINE: Duration = Duration::from_secs(30);
const ACCESS: Line = Line::Events(Lane::Access);

/// The ids of all events that came out of the queue.
#[derive(Default)]
struct Seen(Mutex<BTreeSet<String>>);

impl BatchHandler for Seen {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        let mut seen = self.0.lock().unwrap();
        for delivery in batch {
            assert!(seen.insert(delivery.id.clone()), "{} came twice", delivery.id);
        }
        Ok(vec![Settlement::Done; batch.len()])
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_events_wait_as_were_answered_200() {
    let queues = Queues::choose().unwrap();
    let environment = [
        ("STRIPE_WEBHOOK_SECRET", SECRET),
        ("COUNTERFOIL_INGEST_LISTEN", "127.0.0.1:0"),
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "0"),
    ];
    let config = Config::load(&Sources::given(environment), &[]).unwrap();
    let publisher = Publisher::connect(queues.options.clone()).await;
    tokio::time::timeout(DEADLINE, publisher.connected()).await.unwrap();
    let (clock, shutdown) = (Clock::system(), Shutdown::new());
    let ingest = Ingest::bind(Parts {
        config: config.ingest,
        publisher: publisher.clone(),
        clock: clock.clone(),
        registry: prometheus::Registry::new(),
        health: Health::new(),
        shutdown: shutdown.clone(),
    })
    .unwrap();
    let target = Target::new(ingest.address(), SECRET, &clock);
    let stranger = Target::new(ingest.address(), "whsec_another", &clock);
    let running = tokio::spawn(ingest.run());

    let in_turn = tokio::task::spawn_blocking(move || {
        let closed = closed::send(&target, 8, 25).unwrap();
        let (warm_up, span) = (Duration::from_millis(100), Duration::from_millis(300));
        let schedule = open::Schedule { per_second: 500, connections: 4, warm_up, span };
        let open = open::run(&target, schedule).unwrap();
        (closed, open, closed::send(&stranger, 2, 5).unwrap())
    });
    let (closed, open, strange) = in_turn.await.unwrap();
    assert_eq!(closed, Counts { accepted: 200, refused: 0 });
    assert_eq!((open.accepted, open.refused), (200, 0));
    assert_eq!((open.latencies.len(), open.lateness.len()), (150, 150));
    assert_eq!(strange, Counts { accepted: 0, refused: 10 });

    // Events that waited together travel in one message, so they are counted as a consumer sees
    // them.
    let seen = Arc::new(Seen::default());
    let stop = Shutdown::new();
    let stopped = stop.clone();
    let options = ConsumerOptions::new(queues.options.clone(), ACCESS);
    let consuming = tokio::spawn(consume(options, Arc::clone(&seen), async move {
        stopped.requested().await;
    }));
    until("400 events are seen", DEADLINE, async || {
        let events = seen.0.lock().unwrap().len();
        anyhow::ensure!(events >= 400, "{events} are seen");
        Ok(Some(()))
    })
    .await
    .unwrap();
    stop.request();
    consuming.await.unwrap().unwrap();
    assert_eq!(seen.0.lock().unwrap().len(), 400, "each has an id of its own");
    let left: u32 = queues.depths().await.unwrap().iter().map(|it| it.messages).sum();
    assert_eq!(left, 0, "nothing went elsewhere");

    shutdown.request();
    running.await.unwrap();
    publisher.close().await;
    queues.remove().await.unwrap();
}
