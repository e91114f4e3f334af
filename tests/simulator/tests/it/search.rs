//! Searches, which are behind, and arrays in queries of lists.

use crate::caller::call;
use crate::stage::Stage;
use counterfoil_simulator::{Card, CustomerChange, Fault, NewCustomer, NewPrice};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn named(stage: &Stage, email: &str, tenant: &str) -> String {
    stage.simulator.create_customer(NewCustomer {
        email: Some(email.to_owned()),
        card: Card::Missing,
        metadata: BTreeMap::from([("tenant".to_owned(), tenant.to_owned())]),
        ..NewCustomer::default()
    })
}

/// The ids that a search finds, and its answer.
async fn search(stage: &Stage, query: &str) -> (Vec<String>, Value) {
    let path = format!("/v1/customers/search?{}", query.replace(' ', "%20").replace('\'', "%27"));
    let answer = call(stage, "GET", &path, "").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let data = answer.body["data"].as_array().unwrap();
    let ids = data.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    (ids, answer.body)
}

#[tokio::test]
async fn what_is_made_or_changed_is_found_later() {
    let stage = Stage::start().await;
    let id = named(&stage, "ann@example.com", "7");
    let by = "query=email:'ann@example.com'";
    let found = vec![id.clone()];
    assert_eq!(search(&stage, by).await.0, [""; 0]);
    stage.simulator.advance(Duration::from_secs(30));
    assert_eq!(search(&stage, by).await.0, found);
    let change = CustomerChange {
        email: Some("new@example.com".to_owned()),
        metadata: BTreeMap::from([("tenant".to_owned(), "8".to_owned())]),
        ..CustomerChange::default()
    };
    stage.simulator.update_customer(&id, change).unwrap();
    let (ids, answer) = search(&stage, by).await;
    assert_eq!(ids, found, "the index is behind");
    assert_eq!(answer["data"][0]["email"], "new@example.com", "what it shows is not");
    assert_eq!(search(&stage, "query=metadata['tenant']:'7'").await.0, found);
    assert_eq!(search(&stage, "query=metadata['tenant']:'8'").await.0, [""; 0]);
    stage.simulator.advance(Duration::from_secs(30));
    assert_eq!(search(&stage, by).await.0, [""; 0]);
    assert_eq!(search(&stage, "query=metadata['tenant']:'8' AND email~'new@'").await.0, found);
    stage.simulator.fail_next("GET /v1/*/search", Fault::LateSearch { seconds: 45 }).unwrap();
    assert_eq!(search(&stage, by).await.0, found, "an hour of trouble");
    assert_eq!(search(&stage, by).await.0, [""; 0]);
    stage.simulator.delete_customer(&id).unwrap();
    assert_eq!(search(&stage, "query=email~'new@'").await.0, [""; 0]);
}

#[tokio::test]
async fn searches_have_pages() {
    let stage = Stage::start().await;
    let mut made: Vec<String> = (0..5).map(|_| named(&stage, "a@example.com", "1")).collect();
    named(&stage, "other@example.com", "1");
    made.reverse();
    stage.simulator.advance(Duration::from_secs(30));
    let by = "limit=2&query=email:'a@example.com'";
    let (mut walked, mut page) = (Vec::new(), String::new());
    loop {
        let (ids, answer) = search(&stage, &format!("{by}{page}")).await;
        assert_eq!(answer["object"], "search_result");
        walked.extend(ids);
        assert_eq!(answer["has_more"], answer["next_page"].is_string());
        let Some(next) = answer["next_page"].as_str() else { break };
        page = format!("&page={next}");
    }
    assert_eq!(walked, made);
}

#[tokio::test]
async fn every_kind_is_searched_by_its_own_fields() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(Duration::from_mins(1));
    let by_subscription = format!("subscription:%22{subscription}%22");
    for (path, query, count) in [
        ("subscriptions", "status:%22active%22", 1),
        ("subscriptions", "status:%22canceled%22", 0),
        ("invoices", by_subscription.as_str(), 1),
        ("invoices", "total%3E1999", 1),
        ("invoices", "total%3E2000", 0),
        ("products", "name~%22pla%22%20AND%20active:%22true%22", 1),
        ("prices", "type:%22recurring%22", 3),
    ] {
        let answer = call(&stage, "GET", &format!("/v1/{path}/search?query={query}"), "").await;
        let found = answer.body["data"].as_array().map(Vec::len);
        assert_eq!(found, Some(count), "{path} {query} {}", answer.body);
    }
    for (path, query, status, param) in [
        ("customers", "query=shoe:%2246%22", 400, json!("query")),
        ("customers", "query=email", 400, json!("query")),
        ("customers", "query=name:null&page=x", 400, json!("page")),
        ("customers", "query=name:null&limit=101", 400, json!("limit")),
        ("events", "query=type:null", 404, json!("id")),
    ] {
        let answer = call(&stage, "GET", &format!("/v1/{path}/search?{query}"), "").await;
        assert_eq!(answer.status.as_u16(), status, "{path} {query}");
        if status == 400 {
            assert_eq!(answer.body["error"]["param"], param, "{path} {query}");
        }
    }
}

#[tokio::test]
async fn bare_arrays_hold_every_value() {
    let stage = Stage::start().await;
    let product = stage.truth("price", &stage.monthly)["product"].as_str().unwrap().to_owned();
    for key in ["one", "two", "three"] {
        let new = NewPrice {
            currency: "usd".to_owned(),
            lookup_key: Some(key.to_owned()),
            product: product.clone(),
            ..NewPrice::default()
        };
        stage.simulator.create_price(new).unwrap();
    }
    let count = async |path: &str| {
        call(&stage, "GET", path, "").await.body["data"].as_array().unwrap().len()
    };
    assert_eq!(count("/v1/prices?lookup_keys[]=one&lookup_keys[]=two").await, 2);
    assert_eq!(count("/v1/prices?lookup_keys[0]=one&lookup_keys[1]=two").await, 2);
    assert_eq!(count("/v1/events?types[]=product.created&types[]=customer.created").await, 1);
}
