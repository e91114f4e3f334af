//! Lists that are written in bulk show what the same list shows otherwise.

use crate::caller::call;
use crate::stage::Stage;
use counterfoil_simulator::Card;
use serde_json::Value;

async fn ids(stage: &Stage, query: &str) -> Vec<String> {
    let page = call(stage, "GET", &format!("/v1/subscriptions?{query}"), "").await.body;
    let data = page["data"].as_array().unwrap();
    data.iter().map(|held| held["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_bulk_list_shows_what_the_same_list_shows_otherwise() {
    let stage = Stage::start().await;
    for _ in 0..5 {
        let customer = stage.customer(Card::Good);
        stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    }
    for query in ["limit=3", "limit=100", "status=all&limit=2", "customer=cus_none"] {
        let bulk = call(&stage, "GET", &format!("/v1/subscriptions?{query}"), "").await.body;
        // What is expanded stays null, so nothing but the way it is written differs.
        let expanded = format!("/v1/subscriptions?{query}&expand[]=data.schedule");
        let otherwise = call(&stage, "GET", &expanded, "").await.body;
        assert_eq!(bulk, otherwise, "{query}");
        assert_eq!(bulk["object"], "list");
    }
}

#[tokio::test]
async fn ranges_of_creation_cut_the_rows() {
    let stage = Stage::start().await;
    let mut made = Vec::new();
    for _ in 0..4 {
        let customer = stage.customer(Card::Good);
        made.insert(0, stage.simulator.subscribe(&stage.wish(&customer)).unwrap());
        stage.simulator.advance(crate::stage::HOUR);
    }
    let second = |at: u8| crate::stage::START + 3_600 * i64::from(at);
    let check = |query: String, expected: &[usize]| {
        let expected: Vec<String> = expected.iter().map(|place| made[*place].clone()).collect();
        let stage = &stage;
        async move { assert_eq!(ids(stage, &query).await, expected, "{query}") }
    };
    // Newest first: place 0 was made in the last hour.
    check(format!("created[gte]={}", second(1)), &[0, 1, 2]).await;
    check(format!("created[gt]={}", second(1)), &[0, 1]).await;
    check(format!("created[lt]={}", second(2)), &[2, 3]).await;
    check(format!("created={}", second(3)), &[0]).await;
    check(format!("created[gt]={}", second(9)), &[]).await;
    let (newest, second_made) = (&made[0], &made[2]);
    check(format!("created[lte]={}&starting_after={newest}", second(2)), &[1, 2, 3]).await;
    check(format!("created[gte]={}&starting_after={second_made}", second(1)), &[]).await;
    check(format!("created[lte]={}&ending_before={second_made}", second(2)), &[1]).await;
    check(format!("created[gte]={}&ending_before={}", second(2), made[3]), &[0, 1]).await;
    let empty = call(&stage, "GET", "/v1/subscriptions?created[gt]=5&created[lt]=3", "").await;
    assert_eq!(empty.body["data"], Value::Array(Vec::new()));
}
