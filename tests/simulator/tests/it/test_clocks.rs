//! Test clocks over HTTP.

use crate::caller::call;
use crate::stage::{DAY, START, Stage, events, kinds};
use counterfoil_simulator::{Card, Fault, NewCustomer};
use serde_json::{Value, json};

const CLOCKS: &str = "/v1/test_helpers/test_clocks";

async fn ask(stage: &Stage, method: &str, path: &str, form: &str) -> Value {
    let answer = call(stage, method, path, form).await;
    assert_eq!(answer.status.as_u16(), 200, "{method} {path} {form}: {}", answer.body);
    answer.body
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A clock with a customer and a monthly subscription: their ids.
async fn clocked(stage: &Stage, frozen: i64) -> [String; 3] {
    let form = format!("frozen_time={frozen}&name=Trial");
    let clock = text(&ask(stage, "POST", CLOCKS, &form).await["id"]);
    let form = format!(
        "test_clock={clock}&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa"
    );
    let customer = text(&ask(stage, "POST", "/v1/customers", &form).await["id"]);
    let form = format!("customer={customer}&items[0][price]={}", stage.monthly);
    let subscription = text(&ask(stage, "POST", "/v1/subscriptions", &form).await["id"]);
    [clock, customer, subscription]
}

#[tokio::test]
async fn a_clock_advances_and_takes_its_subscriptions_along() {
    let stage = Stage::start().await;
    let frozen = START - 86_400 * 100;
    let [clock, customer, subscription] = clocked(&stage, frozen).await;
    let path = format!("/v1/subscriptions/{subscription}");
    let held = ask(&stage, "GET", &path, "").await;
    assert_eq!((&held["created"], &held["test_clock"]), (&json!(frozen), &json!(clock)));
    let end = held["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    // What the account's own time brings does not touch it.
    stage.simulator.advance(DAY * 60);
    assert_eq!(ask(&stage, "GET", &path, "").await, held);
    let made = events(&stage.simulator).len();
    let advance = format!("{CLOCKS}/{clock}/advance");
    let to = end + 7_200;
    let answer = ask(&stage, "POST", &advance, &format!("frozen_time={to}")).await;
    assert_eq!(answer["status"], "advancing");
    assert_eq!(answer["status_details"]["advancing"]["target_frozen_time"], to);
    assert_eq!(answer["frozen_time"], frozen);
    let ready = ask(&stage, "GET", &format!("{CLOCKS}/{clock}"), "").await;
    assert_eq!((&ready["status"], &ready["frozen_time"]), (&json!("ready"), &json!(to)));
    let renewed = ask(&stage, "GET", &path, "").await;
    assert_eq!(renewed["items"]["data"][0]["current_period_start"], end);
    let invoice = format!("/v1/invoices/{}", text(&renewed["latest_invoice"]));
    let invoice = ask(&stage, "GET", &invoice, "").await;
    assert_eq!((&invoice["status"], &invoice["created"]), (&json!("paid"), &json!(end)));
    assert_eq!((&invoice["test_clock"], &invoice["customer"]), (&json!(clock), &json!(customer)));
    let events = events(&stage.simulator).split_off(made);
    let kinds = kinds(&events);
    assert_eq!(kinds.first().unwrap(), "test_helpers.test_clock.advancing");
    assert_eq!(kinds.last().unwrap(), "test_helpers.test_clock.ready");
    assert!(kinds.iter().any(|kind| kind == "customer.subscription.updated"));
    let now = stage.simulator.now();
    assert!(events.iter().all(|event| event["created"] == now), "events tell the account's time");
}

#[tokio::test]
async fn what_goes_by_a_clock_is_left_out_of_lists() {
    let stage = Stage::start().await;
    let [clock, customer, subscription] = clocked(&stage, START).await;
    let other = stage.customer(Card::Good);
    let free = stage.simulator.subscribe(&stage.wish(&other)).unwrap();
    let ids = async |path: &str| -> Vec<String> {
        let list = ask(&stage, "GET", path, "").await;
        list["data"].as_array().unwrap().iter().map(|it| text(&it["id"])).collect()
    };
    assert_eq!(ids("/v1/customers").await, [other.as_str()]);
    assert_eq!(ids(&format!("/v1/customers?test_clock={clock}")).await, [customer.as_str()]);
    assert_eq!(ids("/v1/subscriptions").await, [free.as_str()]);
    assert_eq!(
        ids(&format!("/v1/subscriptions?test_clock={clock}")).await,
        [subscription.as_str()]
    );
    assert_eq!(
        ids(&format!("/v1/subscriptions?customer={customer}")).await,
        [subscription.as_str()]
    );
    assert_eq!(ids("/v1/invoices").await.len(), 1);
    assert_eq!(ids(&format!("/v1/invoices?customer={customer}")).await.len(), 1);
    assert_eq!(ids(CLOCKS).await, [clock.as_str()]);
    let path = format!("/v1/customers/{customer}?expand[]=test_clock");
    assert_eq!(ask(&stage, "GET", &path, "").await["test_clock"]["name"], "Trial");
}

#[tokio::test]
async fn a_clock_goes_forward_two_intervals_at_most() {
    let stage = Stage::start().await;
    let [clock, customer, _] = clocked(&stage, START).await;
    let form = format!("frozen_time={START}");
    let empty = text(&ask(&stage, "POST", CLOCKS, &form).await["id"]);
    let status = async |path: &str, form: &str| {
        let answer = call(&stage, "POST", path, form).await;
        (answer.status.as_u16(), answer.body["error"]["param"].clone())
    };
    let advance = format!("{CLOCKS}/{clock}/advance");
    let refused = (400, json!("frozen_time"));
    // From 10 January to 10 March 2026, and to 10 January 2028.
    let (two_months, two_years) = (START + 86_400 * 59, START + 86_400 * 730);
    for (path, to, expected) in [
        (&advance, START, refused.clone()),
        (&advance, START - 1, refused.clone()),
        (&advance, two_months + 1, refused.clone()),
        (&advance, two_months, (200, json!(null))),
        (&format!("{CLOCKS}/{empty}/advance"), two_years + 1, refused.clone()),
        (&format!("{CLOCKS}/{empty}/advance"), two_years, (200, json!(null))),
        (&format!("{CLOCKS}/clock_x/advance"), two_years, (404, json!("id"))),
    ] {
        assert_eq!(status(path, &format!("frozen_time={to}")).await, expected, "{path} {to}");
    }
    assert_eq!(status(&advance, "").await, refused, "it is required");
    assert_eq!(status(CLOCKS, "").await, refused);
    assert_eq!(status("/v1/customers", "test_clock=clock_x").await, (400, json!("test_clock")));
    let one = format!("/v1/customers/{customer}");
    assert_eq!(status(&one, "test_clock=clock_x").await, (400, json!("test_clock")));
}

#[tokio::test]
async fn a_deleted_clock_takes_its_customers_along() {
    let stage = Stage::start().await;
    let [clock, customer, subscription] = clocked(&stage, START).await;
    let path = format!("{CLOCKS}/{clock}");
    let gone = json!({ "id": clock, "object": "test_helpers.test_clock", "deleted": true });
    assert_eq!(ask(&stage, "DELETE", &path, "").await, gone);
    assert_eq!(call(&stage, "GET", &path, "").await.status.as_u16(), 404);
    assert_eq!(ask(&stage, "GET", CLOCKS, "").await["data"], json!([]));
    let deleted = ask(&stage, "GET", &format!("/v1/customers/{customer}"), "").await;
    assert_eq!(deleted["deleted"], true);
    let held = ask(&stage, "GET", &format!("/v1/subscriptions/{subscription}"), "").await;
    assert_eq!(held["status"], "canceled");
    let kinds = kinds(&events(&stage.simulator));
    assert_eq!(kinds.last().unwrap(), "test_helpers.test_clock.deleted");
    stage.simulator.advance(DAY * 400);
    assert_eq!(events(&stage.simulator).len(), kinds.len(), "nothing more happens");
}

#[tokio::test]
async fn the_library_goes_by_clocks_too() {
    let stage = Stage::start().await;
    let clock = stage.simulator.create_test_clock(START + 1_000, None);
    let new = NewCustomer { test_clock: Some(clock.clone()), ..NewCustomer::default() };
    let customer = stage.simulator.create_customer(new);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    assert_eq!(stage.truth("customer", &customer)["created"], START + 1_000);
    let to = START + 1_000 + 86_400 * 32;
    stage.simulator.advance_test_clock(&clock, to).unwrap();
    assert_eq!(
        stage.truth("subscription", &subscription)["items"]["data"][0]["current_period_start"],
        START + 1_000 + 86_400 * 31
    );
    stage.simulator.delete_test_clock(&clock).unwrap();
    assert!(stage.simulator.truth().is_deleted("customer", &customer));
}

#[tokio::test]
async fn a_clock_can_fail_on_its_way() {
    let stage = Stage::start().await;
    let [clock, _, subscription] = clocked(&stage, START).await;
    let [other, ..] = clocked(&stage, START).await;
    let before = stage.truth("subscription", &subscription);
    let advance = format!("{CLOCKS}/{clock}/advance");
    let on = "POST /v1/test_helpers/test_clocks/**";
    stage.simulator.fail_next(on, Fault::ClockFails).unwrap();
    let form = format!("frozen_time={}", START + 40 * 86_400);
    assert_eq!(ask(&stage, "POST", &advance, &form).await["status"], "advancing");
    let failed = ask(&stage, "GET", &format!("{CLOCKS}/{clock}"), "").await;
    assert_eq!(failed["status"], "internal_failure");
    assert_eq!(failed["frozen_time"], START);
    assert_eq!(stage.truth("subscription", &subscription), before, "no time has passed");
    let kinds = kinds(&events(&stage.simulator));
    assert_eq!(kinds.last().unwrap(), "test_helpers.test_clock.internal_failure");
    assert_eq!(call(&stage, "POST", &advance, &form).await.status.as_u16(), 400);
    stage.simulator.fail_next(on, Fault::ClockFails).unwrap();
    let third = ask(&stage, "POST", CLOCKS, &format!("frozen_time={START}")).await;
    let third = text(&third["id"]);
    stage.simulator.advance_test_clock(&third, START + 1).unwrap();
    let path = format!("{CLOCKS}/{third}");
    assert_eq!(ask(&stage, "GET", &path, "").await["status"], "ready", "making one breaks none");
    stage.simulator.fail_next_clock();
    stage.simulator.advance_test_clock(&other, START + 86_400).unwrap();
    let failed = ask(&stage, "GET", &format!("{CLOCKS}/{other}"), "").await;
    assert_eq!(failed["status"], "internal_failure");
    let gone = ask(&stage, "DELETE", &format!("{CLOCKS}/{other}"), "").await;
    assert_eq!(gone["deleted"], true);
}
