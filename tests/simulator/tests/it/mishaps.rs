//! Faults of single events, resending by hand, and retries as Stripe's modes have them.

use crate::caller::{call, call_with};
use crate::receiver::{Receiver, SECRET};
use crate::stage::{DAY, DEADLINE, HOUR, START, Stage, events, kinds};
use counterfoil_simulator::{
    Card, DeliveryState, Endpoint, EventFault, EventFaults, EventStep, Faults, Options, Retries,
    Rules, Simulator, Wall,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn quick() -> Retries {
    Retries {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        timeout: Duration::from_millis(300),
        ..Retries::default()
    }
}

async fn listening(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> (Simulator, Receiver) {
    let sink = Receiver::start(status).await;
    let simulator =
        Simulator::start(Options { retries: quick(), ..Options::default() }).await.unwrap();
    let _ = simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    (simulator, sink)
}

fn raw(simulator: &Simulator, kind: &str) {
    simulator.emit_raw_event(kind, &json!({ "id": "thing", "object": "thing", "status": "new" }));
}

fn received(sink: &Receiver) -> Vec<Value> {
    sink.received().iter().map(crate::receiver::Received::event).collect()
}

#[tokio::test]
async fn the_next_event_of_a_type_goes_wrong_and_no_other() {
    for (fault, copies) in [
        (EventFault::Delayed { millis: 1 }, 1),
        (EventFault::Duplicated, 2),
        (EventFault::FirstAttemptDropped, 1),
        (EventFault::GenerationFailed, 0),
        (EventFault::Lost, 0),
        (EventFault::NeverGenerated, 0),
        (EventFault::Redelivered, 2),
        (EventFault::SecondId, 2),
        (EventFault::UnknownEnum, 1),
        (EventFault::UnknownField, 1),
        (EventFault::UnknownType, 2),
    ] {
        let (simulator, sink) = listening(|_| 200).await;
        simulator.fail_next_event("thing.*", fault);
        for kind in ["other.made", "thing.made", "thing.made"] {
            raw(&simulator, kind);
        }
        assert!(simulator.settled(DEADLINE).await, "{fault:?}");
        assert_eq!(received(&sink).len(), copies + 2, "{fault:?}");
        let odd =
            received(&sink).iter().filter(|it| it["data"]["object"]["status"] != "new").count();
        assert_eq!(odd, usize::from(fault == EventFault::UnknownEnum), "{fault:?}");
        let odd = received(&sink)
            .iter()
            .filter(|it| it["data"]["object"].get("unheard_of").is_some())
            .count();
        assert_eq!(odd, usize::from(fault == EventFault::UnknownField), "{fault:?}");
        let unknown = kinds(&received(&sink)).contains(&"thing.unheard_of".to_owned());
        assert_eq!(unknown, fault == EventFault::UnknownType, "{fault:?}");
        let lost =
            simulator.deliveries().iter().filter(|it| it.state == DeliveryState::GivenUp).count();
        assert_eq!(lost, usize::from(fault == EventFault::Lost), "{fault:?}");
        let dropped = u64::from(fault == EventFault::FirstAttemptDropped);
        assert_eq!(simulator.counters().attempts_failed, dropped, "{fault:?}");
        assert_eq!(simulator.event_faults(), EventFaults::default());
        simulator.stop().await;
    }
}

#[tokio::test]
async fn the_signature_of_a_chosen_event_is_wrong_once() {
    for fault in [
        EventFault::FutureTime,
        EventFault::MalformedHeader,
        EventFault::StaleTime,
        EventFault::V0Only,
    ] {
        let (simulator, sink) = listening(|n| if n == 1 { 400 } else { 200 }).await;
        simulator.set_event_script(vec![
            EventStep { on: "*".to_owned(), fault: None, times: 1 },
            EventStep { on: "*".to_owned(), fault: Some(fault), times: 1 },
        ]);
        for _ in 0..2 {
            raw(&simulator, "thing.made");
            assert!(simulator.settled(DEADLINE).await, "{fault:?}");
        }
        let headers: Vec<String> =
            sink.received().iter().map(|it| it.signature().to_owned()).collect();
        let now = simulator.now();
        let plain = |header: &str| {
            let second: Option<i64> =
                header.split(',').next().and_then(|it| it.strip_prefix("t=")?.parse().ok());
            header.contains(",v1=") && second.is_some_and(|second| (second - now).abs() < 60)
        };
        let plain: Vec<bool> = headers.iter().map(|header| plain(header)).collect();
        assert_eq!(plain, [true, false, true], "{fault:?}: {headers:?}");
    }
}

#[tokio::test]
async fn a_script_names_events_by_their_number_and_type() {
    let (simulator, sink) = listening(|_| 200).await;
    simulator.fail_events("b", 1, EventFault::Duplicated);
    simulator.set_event_script(vec![
        EventStep { on: "*".to_owned(), fault: None, times: 3 },
        EventStep { on: "b".to_owned(), fault: Some(EventFault::NeverGenerated), times: 2 },
        EventStep { on: "a".to_owned(), fault: Some(EventFault::SecondId), times: 1 },
    ]);
    assert!(simulator.set_faults(Faults { never_generated_rate: 1.0, ..Faults::default() }));
    for kind in ["b", "a", "b", "b"] {
        raw(&simulator, kind);
    }
    assert_eq!(kinds(&events(&simulator)), ["b", "a", "b"], "what is let through knows no chance");
    assert!(simulator.set_faults(Faults::default()));
    for kind in ["a", "b", "a", "a", "b"] {
        raw(&simulator, kind);
    }
    let expected = ["b", "a", "b", "a", "a", "a", "a", "b"];
    assert_eq!(kinds(&events(&simulator)), expected);
    assert!(simulator.settled(DEADLINE).await);
    assert_eq!(received(&sink).len(), expected.len() + 1, "the last one came twice");
}

#[tokio::test]
async fn thin_events_go_wrong_where_they_are_meant() {
    let sink = Receiver::start(|_| 200).await;
    let stage = Stage::with(Options { retries: quick(), ..Options::default() }).await;
    let _ = stage.simulator.add_endpoint(Endpoint::thin(&sink.url(), SECRET).unwrap());
    for fault in [EventFault::NeverGenerated, EventFault::SecondId, EventFault::Duplicated] {
        stage.simulator.fail_next_event("v1.customer.*", fault);
    }
    stage.simulator.fail_next_event("*", EventFault::UnknownField);
    for _ in 0..4 {
        let _ = stage.customer(Card::Missing);
    }
    assert!(stage.simulator.settled(DEADLINE).await);
    let thin = stage.simulator.thin_history();
    let made = thin.iter().filter(|it| it["type"] == "v1.customer.created").count();
    assert_eq!((made, received(&sink).len()), (4, 5));
    assert!(received(&sink).iter().all(|it| it["type"] == "v1.customer.created"));
}

#[tokio::test]
async fn an_event_that_could_not_be_made_is_told_of_later() {
    let stage = Stage::start().await;
    let before = events(&stage.simulator).len();
    stage.simulator.fail_next_event("customer.created", EventFault::GenerationFailed);
    let customer = stage.customer(Card::Missing);
    assert_eq!(events(&stage.simulator).len(), before);
    let kind = "v2.core.health.event_generation_failure.resolved";
    let told = || {
        let thin = stage.simulator.thin_history();
        thin.into_iter().find(|it| it["type"] == kind)
    };
    assert_eq!(told(), None);
    stage.simulator.advance(HOUR);
    let told = told().unwrap();
    assert!(told.get("related_object").is_none());
    assert_eq!(told["data"]["impact"]["event_type"], "customer.created");
    assert_eq!(told["data"]["impact"]["related_object"]["id"], customer.as_str());
    assert_eq!(told["data"]["resolved_at"], "2026-01-10T00:05:00.000Z");
    let listed = call(&stage, "GET", "/v1/events?type=customer.created", "").await.body;
    assert_eq!(listed["data"], json!([]));
    let present = call(&stage, "GET", &format!("/v1/customers/{customer}"), "").await.body;
    assert_eq!(present["id"], customer.as_str(), "the object itself is there");
    let rates = Faults { generation_failed_rate: 1.0, ..Faults::default() };
    assert!(stage.simulator.set_faults(rates));
    let _ = stage.customer(Card::Missing);
    assert_eq!(events(&stage.simulator).len(), before);
}

#[tokio::test]
async fn an_event_is_sent_by_hand_without_ending_its_retries() {
    let (simulator, sink) = listening(|n| if n == 1 { 200 } else { 500 }).await;
    let slow = Retries { first_wait: Duration::from_hours(1), ..quick() };
    simulator.set_retries(slow);
    let id = simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap().only(["nothing"]));
    raw(&simulator, "thing.made");
    let event = events(&simulator)[0]["id"].as_str().unwrap().to_owned();
    until(async || simulator.counters().attempts_failed == 1).await;
    assert!(simulator.resend(&event, id), "an endpoint is sent what it does not listen for");
    until(async || sink.received().len() == 2).await;
    until(async || simulator.deliveries()[1].state == DeliveryState::Acknowledged).await;
    let records = simulator.deliveries();
    assert_eq!((records[0].state, records[0].resent), (DeliveryState::Waiting, false));
    assert_eq!((records[1].endpoint, records[1].resent), (id, true));
    assert_eq!((simulator.counters().acknowledged, simulator.counters().underway), (0, 1));
    assert_eq!(sink.received()[0].body, sink.received()[1].body);
    assert!(simulator.resend(&event, id));
    until(async || simulator.deliveries()[2].state == DeliveryState::GivenUp).await;
    assert_eq!(sink.received().len(), 3, "what is sent by hand is sent once");
    assert!(!simulator.resend("evt_none", id));
    assert!(simulator.set_endpoint_enabled(id, false));
    assert!(!simulator.resend(&event, id));
}

#[tokio::test]
async fn events_older_than_a_month_are_not_sent_by_hand() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let id = stage.simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    let _ = stage.customer(Card::Missing);
    let event = events(&stage.simulator).pop().unwrap();
    let event = event["id"].as_str().unwrap();
    stage.simulator.advance(30 * DAY);
    assert!(stage.simulator.resend(event, id));
    stage.simulator.advance(HOUR);
    assert!(!stage.simulator.resend(event, id));
}

/// Waits until a condition holds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.expect("the condition holds in time");
}

/// A wall clock that stands still until it is moved.
#[derive(Debug, Default)]
struct StillWall {
    seconds: AtomicU64,
}

impl Wall for StillWall {
    fn unix_micros(&self) -> i64 {
        START * 1_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::SeqCst))
    }
}

/// How many attempts are made of a delivery that always fails, and after how long the last one.
async fn attempts(retries: Retries) -> (u32, Duration) {
    let wall = Arc::new(StillWall::default());
    let sink = Receiver::start(|_| 500).await;
    let options = Options { retries, wall: Arc::<StillWall>::clone(&wall), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let _ = simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    raw(&simulator, "thing.made");
    let mut last = Duration::ZERO;
    loop {
        let made = simulator.counters().attempts_failed;
        let reached = async {
            while simulator.counters().attempts_failed == made {
                if simulator.deliveries()[0].state == DeliveryState::GivenUp {
                    return;
                }
                wall.seconds.fetch_add(300, Ordering::SeqCst);
                // The courier sleeps in real time; a new event has it look at the clock.
                simulator.fail_next_event("poke", EventFault::Lost);
                raw(&simulator, "poke");
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, reached).await.unwrap();
        if simulator.deliveries()[0].state == DeliveryState::GivenUp {
            return (simulator.deliveries()[0].attempts, last);
        }
        last = wall.monotonic();
    }
}

#[tokio::test]
async fn a_sandbox_gives_up_after_three_retries_and_live_mode_after_days() {
    let (made, _) = attempts(Retries::sandbox()).await;
    assert_eq!(made, 4);
    let (made, last) = attempts(Retries::live()).await;
    assert!(made > 8, "{made}");
    assert!(last > 2 * DAY, "{last:?}");
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_enabled_again_in_time_still_comes() {
    let (simulator, sink) = listening(|n| if n == 0 { 500 } else { 200 }).await;
    simulator.set_retries(Retries { first_wait: Duration::from_millis(200), ..quick() });
    raw(&simulator, "thing.made");
    until(async || simulator.counters().attempts_failed == 1).await;
    let id = simulator.deliveries()[0].endpoint;
    assert!(simulator.set_endpoint_enabled(id, false));
    raw(&simulator, "thing.missed");
    assert!(simulator.set_endpoint_enabled(id, true));
    assert!(simulator.settled(DEADLINE).await);
    assert_eq!(kinds(&received(&sink)), ["thing.made", "thing.made"]);
}

#[tokio::test]
async fn faults_of_events_are_set_over_the_control_api() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let _ = stage.simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    let ask = async |method: &str, path: &str, body: &str| {
        let answer = call_with(&stage, method, &format!("/_simulator/{path}"), body, &[]).await;
        (answer.status.as_u16(), answer.body)
    };
    let next = r#"{"on":"customer.*","fault":{"kind":"delayed","millis":1},"times":2}"#;
    assert_eq!(ask("POST", "events/next", next).await.0, 200);
    let script = r#"[{"on":"*"},{"on":"product.created","fault":{"kind":"second_id"}}]"#;
    let (status, faults) = ask("POST", "events/script", script).await;
    assert_eq!((status, &faults["next"][0]["times"]), (200, &json!(2)));
    assert_eq!(ask("GET", "events", "").await.1, faults);
    for (path, wrong) in [
        ("events/next", r#"{"on":"*","fault":{"kind":"bad_weather"}}"#),
        ("events/script", r#"{"on":"*"}"#),
        ("retries", r#""never""#),
        ("retries", r#"{"waits":{"first_millis":1}}"#),
    ] {
        assert_eq!(ask("POST", path, wrong).await.0, 400, "{path} {wrong}");
    }
    assert_eq!(ask("POST", "events/nothing", "[]").await.0, 404);
    let _ = stage.customer(Card::Missing);
    let before = events(&stage.simulator).len();
    call(&stage, "POST", "/v1/products", "name=New").await;
    assert_eq!(events(&stage.simulator).len(), before + 2);
    let nothing = json!({ "next": [], "script": [] });
    assert_eq!(ask("DELETE", "events", "").await.1, nothing);
    let waits = r#"{"waits":{"first_millis":1,"longest_millis":2,"give_up_after_millis":50,
                             "timeout_millis":300}}"#;
    for pace in [r#""live""#, r#""sandbox""#, waits] {
        assert_eq!(ask("POST", "retries", pace).await.0, 200, "{pace}");
    }
    assert!(stage.simulator.settled(DEADLINE).await);
    let event = events(&stage.simulator).pop().unwrap();
    let resend = format!("events/{}/resend", event["id"].as_str().unwrap());
    assert_eq!(ask("POST", &resend, r#"{"endpoint":0}"#).await.0, 200);
    assert!(stage.simulator.settled(DEADLINE).await);
    assert_eq!(received(&sink).pop().unwrap()["id"], event["id"]);
    assert_eq!(ask("POST", &resend, r#"{"endpoint":7}"#).await.0, 404);
    assert_eq!(ask("POST", "events/evt_x/resend", r#"{"endpoint":0}"#).await.0, 404);
}

#[tokio::test]
async fn a_renewal_invoice_waits_for_who_is_told_of_it_where_the_rules_say_so() {
    let invoice = async |waits: bool, answer: u16| {
        let rules = Rules { finalizing_waits_for_webhooks: waits, ..Rules::default() };
        let retries = Retries { retries_max: Some(0), ..quick() };
        let stage = Stage::with(Options { rules, retries, ..Options::default() }).await;
        let sink = Receiver::start(move |_| answer).await;
        let hook = Endpoint::new(&sink.url(), SECRET).unwrap().only(["invoice.created"]);
        let _ = stage.simulator.add_endpoint(hook);
        let id = stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
        let renewal = async |hours: u32| {
            stage.simulator.advance(hours * HOUR);
            assert!(stage.simulator.settled(DEADLINE).await);
            let latest = stage.truth("subscription", &id)["latest_invoice"].clone();
            stage.truth("invoice", latest.as_str().unwrap())
        };
        // The period ends after 31 days.
        let begun = renewal(31 * 24).await;
        assert_eq!(begun["status"], "draft");
        let mut waited = 0;
        while renewal(1).await["status"] == "draft" {
            waited += 1;
            assert!(waited < 100);
        }
        let paid = renewal(0).await;
        assert_eq!(paid["status"], "paid");
        (waited + 1, paid["webhooks_delivered_at"].as_i64())
    };
    let renewed = START + 31 * 86_400;
    assert_eq!(invoice(false, 500).await, (1, Some(renewed)));
    assert_eq!(invoice(true, 200).await, (1, Some(renewed)));
    assert_eq!(invoice(true, 500).await, (72, None));
}

#[tokio::test]
async fn an_event_can_come_in_an_older_version() {
    let sink = Receiver::start(|_| 200).await;
    let stage = Stage::with(Options { retries: quick(), ..Options::default() }).await;
    let _ = stage.simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    stage.simulator.fail_next_event("customer.created", EventFault::BeforeBasil);
    stage.simulator.fail_next_event("customer.created", EventFault::BeforeClover);
    let mut versions = Vec::new();
    for rate in [0.0, 0.0, 0.0, 1.0] {
        let faults = Faults { before_basil_rate: rate, ..Faults::default() };
        assert!(stage.simulator.set_faults(faults));
        let _ = stage.customer(Card::Missing);
        assert!(stage.simulator.settled(DEADLINE).await);
        versions.push(received(&sink).pop().unwrap()["api_version"].clone());
    }
    let newest = "2026-09-30.endive";
    assert_eq!(versions, ["2020-08-27", "2025-03-31.basil", newest, "2020-08-27"]);
    let history = events(&stage.simulator);
    assert!(history.iter().all(|event| event["api_version"] == newest));
}

#[tokio::test]
async fn what_no_endpoint_took_is_pending_and_not_delivered() {
    let retries = Retries { retries_max: Some(0), ..quick() };
    let stage = Stage::with(Options { retries, ..Options::default() }).await;
    let sink = Receiver::start(|_| 500).await;
    let _ = stage.simulator.add_endpoint(Endpoint::new(&sink.url(), SECRET).unwrap());
    let before = events(&stage.simulator).len();
    raw(&stage.simulator, "thing.made");
    assert!(stage.simulator.settled(DEADLINE).await);
    assert_eq!(stage.simulator.deliveries()[0].state, DeliveryState::GivenUp);
    let listed = async |query: &str| {
        call(&stage, "GET", &format!("/v1/events?{query}"), "").await.body["data"].clone()
    };
    let delivered = listed("delivery_success=true&limit=100").await;
    assert_eq!(delivered.as_array().unwrap().len(), before, "nobody was to be sent them");
    assert_eq!(listed("delivery_success=false").await[0]["pending_webhooks"], 1);
    let types = "types[]=a&".repeat(21);
    let refused = call(&stage, "GET", &format!("/v1/events?{types}"), "").await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]["param"]), (400, &json!("types")));
}
