//! Coupons, promotion codes, and what discounts take off invoices.

use crate::caller::{KEY, call, call_with, get, post};
use crate::stage::{DAY, START, Stage, kinds, same_set};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

async fn refused(stage: &Stage, path: &str, form: &str) -> Value {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status, 400, "{path} {form}: {}", answer.body);
    answer.body["error"].clone()
}

#[tokio::test]
async fn coupons_are_made_changed_and_deleted() {
    let stage = Stage::start().await;
    let before = stage.simulator.history().len();
    let form = "id=GOLD&percent_off=12.5&duration=repeating&duration_in_months=3&name=Gold";
    let made = post(&stage, "/v1/coupons", form).await;
    assert_eq!(made["percent_off"], json!(12.5));
    assert_eq!(made["valid"], true);
    assert_eq!(made["duration_in_months"], 3);
    let again = refused(&stage, "/v1/coupons", form).await;
    assert_eq!(again["code"], "resource_already_exists");
    let changed = post(&stage, "/v1/coupons/GOLD", "name=Golden&metadata[a]=1").await;
    assert_eq!((&changed["name"], &changed["metadata"]["a"]), (&json!("Golden"), &json!("1")));
    let gone = call(&stage, "DELETE", "/v1/coupons/GOLD", "").await;
    assert_eq!(gone.body, json!({ "id": "GOLD", "object": "coupon", "deleted": true }));
    assert_eq!(call(&stage, "GET", "/v1/coupons/GOLD", "").await.status, 404);
    let events = crate::stage::events(&stage.simulator).split_off(before);
    same_set(&kinds(&events), &["coupon.created", "coupon.updated", "coupon.deleted"]);
    for wrong in [
        "",
        "percent_off=10&amount_off=5&currency=usd",
        "percent_off=0",
        "percent_off=101",
        "amount_off=500",
        "amount_off=-1&currency=usd",
        "percent_off=10&duration=repeating",
        "percent_off=10&duration=once&duration_in_months=2",
        "percent_off=10&duration=often",
        "percent_off=10&applies_to[products][0]=prod_none",
        "percent_off=10&shoe=46",
    ] {
        refused(&stage, "/v1/coupons", wrong).await;
    }
}

#[tokio::test]
async fn what_a_coupon_applies_to_shows_when_it_is_expanded() {
    let stage = Stage::start().await;
    let product = get(&stage, "/v1/products?limit=1").await["data"][0]["id"].clone();
    let form = format!(
        "amount_off=500&currency=usd&currency_options[eur][amount_off]=450\
         &applies_to[products][0]={}",
        product.as_str().unwrap()
    );
    let made = post(&stage, "/v1/coupons", &form).await;
    assert_eq!(made.get("applies_to"), None);
    let path = format!(
        "/v1/coupons/{}?expand[]=applies_to&expand[]=currency_options",
        made["id"].as_str().unwrap()
    );
    let expanded = get(&stage, &path).await;
    assert_eq!(expanded["applies_to"], json!({ "products": [product] }));
    let options = json!({ "eur": { "amount_off": 450 }, "usd": { "amount_off": 500 } });
    assert_eq!(expanded["currency_options"], options);
}

#[tokio::test]
async fn promotion_codes_are_redeemed_by_whom_they_are_for() {
    let stage = Stage::start().await;
    let (one, other) = (stage.customer(Card::Good), stage.customer(Card::Good));
    post(&stage, "/v1/coupons", "id=TEN&percent_off=10&duration=forever").await;
    let form = format!(
        "promotion[type]=coupon&promotion[coupon]=TEN&code=Spring&customer={one}&max_redemptions=1"
    );
    let code = post(&stage, "/v1/promotion_codes", &form).await;
    assert_eq!(code["promotion"], json!({ "coupon": "TEN", "type": "coupon" }));
    let id = code["id"].as_str().unwrap();
    refused(&stage, "/v1/promotion_codes", &form.replace("Spring", "SPRING")).await;
    let found = get(&stage, "/v1/promotion_codes?code=spring&active=true").await;
    assert_eq!(found["data"][0]["id"], id);
    let wish = |customer: &str| {
        let price = &stage.monthly;
        format!("customer={customer}&items[0][price]={price}&discounts[0][promotion_code]={id}")
    };
    refused(&stage, "/v1/subscriptions", &wish(&other)).await;
    let held = post(&stage, "/v1/subscriptions", &wish(&one)).await;
    assert_eq!(held["discounts"].as_array().unwrap().len(), 1);
    // It was redeemed as often as it can be.
    refused(&stage, "/v1/subscriptions", &wish(&one)).await;
    let code = get(&stage, &format!("/v1/promotion_codes/{id}?expand[]=promotion.coupon")).await;
    assert_eq!((&code["active"], &code["times_redeemed"]), (&json!(false), &json!(1)));
    assert_eq!(code["promotion"]["coupon"]["times_redeemed"], 1);
    let off = post(&stage, &format!("/v1/promotion_codes/{id}"), "active=false").await;
    assert_eq!(off["active"], false);
}

#[tokio::test]
async fn a_discount_is_taken_off_invoices_for_as_long_as_it_holds() {
    for (duration, discounted) in [
        ("duration=once", [true, false, false, false]),
        ("duration=repeating&duration_in_months=2", [true, true, false, false]),
        ("duration=forever", [true, true, true, true]),
    ] {
        let stage = Stage::start().await;
        let customer = stage.customer(Card::Good);
        post(&stage, "/v1/coupons", &format!("id=QUARTER&percent_off=25&{duration}")).await;
        let form = format!(
            "customer={customer}&items[0][price]={}&items[0][quantity]=2\
             &discounts[0][coupon]=QUARTER",
            stage.monthly
        );
        let held = post(&stage, "/v1/subscriptions", &form).await;
        stage.simulator.advance(95 * DAY);
        let path = format!("/v1/invoices?subscription={}", held["id"].as_str().unwrap());
        let invoices = get(&stage, &path).await;
        let mut totals: Vec<i64> = invoices["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|invoice| invoice["total"].as_i64().unwrap())
            .collect();
        totals.reverse();
        let expected: Vec<i64> =
            discounted.iter().map(|off| if *off { 1_500 } else { 2_000 }).collect();
        assert_eq!(totals, expected, "{duration}");
        let first = invoices["data"].as_array().unwrap().last().unwrap();
        assert_eq!(first["subtotal"], 2_000);
        assert_eq!(first["total_discount_amounts"][0]["amount"], 500);
        assert_eq!(first["lines"]["data"][0]["discount_amounts"][0]["amount"], 500);
        assert_eq!(first["amount_paid"], 1_500);
        let now = get(&stage, &format!("/v1/subscriptions/{}", held["id"].as_str().unwrap())).await;
        let holds = now["discounts"].as_array().unwrap().len();
        assert_eq!(holds, usize::from(discounted[3]), "{duration}");
    }
}

#[tokio::test]
async fn discounts_of_a_subscription_come_and_go() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    for id in ["FIVE", "TEN"] {
        let form = format!("id={id}&amount_off=500&currency=usd&duration=forever");
        post(&stage, "/v1/coupons", &form).await;
    }
    let form =
        format!("customer={customer}&items[0][price]={}&discounts[0][coupon]=FIVE", stage.monthly);
    let before = stage.simulator.history().len();
    let held = post(&stage, "/v1/subscriptions", &form).await;
    let events = crate::stage::events(&stage.simulator).split_off(before);
    let made = kinds(&events);
    assert!(made.contains(&"customer.discount.created".to_owned()), "{made:?}");
    let path = format!("/v1/subscriptions/{}", held["id"].as_str().unwrap());
    let old = held["discounts"][0].clone();
    let before = stage.simulator.history().len();
    let changed = post(&stage, &path, "discounts[0][coupon]=TEN").await;
    assert_eq!(changed["discounts"].as_array().unwrap().len(), 1);
    assert_ne!(changed["discounts"][0], old);
    let events = crate::stage::events(&stage.simulator).split_off(before);
    let made = kinds(&events);
    for kind in ["customer.discount.created", "customer.discount.deleted"] {
        assert!(made.contains(&kind.to_owned()), "{made:?}");
    }
    let expanded = format!("{path}?expand[]=discounts.source.coupon");
    let expanded = get(&stage, &expanded).await;
    assert_eq!(expanded["discounts"][0]["source"]["coupon"]["id"], "TEN");
    let gone = call(&stage, "DELETE", &format!("{path}/discount"), "").await;
    assert_eq!((gone.status.as_u16(), &gone.body["deleted"]), (200, &json!(true)));
    assert_eq!(get(&stage, &path).await["discounts"], json!([]));
    let none = call(&stage, "DELETE", &format!("{path}/discount"), "").await;
    assert_eq!(none.status, 404);
    let cleared = post(&stage, &path, "discounts[0][coupon]=FIVE").await;
    assert_eq!(cleared["discounts"].as_array().unwrap().len(), 1);
    assert_eq!(post(&stage, &path, "discounts=").await["discounts"], json!([]));
}

#[tokio::test]
async fn a_customers_discount_reaches_subscriptions_without_one() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    post(&stage, "/v1/coupons", "id=HALF&percent_off=50&duration=forever").await;
    let path = format!("/v1/customers/{customer}");
    // Newer versions take no coupon here.
    assert_eq!(refused(&stage, &path, "coupon=HALF").await["code"], "parameter_unknown");
    let old = [KEY, ("stripe-version", "2022-11-15")];
    let answer = call_with(&stage, "POST", &path, "coupon=HALF", &old).await;
    assert_eq!(answer.body["discount"]["coupon"]["id"], "HALF");
    let held = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let invoices = get(&stage, &format!("/v1/invoices?subscription={held}")).await;
    assert_eq!(invoices["data"][0]["total"], 1_000);
    let gone = call(&stage, "DELETE", &format!("{path}/discount"), "").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(get(&stage, &path).await["discount"], Value::Null);
    stage.simulator.advance(32 * DAY);
    let invoices = get(&stage, &format!("/v1/invoices?subscription={held}")).await;
    assert_eq!(invoices["data"][0]["total"], 2_000);
}

#[tokio::test]
async fn a_coupon_ends_by_its_second_and_by_its_count() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let form = format!("id=SOON&percent_off=10&redeem_by={}", START + 60);
    post(&stage, "/v1/coupons", &form).await;
    post(&stage, "/v1/coupons", "id=FEW&percent_off=10&max_redemptions=1").await;
    let wish = |coupon: &str| {
        let price = &stage.monthly;
        format!("customer={customer}&items[0][price]={price}&discounts[0][coupon]={coupon}")
    };
    post(&stage, "/v1/subscriptions", &wish("SOON")).await;
    post(&stage, "/v1/subscriptions", &wish("FEW")).await;
    stage.simulator.advance(DAY);
    for coupon in ["SOON", "FEW"] {
        let error = refused(&stage, "/v1/subscriptions", &wish(coupon)).await;
        assert_eq!(error["code"], "coupon_expired", "{coupon}");
        assert_eq!(get(&stage, &format!("/v1/coupons/{coupon}")).await["valid"], false);
    }
    let missing = refused(&stage, "/v1/subscriptions", &wish("NONE")).await;
    assert_eq!(missing["code"], "resource_missing");
}
