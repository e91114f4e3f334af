//! Meter events over HTTP: received, counted later, counted once, taken back, summed up.

use crate::caller::{call, post_under};
use crate::metered::{COUNTED, EVENTS, METERS, Metered, ask, refused};
use crate::stage::{HOUR, START, Stage};
use counterfoil_simulator::{
    Card, Checked, Fault, Limits, MeterValues, NewCustomer, NewMeter, UsageAtOnce, UsageFaults,
    UsageReport, UsageRules,
};
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: i64 = 60;

#[tokio::test]
async fn usage_is_received_at_once_and_counted_later() {
    let metered = Metered::start().await;
    let customer = &metered.customer;
    let received = metered.received("25", "&identifier=idmp_1").await;
    assert_eq!(
        received,
        json!({
            "object": "billing.meter_event",
            "created": START,
            "event_name": "calls",
            "identifier": "idmp_1",
            "livemode": false,
            "payload": { "stripe_customer_id": customer, "value": "25" },
            "timestamp": START,
        })
    );
    assert_eq!(metered.sum(), "0", "it is not counted yet");
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "25");
    let made_up = metered.received("5", "").await["identifier"].as_str().unwrap().to_owned();
    assert!(!made_up.is_empty());
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "30");
    let truth = metered.stage.simulator.truth();
    assert_eq!(truth.usage[&metered.meter][customer], "30");
}

#[tokio::test]
async fn an_identifier_is_known_for_24_hours() {
    let metered = Metered::start().await;
    metered.received("1", "&identifier=same").await;
    metered.stage.simulator.advance(Duration::from_secs(86_399));
    let again = metered.report("1", "&identifier=same").await;
    assert_eq!(again.status.as_u16(), 400);
    assert_eq!(
        again.body,
        json!({ "error": {
            "type": "invalid_request_error",
            "message": "An event already exists with identifier same.",
        } })
    );
    assert_eq!(again.header("stripe-should-retry"), Some("false"));
    metered.stage.simulator.advance(Duration::from_secs(1));
    assert_eq!(metered.sum(), "1");
    metered.received("1", "&identifier=same").await;
    assert_eq!(metered.report("1", "&identifier=same").await.status.as_u16(), 400);
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "2", "after a day it counts again");
    assert_eq!(metered.report("1", &format!("&identifier={}", "x".repeat(101))).await.status, 400);
}

#[tokio::test]
async fn a_repetition_under_one_key_is_no_second_event() {
    let metered = Metered::start().await;
    let form = format!(
        "event_name=calls&payload[stripe_customer_id]={}&payload[value]=7&identifier=a",
        metered.customer
    );
    let first = post_under(&metered.stage, "k", EVENTS, &form).await;
    let again = post_under(&metered.stage, "k", EVENTS, &form).await;
    assert_eq!((first.status.as_u16(), &first.bytes), (200, &again.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    metered
        .stage
        .simulator
        .fail_next("POST /v1/billing/meter_events", Fault::ErrorAfterEffect)
        .unwrap();
    let lost = format!("{form}b");
    assert_eq!(post_under(&metered.stage, "l", EVENTS, &lost).await.status.as_u16(), 500);
    let refused = call(&metered.stage, "POST", EVENTS, &lost).await;
    assert_eq!(refused.status.as_u16(), 400, "it was received all the same");
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "14");
}

#[tokio::test]
async fn an_event_is_dated_35_days_back_and_5_minutes_ahead_at_most() {
    let metered = Metered::start().await;
    let check = async |seconds: i64, code: Value| {
        let answer = metered.report("1", &format!("&timestamp={}", START + seconds)).await;
        assert_eq!(answer.body["error"]["code"], code, "{seconds}: {}", answer.body);
    };
    check(300, json!(null)).await;
    check(301, json!("timestamp_in_future")).await;
    check(-35 * 86_400, json!(null)).await;
    check(-35 * 86_400 - 1, json!("timestamp_too_far_in_past")).await;
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "2");
}

#[tokio::test]
async fn what_an_event_must_have_is_asked_for() {
    let metered = Metered::start().await;
    for (form, param) in [
        ("payload[value]=1", "event_name"),
        ("event_name=calls", "payload"),
        ("event_name=calls&payload[value]=1&timestamp=noon", "timestamp"),
        ("event_name=calls&payload[value]=1&value=1", "value"),
    ] {
        let (status, error) = refused(&metered.stage, "POST", EVENTS, form).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{form}: {error}");
    }
    assert_eq!(call(&metered.stage, "GET", EVENTS, "").await.status.as_u16(), 404);
    assert_eq!(call(&metered.stage, "GET", &format!("{EVENTS}/x"), "").await.status.as_u16(), 404);
}

#[tokio::test]
async fn which_values_count_can_be_set() {
    use MeterValues::{Decimal, PositiveWhole, SignedDecimal, Whole};
    for (values, given, expected) in [
        (PositiveWhole, "5", "5"),
        (PositiveWhole, "0", "0"),
        (PositiveWhole, "2.5", "0"),
        (PositiveWhole, "-5", "0"),
        (PositiveWhole, "5.0", "5"),
        (Whole, "0", "0"),
        (Decimal, "2.5", "2.5"),
        (Decimal, "0.000000000001", "0.000000000001"),
        (Decimal, "-2.5", "0"),
        (SignedDecimal, "-2.5", "-2.5"),
        (SignedDecimal, "1e3", "0"),
        (SignedDecimal, "1234567890123456", "0"),
    ] {
        let metered = Metered::with(UsageRules { values, ..UsageRules::default() }, "").await;
        metered.received(given, "").await;
        metered.stage.simulator.advance(COUNTED);
        assert_eq!(metered.sum(), expected, "{values:?} {given}");
    }
}

#[tokio::test]
async fn events_can_be_checked_before_they_are_received() {
    let rules = UsageRules {
        contents_checked: Checked::AtOnce,
        timestamps_checked: Checked::Later,
        ..UsageRules::default()
    };
    let metered = Metered::with(rules, "").await;
    let answer = metered.report("x", "").await;
    assert_eq!(answer.status.as_u16(), 400);
    assert_eq!(answer.body["error"]["code"], "meter_event_invalid_value");
    let unknown = "event_name=others&payload[stripe_customer_id]=cus_1&payload[value]=1";
    let (status, error) = refused(&metered.stage, "POST", EVENTS, unknown).await;
    assert_eq!((status, &error["param"]), (400, &json!("event_name")));
    metered.received("1", &format!("&timestamp={}", START + 301)).await;
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "0", "the date was checked later");
}

#[tokio::test]
async fn one_customer_and_meter_take_one_call_at_a_time() {
    let metered = Metered::start().await;
    let simulator = &metered.stage.simulator;
    for (usage_at_once, code, reason) in [
        (UsageAtOnce::LockTimeout, json!("lock_timeout"), None),
        (UsageAtOnce::ResourceSpecific, json!("rate_limit"), Some("resource-specific")),
        (UsageAtOnce::Allowed, json!(null), None),
    ] {
        simulator.set_limits(Limits { usage_at_once, ..Limits::default() });
        simulator
            .fail_next("POST /v1/billing/meter_events", Fault::SlowAnswer { millis: 300 })
            .unwrap();
        let slow = metered.report("1", "");
        let second = async {
            // The slow call is let in first: it has nothing to wait for before.
            while !simulator.call_faults().next.is_empty() {
                tokio::task::yield_now().await;
            }
            let other = metered.stage.customer(Card::Good);
            let form =
                format!("event_name=calls&payload[stripe_customer_id]={other}&payload[value]=1");
            let other = call(&metered.stage, "POST", EVENTS, &form).await;
            assert_eq!(other.status.as_u16(), 200, "another customer is let in");
            metered.report("1", "").await
        };
        let (slow, second) = tokio::join!(slow, second);
        assert_eq!(slow.status.as_u16(), 200);
        let expected = if code.is_null() { 200 } else { 429 };
        assert_eq!(second.status.as_u16(), expected, "{usage_at_once:?}: {}", second.body);
        assert_eq!(second.body["error"]["code"], code);
        assert_eq!(second.header("stripe-rate-limited-reason"), reason);
        assert_eq!(metered.report("1", "").await.status.as_u16(), 200, "the lane is free again");
    }
}

#[tokio::test]
async fn usage_can_have_a_rate_of_its_own() {
    let metered = Metered::start().await;
    let limits = Limits {
        usage_per_second: Some(2),
        global_per_second: Some(1),
        endpoint_per_second: Some(1),
        ..Limits::default()
    };
    metered.stage.simulator.set_limits(limits);
    assert_eq!(metered.report("1", "").await.status.as_u16(), 200);
    assert_eq!(metered.report("1", "").await.status.as_u16(), 200, "it is apart from other calls");
    let limited = metered.report("1", "").await;
    assert_eq!(limited.status.as_u16(), 429);
    assert_eq!(limited.header("stripe-rate-limited-reason"), Some("endpoint-rate"));
    assert_eq!(call(&metered.stage, "GET", METERS, "").await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_event_can_be_taken_back_for_a_day() {
    let metered = Metered::start().await;
    let path = "/v1/billing/meter_event_adjustments";
    let stage = &metered.stage;
    let form =
        |identifier: &str| format!("event_name=calls&type=cancel&cancel[identifier]={identifier}");
    metered.received("5", "&identifier=a").await;
    metered.received("7", "&identifier=b").await;
    metered.received("9", "&identifier=c").await;
    stage.simulator.advance(COUNTED);
    let answer = ask(stage, "POST", path, &form("a")).await;
    assert_eq!(
        answer,
        json!({
            "object": "billing.meter_event_adjustment",
            "cancel": { "identifier": "a" },
            "event_name": "calls",
            "livemode": false,
            "status": "pending",
            "type": "cancel",
        })
    );
    assert_eq!(metered.sum(), "21");
    stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "16");
    assert_eq!(refused(stage, "POST", path, &form("a")).await.1["param"], "cancel[identifier]");
    assert_eq!(refused(stage, "POST", path, &form("x")).await.0, 400);
    let other = form("b").replace("=calls", "=others");
    assert_eq!(refused(stage, "POST", path, &other).await.0, 400);
    // What was not counted yet never is.
    metered.received("100", "&identifier=d").await;
    ask(stage, "POST", path, &form("d")).await;
    stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "16");
    stage.simulator.advance(Duration::from_secs(86_400 - 31));
    ask(stage, "POST", path, &form("b")).await;
    stage.simulator.advance(Duration::from_secs(1));
    assert_eq!(refused(stage, "POST", path, &form("c")).await.0, 400, "a day is over");
    stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "9");
    let missing = "event_name=calls&type=cancel";
    assert_eq!(refused(stage, "POST", path, missing).await.1["param"], "cancel[identifier]");
}

fn summaries(meter: &str, customer: &str, rest: &str) -> String {
    format!("{METERS}/{meter}/event_summaries?customer={customer}&{rest}")
}

#[tokio::test]
async fn summaries_sum_up_ranges_and_windows() {
    let metered = Metered::start().await;
    let stage = &metered.stage;
    for (ago, value) in [(7_200, 1), (3_601, 2), (3_600, 4), (1, 8), (0, 16)] {
        metered.received(&value.to_string(), &format!("&timestamp={}", START - ago)).await;
    }
    let path = |rest: String| summaries(&metered.meter, &metered.customer, &rest);
    let hours =
        path(format!("start_time={}&end_time={START}&value_grouping_window=hour", START - 10_800));
    let values = async |path: &str| -> Vec<Value> {
        let list = ask(stage, "GET", path, "").await;
        let rows = list["data"].as_array().unwrap().iter();
        rows.map(|row| row["aggregated_value"].clone()).collect()
    };
    assert_eq!(values(&hours).await, [json!(0), json!(0), json!(0)], "nothing is counted yet");
    stage.simulator.advance(COUNTED);
    assert_eq!(values(&hours).await, [json!(12), json!(3), json!(0)], "newest first");
    let whole = path(format!("start_time={}&end_time={START}", START - 7_200));
    let list = ask(stage, "GET", &whole, "").await;
    assert_eq!(list["url"], format!("{METERS}/{}/event_summaries", metered.meter));
    let row = &list["data"][0];
    assert!(row["id"].as_str().unwrap().starts_with("mtrusg_"));
    assert_eq!(
        row,
        &json!({
            "id": row["id"],
            "object": "billing.meter_event_summary",
            "aggregated_value": 15,
            "end_time": START,
            "livemode": false,
            "meter": metered.meter,
            "start_time": START - 7_200,
        })
    );
    let days = path(format!(
        "start_time={}&end_time={}&value_grouping_window=day",
        START - 86_400,
        START + 86_400
    ));
    assert_eq!(values(&days).await, [json!(16), json!(15)]);
    // Pages.
    let first = ask(stage, "GET", &format!("{hours}&limit=1"), "").await;
    assert_eq!(
        (&first["has_more"], &first["data"][0]["aggregated_value"]),
        (&json!(true), &json!(12))
    );
    let after = first["data"][0]["id"].as_str().unwrap();
    let rest = ask(stage, "GET", &format!("{hours}&limit=5&starting_after={after}"), "").await;
    assert_eq!(rest["has_more"], false);
    assert_eq!(rest["data"].as_array().unwrap().len(), 2);
    assert_eq!(rest["data"][0]["start_time"], START - 7_200);
}

#[tokio::test]
async fn summaries_without_usage_can_be_left_out() {
    let rules = UsageRules { empty_summaries: false, ..UsageRules::default() };
    let metered = Metered::with(rules, "").await;
    metered.received("3", &format!("&timestamp={}", START - 1)).await;
    metered.stage.simulator.advance(COUNTED);
    let rest = format!("start_time={}&end_time={START}&value_grouping_window=hour", START - 10_800);
    let path = summaries(&metered.meter, &metered.customer, &rest);
    let list = ask(&metered.stage, "GET", &path, "").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["start_time"], START - 3_600);
}

#[tokio::test]
async fn summaries_are_aligned() {
    let metered = Metered::start().await;
    let check = async |start: i64, end: i64, more: &str, param: &str| {
        let rest = format!("start_time={start}&end_time={end}{more}");
        let path = summaries(&metered.meter, &metered.customer, &rest);
        let (status, error) = refused(&metered.stage, "GET", &path, "").await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{rest}: {error}");
    };
    let (hour, day) = ("&value_grouping_window=hour", "&value_grouping_window=day");
    check(START + 1, START + MINUTE, "", "start_time").await;
    check(START, START + MINUTE + 1, "", "end_time").await;
    check(START + MINUTE, START + 3_600, hour, "start_time").await;
    check(START, START + MINUTE, hour, "end_time").await;
    check(START + 3_600, START + 86_400, day, "start_time").await;
    check(START, START, "", "end_time").await;
    check(START, START - MINUTE, "", "end_time").await;
    check(START, START + MINUTE, "&value_grouping_window=week", "value_grouping_window").await;
    let meter = &metered.meter;
    let without = format!("{METERS}/{meter}/event_summaries?start_time={START}&end_time={START}");
    assert_eq!(refused(&metered.stage, "GET", &without, "").await.1["param"], "customer");
    let range = format!("start_time={START}&end_time={}", START + MINUTE);
    let unknown = summaries(meter, "cus_x", &range);
    assert_eq!(refused(&metered.stage, "GET", &unknown, "").await.1["code"], "resource_missing");
    let unknown = summaries("mtr_x", &metered.customer, &range);
    assert_eq!(refused(&metered.stage, "GET", &unknown, "").await.0, 404);
}

#[tokio::test]
async fn formulas_and_windows_make_different_sums() {
    let last = "&default_aggregation[formula]=last";
    for (meter, expected) in [
        ("", "15"),
        ("&default_aggregation[formula]=count", "4"),
        (last, "2"),
        // 22:50 to 22:59 hold 7 and 2, of which 2 is the later; 23:59 holds 2 and 4.
        ("&event_time_window=hour", "6"),
        ("&event_time_window=day", "4"),
    ] {
        let metered = Metered::with(UsageRules::default(), meter).await;
        let last_value = if meter == last { 2 } else { 4 };
        for (ago, value) in [(3_710, 7), (11, 6 - last_value), (3_660, 2), (10, last_value)] {
            metered.received(&value.to_string(), &format!("&timestamp={}", START - ago)).await;
        }
        metered.stage.simulator.advance(COUNTED);
        assert_eq!(metered.sum(), expected, "{meter}");
    }
}

#[tokio::test]
async fn a_customer_of_a_test_clock_is_metered_in_its_time() {
    let stage = Stage::start().await;
    let frozen = START - 86_400 * 100;
    let clock = stage.simulator.create_test_clock(frozen, None);
    let new = NewCustomer { test_clock: Some(clock.clone()), ..NewCustomer::default() };
    let customer = stage.simulator.create_customer(new);
    let meter = stage.simulator.create_meter(NewMeter::summing("calls")).unwrap();
    let form = format!("event_name=calls&payload[stripe_customer_id]={customer}&payload[value]=3");
    let received = ask(&stage, "POST", EVENTS, &form).await;
    assert_eq!((&received["timestamp"], &received["created"]), (&json!(frozen), &json!(START)));
    let late = refused(&stage, "POST", EVENTS, &format!("{form}&timestamp={START}")).await.1;
    assert_eq!(late["code"], "timestamp_in_future");
    let sum = || stage.simulator.usage_sum(&meter, &customer, 0, START);
    assert_eq!(sum(), "0");
    stage.simulator.advance_test_clock(&clock, frozen + 86_400).unwrap();
    assert_eq!(sum(), "3", "an advance takes longer than counting");
}

#[tokio::test]
async fn rejected_usage_does_not_count() {
    let metered = Metered::start().await;
    let simulator = &metered.stage.simulator;
    assert!(!simulator.set_usage_faults(UsageFaults { rate: 1.5, ..UsageFaults::default() }));
    let form = r#"{"error":"meter_event_invalid_value","next":1,"rate":0.0}"#;
    let set = call(&metered.stage, "POST", "/_simulator/usage/faults", form).await;
    assert_eq!(set.body["next"], 1);
    for value in ["5", "7"] {
        metered.received(value, "").await;
    }
    simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "7");
    assert_eq!(simulator.usage_faults().next, 0);
    assert!(simulator.set_usage_faults(UsageFaults { rate: 1.0, ..UsageFaults::default() }));
    metered.received("9", "").await;
    simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "7");
}

#[tokio::test]
async fn the_library_reports_usage_too() {
    let metered = Metered::start().await;
    let simulator = &metered.stage.simulator;
    let report = UsageReport {
        event_name: "calls".to_owned(),
        identifier: Some("a".to_owned()),
        payload: [("stripe_customer_id", metered.customer.as_str()), ("value", "4")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        timestamp: None,
    };
    assert_eq!(simulator.report_usage(report.clone()).unwrap(), "a");
    assert!(simulator.report_usage(report).is_err());
    simulator.advance(HOUR);
    assert_eq!(metered.sum(), "4");
    assert_eq!(simulator.usage_sum(&metered.meter, &metered.customer, START + 1, START + 9), "0");
    assert_eq!(simulator.usage_sum(&metered.meter, "cus_x", 0, START), "0");
}
