//! Bounds on who may send and how much.

use std::time::Duration;

use crate::client::{POST, delivery, event, signed};
use crate::world::{World, until};

#[tokio::test]
async fn an_address_that_sends_too_much_is_told_when_to_come_again() {
    let settings = [
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "1"),
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_BURST", "2"),
        ("COUNTERFOIL_INGEST_CLIENT_ADDRESS", "header:x-forwarded-for"),
    ];
    let world = World::start(&settings).await;
    world.until_ready().await;
    let mut client = world.connect().await;
    for (id, from, status) in [
        ("evt_1", "1.1.1.1", 200),
        ("evt_2", "9.9.9.9, 1.1.1.1", 200),
        ("evt_3", "1.1.1.1", 429),
        ("evt_4", "2.2.2.2", 200),
    ] {
        client.send(&signed(POST, &[&format!("x-forwarded-for: {from}")], &event(id))).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{id}");
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("1"));
    }
    world.clock.advance(Duration::from_secs(1));
    client.send(&signed(POST, &["x-forwarded-for: 1.1.1.1"], &event("evt_3"))).await;
    assert_eq!(client.answer().await.status, 200);
    drop(client);
    world.finish(4).await;
}

#[tokio::test]
async fn only_allowed_addresses_may_send() {
    let settings = [
        ("COUNTERFOIL_INGEST_ALLOWED_ADDRESSES", "3.18.12.63,10.0.0.0/8"),
        ("COUNTERFOIL_INGEST_CLIENT_ADDRESS", "header:x-forwarded-for"),
    ];
    let world = World::start(&settings).await;
    world.until_ready().await;
    for (id, from, status) in [
        ("evt_1", "x-forwarded-for: 3.18.12.63", 200),
        ("evt_2", "x-forwarded-for: 10.1.2.3", 200),
        ("evt_3", "x-forwarded-for: 3.18.12.63, 4.4.4.4", 403),
        ("evt_4", "x-nothing: 1", 403),
    ] {
        let mut client = world.connect().await;
        client.send(&signed(POST, &[from], &event(id))).await;
        assert_eq!(client.answer().await.status, status, "{id}");
    }
    let refused = "counterfoil_ingest_refused_total{cause=\"address_not_allowed\"}";
    assert_eq!(world.metric(refused), Some(2.0));
    world.finish(2).await;
}

#[tokio::test]
async fn beyond_the_allowed_connections_senders_are_turned_away_until_one_ends() {
    let world = World::start(&[("COUNTERFOIL_INGEST_CONNECTIONS_MAX", "2")]).await;
    world.until_ready().await;
    let mut first = world.connect().await;
    first.send(&delivery(&event("evt_1"))).await;
    assert_eq!(first.answer().await.status, 200);
    let mut second = world.connect().await;
    second.send(&delivery(&event("evt_2"))).await;
    assert_eq!(second.answer().await.status, 200);
    let mut third = world.connect().await;
    third.send(&delivery(&event("evt_3"))).await;
    let answer = third.answer().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(third.next().await.is_none());
    assert_eq!(world.metric("counterfoil_ingest_connections_refused_total"), Some(1.0));
    assert_eq!(world.metric("counterfoil_ingest_connections "), Some(2.0));
    drop(second);
    until("a place is free", async || world.metric("counterfoil_ingest_connections ") == Some(1.0))
        .await;
    world.good_event_is_served("evt_4").await;
    drop(first);
    world.finish(3).await;
}
