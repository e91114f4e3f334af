//! Many subscriptions at once: they are there without a word, can all be listed, and live on.

use crate::caller::call;
use crate::stage::{DAY, START, Stage, kinds, same_set};
use counterfoil_simulator::{Card, Seeding};
use std::collections::HashSet;

const COUNT: u32 = 1_234;

fn seeding(stage: &Stage) -> Seeding {
    Seeding {
        subscriptions: COUNT,
        price: stage.monthly.clone(),
        made_within_seconds: 200 * 86_400,
    }
}

#[tokio::test]
async fn seeded_subscriptions_are_listed_once_each_newest_first() {
    let stage = Stage::start().await;
    let (made, _) = stage.events_of(|| stage.simulator.seed_subscriptions(&seeding(&stage)));
    assert!(made.is_empty(), "{made:?}");
    let (mut seen, mut after, mut newest) = (HashSet::new(), String::new(), i64::MAX);
    loop {
        let path = format!("/v1/subscriptions?limit=100{after}");
        let page = call(&stage, "GET", &path, "").await.body;
        for held in page["data"].as_array().unwrap() {
            let created = held["created"].as_i64().unwrap();
            assert!(created <= newest && created <= START, "{held}");
            newest = created;
            let item = &held["items"]["data"][0];
            assert!(item["current_period_start"].as_i64().unwrap() <= START, "{held}");
            assert!(item["current_period_end"].as_i64().unwrap() > START, "{held}");
            assert_eq!(held["status"], "active");
            let id = held["id"].as_str().unwrap().to_owned();
            after = format!("&starting_after={id}");
            assert!(seen.insert(id));
        }
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), usize::try_from(COUNT).unwrap());
    assert!(newest < START - 199 * 86_400);
}

#[tokio::test]
async fn the_subscriptions_of_one_customer_are_found_among_many() {
    let stage = Stage::start().await;
    stage.simulator.seed_subscriptions(&seeding(&stage)).unwrap();
    let customers = call(&stage, "GET", "/v1/customers?limit=3", "").await.body;
    for customer in customers["data"].as_array().unwrap() {
        let customer = customer["id"].as_str().unwrap();
        let mut expected = Vec::new();
        for _ in 0..2 {
            expected.insert(0, stage.simulator.subscribe(&stage.wish(customer)).unwrap());
        }
        let path = format!("/v1/subscriptions?customer={customer}");
        let found = call(&stage, "GET", &path, "").await.body;
        let found = found["data"].as_array().unwrap();
        let ids: Vec<&str> = found.iter().map(|held| held["id"].as_str().unwrap()).collect();
        // The seeded one is the oldest.
        assert_eq!(ids.len(), 3);
        assert_eq!(&ids[..2], expected);
        assert!(found.iter().all(|held| held["customer"] == customer), "{found:?}");
        let rest = format!("{path}&starting_after={}&expand[]=data.schedule", ids[0]);
        let rest = call(&stage, "GET", &rest, "").await.body;
        assert_eq!(rest["data"].as_array().unwrap().len(), 2);
    }
    let none = call(&stage, "GET", "/v1/subscriptions?customer=cus_none", "").await.body;
    assert_eq!(none["data"], serde_json::json!([]));
}

#[tokio::test]
async fn the_control_api_seeds_too() {
    let stage = Stage::start().await;
    let wish = serde_json::json!(seeding(&stage)).to_string();
    let answer = call(&stage, "POST", "/_simulator/seed", &wish).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let again = call(&stage, "POST", "/_simulator/seed", &wish).await;
    assert_eq!(again.status, 400, "{}", again.body);
    let page = call(&stage, "GET", "/v1/subscriptions?limit=1", "").await.body;
    assert_eq!(page["has_more"], true);
}

#[tokio::test]
async fn seeded_subscriptions_renew() {
    let stage = Stage::start().await;
    let one = Seeding { subscriptions: 1, made_within_seconds: 40 * 86_400, ..seeding(&stage) };
    stage.simulator.seed_subscriptions(&one).unwrap();
    let (made, events) = stage.events_of(|| stage.simulator.advance(32 * DAY));
    assert!(kinds(&events).contains(&"invoice.created".to_owned()), "{made:?}");
    assert!(kinds(&events).contains(&"customer.subscription.updated".to_owned()), "{made:?}");
}

#[tokio::test]
async fn only_an_account_without_customers_is_seeded() {
    let stage = Stage::start().await;
    let _customer = stage.customer(Card::Good);
    stage.simulator.seed_subscriptions(&seeding(&stage)).unwrap_err();
    let other = Stage::start().await;
    let unknown = Seeding { price: "price_none".to_owned(), ..seeding(&other) };
    other.simulator.seed_subscriptions(&unknown).unwrap_err();
    same_set(&other.events_of(|| ()).0, &[]);
}
