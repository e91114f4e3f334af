//! The API over HTTP: answers, errors, pages.

use crate::caller::{call, call_with};
use crate::stage::{START, Stage};
use counterfoil_simulator::{Card, NewItem, NewSubscription};
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_life_can_be_driven_by_forms() {
    let stage = Stage::start().await;
    let ask = async |method: &str, path: &str, form: &str| {
        let answer = call(&stage, method, path, form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let id = |body: &Value| body["id"].as_str().unwrap().to_owned();
    let form = "email=a%40example.com&metadata[tenant]=7&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = ask("POST", "/v1/customers", form).await;
    assert_eq!(customer["metadata"], json!({ "tenant": "7" }));
    let product = id(&ask("POST", "/v1/products", "name=Plan").await);
    let form =
        format!("product={product}&currency=usd&unit_amount=500&recurring%5Binterval%5D=month");
    let price = id(&ask("POST", "/v1/prices", &form).await);
    let form = format!(
        "customer={}&items[0][price]={price}&items[0][quantity]=3&\
         payment_behavior=default_incomplete",
        id(&customer)
    );
    let subscription = ask("POST", "/v1/subscriptions", &form).await;
    assert_eq!(subscription["status"], "incomplete");
    let invoice = subscription["latest_invoice"].as_str().unwrap();
    let invoice = ask("POST", &format!("/v1/invoices/{invoice}/pay"), "").await;
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("paid"), &json!(1_500)));
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    assert_eq!(ask("GET", &path, "").await["status"], "active");
    let ending = ask("POST", &path, "cancel_at_period_end=true").await;
    assert_eq!(ending["cancel_at_period_end"], true);
    assert_eq!(ask("DELETE", &path, "").await["status"], "canceled");
    let listed = ask("GET", "/v1/subscriptions", "").await;
    assert_eq!(listed["data"], json!([]));
    let listed = ask("GET", "/v1/subscriptions?status=all", "").await;
    assert_eq!(listed["data"][0]["id"], subscription["id"]);
    let path = format!("/v1/customers/{}", id(&customer));
    ask("DELETE", &path, "").await;
    let stub = json!({ "id": id(&customer), "object": "customer", "deleted": true });
    assert_eq!(ask("GET", &path, "").await, stub);
    assert_eq!(ask("GET", "/v1/customers", "").await["data"], json!([]));
    let events = ask("GET", "/v1/events?type=customer.*&limit=1", "").await;
    assert_eq!(events["data"][0]["type"], "customer.deleted");
    assert_eq!(events["has_more"], true);
    let path = format!("/v1/events/{}", id(&events["data"][0]));
    assert_eq!(ask("GET", &path, "").await, events["data"][0]);
}

#[tokio::test]
async fn errors_are_stripes() {
    let stage = Stage::start().await;
    let poor = stage.customer(Card::Declining);
    let subscription = stage.simulator.subscribe(&stage.wish(&poor)).unwrap();
    let invoice = stage.truth("subscription", &subscription)["latest_invoice"].clone();
    let pay = format!("/v1/invoices/{}/pay", invoice.as_str().unwrap());
    let request = "invalid_request_error";
    let cases = [
        ("GET", "/v1/customers/cus_x", "", 404, request, json!("resource_missing"), json!("id")),
        ("GET", "/v1/events/evt_x", "", 404, request, json!("resource_missing"), json!("id")),
        ("GET", "/v1/nothing", "", 404, request, json!(null), json!(null)),
        ("GET", "/v3/core/events", "", 404, request, json!(null), json!(null)),
        ("PUT", "/v1/customers", "", 404, request, json!(null), json!(null)),
        ("GET", "/v1/customers?limit=0", "", 400, request, json!(null), json!("limit")),
        (
            "GET",
            "/v1/customers?limit=ten",
            "",
            400,
            request,
            json!("parameter_invalid_integer"),
            json!("limit"),
        ),
        (
            "GET",
            "/v1/prices?starting_after=price_x",
            "",
            400,
            request,
            json!("resource_missing"),
            json!("starting_after"),
        ),
        (
            "POST",
            "/v1/customers",
            "shoe_size=46",
            400,
            request,
            json!("parameter_unknown"),
            json!("shoe_size"),
        ),
        ("POST", "/v1/products", "", 400, request, json!("parameter_missing"), json!("name")),
        (
            "POST",
            "/v1/subscriptions",
            "customer=cus_x&items[0][price]=p",
            400,
            request,
            json!("resource_missing"),
            json!("customer"),
        ),
        (
            "GET",
            "/v1/subscription_items",
            "",
            400,
            request,
            json!("parameter_missing"),
            json!("subscription"),
        ),
        ("POST", pay.as_str(), "", 402, "card_error", json!("card_declined"), json!(null)),
    ];
    for (method, path, form, status, kind, code, param) in cases {
        let answer = call(&stage, method, path, form).await;
        let what = format!("{method} {path} {}", answer.body);
        assert_eq!(answer.status.as_u16(), status, "{what}");
        let error = &answer.body["error"];
        assert_eq!(error["type"], kind, "{what}");
        assert_eq!(error["code"], code, "{what}");
        assert_eq!(error["param"], param, "{what}");
        assert!(error["message"].is_string(), "{what}");
    }
}

#[tokio::test]
async fn only_test_keys_are_let_in() {
    let stage = Stage::start().await;
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[], 401),
        (&[("authorization", "Bearer sk_live_1")], 401),
        (&[("authorization", "Bearer sk_test_")], 401),
        (&[("authorization", "sk_test_1")], 401),
        (&[("authorization", "Basic c2tfdGVzdF8xOg==")], 200),
        (&[("authorization", "Bearer rk_test_1")], 200),
    ];
    for (headers, status) in cases {
        let answer = call_with(&stage, "GET", "/v1/customers", "", headers).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}");
        assert_eq!(answer.body.get("error").is_some(), status == 401);
    }
}

#[tokio::test]
async fn answers_carry_the_simulated_time_and_the_version() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let path = format!("/v1/subscriptions/{subscription}");
    let headers = [
        ("authorization", "Bearer sk_test_1"),
        ("stripe-version", "2020-08-27"),
        ("idempotency-key", "k1"),
    ];
    let answer = call_with(&stage, "GET", &path, "", &headers).await;
    assert_eq!(answer.headers["date"], "Sat, 10 Jan 2026 00:00:00 GMT");
    assert_eq!(answer.headers["stripe-version"], "2020-08-27");
    assert_eq!(answer.headers["idempotency-key"], "k1");
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"));
    let headers = [("authorization", "Bearer sk_test_1"), ("idempotency-key", "k2")];
    let made = call_with(&stage, "POST", "/v1/products", "name=New", &headers).await;
    let event = stage.simulator.history().pop().unwrap();
    let event: Value = serde_json::from_slice(&event).unwrap();
    let id = made.headers["request-id"].to_str().unwrap();
    assert_eq!(event["request"], json!({ "id": id, "idempotency_key": "k2" }));
    assert_eq!(answer.body["current_period_start"], START);
    let answer = call(&stage, "GET", &path, "").await;
    assert!(answer.body.get("current_period_start").is_none());
    let headers = [("authorization", "Bearer sk_test_1"), ("stripe-version", "newest")];
    let answer = call_with(&stage, "GET", &path, "", &headers).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_walk_both_ways_and_filter_by_creation() {
    let stage = Stage::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(stage.customer(Card::Missing));
        stage.simulator.advance(std::time::Duration::from_secs(10));
    }
    made.reverse();
    let ids = async |query: &str| {
        let answer = call(&stage, "GET", &format!("/v1/customers?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let data = answer.body["data"].as_array().unwrap();
        let ids: Vec<String> =
            data.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        (ids, answer.body["has_more"] == true)
    };
    assert_eq!(ids("").await, (made.clone(), false));
    assert_eq!(ids("limit=2").await, (made[..2].to_vec(), true));
    let query = format!("limit=2&starting_after={}", made[1]);
    assert_eq!(ids(&query).await, (made[2..4].to_vec(), true));
    let query = format!("limit=2&starting_after={}", made[3]);
    assert_eq!(ids(&query).await, (made[4..].to_vec(), false));
    let query = format!("limit=2&ending_before={}", made[4]);
    assert_eq!(ids(&query).await, (made[2..4].to_vec(), true));
    let query = format!("created[gte]={}&created%5Blt%5D={}", START + 10, START + 30);
    assert_eq!(ids(&query).await, (made[2..4].to_vec(), false));
    let query = format!("created={START}");
    assert_eq!(ids(&query).await, (made[4..].to_vec(), false));
    let mut walked = Vec::new();
    let mut query = "limit=1".to_owned();
    loop {
        let (page, more) = ids(&query).await;
        query = format!("limit=1&starting_after={}", page[0]);
        walked.extend(page);
        if !more {
            break;
        }
    }
    assert_eq!(walked, made);
}

#[tokio::test]
async fn lists_inside_objects_are_cut_at_ten_and_can_be_read_on() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let item = NewItem { price: stage.monthly.clone(), quantity: Some(1), ..NewItem::default() };
    let wish = NewSubscription { items: vec![item; 12], ..stage.wish(&customer) };
    let id = stage.simulator.subscribe(&wish).unwrap();
    let body = call(&stage, "GET", &format!("/v1/subscriptions/{id}"), "").await.body;
    let invoice = body["latest_invoice"].as_str().unwrap();
    let invoice = call(&stage, "GET", &format!("/v1/invoices/{invoice}"), "").await.body;
    for list in [&body["items"], &invoice["lines"]] {
        let shown = list["data"].as_array().unwrap();
        assert_eq!((shown.len(), &list["has_more"]), (10, &json!(true)));
        let url = list["url"].as_str().unwrap();
        let join = if url.contains('?') { '&' } else { '?' };
        let last = shown[9]["id"].as_str().unwrap();
        let path = format!("{url}{join}starting_after={last}");
        let rest = call(&stage, "GET", &path, "").await.body;
        assert_eq!(rest["data"].as_array().unwrap().len(), 2, "{rest}");
        assert_eq!(rest["has_more"], false);
        let whole = call(&stage, "GET", &format!("{url}{join}limit=100"), "").await.body;
        assert_eq!(&whole["data"].as_array().unwrap()[..10], &shown[..]);
    }
}

#[tokio::test]
async fn the_control_api_sets_up_a_program() {
    let stage = Stage::start().await;
    let ask = async |method: &str, path: &str, body: &str| {
        let answer = call_with(&stage, method, path, body, &[]).await;
        (answer.status.as_u16(), answer.body)
    };
    let endpoint =
        r#"{"url":"http://127.0.0.1:1/","secrets":["whsec_a"],"api_version":"2020-08-27"}"#;
    assert_eq!(ask("POST", "/_simulator/endpoints", endpoint).await, (200, json!({ "id": 0 })));
    let (status, listed) = ask("GET", "/_simulator/endpoints", "").await;
    assert_eq!((status, &listed[0]["api_version"]), (200, &json!("2020-08-27")));
    assert!(!listed.to_string().contains("whsec_a"));
    let secrets = r#"{"secrets":["whsec_b"]}"#;
    assert_eq!(ask("POST", "/_simulator/endpoints/0/secrets", secrets).await.0, 200);
    assert_eq!(ask("POST", "/_simulator/endpoints/9/secrets", secrets).await.0, 404);
    let (status, faults) = ask("POST", "/_simulator/faults", r#"{"duplicate_rate":0.5}"#).await;
    assert_eq!((status, &faults["duplicate_rate"]), (200, &json!(0.5)));
    assert_eq!(ask("POST", "/_simulator/faults", r#"{"duplicate_rate":5}"#).await.0, 400);
    assert_eq!(ask("POST", "/_simulator/faults", r#"{"bogus":5}"#).await.0, 400);
    let (_, clock) = ask("POST", "/_simulator/clock/advance", r#"{"seconds":60}"#).await;
    assert_eq!(clock, json!({ "now": START + 60 }));
    let (_, truth) = ask("GET", "/_simulator/truth", "").await;
    assert_eq!(truth["objects"]["price"].as_object().unwrap().len(), 3);
    let (_, counters) = ask("GET", "/_simulator/counters", "").await;
    assert!(counters["events_made"].as_u64().unwrap() > 3);
    assert_eq!(ask("GET", "/_simulator/nothing", "").await.0, 404);
}

#[tokio::test]
async fn reading_leaves_no_trace_in_the_history() {
    let (quiet, read) = (Stage::start().await, Stage::start().await);
    for path in ["/v1/customers", "/v1/customers/cus_x", "/v1/events", "/v1/nothing"] {
        call(&read, "GET", path, "").await;
    }
    for stage in [&quiet, &read] {
        stage.customer(Card::Good);
    }
    assert_eq!(quiet.simulator.history(), read.simulator.history());
}
