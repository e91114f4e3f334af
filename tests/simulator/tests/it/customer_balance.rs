//! A customer's balance and tax ids, over the API.

use crate::caller::call;
use crate::stage::{Stage, events, kinds};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

async fn get(stage: &Stage, path: &str) -> Value {
    call(stage, "GET", path, "").await.body
}

/// Type, amount and ending balance of each transaction, newest first.
async fn account(stage: &Stage, customer: &str) -> Vec<(String, i64, i64)> {
    let list = get(stage, &format!("/v1/customers/{customer}/balance_transactions")).await;
    let row = |it: &Value| {
        let number = |name: &str| it[name].as_i64().unwrap();
        (it["type"].as_str().unwrap().to_owned(), number("amount"), number("ending_balance"))
    };
    list["data"].as_array().unwrap().iter().map(row).collect()
}

fn row(kind: &str, amount: i64, ending: i64) -> (String, i64, i64) {
    (kind.to_owned(), amount, ending)
}

#[tokio::test]
async fn the_account_of_a_balance_adds_up_to_it() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let path = format!("/v1/customers/{customer}/balance_transactions");
    let made =
        call(&stage, "POST", &path, "amount=-2500&currency=USD&metadata[a]=b&description=d").await;
    assert_eq!(made.body["currency"], "usd");
    assert_eq!(made.body["metadata"], json!({ "a": "b" }));
    call(&stage, "POST", &format!("/v1/customers/{customer}"), "balance=-2600").await;
    stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let found = account(&stage, &customer).await;
    assert_eq!(
        found,
        [
            row("applied_to_invoice", 2_000, -600),
            row("adjustment", -100, -2_600),
            row("adjustment", -2_500, -2_500),
        ]
    );
    assert_eq!(get(&stage, &format!("/v1/customers/{customer}")).await["balance"], -600);
    let newest = get(&stage, &format!("{path}?limit=1&expand[]=data.invoice")).await;
    assert_eq!(newest["data"][0]["invoice"]["starting_balance"], -2_600);
    let invoice = newest["data"][0]["invoice"]["id"].as_str().unwrap();
    let by_invoice = get(&stage, &format!("{path}?invoice={invoice}")).await;
    assert_eq!(by_invoice["data"].as_array().unwrap().len(), 1);

    let one = format!("{path}/{}", made.id());
    let changed = call(&stage, "POST", &one, "description=&metadata[a]=").await;
    assert_eq!(changed.body["description"], Value::Null);
    assert_eq!(changed.body["metadata"], json!({}));
    assert_eq!(get(&stage, &one).await, changed.body);
}

#[tokio::test]
async fn a_balance_is_moved_by_what_makes_sense_alone() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let path = format!("/v1/customers/{customer}/balance_transactions");
    let made = call(&stage, "POST", &path, "amount=5&currency=usd").await.id();
    let other = stage.customer(Card::Good);
    for (method, path, form, status, param) in [
        ("POST", path.clone(), "currency=usd", 400, "amount"),
        ("POST", path.clone(), "amount=1", 400, "currency"),
        ("POST", path.clone(), "amount=1&currency=eur", 400, "currency"),
        ("POST", path.clone(), "amount=9223372036854775807&currency=usd", 400, "amount"),
        ("POST", path.clone(), "amount=1&currency=usd&type=initial", 400, "type"),
        ("POST", format!("{path}/{made}"), "amount=6", 400, "amount"),
        ("GET", format!("/v1/customers/{other}/balance_transactions/{made}"), "", 404, "id"),
        ("GET", "/v1/customers/cus_none1/balance_transactions".to_owned(), "", 400, "customer"),
    ] {
        let answer = call(&stage, method, &path, form).await;
        let found = (answer.status.as_u16(), &answer.body["error"]["param"]);
        assert_eq!(found, (status, &json!(param)), "{method} {path} {form}: {}", answer.body);
    }
    assert_eq!(account(&stage, &customer).await, [row("adjustment", 5, 5)]);
}

#[tokio::test]
async fn tax_ids_are_made_and_deleted() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let path = format!("/v1/customers/{customer}/tax_ids");
    let made = call(&stage, "POST", &path, "type=eu_vat&value=DE123456789").await;
    assert_eq!(made.body["country"], "DE");
    assert_eq!(made.body["verification"]["status"], "pending");
    assert_eq!(made.body["owner"]["customer"], json!(customer));
    let one = format!("{path}/{}", made.id());
    let expanded = get(&stage, &format!("{one}?expand[]=customer&expand[]=owner.customer")).await;
    assert_eq!(expanded["customer"]["id"], json!(customer));
    assert_eq!(expanded["owner"]["customer"]["id"], json!(customer));
    let plain = call(&stage, "POST", &path, "type=us_ein&value=12-3456789").await;
    assert_eq!(plain.body["verification"], Value::Null);
    for (form, param) in [
        ("value=1", "type"),
        ("type=eu_vat", "value"),
        ("type=xx_none&value=1", "type"),
        ("type=eu_vat&value=DE1&country=DE", "country"),
    ] {
        let answer = call(&stage, "POST", &path, form).await;
        assert_eq!(answer.body["error"]["param"], param, "{}", answer.body);
    }
    let other = stage.customer(Card::Good);
    let elsewhere = format!("/v1/customers/{other}/tax_ids/{}", made.id());
    assert_eq!(call(&stage, "DELETE", &elsewhere, "").await.status.as_u16(), 404);
    let gone = call(&stage, "DELETE", &one, "").await;
    assert_eq!(gone.body, json!({ "id": made.id(), "object": "tax_id", "deleted": true }));
    assert_eq!(call(&stage, "GET", &one, "").await.status.as_u16(), 404);
    let left = get(&stage, &path).await;
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    let told = kinds(&events(&stage.simulator));
    let of_tax: Vec<&String> = told.iter().filter(|kind| kind.contains("tax_id")).collect();
    let (new, deleted) = ("customer.tax_id.created", "customer.tax_id.deleted");
    assert_eq!(of_tax, [new, new, deleted]);
}
