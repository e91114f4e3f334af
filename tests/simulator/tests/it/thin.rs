//! Thin events: what is made of them, and how they are read.

use crate::caller::call;
use crate::stage::{DAY, START, Stage, events};
use counterfoil_simulator::{Card, Options, ProductChange};
use serde_json::{Value, json};

const EVENTS: &str = "/v2/core/events";

/// The tails of the types of thin events about an object, oldest first.
fn told(stage: &Stage, object: &str) -> Vec<String> {
    let about = |event: &&Value| event["related_object"]["id"] == object;
    let thin = stage.simulator.thin_history();
    let kinds = thin.iter().filter(about).map(|event| event["type"].as_str().unwrap().to_owned());
    kinds.collect()
}

#[tokio::test]
async fn every_event_has_a_thin_form_that_names_it() {
    let stage = Stage::start().await;
    stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
    let thin = stage.simulator.thin_history();
    let snapshots = events(&stage.simulator);
    assert!(snapshots.len() > 10);
    for snapshot in &snapshots {
        let kind = format!("v1.{}", snapshot["type"].as_str().unwrap());
        let of_it = |event: &&Value| {
            event["snapshot_event"] == snapshot["id"] && event["type"] == kind.as_str()
        };
        let form = thin.iter().find(of_it).unwrap_or_else(|| panic!("{kind}"));
        assert_eq!(form["object"], "v2.core.event");
        assert_eq!(form["reason"]["type"], "request");
        assert_eq!(form["reason"]["request"], snapshot["request"]);
        assert_eq!(form["related_object"]["id"], snapshot["data"]["object"]["id"], "{kind}");
        assert_eq!(form["related_object"]["type"], snapshot["data"]["object"]["object"], "{kind}");
        assert_ne!(form["id"], snapshot["id"]);
        assert_eq!(form["created"], "2026-01-10T00:00:00.000Z");
        assert!(form.get("data").is_none() && form.get("api_version").is_none());
    }
}

#[tokio::test]
async fn changes_are_told_by_finer_types_too() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.set_card(&customer, Card::Declining).unwrap();
    stage.simulator.advance(32 * DAY);
    let subscription = |tail: &str| format!("v1.customer.subscription.{tail}");
    let expected: Vec<String> =
        ["created", "incomplete", "updated", "active", "updated", "updated", "past_due"]
            .map(subscription)
            .into();
    assert_eq!(told(&stage, &id), expected);
    let product = stage.simulator.truth().objects["product"].keys().next().unwrap().clone();
    let change = ProductChange { active: Some(false), ..ProductChange::default() };
    stage.simulator.update_product(&product, change).unwrap();
    let tails = ["v1.product.created", "v1.product.updated", "v1.product.deactivated"];
    assert_eq!(told(&stage, &product), tails);
    let renewal = stage.simulator.thin_history();
    let renewal = renewal.iter().rfind(|it| it["type"] == subscription("past_due")).unwrap();
    assert_eq!(renewal["reason"], json!(null), "no call caused it");
}

#[tokio::test]
async fn thin_events_are_the_same_in_two_runs() {
    let run = async || {
        let stage = Stage::with(Options { seed: 9, ..Options::default() }).await;
        stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
        stage.simulator.advance(40 * DAY);
        stage.simulator.thin_history()
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn events_are_listed_page_by_page_with_filters() {
    let stage = Stage::start().await;
    let first = stage.customer(Card::Missing);
    stage.simulator.advance(DAY);
    for _ in 0..4 {
        let _ = stage.customer(Card::Missing);
    }
    let get = async |path: &str| {
        let answer = call(&stage, "GET", path, "").await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
        answer.body
    };
    let all = get(&format!("{EVENTS}?limit=100")).await;
    let newest_first: Vec<Value> = all["data"].as_array().unwrap().clone();
    let mut history = stage.simulator.thin_history();
    history.reverse();
    assert_eq!(newest_first, history);
    assert_eq!((&all["next_page_url"], &all["previous_page_url"]), (&json!(null), &json!(null)));
    let (mut path, mut walked) = (format!("{EVENTS}?limit=2&types[0]=v1.customer.created"), 0);
    let mut page = get(&path).await;
    loop {
        walked += page["data"].as_array().unwrap().len();
        assert!(
            page["data"].as_array().unwrap().iter().all(|it| it["type"] == "v1.customer.created")
        );
        let Some(next) = page["next_page_url"].as_str() else { break };
        path = next.to_owned();
        page = get(&path).await;
        let back = get(page["previous_page_url"].as_str().unwrap()).await;
        assert_eq!(back["next_page_url"], path.as_str());
    }
    assert_eq!(walked, 5);
    let of_first = get(&format!("{EVENTS}?object_id={first}")).await;
    assert_eq!(of_first["data"].as_array().unwrap().len(), 1);
    assert_eq!(of_first["data"][0]["related_object"]["url"], format!("/v1/customers/{first}"));
    let later = get(&format!("{EVENTS}?created[gt]={START}&limit=100")).await;
    assert_eq!(later["data"].as_array().unwrap().len(), 4);
    let earlier = get(&format!("{EVENTS}?created[lte]=2026-01-10T00:00:00Z&limit=100")).await;
    assert_eq!(earlier["data"].as_array().unwrap().len(), newest_first.len() - 4);
    let one = newest_first[0]["id"].as_str().unwrap();
    assert_eq!(get(&format!("{EVENTS}/{one}")).await, newest_first[0]);
    stage.simulator.advance(30 * DAY);
    assert_eq!(get(EVENTS).await["data"].as_array().unwrap().len(), 4, "thirty days are kept");
}

#[tokio::test]
async fn an_event_can_be_thin_only_and_has_data_for_who_fetches_it() {
    let stage = Stage::start().await;
    let before = events(&stage.simulator).len();
    let meter = json!({ "object": "billing.meter", "id": "mtr_test_1" });
    let data = json!({ "developer_message_summary": "There is 1 invalid event" });
    let kind = "v1.billing.meter.error_report_triggered";
    let id = stage.simulator.emit_raw_thin_event(kind, Some(&meter), Some(data.clone()));
    let none = stage.simulator.emit_raw_thin_event("v1.billing.meter.no_meter_found", None, None);
    assert_eq!(events(&stage.simulator).len(), before);
    let fetched = call(&stage, "GET", &format!("{EVENTS}/{id}"), "").await.body;
    assert_eq!(fetched["data"], data);
    assert_eq!(fetched["related_object"]["url"], "/v1/billing/meters/mtr_test_1");
    assert!(fetched.get("snapshot_event").is_none());
    let fetched = call(&stage, "GET", &format!("{EVENTS}/{none}"), "").await.body;
    assert!(fetched.get("related_object").is_none() && fetched.get("data").is_none());
}

#[tokio::test]
async fn a_renewal_to_come_is_told_of_with_whose_it_is() {
    let stage = Stage::start().await;
    let details = json!({ "subscription_details": { "subscription": "sub_1" } });
    let invoice = json!({ "object": "invoice", "customer": "cus_1", "parent": details });
    stage.simulator.emit_raw_event("invoice.upcoming", &invoice);
    let told = stage.simulator.thin_history().pop().unwrap();
    assert_eq!(told["type"], "v1.invoice.upcoming");
    assert_eq!(told["data"], json!({ "customer": "cus_1", "subscription": "sub_1" }));
    assert!(told.get("related_object").is_none());
}
