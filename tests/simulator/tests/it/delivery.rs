//! What endpoints receive.

use crate::receiver::{Receiver, SECRET};
use crate::stage::DEADLINE;
use counterfoil_simulator::{
    ApiVersion, DeliveryState, Endpoint, Faults, Options, Play, Retries, Simulator,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn quick() -> Retries {
    Retries {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        timeout: Duration::from_millis(300),
        ..Retries::default()
    }
}

async fn simulator(faults: Faults) -> Simulator {
    let options = Options { faults, retries: quick(), ..Options::default() };
    Simulator::start(options).await.unwrap()
}

fn endpoint(receiver: &Receiver) -> Endpoint {
    Endpoint::new(&receiver.url(), SECRET).unwrap()
}

fn raw(simulator: &Simulator, count: usize) {
    for number in 0..count {
        simulator.emit_raw_event("thing.made", &json!({ "id": format!("thing_{number}") }));
    }
}

#[tokio::test]
async fn a_delivery_is_repeated_until_a_2xx_and_signed_anew() {
    for failure in [302, 400, 404, 500, 503, 0] {
        let sink = Receiver::start(move |n| if n < 2 { failure } else { 200 }).await;
        let simulator = simulator(Faults::default()).await;
        let _ = simulator.add_endpoint(endpoint(&sink));
        raw(&simulator, 1);
        assert!(simulator.settled(DEADLINE).await, "{failure}");
        let received = sink.received();
        assert_eq!(received.len(), 3, "{failure}");
        assert!(received.iter().all(|it| it.body == received[0].body));
        assert!(received.iter().all(|it| it.is_signed_with(SECRET)));
        let record = &simulator.deliveries()[0];
        assert_eq!((record.attempts, record.copies_sent), (3, 3));
        assert_eq!(record.state, DeliveryState::Acknowledged);
        assert!(record.first_sent_at_micros < record.acknowledged_at_micros);
        assert_eq!(simulator.counters().attempts_failed, 2);
        simulator.stop().await;
    }
}

#[tokio::test]
async fn a_delivery_looks_like_stripes() {
    let sink = Receiver::start(|_| 200).await;
    let simulator = simulator(Faults::default()).await;
    let id = simulator.add_endpoint(endpoint(&sink));
    assert!(simulator.set_secrets(id, vec![SECRET.to_owned(), "whsec_next".to_owned()]));
    raw(&simulator, 1);
    assert!(simulator.settled(DEADLINE).await);
    let received = &sink.received()[0];
    for (name, value) in [
        ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "*/*; q=0.5, application/xml"),
        ("cache-control", "no-cache"),
    ] {
        assert_eq!(received.headers[name], value, "{name}");
    }
    assert!(received.is_signed_with(SECRET) && received.is_signed_with("whsec_next"));
    assert!(!received.is_signed_with("whsec_other"));
    assert!(received.signature().contains(",v0="));
    let event = received.event();
    assert_eq!(event["object"], "event");
    assert_eq!(event["api_version"], "2026-09-30.endive");
    assert_eq!(event["data"], json!({ "object": { "id": "thing_0" } }));
    assert_eq!(event["pending_webhooks"], 1);
    assert!(event["request"]["id"].as_str().unwrap().starts_with("req_"));
}

#[tokio::test]
async fn every_endpoint_gets_its_types_in_its_version() {
    let (all, old) = (Receiver::start(|_| 200).await, Receiver::start(|_| 200).await);
    let simulator = simulator(Faults::default()).await;
    let _ = simulator.add_endpoint(endpoint(&all));
    let types = ["customer.subscription.created", "invoice.paid"];
    let version = ApiVersion::before_basil();
    let _ = simulator.add_endpoint(endpoint(&old).with_version(version).only(types));
    simulator.play(Play { customers: 5, months: 2, seed: 3 }, |_| ()).await.unwrap();
    assert!(simulator.settled(DEADLINE).await);
    let made = u64::try_from(all.received().len()).unwrap();
    assert_eq!(made, simulator.counters().events_made);
    let old: Vec<Value> = old.received().iter().map(super::receiver::Received::event).collect();
    let find =
        |kind: &str| old.iter().find(|it| it["type"] == kind).unwrap()["data"]["object"].clone();
    let (subscription, invoice) = (find("customer.subscription.created"), find("invoice.paid"));
    assert!(subscription["current_period_end"].is_i64());
    assert!(subscription["items"]["data"][0].get("current_period_end").is_none());
    assert!(invoice["subscription"].as_str().unwrap().starts_with("sub_"));
    assert_eq!(invoice["paid"], true);
    assert!(invoice.get("parent").is_none());
    assert!(invoice["lines"]["data"][0]["price"].is_object());
    assert!(old.iter().all(|it| types.contains(&it["type"].as_str().unwrap())));
    let newest = all.received();
    let newest = newest.iter().map(super::receiver::Received::event);
    let invoice = newest.into_iter().find(|it| it["type"] == "invoice.paid").unwrap();
    let invoice = &invoice["data"]["object"];
    assert!(invoice.get("subscription").is_none() && invoice.get("paid").is_none());
    assert!(invoice["parent"]["subscription_details"]["subscription"].is_string());
    assert!(invoice["lines"]["data"][0]["pricing"]["price_details"]["price"].is_string());
}

#[tokio::test]
async fn faults_repeat_shuffle_drop_and_rename_but_lose_nothing() {
    let sink = Receiver::start(|n| if n % 7 == 0 { 500 } else { 200 }).await;
    let simulator = simulator(Faults {
        duplicate_rate: 0.3,
        drop_first_rate: 0.2,
        reorder_window_millis: 100,
        second_id_rate: 0.1,
        ..Faults::default()
    })
    .await;
    let _ = simulator.add_endpoint(endpoint(&sink));
    raw(&simulator, 300);
    assert!(simulator.settled(DEADLINE).await);
    let counters = simulator.counters();
    let received = sink.received();
    let made: BTreeSet<String> =
        simulator.deliveries().iter().map(|record| record.event_id.clone()).collect();
    let ids: Vec<String> = received.iter().map(super::receiver::Received::id).collect();
    assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), made);
    assert!(made.len() > 310, "some changes have two events: {}", made.len());
    assert_eq!(counters.events_made, u64::try_from(made.len()).unwrap());
    assert_eq!(counters.acknowledged, counters.events_made);
    assert_eq!(counters.sent, u64::try_from(received.len()).unwrap());
    assert!(counters.duplicates_sent > 50, "{counters:?}");
    assert!(counters.attempts_failed > 50, "{counters:?}");
    let sent: Vec<&str> = ids.iter().map(String::as_str).collect();
    let order: Vec<String> =
        simulator.deliveries().iter().map(|record| record.event_id.clone()).collect();
    assert_ne!(sent.iter().take(50).collect::<Vec<_>>(), order.iter().take(50).collect::<Vec<_>>());
    assert!(!simulator.set_faults(Faults { duplicate_rate: 1.5, ..Faults::default() }));
}

#[tokio::test]
async fn an_endpoint_that_never_takes_it_is_given_up() {
    let sink = Receiver::start(|_| 500).await;
    let retries = Retries { give_up_after: Duration::from_millis(30), ..quick() };
    let simulator = Simulator::start(Options { retries, ..Options::default() }).await.unwrap();
    let _ = simulator.add_endpoint(endpoint(&sink));
    raw(&simulator, 1);
    assert!(simulator.settled(DEADLINE).await);
    assert_eq!(simulator.deliveries()[0].state, DeliveryState::GivenUp);
    assert_eq!(simulator.counters().acknowledged, 0);
    assert!(sink.received().len() > 1);
}

/// What a receiver that checks signatures answers: only a right one of the last minutes is good.
fn verdict(received: &crate::receiver::Received, now: i64) -> u16 {
    let parts: Vec<(&str, &str)> =
        received.signature().split(',').filter_map(|part| part.split_once('=')).collect();
    let second = parts.iter().find(|(name, _)| *name == "t").and_then(|it| it.1.parse().ok());
    let Some(second) = second else { return 400 };
    let fresh = (now - 300..=now + 300).contains(&second);
    let signed = parts.iter().any(|(name, _)| *name == "v1") && received.is_signed_with(SECRET);
    if fresh && signed { 200 } else { 400 }
}

#[tokio::test]
async fn spoilt_signatures_are_followed_by_right_ones() {
    for (faults, shown) in [
        (Faults { stale_time_rate: 1.0, ..Faults::default() }, ",v1="),
        (Faults { future_time_rate: 1.0, ..Faults::default() }, ",v1="),
        (Faults { v0_only_rate: 1.0, ..Faults::default() }, ",v0="),
        (Faults { malformed_header_rate: 1.0, ..Faults::default() }, ";v1"),
    ] {
        let sink = Receiver::start(|n| if n < 3 { 400 } else { 200 }).await;
        let simulator = simulator(faults).await;
        let _ = simulator.add_endpoint(endpoint(&sink));
        let now = simulator.now();
        raw(&simulator, 1);
        assert!(simulator.settled(DEADLINE).await, "{faults:?}");
        let received = sink.received();
        let verdicts: Vec<u16> = received.iter().map(|it| verdict(it, now)).collect();
        assert_eq!(verdicts, [400, 200, 200, 200], "{faults:?}");
        assert!(received[0].signature().contains(shown), "{faults:?}");
    }
}

#[tokio::test]
async fn deliveries_are_lost_delayed_or_sent_again_after_success() {
    let run = async |faults: Faults| {
        let sink = Receiver::start(|_| 200).await;
        let simulator = simulator(faults).await;
        let _ = simulator.add_endpoint(endpoint(&sink));
        raw(&simulator, 3);
        (sink, simulator)
    };
    let (sink, simulator) = run(Faults { lost_rate: 1.0, ..Faults::default() }).await;
    assert!(simulator.settled(DEADLINE).await);
    assert!(simulator.deliveries().iter().all(|it| it.state == DeliveryState::GivenUp));
    assert_eq!((sink.received().len(), simulator.counters().given_up), (0, 3));
    let again = Faults { redelivered_rate: 1.0, ..Faults::default() };
    let (sink, simulator) = run(again).await;
    assert!(simulator.settled(DEADLINE).await);
    assert_eq!((sink.received().len(), simulator.counters().duplicates_sent), (6, 3));
    assert_eq!(simulator.counters().acknowledged, 3);
    let hour = 3_600_000;
    let late = Faults { delayed_rate: 1.0, delay_millis: hour, ..Faults::default() };
    let (sink, simulator) = run(late).await;
    assert!(simulator.set_faults(Faults::default()));
    raw(&simulator, 1);
    let acknowledged = async {
        while simulator.counters().acknowledged == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, acknowledged).await.expect("the one that is not late comes");
    let underway = simulator.counters().underway;
    assert_eq!((sink.received().len(), underway), (1, 3), "the late ones are still waiting");
}

#[tokio::test]
async fn events_are_left_out_or_hold_what_nobody_has_heard_of() {
    let made = async |faults: Faults| {
        let options = Options { faults, seed: 7, ..Options::default() };
        let simulator = Simulator::start(options).await.unwrap();
        simulator.emit_raw_event("thing.made", &json!({ "id": "thing", "status": "new" }));
        simulator.emit_raw_event("thing.made", &json!({ "id": "other" }));
        crate::stage::events(&simulator)
    };
    let plain = made(Faults::default()).await;
    assert_eq!(
        made(Faults { never_generated_rate: 1.0, ..Faults::default() }).await,
        [json!(null); 0]
    );
    let events = made(Faults { unknown_enum_rate: 1.0, ..Faults::default() }).await;
    assert_eq!(events[0]["data"]["object"]["status"], "unheard_of");
    assert_eq!(events[1], plain[1]);
    let events = made(Faults { unknown_field_rate: 1.0, ..Faults::default() }).await;
    assert!(events.iter().all(|it| it["data"]["object"]["unheard_of"].is_object()));
    let events = made(Faults { unknown_type_rate: 1.0, ..Faults::default() }).await;
    assert_eq!(
        crate::stage::kinds(&events),
        ["thing.made", "thing.unheard_of", "thing.made", "thing.unheard_of"]
    );
    assert_eq!([&events[0], &events[2]], [&plain[0], &plain[1]]);
}
