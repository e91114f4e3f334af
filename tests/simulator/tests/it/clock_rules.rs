//! Test clocks by the account's rules: how many they hold, how long they take and are kept, and
//! clocks that fail.

use crate::stage::{DAY, START};
use crate::subscriber::{Subscriber, text};
use counterfoil_simulator::{Card, Fault, Rules};
use serde_json::json;
use std::time::Duration;

const CLOCKS: &str = "/v1/test_helpers/test_clocks";

async fn clock(of: &Subscriber) -> String {
    text(&of.post(CLOCKS, &format!("frozen_time={START}")).await["id"])
}

async fn clocked_customer(of: &Subscriber, clock: &str) -> String {
    let form = format!(
        "test_clock={clock}&payment_method=pm_card_visa\
         &invoice_settings[default_payment_method]=pm_card_visa"
    );
    text(&of.post("/v1/customers", &form).await["id"])
}

#[tokio::test]
async fn a_clock_has_room_for_three_customers_with_three_subscriptions_each() {
    for most in [Some(3), None] {
        let mut rules = Rules::default();
        rules.clocks.customers_max = most;
        rules.clocks.subscriptions_max = most;
        let of = Subscriber::under(rules, Card::Good).await;
        let clock = clock(&of).await;
        let customer = clocked_customer(&of, &clock).await;
        for _ in 0..2 {
            clocked_customer(&of, &clock).await;
        }
        let subscribe = format!("customer={customer}&items[0][price]={}", of.stage.monthly);
        for _ in 0..3 {
            of.post("/v1/subscriptions", &subscribe).await;
        }
        let form = format!("test_clock={clock}");
        if most.is_some() {
            assert_eq!(of.refused("POST", "/v1/customers", &form).await.0, 400);
            let (status, error) = of.refused("POST", "/v1/subscriptions", &subscribe).await;
            let code = json!("customer_max_subscriptions");
            assert_eq!((status, &error["code"]), (400, &code));
        } else {
            of.post("/v1/customers", &form).await;
            of.post("/v1/subscriptions", &subscribe).await;
        }
    }
}

#[tokio::test]
async fn a_clock_takes_the_time_it_is_given() {
    let mut rules = Rules::default();
    rules.clocks.advancing_seconds = 5;
    let of = Subscriber::under(rules, Card::Good).await;
    let clock = clock(&of).await;
    let customer = clocked_customer(&of, &clock).await;
    let form = format!("customer={customer}&items[0][price]={}", of.stage.monthly);
    let subscription = text(&of.post("/v1/subscriptions", &form).await["id"]);
    let path = format!("{CLOCKS}/{clock}");
    let to = START + 32 * 86_400;
    of.post(&format!("{path}/advance"), &format!("frozen_time={to}")).await;
    let seen = of.ask("GET", &path, "").await;
    assert_eq!((&seen["status"], &seen["frozen_time"]), (&json!("advancing"), &json!(START)));
    let again = format!("frozen_time={}", to + 1);
    assert_eq!(of.refused("POST", &format!("{path}/advance"), &again).await.0, 400);
    of.stage.simulator.advance(Duration::from_secs(5));
    let seen = of.ask("GET", &path, "").await;
    assert_eq!((&seen["status"], &seen["frozen_time"]), (&json!("ready"), &json!(to)));
    let held = of.stage.truth("subscription", &subscription);
    assert_eq!(held["items"]["data"][0]["current_period_start"], START + 31 * 86_400);
}

#[tokio::test]
async fn a_clock_fails_where_that_is_asked_for() {
    let of = Subscriber::nobody(Card::Good).await;
    let clock = clock(&of).await;
    let path = format!("{CLOCKS}/{clock}");
    let on = format!("POST {path}/advance");
    of.stage.simulator.fail_next(&on, Fault::ClockFails).unwrap();
    let mark = of.mark();
    let advance = format!("frozen_time={}", START + 60);
    let answer = of.post(&format!("{path}/advance"), &advance).await;
    assert_eq!(answer["status"], "advancing");
    let seen = of.ask("GET", &path, "").await;
    assert_eq!(
        (&seen["status"], &seen["frozen_time"]),
        (&json!("internal_failure"), &json!(START))
    );
    assert_eq!(
        of.kinds_since(mark),
        ["test_helpers.test_clock.advancing", "test_helpers.test_clock.internal_failure"]
    );
    assert_eq!(of.refused("POST", &format!("{path}/advance"), &advance).await.0, 400);
    let other = text(&of.post(CLOCKS, &format!("frozen_time={START}")).await["id"]);
    of.post(&format!("{CLOCKS}/{other}/advance"), &advance).await;
    assert_eq!(of.ask("GET", &format!("{CLOCKS}/{other}"), "").await["status"], "ready");
}

#[tokio::test]
async fn a_clock_is_deleted_after_30_days_where_that_is_switched_on() {
    for expire in [true, false] {
        let mut rules = Rules::default();
        rules.clocks.expire = expire;
        let of = Subscriber::under(rules, Card::Good).await;
        let clock = clock(&of).await;
        let customer = clocked_customer(&of, &clock).await;
        let shown = of.ask("GET", &format!("{CLOCKS}/{clock}"), "").await;
        assert_eq!(shown["deletes_after"], START + 30 * 86_400);
        of.pass(29 * DAY);
        let kinds = of.pass(DAY);
        let deleted = kinds.contains(&"test_helpers.test_clock.deleted".to_owned());
        assert_eq!(deleted, expire, "{kinds:?}");
        assert_eq!(of.stage.simulator.truth().is_deleted("customer", &customer), expire);
    }
}

#[tokio::test]
async fn what_goes_by_a_clock_is_left_out_of_searches() {
    let of = Subscriber::nobody(Card::Good).await;
    let clock = clock(&of).await;
    let customer = clocked_customer(&of, &clock).await;
    let form = format!("customer={customer}&items[0][price]={}", of.stage.monthly);
    of.post("/v1/subscriptions", &form).await;
    of.stage.simulator.subscribe(&of.stage.wish(&of.customer)).unwrap();
    of.pass(Duration::from_mins(2));
    for (path, found) in [
        ("/v1/customers/search?query=created>0", 1),
        ("/v1/subscriptions/search?query=status:'active'", 1),
        ("/v1/invoices/search?query=status:'paid'", 1),
    ] {
        let list = of.ask("GET", &path.replace('\'', "%27").replace('>', "%3E"), "").await;
        assert_eq!(list["data"].as_array().unwrap().len(), found, "{path}");
    }
}
