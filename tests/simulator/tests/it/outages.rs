//! Calls that go wrong on purpose, and limits on calls.

use crate::caller::{Answer, KEY, call, call_with, post_under, try_call};
use crate::stage::{DEADLINE, START, Stage, events};
use counterfoil_simulator::{Card, Fault, FaultRate, Limits, Options, RateLimit, Step, Wall};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const CUSTOMERS: &str = "/v1/customers";
const MAKE: &str = "POST /v1/customers";

async fn customers(stage: &Stage) -> usize {
    call(stage, "GET", "/v1/customers?limit=100", "").await.body["data"].as_array().unwrap().len()
}

async fn try_post_under(stage: &Stage, key: &str, path: &str, form: &str) -> Option<Answer> {
    try_call(stage, "POST", path, form, &[KEY, ("idempotency-key", key)]).await
}

#[tokio::test]
async fn a_500_after_the_effect_is_what_its_key_keeps() {
    let stage = Stage::start().await;
    stage.simulator.fail_next(MAKE, Fault::ErrorAfterEffect).unwrap();
    let first = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(first.status.as_u16(), 500);
    assert_eq!(first.body["error"]["type"], "api_error");
    assert_eq!(first.header("stripe-should-retry"), Some("false"));
    assert_eq!(customers(&stage).await, 1);
    let again = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(customers(&stage).await, 1);
    assert_eq!(post_under(&stage, "other", CUSTOMERS, "").await.status.as_u16(), 200);
    stage.simulator.fail_next(MAKE, Fault::ErrorAfterEffect).unwrap();
    let invalid = call(&stage, "POST", CUSTOMERS, "shoe_size=46").await;
    assert_eq!(invalid.status.as_u16(), 400, "there was no effect to fail after");
}

#[tokio::test]
async fn a_500_before_the_effect_is_kept_by_no_key() {
    let stage = Stage::start().await;
    stage.simulator.fail_next(MAKE, Fault::ErrorBeforeEffect).unwrap();
    let first = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(first.status.as_u16(), 500);
    assert_eq!(first.body["error"]["type"], "api_error");
    assert_eq!(first.header("stripe-should-retry"), None, "a client goes by its own rules");
    assert_eq!(customers(&stage).await, 0);
    let again = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(again.status.as_u16(), 200);
    assert_eq!(again.header("idempotent-replayed"), None);
    assert_eq!(customers(&stage).await, 1);
}

#[tokio::test]
async fn answered_calls_are_counted_by_path_and_status() {
    let stage = Stage::start().await;
    let id = call(&stage, "POST", CUSTOMERS, "").await.id();
    call(&stage, "GET", &format!("/v1/customers/{id}"), "").await;
    call(&stage, "GET", "/v1/customers/cus_none1", "").await;
    call_with(&stage, "GET", CUSTOMERS, "", &[]).await;
    stage.simulator.fail_next(MAKE, Fault::CutAfterEffect).unwrap();
    assert!(try_call(&stage, "POST", CUSTOMERS, "", &[KEY]).await.is_none());
    let seen = call_with(&stage, "GET", "/_simulator/calls/seen", "", &[]).await;
    assert_eq!(
        seen.body,
        json!([
            { "call": "GET /v1/customers", "answered": { "401": 1 } },
            { "call": "POST /v1/customers", "answered": { "200": 1 } },
            { "call": "GET /v1/customers/*", "answered": { "200": 1, "404": 1 } },
        ]),
        "what was cut got no answer, and the control API counts nothing of its own"
    );
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_effect() {
    let stage = Stage::start().await;
    for (fault, made) in [(Fault::CutBeforeEffect, 0), (Fault::CutAfterEffect, 1)] {
        stage.simulator.fail_next(MAKE, fault).unwrap();
        let key = format!("{fault:?}");
        let before = customers(&stage).await;
        assert!(try_post_under(&stage, &key, CUSTOMERS, "").await.is_none());
        assert_eq!(customers(&stage).await - before, made, "{fault:?}");
        let again = post_under(&stage, &key, CUSTOMERS, "").await;
        assert_eq!(again.status.as_u16(), 200);
        assert_eq!(again.header("idempotent-replayed").is_some(), made == 1, "{fault:?}");
        assert_eq!(customers(&stage).await - before, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn refusals_look_like_stripes_and_nothing_happens() {
    let stage = Stage::start().await;
    let limited = |limit| Fault::RateLimited { limit };
    let reason = "stripe-rate-limited-reason";
    let retry = "stripe-should-retry";
    let made = events(&stage.simulator).len();
    for (fault, status, kind, code, header) in [
        (Fault::KeyInUse, 409, "idempotency_error", json!("idempotency_key_in_use"), None),
        (Fault::DependencyFailed, 424, "api_error", json!(null), None),
        (
            Fault::LockTimeout,
            429,
            "invalid_request_error",
            json!("lock_timeout"),
            Some((retry, "true")),
        ),
        (
            limited(RateLimit::GlobalRate),
            429,
            "invalid_request_error",
            json!("rate_limit"),
            Some((reason, "global-rate")),
        ),
        (
            limited(RateLimit::GlobalConcurrency),
            429,
            "invalid_request_error",
            json!("rate_limit"),
            Some((reason, "global-concurrency")),
        ),
        (
            limited(RateLimit::EndpointRate),
            429,
            "invalid_request_error",
            json!("rate_limit"),
            Some((reason, "endpoint-rate")),
        ),
        (
            limited(RateLimit::EndpointConcurrency),
            429,
            "invalid_request_error",
            json!("rate_limit"),
            Some((reason, "endpoint-concurrency")),
        ),
        (
            limited(RateLimit::ResourceSpecific),
            429,
            "invalid_request_error",
            json!("rate_limit"),
            Some((reason, "resource-specific")),
        ),
    ] {
        stage.simulator.fail_next(MAKE, fault).unwrap();
        let key = format!("{fault:?}");
        let answer = post_under(&stage, &key, CUSTOMERS, "").await;
        assert_eq!(answer.status.as_u16(), status, "{fault:?}");
        assert_eq!(answer.body["error"]["type"], kind, "{fault:?}");
        assert_eq!(answer.body["error"]["code"], code, "{fault:?}");
        for name in [reason, retry] {
            let expected = header.filter(|(it, _)| *it == name).map(|(_, value)| value);
            assert_eq!(answer.header(name), expected, "{fault:?} {name}");
        }
        assert_eq!(events(&stage.simulator).len(), made, "{fault:?}");
        if status != 424 {
            stage.simulator.fail_next(MAKE, fault).unwrap();
            let again = post_under(&stage, &key, CUSTOMERS, "").await;
            assert!(again.header("idempotent-replayed").is_none(), "{fault:?} is not kept");
        }
    }
}

#[tokio::test]
async fn a_malformed_answer_hides_an_effect() {
    let stage = Stage::start().await;
    stage.simulator.fail_next(MAKE, Fault::MalformedAnswer).unwrap();
    let broken = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(broken.status.as_u16(), 200);
    assert!(serde_json::from_slice::<Value>(&broken.bytes).is_err());
    let whole = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(whole.body["object"], "customer");
    assert_eq!(customers(&stage).await, 1);
}

/// Waits until a condition holds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async { while !holds().await {} };
    tokio::time::timeout(DEADLINE, waiting).await.expect("the condition holds in time");
}

const HOUR_MILLIS: u64 = 3_600_000;

#[tokio::test]
async fn a_key_is_in_use_while_its_first_call_runs() {
    let stage = Arc::new(Stage::start().await);
    stage.simulator.fail_next(MAKE, Fault::SlowAnswer { millis: HOUR_MILLIS }).unwrap();
    let slow = Arc::clone(&stage);
    let slow = tokio::spawn(async move { post_under(&slow, "k", CUSTOMERS, "").await.id() });
    until(async || customers(&stage).await == 1).await;
    let meanwhile = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(meanwhile.status.as_u16(), 409);
    assert_eq!(meanwhile.body["error"]["code"], "idempotency_key_in_use");
    let other = post_under(&stage, "k", CUSTOMERS, "name=B").await;
    assert_eq!(other.status.as_u16(), 400);
    // The caller hangs up; the result is there for the one who comes back.
    slow.abort();
    until(async || post_under(&stage, "k", CUSTOMERS, "").await.status.as_u16() == 200).await;
    let replayed = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(customers(&stage).await, 1);
}

#[tokio::test]
async fn a_slow_answer_comes() {
    let stage = Stage::start().await;
    stage.simulator.fail_next("GET /v1/**", Fault::SlowAnswer { millis: 20 }).unwrap();
    assert_eq!(call(&stage, "GET", CUSTOMERS, "").await.status.as_u16(), 200);
    assert_eq!(stage.simulator.call_faults().next, []);
}

#[tokio::test]
async fn faults_come_by_script_then_by_next_call_then_by_chance() {
    let stage = Stage::start().await;
    let on = |text: &str| text.parse().unwrap();
    let status =
        async |method: &str, path: &str| call(&stage, method, path, "").await.status.as_u16();
    stage.simulator.set_call_script(vec![
        Step { on: on(MAKE), fault: None, times: 1 },
        Step { on: on(MAKE), fault: Some(Fault::LockTimeout), times: 2 },
        Step { on: on("GET /v1/customers"), fault: Some(Fault::DependencyFailed), times: 1 },
    ]);
    stage.simulator.fail_next(MAKE, Fault::KeyInUse).unwrap();
    stage.simulator.fail_times("GET /v1/products/*", 2, Fault::KeyInUse).unwrap();
    assert_eq!(status("GET", CUSTOMERS).await, 200, "its step waits for those before it");
    for expected in [200, 429, 429, 409, 200] {
        assert_eq!(status("POST", CUSTOMERS).await, expected);
    }
    assert_eq!(status("GET", CUSTOMERS).await, 424);
    for expected in [409, 409, 404] {
        assert_eq!(status("GET", "/v1/products/p").await, expected);
    }
    let rate = |rate| FaultRate { on: on("* /v1/**"), fault: Fault::LockTimeout, rate };
    assert!(!stage.simulator.set_call_fault_rates(vec![rate(1.5)]));
    assert!(stage.simulator.set_call_fault_rates(vec![rate(1.0)]));
    assert_eq!(status("GET", CUSTOMERS).await, 429);
    stage.simulator.clear_call_faults();
    assert_eq!(status("GET", CUSTOMERS).await, 200);
    assert!(stage.simulator.fail_next("nothing", Fault::LockTimeout).is_err());
}

#[tokio::test]
async fn faults_and_limits_of_calls_are_set_over_the_control_api() {
    let stage = Stage::start().await;
    let ask = async |method: &str, path: &str, body: &str| {
        let answer = call_with(&stage, method, &format!("/_simulator/{path}"), body, &[]).await;
        (answer.status.as_u16(), answer.body)
    };
    let next =
        r#"{"on":"POST /v1/customers","fault":{"kind":"rate_limited","limit":"endpoint-rate"}}"#;
    assert_eq!(ask("POST", "calls/next", next).await.0, 200);
    let script = r#"[{"on":"GET /v1/customers"},{"on":"GET /v1/customers","times":2,
                      "fault":{"kind":"slow_answer","millis":1}}]"#;
    assert_eq!(ask("POST", "calls/script", script).await.0, 200);
    let rates = r#"[{"on":"GET /v1/products","rate":1.0,"fault":{"kind":"lock_timeout"}}]"#;
    let (status, faults) = ask("POST", "calls/rates", rates).await;
    assert_eq!((status, &faults["next"][0]["on"]), (200, &json!("POST /v1/customers")));
    assert_eq!(faults["script"][1]["times"], 2);
    assert_eq!(faults["rates"][0]["fault"], json!({ "kind": "lock_timeout" }));
    for (path, wrong) in [
        ("calls/next", r#"{"on":"nothing","fault":{"kind":"lock_timeout"}}"#),
        ("calls/next", r#"{"on":"GET /v1/x","fault":{"kind":"bad_weather"}}"#),
        ("calls/rates", r#"[{"on":"GET /v1/x","rate":2.0,"fault":{"kind":"lock_timeout"}}]"#),
        ("limits", r#"{"per_fortnight":1}"#),
    ] {
        assert_eq!(ask("POST", path, wrong).await.0, 400, "{path} {wrong}");
    }
    assert_eq!(ask("POST", "calls/nothing", "[]").await.0, 404);
    assert_eq!(call(&stage, "POST", CUSTOMERS, "").await.status.as_u16(), 429);
    assert_eq!(call(&stage, "GET", "/v1/products", "").await.status.as_u16(), 429);
    let (_, faults) = ask("DELETE", "calls", "").await;
    assert_eq!(faults, json!({ "rates": [], "next": [], "script": [] }));
    let (_, limits) = ask("POST", "limits", r#"{"global_per_second":0}"#).await;
    assert_eq!(limits["global_per_second"], 0);
    assert_eq!(call(&stage, "GET", CUSTOMERS, "").await.status.as_u16(), 429);
    assert_eq!(ask("POST", "limits", "{}").await.0, 200);
    assert_eq!(call(&stage, "GET", CUSTOMERS, "").await.status.as_u16(), 200);
}

/// A wall clock that stands still until it is moved.
#[derive(Debug, Default)]
struct StillWall {
    millis: AtomicU64,
}

impl StillWall {
    fn pass(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Wall for StillWall {
    fn unix_micros(&self) -> i64 {
        START * 1_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

async fn limited(limits: Limits) -> (Arc<Stage>, Arc<StillWall>) {
    let wall = Arc::new(StillWall::default());
    let options = Options { wall: Arc::<StillWall>::clone(&wall), ..Options::default() };
    let stage = Stage::with(options).await;
    stage.simulator.set_limits(limits);
    (Arc::new(stage), wall)
}

async fn reason(stage: &Stage, method: &str, path: &str) -> String {
    let answer = call(stage, method, path, "").await;
    match answer.header("stripe-rate-limited-reason") {
        Some(reason) => {
            assert_eq!(answer.status.as_u16(), 429);
            reason.to_owned()
        }
        None => answer.status.as_u16().to_string(),
    }
}

#[tokio::test]
async fn rates_are_counted_over_a_second() {
    let (stage, wall) = limited(Limits { global_per_second: Some(2), ..Limits::default() }).await;
    for expected in ["200", "200", "global-rate", "global-rate"] {
        assert_eq!(reason(&stage, "GET", CUSTOMERS).await, expected);
        wall.pass(200);
    }
    wall.pass(200);
    for expected in ["200", "global-rate"] {
        assert_eq!(reason(&stage, "GET", "/v1/products").await, expected);
    }
    let limits = Limits { endpoint_per_second: Some(1), ..Limits::default() };
    let (stage, wall) = limited(limits).await;
    for (method, path, expected) in [
        ("GET", CUSTOMERS, "200"),
        ("GET", CUSTOMERS, "endpoint-rate"),
        ("POST", CUSTOMERS, "200"),
        ("GET", "/v1/customers/cus_1", "404"),
        ("GET", "/v1/customers/cus_2", "endpoint-rate"),
    ] {
        assert_eq!(reason(&stage, method, path).await, expected, "{method} {path}");
    }
    wall.pass(1_000);
    assert_eq!(reason(&stage, "GET", CUSTOMERS).await, "200");
    let limits = Limits { object_per_second: Some(1), ..Limits::default() };
    let (stage, _) = limited(limits).await;
    let (one, other) = (stage.customer(Card::Good), stage.customer(Card::Good));
    for (method, id, expected) in [
        ("POST", &one, "200"),
        ("POST", &one, "resource-specific"),
        ("POST", &other, "200"),
        ("GET", &one, "200"),
    ] {
        assert_eq!(reason(&stage, method, &format!("/v1/customers/{id}")).await, expected);
    }
}

#[tokio::test]
async fn a_429_is_not_kept_under_a_key() {
    let (stage, wall) = limited(Limits { global_per_second: Some(1), ..Limits::default() }).await;
    assert_eq!(reason(&stage, "GET", CUSTOMERS).await, "200");
    assert_eq!(post_under(&stage, "k", CUSTOMERS, "").await.status.as_u16(), 429);
    wall.pass(1_000);
    let made = post_under(&stage, "k", CUSTOMERS, "").await;
    assert_eq!(made.status.as_u16(), 200);
    assert!(made.header("idempotent-replayed").is_none());
}

#[tokio::test]
async fn calls_at_once_are_counted_while_they_run() {
    for (limits, expected) in [
        (Limits { global_at_once: Some(1), ..Limits::default() }, "global-concurrency"),
        (Limits { endpoint_at_once: Some(1), ..Limits::default() }, "endpoint-concurrency"),
        (Limits { locks_objects: true, ..Limits::default() }, "429"),
    ] {
        let (stage, _) = limited(limits).await;
        let path = format!("/v1/customers/{}", stage.customer(Card::Good));
        stage
            .simulator
            .fail_next("POST /v1/**", Fault::SlowAnswer { millis: HOUR_MILLIS })
            .unwrap();
        let (slow, to) = (Arc::clone(&stage), path.clone());
        let slow = tokio::spawn(async move { call(&slow, "POST", &to, "name=Slow").await.status });
        until(async || {
            let customers = &stage.simulator.truth().objects["customer"];
            tokio::task::yield_now().await;
            customers.values().any(|it| it["name"] == "Slow")
        })
        .await;
        assert_eq!(reason(&stage, "POST", &path).await, expected);
        if limits.locks_objects {
            let refused = call(&stage, "POST", &path, "").await;
            assert_eq!(refused.body["error"]["code"], "lock_timeout");
            assert_eq!(refused.header("stripe-should-retry"), Some("true"));
        }
        slow.abort();
        until(async || reason(&stage, "POST", &path).await == "200").await;
    }
}

#[tokio::test]
async fn what_was_refused_or_replayed_leaves_no_trace_in_the_history() {
    let (quiet, rough) = (Stage::start().await, Stage::start().await);
    for (stage, troubled) in [(&quiet, false), (&rough, true)] {
        if troubled {
            stage.simulator.set_limits(Limits { global_per_second: Some(0), ..Limits::default() });
            assert_eq!(post_under(stage, "k", CUSTOMERS, "").await.status.as_u16(), 429);
            stage.simulator.set_limits(Limits::default());
            stage.simulator.fail_next(MAKE, Fault::CutBeforeEffect).unwrap();
            assert!(try_post_under(stage, "k", CUSTOMERS, "").await.is_none());
            let on = MAKE.parse().unwrap();
            let rate = FaultRate { on, fault: Fault::KeyInUse, rate: 0.5 };
            assert!(stage.simulator.set_call_fault_rates(vec![rate]));
        }
        until(async || post_under(stage, "k", CUSTOMERS, "").await.status.as_u16() == 200).await;
        if troubled {
            for _ in 0..3 {
                post_under(stage, "k", CUSTOMERS, "").await;
                post_under(stage, "k", CUSTOMERS, "name=B").await;
            }
        }
        stage.simulator.clear_call_faults();
        post_under(stage, "next", CUSTOMERS, "").await;
        stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
    }
    assert_eq!(quiet.simulator.history(), rough.simulator.history());
}
