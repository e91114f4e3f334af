//! What all paths of version 2 of the API have in common.

use crate::caller::{Answer, KEY, call, call_with};
use crate::stage::{DAY, Stage};
use counterfoil_simulator::{Fault, Options, Rules};
use serde_json::json;

const EVENTS: &str = "/v2/core/events";

#[tokio::test]
async fn what_is_wrong_is_said_as_version_2_says_it() {
    let stage = Stage::start().await;
    for (method, path, status, code) in [
        ("GET", "/v2/core/events/evt_test_x", 404, "not_found"),
        ("GET", "/v2/core/events?limits=1", 400, "invalid_fields"),
        ("GET", "/v2/core/events?limit=0", 400, "invalid_fields"),
        ("GET", "/v2/core/events?limit=many", 400, "invalid_fields"),
        ("GET", "/v2/core/events?page=nowhere", 400, "invalid_fields"),
        ("GET", "/v2/core/events?created[at]=1", 400, "invalid_fields"),
    ] {
        let answer = call(&stage, method, path, "").await;
        let error = &answer.body["error"];
        assert_eq!(answer.status.as_u16(), status, "{path}: {error}");
        assert_eq!(error["code"], code, "{path}");
        assert!(error["message"].is_string(), "{path}");
        assert!(error.get("param").is_none() && error.get("doc_url").is_none(), "{path}");
    }
    let unknown = call(&stage, "GET", "/v2/core/nothing", "").await;
    assert_eq!(unknown.status.as_u16(), 404);
    assert_eq!(
        unknown.body["error"]["message"],
        "Unrecognized request URL (GET: /v2/core/nothing)."
    );
    let nobody = call_with(&stage, "GET", EVENTS, "", &[]).await;
    assert_eq!(nobody.status.as_u16(), 401);
    assert_eq!(nobody.body["error"]["type"], "invalid_request_error");
    assert_eq!(call(&stage, "POST", EVENTS, "{}").await.status.as_u16(), 404);
    let versioned = call_with(&stage, "GET", EVENTS, "", &[KEY]).await;
    assert!(versioned.header("request-id").is_some());
    let all = versioned.body["data"].as_array().unwrap();
    assert_eq!(all.len(), stage.simulator.thin_history().len());
    assert_eq!(versioned.body["next_page_url"], json!(null));
}

const DESTINATIONS: &str = "/v2/core/event_destinations";
const NEW: &str = r#"{"name":"a","type":"webhook_endpoint","event_payload":"thin",
    "enabled_events":["*"],"webhook_endpoint":{"url":"http://localhost:1"}}"#;

async fn under(stage: &Stage, method: &str, path: &str, body: &str) -> Answer {
    call_with(stage, method, path, body, &[KEY, ("idempotency-key", "k")]).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn what_succeeded_under_a_key_is_answered_again_for_thirty_days() {
    let stage = Stage::start().await;
    let made = under(&stage, "POST", DESTINATIONS, NEW).await;
    let again = under(&stage, "POST", DESTINATIONS, &NEW.replace(' ', "")).await;
    assert_eq!((made.bytes, is_replayed(&again)), (again.bytes.clone(), true));
    assert_eq!(stage.simulator.endpoints().len(), 1);
    let other = under(&stage, "POST", DESTINATIONS, &NEW.replace("\"a\"", "\"b\"")).await;
    assert_eq!(other.body["error"]["type"], "idempotency_error");
    let path = format!("{DESTINATIONS}/{}", again.id());
    let key = [KEY, ("idempotency-key", "deleting")];
    let gone = call_with(&stage, "DELETE", &path, "", &key).await;
    let still = call_with(&stage, "DELETE", &path, "", &key).await;
    assert_eq!((gone.status.as_u16(), is_replayed(&gone)), (200, false));
    assert_eq!((still.status.as_u16(), is_replayed(&still)), (200, true));
    stage.simulator.advance(29 * DAY);
    assert!(is_replayed(&under(&stage, "POST", DESTINATIONS, NEW).await));
    stage.simulator.advance(DAY);
    assert!(!is_replayed(&under(&stage, "POST", DESTINATIONS, NEW).await));
}

#[tokio::test]
async fn what_failed_under_a_key_is_done_again() {
    let stage = Stage::start().await;
    let ping = format!("{DESTINATIONS}/ed_test_x/ping");
    for _ in 0..2 {
        let failed = under(&stage, "POST", &ping, "{}").await;
        assert_eq!((failed.status.as_u16(), is_replayed(&failed)), (404, false));
    }
    let on = "POST /v2/core/event_destinations";
    stage.simulator.fail_next(on, Fault::ErrorAfterEffect).unwrap();
    let key = [KEY, ("idempotency-key", "effect")];
    let failed = call_with(&stage, "POST", DESTINATIONS, NEW, &key).await;
    assert_eq!(failed.status.as_u16(), 500);
    let told = call_with(&stage, "POST", DESTINATIONS, NEW, &key).await;
    assert_eq!((told.status.as_u16(), is_replayed(&told)), (200, true));
    assert_eq!(stage.simulator.endpoints().len(), 1, "it was done once");
    let rules = Rules { v2_failures_replayed: true, ..Rules::default() };
    let strict = Stage::with(Options { rules, ..Options::default() }).await;
    for replayed in [false, true] {
        strict.simulator.fail_next(on, Fault::ErrorAfterEffect).unwrap();
        let failed = under(&strict, "POST", DESTINATIONS, NEW).await;
        assert_eq!((failed.status.as_u16(), is_replayed(&failed)), (500, replayed));
    }
    let limited = Fault::RateLimited { limit: counterfoil_simulator::RateLimit::GlobalRate };
    stage.simulator.fail_next("GET /v2/**", limited).unwrap();
    let refused = call(&stage, "GET", EVENTS, "").await;
    assert_eq!(refused.header("stripe-rate-limited-reason"), Some("global-rate"));
    assert_eq!(refused.body["error"]["type"], "rate_limit");
}
