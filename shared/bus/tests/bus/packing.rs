//! Messages that travel together are handled, retried and parked each by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use counterfoil_bus::{
    BatchHandler, ConsumerOptions, Delivery, Line, Outage, Receipt, Role, Settlement, consume,
};
use counterfoil_domain::Lane;
use counterfoil_domain::retry::Rung;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::world::{DEADLINE, World, message, until};

const LINE: Line = Line::Events(Lane::Access);
const COUNT: usize = 200;

/// A world that packs, with messages `m0`, `m1` … that were published at the same moment.
async fn packed(mut world: World) -> World {
    world.options.pack_max = 16;
    let publisher = world.publisher().await;
    let messages: Vec<_> = (0..COUNT).map(|at| message(&format!("m{at}"))).collect();
    let receipts = join_all(messages.into_iter().map(|it| publisher.publish(LINE, it))).await;
    assert!(receipts.iter().all(|it| *it == Receipt::Confirmed));
    publisher.close().await;
    let travelled = usize::try_from(world.depth(LINE, Role::Main).await).unwrap();
    assert!(travelled <= COUNT / 10, "{travelled} messages are no packs of {COUNT}");
    world
}

type Answer = dyn Fn(&Delivery) -> Settlement + Send + Sync;

struct Noting {
    seen: Mutex<Vec<Delivery>>,
    answer: Box<Answer>,
}

impl BatchHandler for Noting {
    async fn handle(&self, batch: &[Delivery]) -> Result<Vec<Settlement>, Outage> {
        self.seen.lock().unwrap().extend_from_slice(batch);
        Ok(batch.iter().map(&self.answer).collect())
    }
}

impl Noting {
    fn new(answer: impl Fn(&Delivery) -> Settlement + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::new(Vec::new()), answer: Box::new(answer) })
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for delivery in self.seen.lock().unwrap().iter() {
            *counts.entry(delivery.id.clone()).or_default() += 1;
        }
        counts
    }
}

/// Consumes until the condition holds, then ends orderly.
async fn consume_until(world: &World, handler: &Arc<Noting>, condition: impl Fn(&Noting) -> bool) {
    let (stop, stopped) = oneshot::channel::<()>();
    let options =
        ConsumerOptions { batch_max: 50, ..ConsumerOptions::new(world.options.clone(), LINE) };
    let task = tokio::spawn(consume(options, handler.clone(), async move {
        let _ = stopped.await;
    }));
    until("the condition holds", async || condition(handler)).await;
    stop.send(()).unwrap();
    tokio::time::timeout(DEADLINE, task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn messages_of_one_moment_travel_together_and_are_seen_each_once() {
    let world = packed(World::new()).await;
    let handler = Noting::new(|_| Settlement::Done);
    consume_until(&world, &handler, |it| it.counts().len() == COUNT).await;
    assert!(handler.counts().values().all(|times| *times == 1));
    for delivery in handler.seen.lock().unwrap().iter() {
        let expected = message(&delivery.id);
        assert_eq!((&delivery.kind, &delivery.body), (&expected.kind, &expected.body));
        assert_eq!(delivery.headers.text("color"), Some("green"));
        assert!(!delivery.redelivered && delivery.tries == 0);
    }
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn one_of_a_pack_is_retried_and_one_parked_alone() {
    let short = std::time::Duration::from_millis(100);
    let world = packed(World::shaped(|it| it.with_waits([short; Rung::ALL.len()]))).await;
    let handler = Noting::new(|delivery| match (delivery.id.as_str(), delivery.tries) {
        ("m50", 0) => Settlement::RetryAfter(Rung::Seconds5),
        ("m60", _) => Settlement::Park("it is m60".to_owned()),
        _ => Settlement::Done,
    });
    consume_until(&world, &handler, |it| it.counts().get("m50") == Some(&2)).await;
    let counts = handler.counts();
    assert_eq!(counts.len(), COUNT);
    assert!(counts.iter().all(|(id, times)| *times == if id == "m50" { 2 } else { 1 }));
    assert_eq!(world.depth(LINE, Role::Parked).await, 1);
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    world.finish().await;
}

/// What takes its consumer down must not take those it travelled with along, time after time.
#[tokio::test]
async fn a_pack_that_was_handed_out_before_is_scattered() {
    let world = packed(World::new()).await;
    let taken = world.depth(LINE, Role::Main).await;
    let connection = world.raw().await;
    let channel = connection.create_channel().await.unwrap();
    for _ in 0..taken {
        let queue = world.options.topology.queue(LINE);
        let got = channel.basic_get(queue.into(), lapin::options::BasicGetOptions::default()).await;
        assert!(got.unwrap().is_some());
    }
    connection.close(0, "as if it had crashed".into()).await.unwrap();
    world.until_depth(LINE, Role::Main, taken).await;
    let handler = Noting::new(|_| Settlement::Done);
    consume_until(&world, &handler, |it| it.counts().len() == COUNT).await;
    assert!(handler.counts().values().all(|times| *times == 1));
    assert!(handler.seen.lock().unwrap().iter().all(|it| it.redelivered));
    assert_eq!(world.depth(LINE, Role::Main).await, 0);
    world.finish().await;
}
