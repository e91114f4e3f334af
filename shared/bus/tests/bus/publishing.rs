//! What a receipt says is true.

use std::time::Duration;

use counterfoil_bus::{Bound, Line, Publisher, Receipt, Role, UnknownCause};
use counterfoil_domain::Lane;
use futures_util::future::join_all;

use crate::proxy::{Proxy, Way};
use crate::world::{DEADLINE, World, message, until};

const ACCESS: Line = Line::Events(Lane::Access);
const RECORD: Line = Line::Events(Lane::Record);

#[tokio::test]
async fn confirmed_messages_are_in_their_queues() {
    let world = World::new();
    let publisher = world.publisher().await;
    assert!(publisher.is_connected());
    for line in Line::ALL {
        assert_eq!(publisher.publish(line, message("a")).await, Receipt::Confirmed);
        assert_eq!(world.depth(line, Role::Main).await, 1);
    }
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_without_a_queue_is_returned() {
    let world = World::new();
    let publisher = world.publisher().await;
    world.delete_queue(&world.options.topology.queue(ACCESS)).await;
    assert_eq!(publisher.publish(ACCESS, message("a")).await, Receipt::Returned);
    assert_eq!(publisher.publish(RECORD, message("b")).await, Receipt::Confirmed);
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_that_nothing_takes_is_returned_even_without_the_queue_that_refuses() {
    let world = World::new();
    let publisher = world.publisher().await;
    world.delete_queue(&world.options.topology.queue(ACCESS)).await;
    world.delete_queue(&world.options.topology.unroutable()).await;
    assert_eq!(publisher.publish(ACCESS, message("a")).await, Receipt::Returned);
    // The channel is made again with its topology, so that the next one arrives.
    until("the queue is back", async || {
        publisher.publish(ACCESS, message("b")).await == Receipt::Confirmed
    })
    .await;
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let world = World::shaped(|it| it.with_bound(Bound::Messages(3)));
    let publisher = world.publisher().await;
    let mut confirmed = 0;
    until("the queue refuses", async || match publisher.publish(ACCESS, message("a")).await {
        Receipt::Confirmed => {
            confirmed += 1;
            false
        }
        Receipt::Nacked => true,
        other @ (Receipt::Returned | Receipt::Unknown(_)) => panic!("{other:?}"),
    })
    .await;
    assert_eq!(world.depth(ACCESS, Role::Main).await, confirmed);
    world.purge_queue(&world.options.topology.queue(ACCESS)).await;
    until("there is room again", async || {
        publisher.publish(ACCESS, message("b")).await == Receipt::Confirmed
    })
    .await;
    publisher.close().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_each_get_their_own_receipt() {
    let world = World::new();
    let publisher = world.publisher().await;
    world.delete_queue(&world.options.topology.queue(RECORD)).await;
    let tasks = (0..4_000_u32).map(|number| {
        let publisher = publisher.clone();
        let line = if number % 3 == 0 { RECORD } else { ACCESS };
        tokio::spawn(async move {
            (line, publisher.publish(line, message(&format!("m{number}"))).await)
        })
    });
    let mut stored = 0;
    for told in join_all(tasks).await {
        let (line, receipt) = told.unwrap();
        // Receipts that were mixed up would confirm what is stored nowhere.
        let expected = if line == ACCESS { Receipt::Confirmed } else { Receipt::Returned };
        stored += u32::from(line == ACCESS);
        // Before the first look at the queue is over, a refusal is only known to be one.
        let early = line == RECORD && receipt == Receipt::Nacked;
        assert!(receipt == expected || early, "{line:?} {receipt:?}");
    }
    assert_eq!(world.depth(ACCESS, Role::Main).await, stored);
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn without_a_broker_a_publish_fails_at_once_and_works_once_it_is_there() {
    let world = World::new();
    let proxy = Proxy::start(Way::Cut).await;
    let publisher = Publisher::connect(world.through(proxy.port)).await;
    let nothing = Receipt::Unknown(UnknownCause::NotConnected);
    assert_eq!(publisher.publish(ACCESS, message("a")).await, nothing);
    assert!(!publisher.is_connected());
    proxy.set(Way::Open);
    tokio::time::timeout(DEADLINE, publisher.connected()).await.unwrap();
    assert_eq!(publisher.publish(ACCESS, message("b")).await, Receipt::Confirmed);
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_receipts_unknown_and_comes_back() {
    let world = World::new();
    let proxy = Proxy::start(Way::Open).await;
    let publisher = Publisher::connect(world.through(proxy.port)).await;
    tokio::time::timeout(DEADLINE, publisher.connected()).await.unwrap();
    for _ in 0..3 {
        proxy.set(Way::Deaf);
        let waiting = tokio::spawn({
            let publisher = publisher.clone();
            async move { join_all((0..10).map(|_| publisher.publish(ACCESS, message("a")))).await }
        });
        let before = world.depth(RECORD, Role::Main).await;
        assert_eq!(before, 0);
        proxy.set(Way::Cut);
        let receipts = waiting.await.unwrap();
        let lost = |it: &Receipt| {
            let Receipt::Unknown(cause) = it else { return false };
            matches!(cause, UnknownCause::ConnectionLost | UnknownCause::NotConnected)
        };
        assert!(receipts.iter().all(lost), "{receipts:?}");
        until("it is seen", async || !publisher.is_connected()).await;
        proxy.set(Way::Open);
        until("it is back", async || {
            publisher.publish(ACCESS, message("b")).await == Receipt::Confirmed
        })
        .await;
    }
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn a_broker_that_does_not_confirm_is_waited_for_only_so_long_and_so_many() {
    let mut world = World::new();
    world.options.confirm_timeout = Duration::from_millis(200);
    world.options.outstanding_max = 5;
    let proxy = Proxy::start(Way::Open).await;
    let publisher = Publisher::connect(world.through(proxy.port)).await;
    tokio::time::timeout(DEADLINE, publisher.connected()).await.unwrap();
    proxy.set(Way::Deaf);
    let receipts = join_all((0..8).map(|_| publisher.publish(ACCESS, message("a")))).await;
    let count = |cause| receipts.iter().filter(|it| **it == Receipt::Unknown(cause)).count();
    assert_eq!(count(UnknownCause::NoConfirmInTime), 5);
    assert_eq!(count(UnknownCause::TooManyOutstanding), 3);
    // What nobody waits for any more still holds its place, until its confirm comes.
    let full = Receipt::Unknown(UnknownCause::TooManyOutstanding);
    assert_eq!(publisher.publish(ACCESS, message("b")).await, full);
    proxy.set(Way::Open);
    until("the places are free", async || {
        publisher.publish(ACCESS, message("c")).await == Receipt::Confirmed
    })
    .await;
    publisher.close().await;
    world.finish().await;
}

#[tokio::test]
async fn closing_waits_for_outstanding_confirms() {
    let world = World::new();
    let publisher = world.publisher().await;
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let publisher = publisher.clone();
            tokio::spawn(async move { publisher.publish(ACCESS, message("a")).await })
        })
        .collect();
    let after = publisher.clone();
    tokio::task::yield_now().await;
    publisher.close().await;
    let mut stored = 0;
    for receipt in join_all(waiting).await {
        match receipt.unwrap() {
            Receipt::Confirmed => stored += 1,
            Receipt::Unknown(UnknownCause::NotConnected) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.depth(ACCESS, Role::Main).await, stored);
    let closed = Receipt::Unknown(UnknownCause::NotConnected);
    assert_eq!(after.publish(ACCESS, message("b")).await, closed);
    world.finish().await;
}
