//! Previews of invoices: what they show is what is billed, to the last unit, and they leave
//! nothing behind.

use crate::caller::{call, get, post};
use crate::invoices::id;
use crate::metered::{COUNTED, Metered};
use crate::stage::{DAY, HOUR, Stage, events};
use counterfoil_simulator::{Cancel, Card, Options, Rules, SubscriptionRules};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

const PREVIEW: &str = "/v1/invoices/create_preview";

/// What a preview and the invoice it announced have to have in common.
fn billed(invoice: &Value) -> Value {
    let line = |line: &Value| {
        let details = &line["parent"]["subscription_item_details"];
        json!({
            "amount": line["amount"],
            "description": line["description"],
            "discount": line["discount_amounts"].as_array().unwrap().len(),
            "period": line["period"],
            "price": line["pricing"]["price_details"]["price"],
            "proration": details["proration"],
            "quantity": line["quantity_decimal"],
            "unit": line["pricing"]["unit_amount_decimal"],
        })
    };
    let lines = invoice["lines"]["data"].as_array().unwrap();
    json!({
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "period": [invoice["period_start"], invoice["period_end"]],
        "subtotal": invoice["subtotal"],
        "total": invoice["total"],
    })
}

/// Everything there is, without what was previewed.
fn state(stage: &Stage) -> (usize, Value) {
    let truth = serde_json::to_value(stage.simulator.truth()).unwrap();
    (events(&stage.simulator).len(), truth)
}

async fn previewed(stage: &Stage, form: &str) -> Value {
    let before = state(stage);
    let preview = post(stage, PREVIEW, form).await;
    assert_eq!(state(stage), before, "{form} left a trace");
    assert!(id(&preview).starts_with("upcoming_in_"));
    assert_eq!((&preview["object"], &preview["status"]), (&json!("invoice"), &json!("draft")));
    assert_eq!(preview["billing_reason"], "upcoming");
    assert_eq!(preview["number"], json!(null));
    preview
}

fn latest(stage: &Stage, subscription: &str) -> Value {
    let held = stage.truth("subscription", subscription);
    stage.truth("invoice", held["latest_invoice"].as_str().unwrap())
}

async fn tiered(stage: &Stage) -> String {
    let product = id(&post(stage, "/v1/products", "name=Seats").await);
    let form = format!(
        "product={product}&currency=usd&billing_scheme=tiered&tiers_mode=graduated\
         &recurring[interval]=month&tiers[0][up_to]=2&tiers[0][unit_amount_decimal]=333.3\
         &tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=111.15&tiers[1][flat_amount]=50"
    );
    id(&post(stage, "/v1/prices", &form).await)
}

/// The same parameters as `subscription_details`.
fn as_details(form: &str) -> String {
    let inside = |pair: &str| match pair.split_once('[') {
        Some((name, rest)) if !name.contains('=') => format!("subscription_details[{name}][{rest}"),
        _ => format!("subscription_details[{}", pair.replacen('=', "]=", 1)),
    };
    form.split('&').map(inside).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn a_new_subscription_is_billed_as_it_was_previewed() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let tiered = tiered(&stage).await;
    let waits = format!("customer={customer}&amount=77&currency=usd");
    post(&stage, "/v1/invoiceitems", &waits).await;
    for trial in ["", "&trial_end=1768780000"] {
        let form = format!(
            "items[0][price]={}&items[0][quantity]=2&items[1][price]={tiered}\
             &items[1][quantity]=5{trial}",
            stage.monthly
        );
        let preview = format!("customer={customer}&{}", as_details(&form));
        let preview = previewed(&stage, &preview).await;
        let form = format!("customer={customer}&{form}");
        let subscription = post(&stage, "/v1/subscriptions", &form).await;
        assert_eq!(billed(&preview), billed(&latest(&stage, &id(&subscription))), "{trial}");
    }
}

#[tokio::test]
async fn a_change_is_billed_as_it_was_previewed() {
    let stage = Stage::start().await;
    let tiered = tiered(&stage).await;
    let (bigger, yearly) = (&stage.bigger, &stage.yearly);
    let changes = [
        (format!("items[0][id]=ITEM&items[0][price]={bigger}"), false),
        ("items[0][id]=ITEM&items[0][quantity]=7".to_owned(), false),
        ("items[0][id]=ITEM&items[0][quantity]=1".to_owned(), false),
        (format!("items[0][price]={tiered}&items[0][quantity]=5"), false),
        (format!("items[0][id]=ITEM&items[0][price]={bigger}&proration_behavior=none"), false),
        (
            format!("items[0][id]=ITEM&items[0][price]={bigger}&proration_behavior=always_invoice"),
            true,
        ),
        (format!("items[0][id]=ITEM&items[0][price]={yearly}"), true),
        (
            format!(
                "items[0][id]=ITEM&items[0][deleted]=true&items[1][price]={tiered}\
                 &items[1][quantity]=3"
            ),
            false,
        ),
    ];
    for (change, at_once) in changes {
        let customer = stage.customer(Card::Good);
        let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
        // A share that is no round part of the month.
        stage.simulator.advance(Duration::from_secs(777_777));
        let held = stage.truth("subscription", &subscription);
        let change = change.replace("ITEM", &id(&held["items"]["data"][0]));
        let form = format!("subscription={subscription}&{}", as_details(&change));
        let preview = previewed(&stage, &form).await;
        post(&stage, &format!("/v1/subscriptions/{subscription}"), &change).await;
        if !at_once {
            let again = previewed(&stage, &format!("subscription={subscription}")).await;
            assert_eq!(billed(&preview), billed(&again), "{change}");
            stage.simulator.advance(31 * DAY);
        }
        let invoice = latest(&stage, &subscription);
        assert_eq!(billed(&preview), billed(&invoice), "{change}");
        stage.simulator.advance(HOUR);
        assert_eq!(latest(&stage, &subscription)["total"], preview["total"]);
        stage.simulator.cancel_subscription(&subscription, Cancel::default()).unwrap();
    }
}

#[tokio::test]
async fn what_waits_is_previewed_with_the_customers_balance() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let answer = call(&stage, "POST", PREVIEW, &format!("customer={customer}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.body["error"]["code"], "invoice_upcoming_none");
    post(&stage, &format!("/v1/customers/{customer}"), "balance=-30").await;
    for number in 0..12 {
        let item = format!("customer={customer}&amount={number}&currency=usd");
        post(&stage, "/v1/invoiceitems", &item).await;
    }
    let preview = previewed(&stage, &format!("customer={customer}")).await;
    assert_eq!((&preview["total"], &preview["amount_due"]), (&json!(66), &json!(36)));
    assert_eq!(preview["starting_balance"], -30);
    assert_eq!(preview["lines"]["data"].as_array().unwrap().len(), 10);
    let path = format!("/v1/invoices/{}/lines?limit=100", id(&preview));
    assert_eq!(preview["lines"]["url"], json!(path.trim_end_matches("?limit=100")));
    let lines = get(&stage, &path).await;
    assert_eq!(lines["data"].as_array().unwrap().len(), 12);
    let answer = call(&stage, "GET", &format!("/v1/invoices/{}", id(&preview)), "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let form =
        format!("customer={customer}&invoice_items[0][amount]=1000&invoice_items[0][currency]=usd");
    assert_eq!(previewed(&stage, &form).await["total"], 1_066);
    let answer = call(&stage, "POST", PREVIEW, "").await;
    assert_eq!(answer.body["error"]["param"], "customer");
}

#[tokio::test]
async fn an_ended_subscription_has_no_upcoming_invoice() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let form = format!("subscription={subscription}");
    assert_eq!(previewed(&stage, &form).await["total"], 2_000);
    let at_end = format!("{form}&subscription_details[cancel_at_period_end]=true");
    let answer = call(&stage, "POST", PREVIEW, &at_end).await;
    assert_eq!(answer.body["error"]["code"], "invoice_upcoming_none");
    stage.simulator.cancel_subscription(&subscription, Cancel::default()).unwrap();
    let answer = call(&stage, "POST", PREVIEW, &form).await;
    assert_eq!(answer.body["error"]["code"], "invoice_upcoming_none");
}

#[tokio::test]
async fn discounts_and_usage_are_in_the_preview() {
    let of = Metered::start().await;
    let stage = &of.stage;
    let price = of.price("unit_amount_decimal=0.5").await;
    let coupon = id(&post(stage, "/v1/coupons", "percent_off=12.5&duration=forever").await);
    let form =
        format!("items[0][price]={}&items[0][quantity]=3&items[1][price]={price}", stage.monthly);
    let discounts = format!("customer={}&discounts[0][coupon]={coupon}", of.customer);
    let preview = previewed(stage, &format!("{discounts}&{}", as_details(&form))).await;
    let subscription = id(&post(stage, "/v1/subscriptions", &format!("{discounts}&{form}")).await);
    let first = latest(stage, &subscription);
    assert_eq!(billed(&preview), billed(&first));
    assert_eq!((&first["subtotal"], &first["total"]), (&json!(3_000), &json!(2_625)));
    let redeemed = get(stage, &format!("/v1/coupons/{coupon}")).await;
    assert_eq!(redeemed["times_redeemed"], 1, "a preview redeems nothing");
    of.received("333", "").await;
    stage.simulator.advance(COUNTED);
    let preview = previewed(stage, &format!("subscription={subscription}")).await;
    assert_eq!(preview["subtotal"], 3_167);
    of.to_period_end(3_601);
    assert_eq!(billed(&preview), billed(&latest(stage, &subscription)));
}

#[tokio::test]
async fn a_renewal_is_announced_by_the_invoice_it_will_make() {
    let subscriptions =
        SubscriptionRules { upcoming_days: Some(3), ..SubscriptionRules::default() };
    let rules = Rules { subscriptions, ..Rules::default() };
    let stage = Stage::with(Options { rules, ..Options::default() }).await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let (_, events) = stage.events_of(|| stage.simulator.advance(29 * DAY));
    let upcoming = events.iter().find(|event| event["type"] == "invoice.upcoming").unwrap();
    let shown = &upcoming["data"]["object"];
    assert!(shown.get("id").is_none(), "{shown}");
    stage.simulator.advance(2 * DAY);
    assert_eq!(billed(shown), billed(&latest(&stage, &subscription)));
}
