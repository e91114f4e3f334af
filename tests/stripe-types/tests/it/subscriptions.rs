//! Subscriptions in every status, and their items.

use crate::walk::{DAY, DECLINING, GOOD, HOUR, START, Walk, text};
use counterfoil_simulator::{DunningEnd, Rules};
use counterfoil_stripe_types::paths::Subject;
use serde_json::Value;
use std::collections::BTreeSet;

async fn price(walk: &mut Walk, amount: i64, interval: &str) -> String {
    let product = walk.make("/v1/products", "name=Plan").await;
    let form = format!(
        "product={product}&currency=usd&unit_amount={amount}&recurring[interval]={interval}"
    );
    walk.make("/v1/prices", &form).await
}

#[tokio::test]
async fn subscriptions_are_read_by_async_stripe() {
    let mut seen = BTreeSet::new();
    let rules = Rules { dunning_end: DunningEnd::Unpaid, ..Rules::default() };
    let mut walk = Walk::with(Subject::Subscriptions, rules).await;
    let monthly = price(&mut walk, 1_000, "month").await;
    let bigger = price(&mut walk, 3_000, "month").await;
    let yearly = price(&mut walk, 10_000, "year").await;
    let good = walk.make("/v1/customers", GOOD).await;
    let other = walk.make("/v1/customers", GOOD).await;
    let poor = walk.make("/v1/customers", DECLINING).await;
    let items = format!("items[0][price]={monthly}&items[0][quantity]=2");

    let active = walk
        .make("/v1/subscriptions", &format!("customer={good}&{items}&metadata[a]=1&description=d"))
        .await;
    let trial = format!("customer={good}&{items}&trial_period_days=60");
    walk.make("/v1/subscriptions", &trial).await;
    let wish = format!("customer={good}&{items}&payment_behavior=default_incomplete");
    walk.make("/v1/subscriptions", &wish).await;
    let incomplete = format!("customer={poor}&{items}");
    walk.make("/v1/subscriptions", &incomplete).await;
    let refused = format!("customer={poor}&{items}&payment_behavior=error_if_incomplete");
    walk.refused("POST", "/v1/subscriptions", &refused, (402, Some("card_declined"))).await;
    let failing = walk.make("/v1/subscriptions", &format!("customer={other}&{items}")).await;
    let many =
        (0..12).map(|at| format!("items[{at}][price]={monthly}")).collect::<Vec<_>>().join("&");
    let many = walk.make("/v1/subscriptions", &format!("customer={good}&{many}")).await;
    let leaving = walk.make("/v1/subscriptions", &format!("customer={good}&{items}")).await;
    let moving = walk.make("/v1/subscriptions", &format!("customer={good}&{items}")).await;
    for held in walk.list_each("/v1/subscriptions?status=all").await {
        seen.insert(text(&held, "/status"));
    }

    let once = walk.make("/v1/coupons", "amount_off=300&currency=usd&duration=once").await;
    let ever = walk.make("/v1/coupons", "percent_off=25&duration=forever").await;
    let code = format!("promotion[type]=coupon&promotion[coupon]={ever}");
    let code = walk.make("/v1/promotion_codes", &code).await;
    let cheaper = format!(
        "customer={good}&{items}&discounts[0][coupon]={once}&discounts[1][promotion_code]={code}"
    );
    let cheaper = walk.make("/v1/subscriptions", &cheaper).await;
    walk.get_expanded(&format!("/v1/subscriptions/{cheaper}")).await;
    let fewer = format!("discounts[0][coupon]={ever}");
    walk.post(&format!("/v1/subscriptions/{cheaper}"), &fewer).await;
    walk.delete(&format!("/v1/subscriptions/{cheaper}/discount")).await;

    let path = format!("/v1/subscriptions/{active}");
    let held = walk.get(&path).await;
    let item = text(&held, "/items/data/0/id");
    walk.pass(10 * DAY);
    walk.post(&path, &format!("items[0][id]={item}&items[0][price]={bigger}")).await;
    let now = "proration_behavior=always_invoice";
    walk.post(&path, &format!("items[0][id]={item}&items[0][quantity]=5&{now}")).await;
    walk.post(&path, &format!("items[0][price]={monthly}&metadata[b]=2&description=")).await;
    walk.post(&path, "cancel_at_period_end=true").await;
    walk.post(&path, "cancel_at_period_end=false").await;
    walk.post(&path, &format!("cancel_at={}", START + 300 * 86_400)).await;
    walk.post(&path, "cancel_at=").await;
    let path = format!("/v1/subscriptions/{moving}");
    let item = text(&walk.get(&path).await, "/items/data/0/id");
    walk.post(&path, &format!("items[0][id]={item}&items[0][price]={yearly}")).await;
    walk.post(&format!("/v1/subscriptions/{leaving}"), "cancel_at_period_end=true").await;
    walk.delete(&format!("/v1/subscriptions/{many}")).await;
    items_by_path(&mut walk, &good, [&monthly, &bigger]).await;
    pauses(&mut walk, &good, &monthly).await;
    with_every_setting(&mut walk, &good, &monthly).await;
    pending_update(&mut walk, &monthly).await;
    walk.post(&format!("/v1/customers/{other}"), DECLINING).await;

    for _ in 0..30 {
        walk.pass(2 * DAY + HOUR);
        for held in walk.list("/v1/subscriptions?status=all").await {
            seen.insert(text(&held, "/status"));
        }
    }
    for status in
        ["active", "canceled", "incomplete", "incomplete_expired", "past_due", "trialing", "unpaid"]
    {
        assert!(seen.contains(status), "none was {status}: {seen:?}");
    }
    for held in walk.list_each("/v1/subscriptions?status=all").await {
        let id = text(&held, "/id");
        walk.list(&format!("/v1/subscription_items?subscription={id}")).await;
    }
    walk.get("/v1/subscriptions/search?query=status:'active'").await;
    walk.get("/v1/subscriptions/search?query=metadata['a']:'1'&limit=1").await;
    for expand in [
        "customer",
        "latest_invoice",
        "latest_invoice.payments",
        "default_payment_method",
        "pending_setup_intent",
        "schedule",
    ] {
        for id in [&active, &failing, &moving] {
            walk.get(&format!("/v1/subscriptions/{id}?expand[]={expand}")).await;
        }
        let all = format!("/v1/subscriptions?status=all&limit=3&expand[]=data.{expand}");
        walk.get(&all).await;
    }
    walk.get(&format!("/v1/subscriptions/{active}?expand[]=items.data.price.product")).await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/subscriptions/sub_none", "", missing).await;
    walk.finish().await;
}

/// Items by their own paths.
async fn items_by_path(walk: &mut Walk, customer: &str, prices: [&str; 2]) {
    let wish = format!("customer={customer}&items[0][price]={}", prices[0]);
    let subscription = walk.make("/v1/subscriptions", &wish).await;
    let items = "/v1/subscription_items";
    let more = format!("subscription={subscription}&price={}&quantity=3", prices[1]);
    let more = walk.make(items, &format!("{more}&metadata[a]=1")).await;
    walk.post(&format!("{items}/{more}"), "quantity=4&metadata[b]=2").await;
    let listed = walk.list(&format!("{items}?subscription={subscription}")).await;
    assert_eq!(listed.len(), 2);
    for held in listed {
        walk.get_expanded(&format!("{items}/{}", text(&held, "/id"))).await;
    }
    walk.delete(&format!("{items}/{more}")).await;
}

async fn pauses(walk: &mut Walk, customer: &str, price: &str) {
    let wish = format!("customer={customer}&items[0][price]={price}");
    let subscription = walk.make("/v1/subscriptions", &wish).await;
    let path = format!("/v1/subscriptions/{subscription}");
    let collection = format!(
        "pause_collection[behavior]=mark_uncollectible&pause_collection[resumes_at]={}",
        START + 200 * 86_400
    );
    walk.post(&path, &collection).await;
    walk.post(&path, "pause_collection=").await;
    let paused = walk.post(&format!("{path}/pause"), "type=subscription").await;
    assert_eq!(text(&paused, "/status"), "paused");
    walk.pass(DAY);
    walk.get(&path).await;
    walk.post(&format!("{path}/resume"), "billing_cycle_anchor[type]=now").await;
    let trial = format!(
        "customer={customer}&items[0][price]={price}&trial_period_days=7\
         &trial_settings[end_behavior][missing_payment_method]=pause"
    );
    walk.make("/v1/subscriptions", &trial).await;
}

async fn with_every_setting(walk: &mut Walk, customer: &str, price: &str) {
    let product = walk.make("/v1/products", "name=Made").await;
    let method = walk.get(&format!("/v1/customers/{customer}")).await;
    let method = text(&method, "/invoice_settings/default_payment_method");
    let full = format!(
        "customer={customer}&items[0][price]={price}&items[0][metadata][a]=1\
         &items[1][price_data][currency]=usd&items[1][price_data][product]={product}\
         &items[1][price_data][unit_amount]=100&items[1][price_data][recurring][interval]=month\
         &collection_method=send_invoice&days_until_due=14&default_payment_method={method}\
         &add_invoice_items[0][price_data][currency]=usd\
         &add_invoice_items[0][price_data][product]={product}\
         &add_invoice_items[0][price_data][unit_amount]=50\
         &billing_cycle_anchor_config[day_of_month]=5&description=d&off_session=true\
         &payment_settings[save_default_payment_method]=on_subscription\
         &invoice_settings[issuer][type]=self"
    );
    let full = walk.make("/v1/subscriptions", &full).await;
    walk.get_expanded(&format!("/v1/subscriptions/{full}")).await;
    let classic = format!("customer={customer}&items[0][price]={price}&billing_mode[type]=classic");
    let classic = walk.make("/v1/subscriptions", &classic).await;
    let flexible = "billing_mode[type]=flexible\
                    &billing_mode[flexible][proration_discounts]=itemized";
    walk.post(&format!("/v1/subscriptions/{classic}/migrate"), flexible).await;
    let trial = format!("customer={customer}&items[0][price]={price}&trial_period_days=30");
    let trial = walk.make("/v1/subscriptions", &trial).await;
    walk.post(&format!("/v1/subscriptions/{trial}"), "trial_end=now").await;
}

/// A change that waits for its payment.
async fn pending_update(walk: &mut Walk, price: &str) {
    let customer = walk.make("/v1/customers", GOOD).await;
    let wish = format!("customer={customer}&items[0][price]={price}");
    let held = walk.post("/v1/subscriptions", &wish).await;
    walk.post(&format!("/v1/customers/{customer}"), DECLINING).await;
    let path = format!("/v1/subscriptions/{}", text(&held, "/id"));
    let change = format!(
        "items[0][id]={}&items[0][quantity]=9&payment_behavior=pending_if_incomplete\
         &proration_behavior=always_invoice",
        text(&held, "/items/data/0/id")
    );
    let waiting = walk.post(&path, &change).await;
    assert!(waiting["pending_update"].is_object(), "{waiting}");
}

/// What is deleted stays inside what it was for.
#[tokio::test]
async fn what_outlives_its_customer_is_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Clocks).await;
    let monthly = price(&mut walk, 1_000, "month").await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let wish = format!("customer={customer}&items[0][price]={monthly}");
    let id = walk.make("/v1/subscriptions", &wish).await;
    walk.delete(&format!("/v1/customers/{customer}")).await;
    let held = walk.get(&format!("/v1/subscriptions/{id}?expand[]=customer")).await;
    assert_eq!(held["customer"]["deleted"], Value::Bool(true));
    walk.list_each("/v1/invoices").await;
    walk.get("/v1/invoices?expand[]=data.customer").await;
    walk.judged().await;
}
