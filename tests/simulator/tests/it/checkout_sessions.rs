//! `/v1/checkout/sessions`: what is accepted and refused, lists, lines, versions, discounts.

use crate::caller::{Answer, KEY, call, call_with};
use crate::stage::{DAY, HOUR, Stage, events};
use counterfoil_simulator::{Card, CheckoutVisit};
use serde_json::{Value, json};

const SESSIONS: &str = "/v1/checkout/sessions";
const SUCCESS: &str = "success_url=https://example.com/done";

async fn create(stage: &Stage, form: &str) -> Answer {
    call(stage, "POST", SESSIONS, &format!("{SUCCESS}&{form}")).await
}

fn one(stage: &Stage) -> String {
    format!("mode=subscription&line_items[0][price]={}&line_items[0][quantity]=1", stage.monthly)
}

/// Checks that a session is refused with this code, or none, and this parameter.
async fn refused(stage: &Stage, form: &str, code: Value, param: &str) {
    let answer = create(stage, form).await;
    let error = &answer.body["error"];
    let found = (answer.status.as_u16(), &error["code"], &error["param"]);
    assert_eq!(found, (400, &code, &json!(param)), "{form}: {error}");
}

#[tokio::test]
async fn what_cannot_be_sold_is_refused() {
    let stage = Stage::start().await;
    let one = one(&stage);
    let customer = stage.customer(Card::Good);
    let now = stage.simulator.now();
    let missing = || json!("parameter_missing");
    let plain = || Value::Null;
    let shirt = "line_items[0][quantity]=1&line_items[0][price_data][currency]=usd\
                 &line_items[0][price_data][unit_amount]=5\
                 &line_items[0][price_data][product_data][name]=Shirt";
    refused(&stage, "", missing(), "mode").await;
    refused(&stage, "mode=rental", plain(), "mode").await;
    refused(&stage, "mode=payment", missing(), "line_items").await;
    refused(&stage, &format!("{one}&shoe_size=46"), json!("parameter_unknown"), "shoe_size").await;
    refused(
        &stage,
        "mode=subscription&line_items[0][price]=price_none&line_items[0][quantity]=1",
        json!("resource_missing"),
        "line_items[0][price]",
    )
    .await;
    let none = format!("mode=subscription&line_items[0][price]={}", stage.monthly);
    refused(&stage, &none, plain(), "line_items[0][quantity]").await;
    refused(&stage, &format!("mode=subscription&{shirt}"), plain(), "line_items").await;
    refused(&stage, &one.replace("subscription", "payment"), plain(), "line_items").await;
    let both = format!("{one}&customer={customer}&customer_email=a@example.com");
    refused(&stage, &both, plain(), "customer_email").await;
    let nobody = format!("{one}&customer=cus_none");
    refused(&stage, &nobody, json!("resource_missing"), "customer").await;
    refused(&stage, &format!("{one}&customer_creation=always"), plain(), "customer_creation").await;
    refused(&stage, &format!("{one}&customer_update[name]=auto"), plain(), "customer_update").await;
    refused(&stage, &format!("{one}&expires_at={}", now + 60), plain(), "expires_at").await;
    refused(&stage, &format!("{one}&expires_at={}", now + 90_000), plain(), "expires_at").await;
    let days = "subscription_data[trial_period_days]";
    refused(&stage, &format!("{one}&{days}=0"), plain(), days).await;
    let end = "subscription_data[trial_end]";
    refused(&stage, &format!("{one}&{end}={}", now + 3_600), plain(), end).await;
    let codes = "allow_promotion_codes=true&discounts[0][coupon]=c";
    refused(&stage, &format!("{one}&{codes}"), plain(), "discounts").await;
    let coupon = format!("{one}&discounts[0][coupon]=none");
    refused(&stage, &coupon, json!("resource_missing"), "discounts").await;
    let intent = "payment_intent_data[description]=x";
    refused(&stage, &format!("{one}&{intent}"), plain(), "payment_intent_data").await;
    let method = "payment_method_types[0]=card";
    refused(&stage, &format!("{one}&{method}"), json!("parameter_unknown"), "payment_method_types")
        .await;
    let lines: Vec<String> = (0..21)
        .map(|n| format!("line_items[{n}][price]={}&line_items[{n}][quantity]=1", stage.monthly))
        .collect();
    let many = format!("mode=subscription&{}", lines.join("&"));
    refused(&stage, &many, plain(), "line_items").await;
    let bare = call(&stage, "POST", SESSIONS, &one).await;
    assert_eq!(bare.body["error"]["param"], "success_url");
    let script = format!("{one}&success_url=javascript:alert(1)");
    let script = call(&stage, "POST", SESSIONS, &script).await;
    assert_eq!(script.body["error"]["code"], "url_invalid");
    assert!(stage.simulator.truth().objects["checkout.session"].is_empty());
    let products = stage.simulator.truth().objects["product"].len();
    assert_eq!(products, 1, "a refused session makes no product");
}

#[tokio::test]
async fn a_session_shows_what_it_was_made_with() {
    let stage = Stage::start().await;
    let now = stage.simulator.now();
    let form = format!(
        "{}&cancel_url=https://example.com/plans&client_reference_id=tenant-7&metadata[a]=b\
         &locale=de&allow_promotion_codes=true&billing_address_collection=required\
         &allowed_payment_method_types[0]=card&automatic_tax[enabled]=true\
         &tax_id_collection[enabled]=true&expires_at={}&customer_email=ann@example.com",
        one(&stage),
        now + 3_600
    );
    let answer = create(&stage, &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let expected = json!({
        "allow_promotion_codes": true,
        "allowed_payment_method_types": ["card"],
        "amount_subtotal": 1_000,
        "amount_total": 1_000,
        "cancel_url": "https://example.com/plans",
        "client_reference_id": "tenant-7",
        "currency": "usd",
        "customer": null,
        "customer_creation": "always",
        "customer_email": "ann@example.com",
        "expires_at": now + 3_600,
        "invoice": null,
        "locale": "de",
        "metadata": { "a": "b" },
        "mode": "subscription",
        "payment_intent": null,
        "payment_method_collection": "always",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "status": "open",
        "subscription": null,
        "success_url": "https://example.com/done",
        "ui_mode": "hosted_page",
        "url": format!("{}/c/pay/{}", stage.simulator.base_url(), answer.id()),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&answer.body[name], value, "{name}");
    }
    assert!(answer.body.get("line_items").is_none(), "only on expand");
    let path = format!("{SESSIONS}/{}", answer.id());
    let changed = call(&stage, "POST", &path, "metadata[a]=&metadata[c]=d").await;
    assert_eq!(changed.body["metadata"], json!({ "c": "d" }));
    let again =
        call(&stage, "GET", &format!("{path}?expand[]=line_items.data.price.product"), "").await;
    let line = &again.body["line_items"]["data"][0];
    assert_eq!((&line["object"], &line["quantity"]), (&json!("item"), &json!(1)));
    assert_eq!(line["price"]["product"]["name"], "Plan");
    let missing = call(&stage, "GET", &format!("{SESSIONS}/cs_none"), "").await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn the_place_of_the_page_has_other_names_before_dahlia() {
    let stage = Stage::start().await;
    let one = one(&stage);
    for (version, name, status) in [
        ("2026-03-25.dahlia", "embedded_page", 200),
        ("2026-03-25.dahlia", "embedded", 400),
        ("2026-02-25.clover", "embedded", 200),
        ("2026-02-25.clover", "embedded_page", 400),
        ("2026-02-25.clover", "custom", 200),
        ("2026-09-30.endive", "form", 200),
    ] {
        let form = format!("{one}&ui_mode={name}&return_url=https://example.com/back");
        let headers = [KEY, ("stripe-version", version)];
        let answer = call_with(&stage, "POST", SESSIONS, &form, &headers).await;
        assert_eq!(answer.status, status, "{version} {name}: {}", answer.body);
        if status == 200 {
            assert_eq!(answer.body["ui_mode"], name);
            assert_eq!(answer.body["url"], Value::Null);
            assert!(answer.body["client_secret"].is_string());
        }
    }
    let hosted = format!("{one}&ui_mode=embedded_page&return_url=https://a.example&{SUCCESS}");
    let answer = call(&stage, "POST", SESSIONS, &hosted).await;
    assert_eq!(answer.body["error"]["param"], "success_url");
    let types = format!("{one}&{SUCCESS}&payment_method_types[0]=card");
    let headers = [KEY, ("stripe-version", "2026-08-26.dahlia")];
    let answer = call_with(&stage, "POST", SESSIONS, &types, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.get("allowed_payment_method_types").is_none());
}

#[tokio::test]
async fn lists_are_filtered_and_lines_are_paged_in_their_order() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let lines: Vec<String> = (0..12)
        .map(|n| {
            format!(
                "line_items[{n}][quantity]={}&line_items[{n}][price_data][currency]=usd\
                 &line_items[{n}][price_data][unit_amount]=100\
                 &line_items[{n}][price_data][product_data][name]=Thing {n}",
                n + 1
            )
        })
        .collect();
    let bought =
        create(&stage, &format!("mode=payment&customer={customer}&{}", lines.join("&"))).await;
    assert_eq!(bought.body["amount_total"], 7_800);
    let path = format!("{SESSIONS}/{}", bought.id());
    let shown = call(&stage, "GET", &format!("{path}?expand[]=line_items"), "").await;
    let inline = &shown.body["line_items"];
    assert_eq!((inline["data"].as_array().unwrap().len(), &inline["has_more"]), (10, &json!(true)));
    let mut quantities = Vec::new();
    let mut after = String::new();
    loop {
        let page = format!("{path}/line_items?limit=5{after}");
        let page = call(&stage, "GET", &page, "").await.body;
        let data = page["data"].as_array().unwrap();
        quantities.extend(data.iter().map(|line| line["quantity"].as_i64().unwrap()));
        if page["has_more"] == false {
            break;
        }
        after = format!("&starting_after={}", data.last().unwrap()["id"].as_str().unwrap());
    }
    assert_eq!(quantities, (1..=12).collect::<Vec<i64>>());
    stage.simulator.advance(HOUR);
    let other = create(&stage, &one(&stage)).await.id();
    stage.simulator.complete_checkout(&bought.id(), &CheckoutVisit::default()).unwrap();
    let intent = stage.truth("checkout.session", &bought.id())["payment_intent"].clone();
    let intent = intent.as_str().unwrap().to_owned();
    for (filter, expected) in [
        (String::new(), vec![other.clone(), bought.id()]),
        (format!("customer={customer}"), vec![bought.id()]),
        ("status=open".to_owned(), vec![other.clone()]),
        ("status=complete".to_owned(), vec![bought.id()]),
        (format!("payment_intent={intent}"), vec![bought.id()]),
        ("subscription=sub_none".to_owned(), vec![]),
        (format!("created[gt]={}", stage.simulator.now() - 60), vec![other.clone()]),
    ] {
        let answer = call(&stage, "GET", &format!("{SESSIONS}?{filter}"), "").await;
        let data = answer.body["data"].as_array().unwrap();
        let found: Vec<&str> = data.iter().map(|held| held["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_metered_price_has_no_quantity_and_nothing_is_due_for_it() {
    let stage = Stage::start().await;
    let meter = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
    let meter = call(&stage, "POST", "/v1/billing/meters", meter).await.id();
    let product = stage.truth("price", &stage.monthly)["product"].clone();
    let form = format!(
        "currency=usd&product={}&unit_amount_decimal=0.01&recurring[interval]=month\
         &recurring[usage_type]=metered&recurring[meter]={meter}",
        product.as_str().unwrap()
    );
    let metered = call(&stage, "POST", "/v1/prices", &form).await.id();
    let with = format!("{}&line_items[1][price]={metered}", one(&stage));
    refused(
        &stage,
        &format!("{with}&line_items[1][quantity]=1"),
        Value::Null,
        "line_items[1][quantity]",
    )
    .await;
    let customer = stage.customer(Card::Good);
    let answer = create(&stage, &format!("{with}&customer={customer}")).await;
    assert_eq!(answer.body["amount_total"], 1_000, "{}", answer.body);
    stage.simulator.complete_checkout(&answer.id(), &CheckoutVisit::default()).unwrap();
    let held = stage.truth("checkout.session", &answer.id());
    let subscription = stage.truth("subscription", held["subscription"].as_str().unwrap());
    let items = subscription["items"]["data"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items[1].get("quantity").is_none());
    // With only what is metered nothing is due, and no invoice is made.
    let only = format!("mode=subscription&customer={customer}&line_items[0][price]={metered}");
    let answer = create(&stage, &only).await;
    stage.simulator.complete_checkout(&answer.id(), &CheckoutVisit::default()).unwrap();
    let held = stage.truth("checkout.session", &answer.id());
    assert_eq!(
        (&held["payment_status"], &held["invoice"]),
        (&json!("no_payment_required"), &Value::Null)
    );
    let subscription = stage.truth("subscription", held["subscription"].as_str().unwrap());
    assert_eq!(subscription["status"], "active");
}

#[tokio::test]
async fn a_coupon_and_a_promotion_code_lower_what_is_due() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    call(&stage, "POST", "/v1/coupons", "id=half&percent_off=50&duration=once").await;
    let promo = "promotion[type]=coupon&promotion[coupon]=half&code=SPRING";
    let promo = call(&stage, "POST", "/v1/promotion_codes", promo).await;
    assert_eq!(promo.status, 200, "{}", promo.body);
    let form = format!("{}&customer={customer}&discounts[0][coupon]=half", one(&stage));
    let answer = create(&stage, &form).await;
    let amounts = |held: &Value| {
        [&held["amount_subtotal"], &held["amount_total"], &held["total_details"]["amount_discount"]]
            .map(|amount| amount.as_i64().unwrap())
    };
    assert_eq!(amounts(&answer.body), [1_000, 500, 500]);
    assert_eq!(answer.body["discounts"], json!([{ "coupon": "half", "promotion_code": null }]));
    stage.simulator.complete_checkout(&answer.id(), &CheckoutVisit::default()).unwrap();
    let held = stage.truth("checkout.session", &answer.id());
    let invoice = stage.truth("invoice", held["invoice"].as_str().unwrap());
    assert_eq!((&invoice["total"], &invoice["amount_paid"]), (&json!(500), &json!(500)));
    assert_eq!(invoice["status"], "paid");
    let events = events(&stage.simulator);
    let redeemed = events.iter().find(|it| it["type"] == "customer.discount.created").unwrap();
    assert_eq!(redeemed["data"]["object"]["checkout_session"], answer.id());

    let form = format!("{}&customer={customer}&allow_promotion_codes=true", one(&stage));
    let answer = create(&stage, &form).await;
    let wrong =
        CheckoutVisit { promotion_code: Some("AUTUMN".to_owned()), ..CheckoutVisit::default() };
    stage.simulator.complete_checkout(&answer.id(), &wrong).unwrap_err();
    assert_eq!(stage.truth("checkout.session", &answer.id())["status"], "open");
    let visit =
        CheckoutVisit { promotion_code: Some("spring".to_owned()), ..CheckoutVisit::default() };
    stage.simulator.complete_checkout(&answer.id(), &visit).unwrap();
    let held = stage.truth("checkout.session", &answer.id());
    assert_eq!(amounts(&held), [1_000, 500, 500]);
    assert_eq!(held["discounts"], json!([{ "coupon": null, "promotion_code": promo.id() }]));
    let invoice = stage.truth("invoice", held["invoice"].as_str().unwrap());
    assert_eq!((&invoice["total"], &invoice["status"]), (&json!(500), &json!("paid")));
    let shirt = format!(
        "mode=payment&customer={customer}&discounts[0][promotion_code]={}\
         &line_items[0][quantity]=1&line_items[0][price_data][currency]=usd\
         &line_items[0][price_data][unit_amount]=1500\
         &line_items[0][price_data][product_data][name]=Shirt",
        promo.id()
    );
    let answer = create(&stage, &shirt).await;
    stage.simulator.complete_checkout(&answer.id(), &CheckoutVisit::default()).unwrap();
    let held = stage.truth("checkout.session", &answer.id());
    let intent = stage.truth("payment_intent", held["payment_intent"].as_str().unwrap());
    assert_eq!(intent["amount"], 750);
    let path = format!("/v1/promotion_codes/{}", promo.id());
    assert_eq!(call(&stage, "GET", &path, "").await.body["times_redeemed"], 2);
}

#[tokio::test]
async fn a_visitor_is_played_over_the_control_api() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let session = create(&stage, &format!("{}&customer={customer}", one(&stage))).await.id();
    let deed = |deed: &str| format!("/_simulator/checkout/{session}/{deed}");
    let failed = call(&stage, "POST", &deed("fail"), "").await;
    assert_eq!((failed.status.as_u16(), &failed.body["status"]), (200, &json!("open")));
    let wrong = call(&stage, "POST", &deed("dance"), "").await;
    assert_eq!(wrong.status, 404);
    let wrong = call(&stage, "POST", &deed("complete"), "{\"shoe\":1}").await;
    assert_eq!(wrong.status, 400);
    let body = "{\"payment_method\":\"pm_card_mastercard\"}";
    let done = call(&stage, "POST", &deed("complete"), body).await;
    assert_eq!((done.status.as_u16(), &done.body["status"]), (200, &json!("complete")));
    assert!(done.body["subscription"].is_string());
    let again = call(&stage, "POST", &deed("complete"), "").await;
    assert_eq!(again.status, 400);
    let nobody = call(&stage, "POST", "/_simulator/checkout/cs_none/complete", "").await;
    assert_eq!(nobody.status, 404);

    let later = create(&stage, &format!("{}&customer={customer}", one(&stage))).await.id();
    let path = |deed: &str| format!("/_simulator/checkout/{later}/{deed}");
    let begun = call(&stage, "POST", &path("pay_later"), "").await;
    assert_eq!(begun.body["payment_status"], "unpaid");
    let settled = call(&stage, "POST", &path("settle"), "").await;
    assert_eq!(settled.body["payment_status"], "paid");
    stage.simulator.advance(DAY);
}
