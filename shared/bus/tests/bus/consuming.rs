//! What is acknowledged, what comes again, and what is set aside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_bus::{
    BatchHandler, ConsumeError, ConsumerHealth, ConsumerOptions, DELIVERIES_MAX, Delivery, Line,
    Outage, PARKED_BECAUSE, Receipt, Role, Settlement, consume,
};
use counterfoil_domain::Lane;
use counterfoil_domain::retry::Rung;
use lapin::options::{BasicGetOptions, BasicNackOptions};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::proxy::{Proxy, Way};
use crate::world::{World, message, until};

const LINE: Line = Line::Events(Lane::Access);

type Answer = dyn Fn(&[Delivery]) -> Result<Vec<Settlement>, Outage> + Send + Sync;

/// A handler that answers as the test says, notes what it saw, and can be held.
struct Script {
    answer: Box<Answer>,
    seen: Mutex<Vec<Vec<Delivery>>>,
    go: Semaphore,
}

impl Script {
    fn new(
        answer: impl Fn(&[Delivery]) -> Result<Vec<Settlement>, Outage> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (seen, go) = (Mutex::new(Vec::new()), Semaphore::new(Semaphore::MAX_PERMITS));
        Arc::new(Self { answer: Box::new(answer), seen, go })
    }

    fn each(answer: impl Fn(&Delivery) -> Settlement + Send + Sync + 'static) -> Arc<Self> {
        Self::new(move |batch| Ok(batch.iter().map(&answer).collect()))
    }

    fn held(answer: impl Fn(&Delivery) -> Settlement + Send + Sync + 'static) -> Arc<Self> {
        let it = Self::each(answer);
        it.go.forget_permits(Semaphore::MAX_PERMITS);
        it
    }

    fn batches(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn deliveries(&self) -> Vec<Delivery> {
        self.seen.lock().unwrap().iter().flatten().cloned().collect()
    }

    /// How often each id was seen.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for delivery in self.deliveries() {
            *counts.entry(delivery.id).or_default() += 1;
        }
        counts
    }
}

impl BatchHandler for Script {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        self.seen.lock().unwrap().push(batch.to_vec());
        self.go.acquire().await.unwrap().forget();
        (self.answer)(batch)
    }
}

struct Running {
    health: ConsumerHealth,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ConsumeError>>,
}

impl Running {
    fn start(options: ConsumerOptions, handler: &Arc<Script>) -> Self {
        let health = options.health.clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(consume(options, handler.clone(), async move {
            let _ = stopped.await;
        }));
        Self { health, stop, task }
    }

    async fn stop(self) -> Result<(), ConsumeError> {
        // A consumer that gave up does not listen any more.
        let _ = self.stop.send(());
        self.task.await.unwrap()
    }
}

fn options(world: &World) -> ConsumerOptions {
    ConsumerOptions::new(world.options.clone(), LINE)
}

/// A world with messages of these ids in its main queue.
async fn filled(world: World, ids: impl IntoIterator<Item = String>) -> World {
    let publisher = world.publisher().await;
    for id in ids {
        assert_eq!(publisher.publish(LINE, message(&id)).await, Receipt::Confirmed);
    }
    publisher.close().await;
    world
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("m{number:04}")).collect()
}

fn quick(world: World) -> World {
    let mut world = world;
    world.options.topology = world.options.topology.clone().with_waits([
        Duration::from_millis(200),
        Duration::from_millis(400),
        Duration::from_mins(1),
        Duration::from_mins(1),
    ]);
    world
}

#[tokio::test]
async fn what_is_done_is_gone_and_arrives_as_it_was_published() {
    let world = filled(World::new(), numbered(500)).await;
    let handler = Script::each(|_| Settlement::Done);
    let running = Running::start(options(&world), &handler);
    until("all are seen", async || handler.deliveries().len() >= 500).await;
    until("it is healthy", async || running.health.is_healthy()).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    let counts = handler.counts();
    assert_eq!(counts.len(), 500);
    assert!(counts.values().all(|it| *it == 1));
    assert!(handler.batches() < 500, "what waits is taken together");
    assert!(handler.seen.lock().unwrap().iter().all(|it| it.len() <= 200));
    for delivery in handler.deliveries() {
        let sent = message(&delivery.id);
        assert_eq!((&delivery.kind, &delivery.body), (&sent.kind, &sent.body));
        assert_eq!(delivery.headers, sent.headers);
        assert_eq!((delivery.tries, delivery.redelivered), (0, false));
    }
    world.finish().await;
}

#[tokio::test]
async fn a_retry_comes_back_after_its_time_with_its_tries_counted() {
    let world = filled(quick(World::new()), numbered(3)).await;
    let handler = Script::each(|it| match it.tries {
        0 => Settlement::RetryAfter(Rung::Seconds5),
        1 => Settlement::RetryAfter(Rung::Seconds30),
        _ => Settlement::Done,
    });
    let running = Running::start(options(&world), &handler);
    until("each was tried three times", async || handler.deliveries().len() >= 9).await;
    running.stop().await.unwrap();
    for id in numbered(3) {
        let mut deliveries = handler.deliveries();
        deliveries.retain(|it| it.id == id);
        assert_eq!(deliveries.iter().map(|it| it.tries).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(deliveries.iter().all(|it| it.body == message(&id).body && !it.redelivered));
    }
    for role in [Role::Main, Role::Retry(Rung::Seconds5), Role::Retry(Rung::Seconds30)] {
        assert_eq!(world.depth(LINE, role).await, 0, "{role:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_retry_waits_on_its_rung() {
    let world = filled(quick(World::new()), numbered(2)).await;
    let handler = Script::each(|_| Settlement::RetryAfter(Rung::Hour1));
    let running = Running::start(options(&world), &handler);
    world.until_depth(LINE, Role::Retry(Rung::Hour1), 2).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn what_is_parked_keeps_its_reason_and_the_rest_goes_on() {
    let world = filled(World::new(), numbered(4)).await;
    let handler = Script::each(|it| match it.id.as_str() {
        "m0001" => Settlement::Park("it cannot be read".to_owned()),
        _ => Settlement::Done,
    });
    let running = Running::start(options(&world), &handler);
    world.until_depth(LINE, Role::Parked, 1).await;
    until("all are seen", async || handler.deliveries().len() >= 4).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    let channel = world.raw().await.create_channel().await.unwrap();
    let parked = world.options.topology.parking_queue(LINE);
    let got = channel.basic_get(parked.into(), BasicGetOptions::default()).await.unwrap().unwrap();
    let headers = got.delivery.properties.headers().clone().unwrap();
    let reason = headers.inner()[PARKED_BECAUSE].as_long_string().unwrap().to_string();
    assert_eq!(reason, "it cannot be read");
    assert_eq!(got.delivery.data, message("m0001").body);
    drop(channel);
    world.finish().await;
}

#[tokio::test]
async fn an_outage_counts_nothing_and_the_same_batch_is_tried_again() {
    let world = filled(World::new(), numbered(20)).await;
    let away = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let handler = Script::new({
        let away = away.clone();
        move |batch| {
            if away.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(Outage { cause: "the database is away".to_owned() });
            }
            Ok(vec![Settlement::Done; batch.len()])
        }
    });
    let running =
        Running::start(ConsumerOptions { batches_in_flight: 1, ..options(&world) }, &handler);
    until("it was tried three times", async || handler.batches() >= 3).await;
    assert!(!running.health.is_healthy());
    assert!(running.health.problem().unwrap().contains("the database is away"));
    away.store(false, std::sync::atomic::Ordering::SeqCst);
    until("it is healthy", async || running.health.is_healthy()).await;
    until("all are seen", async || handler.counts().len() == 20).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    let seen = handler.seen.lock().unwrap().clone();
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    assert!(seen.iter().flatten().all(|it| it.tries == 0 && !it.redelivered));
    for role in [Role::Parked, Role::Retry(Rung::Seconds5)] {
        assert_eq!(world.depth(LINE, role).await, 0);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_stop_during_an_outage_gives_the_batch_back() {
    let world = filled(World::new(), numbered(20)).await;
    let handler = Script::new(|_| Err(Outage { cause: "the database is away".to_owned() }));
    let running = Running::start(options(&world), &handler);
    until("it was tried", async || handler.batches() >= 2).await;
    running.stop().await.unwrap();
    world.until_depth(LINE, Role::Main, 20).await;
    world.finish().await;
}

#[tokio::test]
async fn a_handler_that_miscounts_or_panics_stops_the_consumer_and_loses_nothing() {
    let check = async |handler: Arc<Script>, expected: ConsumeError| {
        let world = filled(World::new(), numbered(3)).await;
        let mut running =
            Running::start(ConsumerOptions { batch_max: 1, ..options(&world) }, &handler);
        let ended = tokio::time::timeout(crate::world::DEADLINE, &mut running.task).await;
        assert_eq!(ended.unwrap().unwrap(), Err(expected.clone()));
        assert!(!running.health.is_healthy());
        assert_eq!(running.health.problem(), Some(expected.to_string()));
        world.until_depth(LINE, Role::Main, 3).await;
        world.finish().await;
    };
    let silent = Script::new(|_| Ok(Vec::new()));
    check(silent, ConsumeError::WrongCount { expected: 1, got: 0 }).await;
    let broken = Script::new(|_| panic!("this handler is broken on purpose"));
    check(broken, ConsumeError::Panicked).await;
}

#[tokio::test]
async fn a_connection_cut_in_mid_batch_loses_nothing() {
    let world = filled(World::new(), numbered(50)).await;
    let proxy = Proxy::start(Way::Open).await;
    let bus = world.through(proxy.port);
    let handler = Script::held(|_| Settlement::Done);
    let running = Running::start(ConsumerOptions { bus, ..options(&world) }, &handler);
    until("batches are in hand", async || handler.batches() >= 1).await;
    proxy.set(Way::Cut);
    world.until_depth(LINE, Role::Main, 50).await;
    handler.go.add_permits(1_000);
    until("the consumer notices", async || !running.health.is_healthy()).await;
    proxy.set(Way::Open);
    until("all came again", async || {
        handler.deliveries().iter().filter(|it| it.redelivered).count() >= 50
    })
    .await;
    until("it is healthy", async || running.health.is_healthy()).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    assert_eq!(handler.counts().len(), 50);
    assert!(handler.deliveries().iter().all(|it| it.tries == 0));
    world.finish().await;
}

#[tokio::test]
async fn a_cut_while_retries_are_published_repeats_them_and_loses_nothing() {
    let world = filled(World::new(), numbered(10)).await;
    let proxy = Proxy::start(Way::Open).await;
    let bus = world.through(proxy.port);
    let handler = Script::held(|_| Settlement::Park("because".to_owned()));
    let running = Running::start(ConsumerOptions { bus, ..options(&world) }, &handler);
    until("batches are in hand", async || handler.batches() >= 1).await;
    proxy.set(Way::Deaf);
    handler.go.add_permits(1_000);
    until("they arrived unheard", async || world.depth(LINE, Role::Parked).await >= 1).await;
    proxy.set(Way::Cut);
    proxy.set(Way::Open);
    until("nothing is left to do", async || {
        running.health.is_healthy() && world.depth(LINE, Role::Main).await == 0
    })
    .await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    assert!(world.depth(LINE, Role::Parked).await >= 10);
    world.finish().await;
}

#[tokio::test]
async fn a_message_that_takes_its_consumer_down_each_time_is_parked() {
    let world = filled(World::new(), numbered(1)).await;
    let connection = world.raw().await;
    let channel = connection.create_channel().await.unwrap();
    let queue = world.options.topology.queue(LINE);
    let mut handed_out = 0;
    until("the broker gives up", async || {
        let got = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await;
        if let Some(got) = got.unwrap() {
            handed_out += 1;
            let requeue = BasicNackOptions { requeue: true, multiple: false };
            got.delivery.acker.nack(requeue).await.unwrap();
        }
        world.depth(LINE, Role::Parked).await == 1
    })
    .await;
    assert!((DELIVERIES_MAX..=DELIVERIES_MAX + 1).contains(&handed_out), "{handed_out}");
    world.finish().await;
}

#[tokio::test]
async fn batches_that_end_in_another_order_are_each_acknowledged() {
    let world = filled(World::new(), numbered(60)).await;
    let handler = Script::held(|it| match it.id.as_bytes().last() {
        Some(b'3') => Settlement::Park("a three".to_owned()),
        Some(b'7') => Settlement::RetryAfter(Rung::Hour1),
        _ => Settlement::Done,
    });
    let slots =
        ConsumerOptions { batches_in_flight: 3, batch_max: 7, prefetch: 10, ..options(&world) };
    let running = Running::start(slots, &handler);
    until("three batches are in hand", async || handler.batches() == 3).await;
    handler.go.add_permits(1_000);
    until("all are seen", async || handler.deliveries().len() >= 60).await;
    running.stop().await.unwrap();
    assert_eq!(handler.counts().len(), 60);
    assert!(handler.counts().values().all(|it| *it == 1));
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    assert_eq!(world.depth(LINE, Role::Parked).await, 6);
    assert_eq!(world.depth(LINE, Role::Retry(Rung::Hour1)).await, 6);
    world.finish().await;
}

#[tokio::test]
async fn a_stop_finishes_the_batches_in_hand_and_gives_the_rest_back() {
    let world = filled(World::new(), numbered(100)).await;
    let handler = Script::held(|_| Settlement::Done);
    let slots =
        ConsumerOptions { batches_in_flight: 2, batch_max: 10, prefetch: 20, ..options(&world) };
    let running = Running::start(slots, &handler);
    until("two batches are in hand", async || handler.batches() == 2).await;
    let stopping = tokio::spawn(running.stop());
    tokio::task::yield_now().await;
    handler.go.add_permits(2);
    stopping.await.unwrap().unwrap();
    let seen = handler.deliveries().len();
    assert!(handler.batches() == 2 && seen <= 20, "{} {seen}", handler.batches());
    let left = u32::try_from(100 - seen).unwrap();
    world.until_depth(LINE, Role::Main, left).await;
    world.finish().await;
}

#[tokio::test]
async fn a_consumer_that_starts_before_the_broker_works_once_it_is_there() {
    let world = filled(World::new(), numbered(5)).await;
    let proxy = Proxy::start(Way::Cut).await;
    let bus = world.through(proxy.port);
    let handler = Script::each(|_| Settlement::Done);
    let running = Running::start(ConsumerOptions { bus, ..options(&world) }, &handler);
    until("it says so", async || running.health.problem().is_some()).await;
    proxy.set(Way::Open);
    until("all are seen", async || handler.deliveries().len() >= 5).await;
    running.stop().await.unwrap();
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    world.finish().await;
}
