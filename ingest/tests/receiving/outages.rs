//! The broker is away or silent, and the service ends.

use std::time::Duration;

use counterfoil_service::shutdown::Drain;
use tokio::net::TcpStream;

use crate::client::{delivery, event};
use crate::proxy::{Proxy, Way};
use crate::world::{World, until};

#[tokio::test]
async fn without_the_broker_senders_come_again_until_it_is_back() {
    let proxy = Proxy::start(Way::Open).await;
    let world = World::shaped(&[], "", |options| proxy.redirect(options)).await;
    world.until_ready().await;
    let mut client = world.connect().await;
    client.send(&delivery(&event("evt_1"))).await;
    assert_eq!(client.answer().await.status, 200);

    proxy.set(Way::Cut);
    until("the receiver is not ready", async || !world.health.unready().is_empty()).await;
    assert!(world.health.failed().is_empty(), "a restart would mend nothing");
    for _ in 0..20 {
        client.send(&delivery(&event("evt_2"))).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    }
    let refused = "counterfoil_ingest_refused_total{cause=\"bus_not_connected\"}";
    assert_eq!(world.metric(refused), Some(20.0));

    proxy.set(Way::Open);
    world.until_ready().await;
    client.send(&delivery(&event("evt_2"))).await;
    assert_eq!(client.answer().await.status, 200);
    drop(client);
    world.finish(2).await;
}

#[tokio::test]
async fn without_a_confirm_in_time_the_sender_comes_again() {
    let proxy = Proxy::start(Way::Open).await;
    let world = World::shaped(&[], "", |options| {
        proxy.redirect(options);
        options.confirm_timeout = Duration::from_millis(200);
    })
    .await;
    world.until_ready().await;
    proxy.set(Way::HeldUp);
    let mut client = world.connect().await;
    client.send(&delivery(&event("evt_1"))).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    let cause = "counterfoil_ingest_refused_total{cause=\"bus_no_confirm_in_time\"}";
    assert_eq!(world.metric(cause), Some(1.0));
    proxy.set(Way::Open);
    until("the event is taken", async || {
        client.send(&delivery(&event("evt_1"))).await;
        client.answer().await.status == 200
    })
    .await;
    drop(client);
    // The first try arrived too: its confirm was held up, not the event.
    let events = world.arrived(2).await;
    assert!(events.iter().all(|(_, event)| event.id == "evt_1"));
    world.finish(events.len()).await;
}

#[tokio::test]
async fn the_end_waits_for_requests_in_flight_and_takes_no_new_ones() {
    let proxy = Proxy::start(Way::Open).await;
    let world = World::shaped(&[], "", |options| proxy.redirect(options)).await;
    world.until_ready().await;
    let mut idle = world.connect().await;
    idle.send(&delivery(&event("evt_1"))).await;
    assert_eq!(idle.answer().await.status, 200);

    proxy.set(Way::HeldUp);
    let mut waiting = world.connect().await;
    waiting.send(&delivery(&event("evt_2"))).await;
    world.arrived(2).await;
    world.shutdown.request();
    assert!(idle.next().await.is_none(), "an idle connection is closed");
    until("nobody is let in", async || TcpStream::connect(world.address).await.is_err()).await;
    proxy.set(Way::Open);
    assert_eq!(waiting.answer().await.status, 200);
    assert!(waiting.next().await.is_none());
    world.finish(2).await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let proxy = Proxy::start(Way::Open).await;
    let settings = [("COUNTERFOIL_INGEST_DRAIN_TIMEOUT", "100ms")];
    let world = World::shaped(&settings, "", |options| proxy.redirect(options)).await;
    world.until_ready().await;
    proxy.set(Way::HeldUp);
    let mut waiting = world.connect().await;
    waiting.send(&delivery(&event("evt_1"))).await;
    world.arrived(1).await;
    assert_eq!(world.end(1).await, Drain::CutOff);
    assert!(waiting.next().await.is_none(), "it never heard 200");
}
