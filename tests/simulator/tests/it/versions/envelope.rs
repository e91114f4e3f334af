//! What every event has around its object.

use super::{Heard, VERSIONS};
use crate::caller::{KEY, call, call_with};
use crate::stage::DAY;
use counterfoil_simulator::{ApiVersion, Card, Endpoint, Options, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn every_version_hears_of_the_same_events() {
    let heard = Heard::start().await;
    let stage = &heard.stage;
    stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
    stage.simulator.advance(40 * DAY);
    let all = heard.all().await;
    let ids = |events: &[Value]| -> BTreeSet<String> {
        events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(all[0].len() > 20);
    for (version, events) in VERSIONS.into_iter().zip(&all) {
        assert_eq!(ids(events), ids(&all[0]), "{version}");
        for event in events {
            assert_eq!(event["api_version"], version);
            assert_eq!(event["pending_webhooks"], VERSIONS.len());
            let same = all[0].iter().find(|other| other["id"] == event["id"]).unwrap();
            for field in ["created", "livemode", "object", "request", "type"] {
                assert_eq!(event[field], same[field], "{version} {field}");
            }
            let object = |event: &Value| {
                let object = &event["data"]["object"];
                (object["id"].clone(), object["object"].clone())
            };
            assert_eq!(object(event), object(same), "{version}");
            let is_update = event["data"].get("previous_attributes").is_some();
            let kind = event["type"].as_str().unwrap();
            assert_eq!(is_update, kind.ends_with(".updated"), "{version} {kind}");
        }
    }
}

#[tokio::test]
async fn the_version_of_the_causing_call_has_no_influence() {
    let heard = Heard::start().await;
    let old = [KEY, ("stripe-version", "2020-08-27"), ("idempotency-key", "mine")];
    let made = call_with(&heard.stage, "POST", "/v1/products", "name=New", &old).await;
    assert!(made.body.get("marketing_features").is_none(), "the answer is of the old version");
    for (version, event) in heard.last("product.created").await {
        assert_eq!(event["api_version"], version);
        assert_eq!(event["request"]["idempotency_key"], "mine");
        assert_eq!(event["request"]["id"], made.header("request-id").unwrap());
    }
    let event = &heard.last("product.created").await[5].1;
    let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
    let read = call_with(&heard.stage, "GET", &path, "", &old).await.body;
    assert_eq!(read["api_version"], "2026-09-30.endive", "events are never rendered anew");
    assert_eq!(read["data"], event["data"]);
    assert_eq!((&event["pending_webhooks"], &read["pending_webhooks"]), (&json!(6), &json!(0)));
}

#[tokio::test]
async fn an_endpoint_without_a_version_hears_the_accounts() {
    let sink = crate::receiver::Receiver::start(|_| 200).await;
    let version = ApiVersion::parse("2025-03-31.basil").unwrap();
    let options = Options { api_version: version, ..Options::default() };
    let stage = crate::stage::Stage::with(options).await;
    let form = format!("url={}&enabled_events[]=*", sink.url());
    let hook = call(&stage, "POST", "/v1/webhook_endpoints", &form).await.body;
    assert_eq!(hook["api_version"], json!(null));
    let _ = stage.customer(Card::Missing);
    assert!(stage.simulator.settled(crate::stage::DEADLINE).await);
    assert_eq!(sink.received()[0].event()["api_version"], "2025-03-31.basil");
}

#[tokio::test]
async fn who_listens_changes_nothing_but_who_hears() {
    let history = async |versions: &[&str]| {
        let simulator = Simulator::start(Options {
            clock: counterfoil_simulator::ClockMode::Manual(crate::stage::START),
            ..Options::default()
        })
        .await
        .unwrap();
        for version in versions {
            let version = ApiVersion::parse(version).unwrap();
            let endpoint = Endpoint::new("http://127.0.0.1:1", "whsec_x").unwrap();
            let _ = simulator.add_endpoint(endpoint.with_version(version));
        }
        let _ = simulator.add_endpoint(Endpoint::thin("http://127.0.0.1:1", "whsec_x").unwrap());
        let _ = simulator.create_customer(counterfoil_simulator::NewCustomer::default());
        let mut events = crate::stage::events(&simulator);
        for event in &mut events {
            event["pending_webhooks"] = json!(0);
        }
        (events, simulator.thin_history())
    };
    assert_eq!(history(&[]).await, history(&VERSIONS).await);
}
