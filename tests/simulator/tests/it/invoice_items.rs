//! Invoice items, and the lines that stand for them on a draft.

use crate::caller::{call, get, post};
use crate::invoices::{id, refused};
use crate::stage::Stage;
use counterfoil_simulator::Card;
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_item_costs_what_it_says_in_one_way() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let product = id(&post(&stage, "/v1/products", "name=Hours").await);
    let price = format!("product={product}&currency=usd&unit_amount_decimal=12.5");
    let price = id(&post(&stage, "/v1/prices", &price).await);
    let tiered = format!(
        "product={product}&currency=usd&billing_scheme=tiered&tiers_mode=graduated\
         &tiers[0][up_to]=1&tiers[0][unit_amount]=100&tiers[1][up_to]=inf&tiers[1][unit_amount]=50"
    );
    let tiered = id(&post(&stage, "/v1/prices", &tiered).await);
    let cases = [
        ("amount=700&currency=usd".to_owned(), 700, json!("700"), 1, "1"),
        ("amount=700&quantity=2&currency=usd".to_owned(), 700, json!("350"), 2, "2"),
        (format!("pricing[price]={price}&quantity=3"), 38, json!("12.5"), 3, "3"),
        (format!("pricing[price]={price}&quantity_decimal=0.5"), 6, json!("12.5"), 0, "0.5"),
        (format!("pricing[price]={tiered}&quantity=3"), 200, json!(null), 3, "3"),
        (
            "unit_amount_decimal=0.05&quantity=30&currency=usd".to_owned(),
            2,
            json!("0.05"),
            30,
            "30",
        ),
        (
            "unit_amount_decimal=-10.5&quantity=1&currency=usd".to_owned(),
            -11,
            json!("-10.5"),
            1,
            "1",
        ),
        (
            format!(
                "price_data[currency]=usd&price_data[product]={product}&price_data[unit_amount]=9"
            ),
            9,
            json!("9"),
            1,
            "1",
        ),
    ];
    for (form, amount, unit, quantity, decimal) in cases {
        let item = post(&stage, "/v1/invoiceitems", &format!("customer={customer}&{form}")).await;
        assert_eq!(item["amount"], amount, "{form}");
        assert_eq!(item["quantity"], quantity, "{form}");
        assert_eq!(item["quantity_decimal"], decimal, "{form}");
        let pricing = &item["pricing"];
        assert_eq!(pricing.get("unit_amount_decimal").unwrap_or(&json!(null)), &unit, "{form}");
        assert_eq!(item["discountable"], amount >= 0, "{form}");
        assert_eq!(item["currency"], "usd");
    }
    let wrong = |form: &str| format!("customer={customer}&{form}");
    let cases = [
        ("currency=usd".to_owned(), "parameter_missing", "amount"),
        (format!("amount=1&pricing[price]={price}"), "", "amount"),
        (format!("pricing[price]={}", stage.monthly), "", "pricing[price]"),
        ("pricing[price]=price_none".to_owned(), "resource_missing", "pricing[price]"),
        ("amount=1&invoice=in_none".to_owned(), "resource_missing", "invoice"),
        ("amount=1&period[start]=5".to_owned(), "parameter_missing", "period[end]"),
        ("amount=1&period[start]=5&period[end]=4".to_owned(), "", "period[end]"),
        ("amount=1&quantity=-1".to_owned(), "", "quantity"),
    ];
    for (form, code, param) in cases {
        let answer = call(&stage, "POST", "/v1/invoiceitems", &wrong(&form)).await;
        assert!(answer.status.is_client_error(), "{form}: {}", answer.body);
        let error = &answer.body["error"];
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{form}");
        assert_eq!(error["param"], param, "{form}");
    }
    let (code, param, _) = refused(&stage, "/v1/invoiceitems", "amount=1&currency=usd").await;
    assert_eq!((code.as_str(), param.as_str()), ("parameter_missing", "customer"));
}

#[tokio::test]
async fn an_item_changes_with_its_line_while_the_invoice_is_a_draft() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let invoice = id(&post(&stage, "/v1/invoices", &format!("customer={customer}")).await);
    let form = format!(
        "customer={customer}&invoice={invoice}&unit_amount_decimal=10&quantity=2&currency=usd"
    );
    let item = id(&post(&stage, "/v1/invoiceitems", &form).await);
    let path = format!("/v1/invoiceitems/{item}");
    let changed = post(&stage, &path, "quantity=5&description=More&metadata[k]=v").await;
    assert_eq!((&changed["amount"], &changed["quantity"]), (&json!(50), &json!(5)));
    let held = get(&stage, &format!("/v1/invoices/{invoice}")).await;
    let line = &held["lines"]["data"][0];
    assert_eq!((&held["total"], &line["amount"]), (&json!(50), &json!(50)));
    assert_eq!((&line["description"], &line["metadata"]), (&json!("More"), &json!({ "k": "v" })));
    let changed = post(&stage, &path, "amount=-20").await;
    assert_eq!(changed["amount"], -20);
    assert_eq!(get(&stage, &format!("/v1/invoices/{invoice}")).await["subtotal"], -20);
    let answer = call(&stage, "DELETE", &path, "").await;
    assert_eq!(answer.body, json!({ "id": item, "object": "invoiceitem", "deleted": true }));
    let held = get(&stage, &format!("/v1/invoices/{invoice}")).await;
    assert_eq!((&held["total"], &held["lines"]["data"]), (&json!(0), &json!([])));
    assert_eq!(call(&stage, "GET", &path, "").await.status, StatusCode::NOT_FOUND);
    let item = id(&post(&stage, "/v1/invoiceitems", &form).await);
    post(&stage, &format!("/v1/invoices/{invoice}/finalize"), "").await;
    let (code, ..) = refused(&stage, &format!("/v1/invoiceitems/{item}"), "amount=1").await;
    assert_eq!(code, "invoice_not_editable");
    let answer = call(&stage, "DELETE", &format!("/v1/invoiceitems/{item}"), "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let (code, ..) = refused(&stage, "/v1/invoiceitems", &form).await;
    assert_eq!(code, "invoice_not_editable");
}

#[tokio::test]
async fn lines_are_added_changed_and_removed_together() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let waiting = format!("customer={customer}&amount=40&currency=usd");
    let waiting = id(&post(&stage, "/v1/invoiceitems", &waiting).await);
    let invoice = id(&post(&stage, "/v1/invoices", &format!("customer={customer}")).await);
    let path = |name: &str| format!("/v1/invoices/{invoice}/{name}");
    let form = format!(
        "lines[0][amount]=100&lines[0][description]=One&lines[1][invoice_item]={waiting}\
         &invoice_metadata[a]=b"
    );
    let held = post(&stage, &path("add_lines"), &form).await;
    assert_eq!((&held["total"], &held["metadata"]), (&json!(140), &json!({ "a": "b" })));
    let lines = get(&stage, &path("lines")).await;
    assert_eq!(lines["data"].as_array().unwrap().len(), 2);
    let line = |name: &str| {
        let found = lines["data"].as_array().unwrap().iter();
        let mut found = found.filter(|line| line["description"] == *name);
        id(found.next().unwrap())
    };
    let one = line("One");
    let form = format!("lines[0][id]={one}&lines[0][amount]=150&lines[0][description]=Two");
    let held = post(&stage, &path("update_lines"), &form).await;
    assert_eq!(held["total"], 190);
    let changed = post(&stage, &path(&format!("lines/{one}")), "description=Three").await;
    assert_eq!(
        (&changed["object"], &changed["description"]),
        (&json!("line_item"), &json!("Three"))
    );
    // One wrong line, and none is changed.
    let form =
        format!("lines[0][id]={one}&lines[0][amount]=1&lines[1][id]=il_none&lines[1][amount]=1");
    let answer = call(&stage, "POST", &path("update_lines"), &form).await;
    assert!(answer.status.is_client_error(), "{}", answer.body);
    assert_eq!(get(&stage, &format!("/v1/invoices/{invoice}")).await["total"], 190);
    let other = lines["data"].as_array().unwrap().iter().find(|line| line["id"] != one.as_str());
    let other = id(other.unwrap());
    let form = format!(
        "lines[0][id]={one}&lines[0][behavior]=delete&lines[1][id]={other}\
         &lines[1][behavior]=unassign"
    );
    let held = post(&stage, &path("remove_lines"), &form).await;
    assert_eq!(held["lines"]["data"], json!([]));
    let list = get(&stage, &format!("/v1/invoiceitems?customer={customer}&pending=true")).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["id"], json!(waiting));
    let (code, param, _) = refused(&stage, &path("add_lines"), "").await;
    assert_eq!((code.as_str(), param.as_str()), ("parameter_missing", "lines"));
}

#[tokio::test]
async fn items_are_listed_by_where_they_stand() {
    let stage = Stage::start().await;
    let (one, other) = (stage.customer(Card::Good), stage.customer(Card::Good));
    let invoice = id(&post(&stage, "/v1/invoices", &format!("customer={one}")).await);
    for form in [
        format!("customer={one}&amount=1&currency=usd"),
        format!("customer={one}&amount=2&currency=usd&invoice={invoice}"),
        format!("customer={other}&amount=3&currency=usd"),
    ] {
        post(&stage, "/v1/invoiceitems", &form).await;
    }
    let amounts = async |query: &str| {
        let list = get(&stage, &format!("/v1/invoiceitems?{query}")).await;
        let data = list["data"].as_array().unwrap().clone();
        data.iter().map(|item| item["amount"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(amounts("").await, [3, 2, 1]);
    assert_eq!(amounts(&format!("customer={one}")).await, [2, 1]);
    assert_eq!(amounts(&format!("invoice={invoice}")).await, [2]);
    assert_eq!(amounts("pending=true").await, [3, 1]);
    assert_eq!(amounts("pending=false").await, [2]);
}

#[tokio::test]
async fn a_discount_is_for_an_item_or_for_the_invoice() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let half = id(&post(&stage, "/v1/coupons", "percent_off=50&duration=once").await);
    let ten = id(&post(&stage, "/v1/coupons", "amount_off=10&currency=usd&duration=once").await);
    let form = format!("customer={customer}&discounts[0][coupon]={ten}");
    let invoice = id(&post(&stage, "/v1/invoices", &form).await);
    let form = format!(
        "customer={customer}&invoice={invoice}&amount=100&currency=usd&discounts[0][coupon]={half}"
    );
    let item = post(&stage, "/v1/invoiceitems", &form).await;
    let form = format!("customer={customer}&invoice={invoice}&amount=50&currency=usd");
    post(&stage, "/v1/invoiceitems", &form).await;
    let held = get(&stage, &format!("/v1/invoices/{invoice}?expand[]=discounts")).await;
    // Half of the first line, then ten of both as they are left.
    assert_eq!((&held["subtotal"], &held["total"]), (&json!(150), &json!(90)));
    assert_eq!(held["discounts"][0]["invoice"], json!(invoice));
    let taken = |place: usize| -> Vec<i64> {
        let amounts = held["lines"]["data"][place]["discount_amounts"].as_array().unwrap();
        amounts.iter().map(|taken| taken["amount"].as_i64().unwrap()).collect()
    };
    assert_eq!((taken(0), taken(1)), (vec![50, 5], vec![5]));
    let path = format!("/v1/invoiceitems/{}?expand[]=discounts&expand[]=customer", id(&item));
    let shown = get(&stage, &path).await;
    assert_eq!(shown["discounts"][0]["invoice_item"], item["id"]);
    assert_eq!(shown["customer"]["object"], "customer");
    let path = format!("/v1/invoices/{invoice}");
    assert_eq!(post(&stage, &path, "discounts=").await["total"], 100);
    let paid = post(&stage, &format!("{path}/pay"), "").await;
    assert_eq!((&paid["status"], &paid["amount_paid"]), (&json!("paid"), &json!(100)));
}
