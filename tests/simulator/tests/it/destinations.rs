//! Event destinations: for snapshots and thin events, set up from every side, seen from every
//! side.

use crate::caller::{Answer, KEY, call, call_with};
use crate::receiver::{Receiver, SECRET};
use crate::stage::{DEADLINE, Stage};
use counterfoil_simulator::{ApiVersion, Card, Endpoint, Options, Payload, Rules};
use serde_json::{Value, json};

const DESTINATIONS: &str = "/v2/core/event_destinations";
const HOOKS: &str = "/v1/webhook_endpoints";

async fn post(stage: &Stage, path: &str, body: &Value) -> Answer {
    call(stage, "POST", path, &body.to_string()).await
}

fn wish(url: &str, payload: &str, kinds: &[&str]) -> Value {
    json!({
        "name": "Test",
        "type": "webhook_endpoint",
        "events_from": ["@self"],
        "event_payload": payload,
        "enabled_events": kinds,
        "webhook_endpoint": { "url": url },
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
    })
}

async fn settle(stage: &Stage) {
    assert!(stage.simulator.settled(DEADLINE).await);
}

#[tokio::test]
async fn a_thin_destination_is_sent_what_is_to_be_fetched() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let kinds = ["v1.customer.created", "v1.customer.subscription.active"];
    let made = post(&stage, DESTINATIONS, &wish(&sink.url(), "thin", &kinds)).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    assert!(made.id().starts_with("ed_test_"));
    let secret = made.body["webhook_endpoint"]["signing_secret"].as_str().unwrap();
    assert_eq!(made.body["webhook_endpoint"]["url"], sink.url());
    assert_eq!(made.body["snapshot_api_version"], json!(null));
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    settle(&stage).await;
    let received = sink.received();
    let mut events: Vec<Value> = received.iter().map(crate::receiver::Received::event).collect();
    events.sort_by_key(|event| event["type"].to_string());
    assert_eq!(events.len(), 2);
    for (event, (kind, object)) in events.iter().zip([
        (kinds[0], format!("/v1/customers/{customer}")),
        (kinds[1], format!("/v1/subscriptions/{subscription}")),
    ]) {
        assert_eq!((&event["type"], &event["object"]), (&json!(kind), &json!("v2.core.event")));
        assert!(event.get("data").is_none() && event.get("api_version").is_none());
        let related = event["related_object"]["url"].as_str().unwrap();
        assert_eq!(related, object);
        let present = call(&stage, "GET", related, "").await.body;
        assert_eq!(present["id"], event["related_object"]["id"]);
        let id = event["id"].as_str().unwrap();
        let fetched = call(&stage, "GET", &format!("/v2/core/events/{id}"), "").await.body;
        assert_eq!(fetched, *event, "there is no more data to it");
    }
    assert!(received.iter().all(|it| it.is_signed_with(secret)));
    assert_eq!(stage.simulator.deliveries().len(), 2);
    let hooks = call(&stage, "GET", HOOKS, "").await.body;
    assert_eq!(hooks["data"], json!([]), "version 1 knows snapshots only");
    let hook = format!("{HOOKS}/{}", made.id());
    assert_eq!(call(&stage, "GET", &hook, "").await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_snapshot_destination_is_a_webhook_endpoint() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let mut wanted = wish(&sink.url(), "snapshot", &["product.created"]);
    wanted["snapshot_api_version"] = json!("2020-08-27");
    wanted["metadata"] = json!({ "a": "1", "b": "2" });
    let made = post(&stage, DESTINATIONS, &wanted).await;
    let path = format!("{DESTINATIONS}/{}", made.id());
    let hook = format!("{HOOKS}/{}", made.id());
    let held = call(&stage, "GET", &hook, "").await.body;
    assert_eq!((&held["object"], &held["url"]), (&json!("webhook_endpoint"), &json!(sink.url())));
    assert_eq!((&held["api_version"], &held["status"]), (&json!("2020-08-27"), &json!("enabled")));
    assert_eq!(call(&stage, "GET", HOOKS, "").await.body["data"], json!([held]));
    let sent = async |count: usize| {
        call(&stage, "POST", "/v1/products", "name=New").await;
        settle(&stage).await;
        assert_eq!(sink.received().len(), count);
    };
    sent(1).await;
    assert_eq!(sink.received()[0].event()["api_version"], "2020-08-27");
    let disabled = post(&stage, &format!("{path}/disable"), &json!({})).await.body;
    assert_eq!(disabled["status_details"], json!({ "disabled": { "reason": "user" } }));
    assert_eq!(disabled["webhook_endpoint"], json!(null), "shown to who asks for it");
    assert_eq!(call(&stage, "GET", &hook, "").await.body["status"], "disabled");
    sent(1).await;
    call(&stage, "POST", &hook, "disabled=false").await;
    let seen = call(&stage, "GET", &path, "").await.body;
    assert_eq!((&seen["status"], &seen["status_details"]), (&json!("enabled"), &json!(null)));
    sent(2).await;
    let change = json!({
        "description": "new", "name": "Other", "metadata": { "a": null },
        "enabled_events": ["customer.created"], "include": ["webhook_endpoint.url"],
    });
    let changed = post(&stage, &path, &change).await.body;
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!("Other"), &json!({ "b": "2" })));
    assert_eq!(changed["webhook_endpoint"], json!({ "signing_secret": null, "url": sink.url() }));
    sent(2).await;
    let gone = call(&stage, "DELETE", &path, "").await;
    assert_eq!(gone.body, json!({ "id": made.id(), "object": "v2.core.event_destination" }));
    assert_eq!(call(&stage, "GET", &hook, "").await.status.as_u16(), 404);
    let again = call(&stage, "DELETE", &path, "").await;
    assert_eq!(again.body["error"]["code"], "not_found");
}

#[tokio::test]
async fn endpoints_of_every_origin_are_listed() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let old = Endpoint::new(&sink.url(), SECRET).unwrap().with_version(ApiVersion::before_basil());
    let library = stage.simulator.add_endpoint(old.only(["invoice.paid"]));
    let thin = stage.simulator.add_endpoint(Endpoint::thin(&sink.url(), SECRET).unwrap());
    let control = json!({
        "url": sink.url(), "secrets": [SECRET], "payload": "thin",
        "enabled_events": ["v1.customer.deleted"],
    });
    let made = post(&stage, "/_simulator/endpoints", &control).await;
    assert_eq!((made.status.as_u16(), &made.body["id"]), (200, &json!(2)));
    let form = format!("url={}&enabled_events[]=customer.created", sink.url());
    call(&stage, "POST", HOOKS, &form).await;
    let hooks = call(&stage, "GET", HOOKS, "").await.body;
    let hooks = hooks["data"].as_array().unwrap();
    let versions: Vec<&Value> = hooks.iter().map(|hook| &hook["api_version"]).collect();
    assert_eq!(versions, [&json!(null), &json!("2020-08-27")], "none is the account's");
    assert_eq!(hooks[1]["enabled_events"], json!(["invoice.paid"]));
    assert_eq!(hooks[1]["id"], stage.simulator.destination(library).unwrap());
    let all = call(&stage, "GET", &format!("{DESTINATIONS}?limit=3"), "").await.body;
    let payloads: Vec<&Value> =
        all["data"].as_array().unwrap().iter().map(|it| &it["event_payload"]).collect();
    assert_eq!(payloads, ["snapshot", "thin", "thin"]);
    let last = call(&stage, "GET", all["next_page_url"].as_str().unwrap(), "").await.body;
    assert_eq!(last["data"][0]["id"], hooks[1]["id"]);
    let shown = call_with(&stage, "GET", "/_simulator/endpoints", "", &[]).await.body;
    assert_eq!((&shown[2]["payload"], &shown[2]["enabled"]), (&json!("thin"), &json!(true)));
    assert_eq!(shown[0]["destination"], hooks[1]["id"]);
    assert!(stage.simulator.set_endpoint_enabled(thin, false));
    let path = format!("{DESTINATIONS}/{}", stage.simulator.destination(thin).unwrap());
    assert_eq!(call(&stage, "GET", &path, "").await.body["status"], "disabled");
    assert_eq!(stage.simulator.endpoints()[1].payload, Payload::Thin);
    let on = async |id: &str, what: &str| {
        let path = format!("/_simulator/endpoints/{id}/{what}");
        call_with(&stage, "POST", &path, "", &[]).await.status.as_u16()
    };
    assert_eq!((on("0", "disable").await, on("9", "disable").await), (200, 404));
    let hook = format!("{HOOKS}/{}", hooks[1]["id"].as_str().unwrap());
    assert_eq!(call(&stage, "GET", &hook, "").await.body["status"], "disabled");
    assert_eq!(on("0", "enable").await, 200);
    assert_eq!(call(&stage, "GET", &hook, "").await.body["status"], "enabled");
    call(&stage, "DELETE", &hook, "").await;
    assert_eq!(on("0", "enable").await, 404, "what is deleted stays so");
}

#[tokio::test]
async fn a_ping_comes_to_the_destination_that_is_pinged() {
    let stage = Stage::start().await;
    let (sink, other) = (Receiver::start(|_| 200).await, Receiver::start(|_| 200).await);
    let _ = stage.simulator.add_endpoint(Endpoint::thin(&other.url(), SECRET).unwrap());
    let wanted = wish(&sink.url(), "thin", &["v1.customer.created"]);
    let made = post(&stage, DESTINATIONS, &wanted).await;
    let path = format!("{DESTINATIONS}/{}", made.id());
    let pinged = call(&stage, "POST", &format!("{path}/ping"), "").await;
    settle(&stage).await;
    assert_eq!(pinged.body["type"], "v2.core.event_destination.ping");
    assert_eq!(pinged.body["related_object"]["url"], path.as_str());
    assert_eq!(sink.received().len(), 1);
    assert_eq!(sink.received()[0].event(), pinged.body);
    assert_eq!(other.received().len(), 0);
    let event = format!("/v2/core/events/{}", pinged.id());
    assert_eq!(call(&stage, "GET", &event, "").await.body, pinged.body);
}

#[tokio::test]
async fn an_account_has_as_many_endpoints_as_its_rules_allow() {
    let rules = Rules { endpoints_max: 2, ..Rules::default() };
    let stage = Stage::with(Options { rules, ..Options::default() }).await;
    let url = "http://localhost:1";
    let form = format!("url={url}&enabled_events[]=*");
    let first = call(&stage, "POST", HOOKS, &form).await;
    assert_eq!(post(&stage, DESTINATIONS, &wish(url, "thin", &["*"])).await.status.as_u16(), 200);
    let refused = call(&stage, "POST", HOOKS, &form).await;
    assert_eq!(refused.status.as_u16(), 400);
    let message = "You have reached the maximum of 2 test webhook endpoints.";
    assert_eq!(refused.body["error"]["message"], message);
    let refused = post(&stage, DESTINATIONS, &wish(url, "thin", &["*"])).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["error"]["message"]),
        (400, &json!(message))
    );
    assert_eq!(stage.simulator.endpoints().len(), 2, "nothing is left of what was refused");
    let added = stage.simulator.add_endpoint(Endpoint::new(url, SECRET).unwrap());
    for id in [first.id(), stage.simulator.destination(added).unwrap()] {
        call(&stage, "DELETE", &format!("{HOOKS}/{id}"), "").await;
    }
    assert_eq!(call(&stage, "POST", HOOKS, &form).await.status.as_u16(), 200);
}

#[tokio::test]
async fn wrong_destinations_are_refused() {
    let stage = Stage::start().await;
    let good = wish("http://localhost:1", "thin", &["*"]);
    let with = |name: &str, value: Value| {
        let mut wrong = good.clone();
        wrong[name] = value;
        wrong
    };
    for (wrong, named) in [
        (with("name", json!(null)), "name"),
        (with("type", json!("carrier_pigeon")), "type"),
        (with("event_payload", json!("fat")), "event_payload"),
        (with("enabled_events", json!([])), "enabled_events"),
        (with("enabled_events", json!(["customer.created"])), "enabled_events"),
        (with("events_from", json!(["@elsewhere"])), "events_from"),
        (with("include", json!(["everything"])), "include"),
        (with("metadata", json!({ "a": 1 })), "metadata"),
        (with("snapshot_api_version", json!("2020-08-27")), "snapshot_api_version"),
        (with("webhook_endpoint", json!({ "url": "nowhere" })), "url"),
        (with("webhook_endpoint", json!({ "uri": "http://localhost:1" })), "webhook_endpoint.uri"),
        (with("colour", json!("red")), "colour"),
    ] {
        let answer = post(&stage, DESTINATIONS, &wrong).await;
        let error = &answer.body["error"];
        assert_eq!((answer.status.as_u16(), &error["code"]), (400, &json!("invalid_fields")));
        let message = error["message"].as_str().unwrap();
        assert!(message.to_lowercase().contains(named), "{named}: {message}");
    }
    let form = call_with(&stage, "POST", DESTINATIONS, "name=a&type=b", &[KEY]).await;
    assert_eq!(form.status.as_u16(), 400);
    let snapshot = wish("http://localhost:1", "snapshot", &["v1.customer.created"]);
    assert_eq!(post(&stage, DESTINATIONS, &snapshot).await.status.as_u16(), 400);
    assert_eq!(stage.simulator.endpoints().len(), 0);
    for path in ["", "/disable", "/enable", "/ping"] {
        let path = format!("{DESTINATIONS}/ed_test_x{path}");
        assert_eq!(post(&stage, &path, &json!({})).await.status.as_u16(), 404, "{path}");
    }
    let others = with("events_from", json!(["@accounts"]));
    assert_eq!(post(&stage, DESTINATIONS, &others).await.status.as_u16(), 200);
    let _ = stage.customer(Card::Missing);
    assert_eq!(stage.simulator.deliveries().len(), 0, "it wants the events of other accounts");
}
