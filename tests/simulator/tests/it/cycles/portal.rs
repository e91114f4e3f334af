//! A plan that is cancelled in the portal (sequence 6), and taken back.

use crate::caller::call;
use crate::stage::{DAY, Stage, same_set};
use counterfoil_simulator::Card;

#[tokio::test]
async fn a_plan_is_cancelled_in_the_portal_and_ends_with_its_period() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(DAY);
    stage.simulator.save_portal_settings();
    let form = format!("customer={customer}&return_url=https://example.com/account");
    let before = stage.simulator.history().len();
    let portal = call(&stage, "POST", "/v1/billing_portal/sessions", &form).await;
    assert_eq!(portal.status, 200, "{}", portal.body);
    let page = format!("/p/session/{}", portal.id());
    let deed = format!("do=cancel&subscription={subscription}&feedback=too_expensive");
    let answer = call(&stage, "POST", &page, &deed).await;
    assert_eq!(answer.status, 303, "{:?}", answer.bytes);
    let events = crate::stage::events(&stage.simulator).split_off(before);
    let kinds = crate::stage::kinds(&events);
    same_set(&kinds, &["billing_portal.session.created", "customer.subscription.updated"]);
    let opened = &events[0]["data"]["object"];
    assert_eq!(opened["customer"], customer.as_str());
    assert_eq!(opened["url"], portal.body["url"]);
    assert!(events[1]["request"]["id"].is_null(), "no request caused it");
    let held = &events[1]["data"]["object"];
    assert_eq!(held["cancel_at_period_end"], true);
    assert_eq!(held["cancel_at"], held["items"]["data"][0]["current_period_end"]);
    assert_eq!(held["canceled_at"], stage.simulator.now());
    assert_eq!(held["cancellation_details"]["feedback"], "too_expensive");
    assert_eq!(held["cancellation_details"]["reason"], "cancellation_requested");
    let (kinds, events) = stage.events_of(|| stage.simulator.advance(40 * DAY));
    same_set(&kinds, &["customer.subscription.deleted"]);
    let ended = &events[0]["data"]["object"];
    assert_eq!((&ended["status"], &ended["id"]), (&"canceled".into(), &subscription.into()));
    assert_eq!(ended["ended_at"], held["cancel_at"]);
}

#[tokio::test]
async fn a_cancellation_is_taken_back_in_the_portal() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.save_portal_settings();
    let form = format!("customer={customer}");
    let portal = call(&stage, "POST", "/v1/billing_portal/sessions", &form).await;
    let page = format!("/p/session/{}", portal.id());
    let deed = |deed: &str| format!("do={deed}&subscription={subscription}");
    call(&stage, "POST", &page, &deed("cancel")).await;
    assert_eq!(stage.truth("subscription", &subscription)["cancel_at_period_end"], true);
    let shown = call(&stage, "GET", &page, "").await;
    let shown = String::from_utf8(shown.bytes.to_vec()).unwrap();
    assert!(shown.contains("Keep the plan"), "{shown}");
    call(&stage, "POST", &page, &deed("keep")).await;
    let held = stage.truth("subscription", &subscription);
    assert_eq!((&held["cancel_at_period_end"], &held["cancel_at"]), (&false.into(), &().into()));
    stage.simulator.advance(40 * DAY);
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
}

#[tokio::test]
async fn a_plan_is_paused_and_resumed_in_the_portal() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.save_portal_settings();
    let form = format!("customer={customer}");
    let portal = call(&stage, "POST", "/v1/billing_portal/sessions", &form).await;
    let page = format!("/p/session/{}", portal.id());
    let deed = |deed: &str| format!("do={deed}&subscription={subscription}");
    let answer = call(&stage, "POST", &page, &deed("pause")).await;
    assert_eq!(answer.status, 303, "{:?}", answer.bytes);
    assert_eq!(stage.truth("subscription", &subscription)["status"], "paused");
    let shown = call(&stage, "GET", &page, "").await;
    let shown = String::from_utf8(shown.bytes.to_vec()).unwrap();
    assert!(shown.contains("Resume the plan"), "{shown}");
    call(&stage, "POST", &page, &deed("resume")).await;
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
}
