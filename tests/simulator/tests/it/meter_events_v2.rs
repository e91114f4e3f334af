//! Usage over version 2 of the API.

use crate::caller::{Answer, KEY, call, call_with};
use crate::metered::{COUNTED, METERS, Metered, ask};
use crate::stage::{DAY, START};
use counterfoil_simulator::{Card, Fault};
use serde_json::{Value, json};
use std::time::Duration;

const EVENTS: &str = "/v2/billing/meter_events";
const SESSION: &str = "/v2/billing/meter_event_session";
const STREAM: &str = "/v2/billing/meter_event_stream";
const ADJUSTMENTS: &str = "/v2/billing/meter_event_adjustments";

async fn post(metered: &Metered, path: &str, body: &Value) -> Answer {
    call(&metered.stage, "POST", path, &body.to_string()).await
}

fn event(customer: &str, identifier: &str, value: &str) -> Value {
    json!({
        "event_name": "calls",
        "identifier": identifier,
        "payload": { "stripe_customer_id": customer, "value": value },
    })
}

#[tokio::test]
async fn usage_is_checked_before_it_is_received() {
    let metered = Metered::start().await;
    let customer = metered.customer.as_str();
    let mut given = event(customer, "idmp_1", "25");
    given["timestamp"] = json!("2026-01-09T12:00:00.000Z");
    let answer = post(&metered, EVENTS, &given).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    assert_eq!(
        answer.body,
        json!({
            "object": "v2.billing.meter_event",
            "created": "2026-01-10T00:00:00.000Z",
            "event_name": "calls",
            "identifier": "idmp_1",
            "livemode": false,
            "payload": { "stripe_customer_id": customer, "value": "25" },
            "timestamp": "2026-01-09T12:00:00.000Z",
        })
    );
    let with = |field: &str, value: Value| {
        let mut given = event(customer, "other", "1");
        given[field] = value;
        given
    };
    for (given, code) in [
        (given.clone(), "duplicate_meter_event"),
        (with("event_name", json!("others")), "no_meter"),
        (event(customer, "b", "x"), "payload_invalid_value"),
        (event(customer, "b", "-1"), "payload_invalid_value"),
        (with("payload", json!({ "value": "1" })), "payload_no_customer_defined"),
        (with("payload", json!({ "stripe_customer_id": customer })), "payload_no_value_defined"),
        (with("payload", json!({ "value": 1 })), "invalid_fields"),
        (with("payload", json!(null)), "invalid_fields"),
        (with("event_name", json!(null)), "invalid_fields"),
        (with("timestamp", json!("2025-01-09T12:00:00.000Z")), "invalid_fields"),
        (with("timestamp", json!("noon")), "invalid_fields"),
        (with("shoe_size", json!(46)), "invalid_fields"),
    ] {
        let answer = post(&metered, EVENTS, &given).await;
        assert_eq!(answer.status.as_u16(), 400, "{given}: {}", answer.body);
        assert_eq!(answer.body["error"]["code"], code, "{given}: {}", answer.body);
    }
    assert_eq!(post(&metered, EVENTS, &event("cus_x", "c", "1")).await.status.as_u16(), 200);
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "25");
    let path = format!("{METERS}/{}/deactivate", metered.meter);
    ask(&metered.stage, "POST", &path, "").await;
    let archived = post(&metered, EVENTS, &event(customer, "d", "1")).await;
    assert_eq!(archived.body["error"]["code"], "archived_meter");
}

#[tokio::test]
async fn both_versions_know_each_others_identifiers() {
    let metered = Metered::start().await;
    metered.received("1", "&identifier=a").await;
    let again = post(&metered, EVENTS, &event(&metered.customer, "a", "1")).await;
    assert_eq!(again.body["error"]["code"], "duplicate_meter_event");
}

#[tokio::test]
async fn a_second_call_at_once_is_refused() {
    let metered = Metered::start().await;
    let simulator = &metered.stage.simulator;
    simulator
        .fail_next("POST /v2/billing/meter_events", Fault::SlowAnswer { millis: 300 })
        .unwrap();
    let (one, other) = (event(&metered.customer, "a", "1"), event(&metered.customer, "b", "1"));
    let slow = post(&metered, EVENTS, &one);
    let second = async {
        while !simulator.call_faults().next.is_empty() {
            tokio::task::yield_now().await;
        }
        let first_version = metered.report("1", "").await;
        assert_eq!(first_version.status.as_u16(), 429);
        post(&metered, EVENTS, &other).await
    };
    let (slow, second) = tokio::join!(slow, second);
    assert_eq!((slow.status.as_u16(), second.status.as_u16()), (200, 409));
    assert_eq!(second.body["error"]["code"], "too_many_concurrent_requests");
}

#[tokio::test]
async fn a_session_streams_events_for_15_minutes() {
    let metered = Metered::start().await;
    let session = post(&metered, SESSION, &json!({})).await.body;
    assert_eq!(session["object"], "v2.billing.meter_event_session");
    assert_eq!(session["expires_at"], "2026-01-10T00:15:00.000Z");
    let token = format!("Bearer {}", session["authentication_token"].as_str().unwrap());
    let stream = async |authorization: &str, body: Value| {
        let headers = [("authorization", authorization)];
        call_with(&metered.stage, "POST", STREAM, &body.to_string(), &headers).await
    };
    let customer = metered.customer.as_str();
    let other = metered.stage.customer(Card::Good);
    let events = json!([
        event(customer, "a", "1"),
        event(customer, "b", "2"),
        event(customer, "a", "4"),
        event(&other, "c", "8"),
        event(customer, "d", "x"),
    ]);
    let answer = stream(&token, json!({ "events": events })).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, json!({})));
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "3");
    let many: Vec<Value> = (0..100).map(|n| event(customer, &format!("n{n}"), "1")).collect();
    assert_eq!(stream(&token, json!({ "events": many })).await.status.as_u16(), 200);
    let more: Vec<Value> = (0..101).map(|n| event(customer, &format!("m{n}"), "1")).collect();
    let refused = stream(&token, json!({ "events": more })).await;
    assert_eq!(refused.body["error"]["code"], "invalid_fields");
    let mut long = event(customer, "short", "1");
    long["identifier"] = json!("x".repeat(101));
    let both = json!({ "events": [event(customer, "short", "1"), long] });
    assert_eq!(stream(&token, both).await.status.as_u16(), 400, "none of both is received");
    let shapeless = stream(&token, json!({ "events": [{ "event_name": "calls" }] })).await;
    assert_eq!(shapeless.body["error"]["code"], "invalid_fields");
    assert_eq!(stream(KEY.1, json!({ "events": [] })).await.status.as_u16(), 401);
    assert_eq!(stream("Bearer token_x", json!({ "events": [] })).await.status.as_u16(), 401);
    metered.stage.simulator.advance(Duration::from_secs(890));
    let expired = stream(&token, json!({ "events": [event(customer, "z", "1")] })).await;
    assert_eq!(expired.status.as_u16(), 401);
    assert_eq!(expired.body["error"]["type"], "temporary_session_expired");
    assert_eq!(expired.body["error"]["code"], "billing_meter_event_session_expired");
    assert_eq!(metered.sum(), "103");
}

#[tokio::test]
async fn an_event_is_taken_back() {
    let metered = Metered::start().await;
    metered.received("5", "&identifier=a").await;
    metered.received("7", "&identifier=b").await;
    let given = |identifier: &str| json!({ "event_name": "calls", "type": "cancel", "cancel": { "identifier": identifier } });
    let answer = post(&metered, ADJUSTMENTS, &given("a")).await;
    assert_eq!(answer.body["object"], "v2.billing.meter_event_adjustment");
    assert_eq!(answer.body["status"], "pending");
    assert_eq!(answer.body["created"], "2026-01-10T00:00:00.000Z");
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "7");
    let unknown = post(&metered, ADJUSTMENTS, &given("x")).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.body["error"]["code"]),
        (400, &json!("invalid_fields"))
    );
    metered.stage.simulator.advance(DAY);
    assert_eq!(post(&metered, ADJUSTMENTS, &given("b")).await.status.as_u16(), 400);
    assert_eq!(metered.stage.simulator.now(), START + 86_410);
}
