//! What becomes of usage that does not count: reports as thin events.

use crate::caller::call;
use crate::metered::{EVENTS, METERS, Metered, ask};
use crate::stage::{DAY, START, Stage};
use counterfoil_simulator::{MeterError, UsageFaults, UsageRules};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than a report takes.
const REPORTED: Duration = Duration::from_secs(30);
const REPORT: &str = "v1.billing.meter.error_report_triggered";

/// The reports so far as they are fetched, oldest first.
async fn reports(stage: &Stage, kind: &str) -> Vec<Value> {
    let list = ask(stage, "GET", &format!("/v2/core/events?types[0]={kind}"), "").await;
    let mut reports = list["data"].as_array().unwrap().clone();
    reports.reverse();
    reports
}

fn codes(report: &Value) -> Vec<(String, i64)> {
    let types = report["data"]["reason"]["error_types"].as_array().unwrap();
    let one =
        |it: &Value| (it["code"].as_str().unwrap().to_owned(), it["error_count"].as_i64().unwrap());
    types.iter().map(one).collect()
}

#[tokio::test]
async fn each_error_turns_up_in_a_report_of_its_meter() {
    let metered = Metered::start().await;
    let (stage, customer) = (&metered.stage, &metered.customer);
    let post = async |form: String| {
        let form = format!("event_name=calls&{form}");
        assert_eq!(call(stage, "POST", EVENTS, &form).await.status.as_u16(), 200, "{form}");
    };
    let who = format!("payload[stripe_customer_id]={customer}");
    post(format!("{who}&payload[value]=many&identifier=a")).await;
    post(format!("{who}&payload[value]=-1&identifier=b")).await;
    post(format!("{who}&identifier=c")).await;
    post(format!("{who}&payload[value]=1234567890123456&identifier=d")).await;
    post("payload[stripe_customer_id]=cus_x&payload[value]=1&identifier=e".to_owned()).await;
    post("payload[value]=1&identifier=f".to_owned()).await;
    post(format!("{who}&payload[value]=1&identifier=good")).await;
    assert_eq!(reports(stage, REPORT).await.len(), 0);
    stage.simulator.advance(REPORTED);
    let found = reports(stage, REPORT).await;
    assert_eq!(found.len(), 1);
    let report = &found[0];
    assert_eq!(
        report["related_object"],
        json!({
            "id": metered.meter,
            "type": "billing.meter",
            "url": format!("{METERS}/{}", metered.meter),
        })
    );
    assert_eq!(report["data"]["developer_message_summary"], "There are 6 invalid events");
    assert_eq!(report["data"]["validation_start"], "2026-01-10T00:00:00.000Z");
    assert_eq!(report["data"]["validation_end"], "2026-01-10T00:00:10.000Z");
    assert_eq!(report["created"], "2026-01-10T00:00:12.000Z");
    assert_eq!(report["data"]["reason"]["error_count"], 6);
    let expected = [
        ("meter_event_customer_not_found", 1),
        ("meter_event_invalid_value", 2),
        ("meter_event_no_customer_defined", 1),
        ("meter_event_value_not_found", 1),
        ("meter_event_value_too_many_digits", 1),
    ];
    let mut of_it = codes(report);
    of_it.sort();
    assert_eq!(of_it, expected.map(|(code, count)| (code.to_owned(), count)));
    let types = report["data"]["reason"]["error_types"].as_array().unwrap();
    let undefined =
        types.iter().find(|it| it["code"] == "meter_event_no_customer_defined").unwrap();
    assert_eq!(
        undefined["sample_errors"],
        json!([{
            "error_message": "Customer mapping key stripe_customer_id not found in payload.",
            "request": { "identifier": "f" },
        }])
    );
    assert_eq!(metered.sum(), "1");
    stage.simulator.advance(DAY);
    assert_eq!(reports(stage, REPORT).await.len(), 1, "it comes once");
}

#[tokio::test]
async fn an_event_without_a_meter_is_reported_by_itself() {
    let metered = Metered::start().await;
    let form = "event_name=others&payload[value]=1&identifier=a";
    ask(&metered.stage, "POST", EVENTS, form).await;
    metered.stage.simulator.advance(REPORTED);
    assert_eq!(reports(&metered.stage, REPORT).await.len(), 0);
    let found = reports(&metered.stage, "v1.billing.meter.no_meter_found").await;
    assert_eq!(found.len(), 1);
    assert!(found[0]["related_object"].is_null(), "{}", found[0]);
    assert_eq!(codes(&found[0]), [("no_meter".to_owned(), 1)]);
    let sample = &found[0]["data"]["reason"]["error_types"][0]["sample_errors"][0];
    assert_eq!(sample["error_message"], "No meter was found matching event_name others.");
    assert_eq!(found[0]["data"]["developer_message_summary"], "There is 1 invalid event");
}

#[tokio::test]
async fn a_meter_may_be_deactivated_before_its_usage_is_looked_at() {
    let metered = Metered::start().await;
    metered.received("5", "").await;
    let path = format!("{METERS}/{}/deactivate", metered.meter);
    ask(&metered.stage, "POST", &path, "").await;
    metered.stage.simulator.advance(REPORTED);
    let found = reports(&metered.stage, REPORT).await;
    assert_eq!(codes(&found[0]), [("archived_meter".to_owned(), 1)]);
    assert_eq!(metered.sum(), "0");
}

#[tokio::test]
async fn reports_are_made_by_window_and_name_samples_only() {
    let rules = UsageRules { report_samples_max: 2, ..UsageRules::default() };
    let metered = Metered::with(rules, "").await;
    let simulator = &metered.stage.simulator;
    for _ in 0..4 {
        metered.received("x", "").await;
    }
    simulator.advance(Duration::from_secs(6));
    metered.received("x", "").await;
    simulator.advance(DAY);
    let found = reports(&metered.stage, REPORT).await;
    let counts: Vec<&Value> = found.iter().map(|it| &it["data"]["reason"]["error_count"]).collect();
    assert_eq!(counts, [4, 1]);
    let first = &found[0]["data"]["reason"]["error_types"][0];
    assert_eq!(first["sample_errors"].as_array().unwrap().len(), 2);
    assert_eq!(found[1]["data"]["validation_start"], "2026-01-10T00:00:10.000Z");
}

#[tokio::test]
async fn good_usage_can_be_rejected_on_purpose() {
    let metered = Metered::start().await;
    let simulator = &metered.stage.simulator;
    let faults = UsageFaults { error: MeterError::TimestampTooFarInPast, next: 1, rate: 0.0 };
    assert!(simulator.set_usage_faults(faults));
    let identifier = metered.received("5", "").await["identifier"].clone();
    simulator.advance(REPORTED);
    let found = reports(&metered.stage, REPORT).await;
    assert_eq!(codes(&found[0]), [("timestamp_too_far_in_past".to_owned(), 1)]);
    let sample = &found[0]["data"]["reason"]["error_types"][0]["sample_errors"][0];
    assert_eq!(sample["request"]["identifier"], identifier);
    assert_eq!(metered.sum(), "0");
    assert_eq!(simulator.now(), START + 30);
}

#[tokio::test]
async fn two_runs_meter_alike() {
    let run = async || {
        let metered = Metered::start().await;
        let simulator = &metered.stage.simulator;
        assert!(simulator.set_usage_faults(UsageFaults { rate: 0.5, ..UsageFaults::default() }));
        let subscription = metered.subscribe(&metered.price("unit_amount=10").await).await;
        for value in 1..20 {
            metered.received(&value.to_string(), "").await;
            simulator.advance(Duration::from_secs(3));
        }
        metered.to_period_end(3_700);
        let invoice = metered.latest_invoice(&subscription).await;
        assert_ne!(invoice["total"], 0);
        assert_ne!(invoice["total"], 1_900);
        (simulator.history(), simulator.thin_history(), simulator.truth())
    };
    assert_eq!(run().await, run().await);
}
