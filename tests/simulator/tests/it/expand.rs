//! What `expand[]` shows, and what it refuses.

use crate::caller::{Answer, KEY, call, call_with};
use crate::stage::{Stage, events};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

struct Paid {
    stage: Stage,
    customer: String,
    subscription: String,
    invoice: String,
}

async fn paid() -> Paid {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let invoice = stage.truth("subscription", &subscription)["latest_invoice"].clone();
    Paid { stage, customer, subscription, invoice: invoice.as_str().unwrap().to_owned() }
}

async fn get(stage: &Stage, path: &str, version: &str) -> Answer {
    call_with(stage, "GET", path, "", &[KEY, ("stripe-version", version)]).await
}

const NEWEST: &str = "2026-09-30.endive";
const OLD: &str = "2020-08-27";

#[tokio::test]
async fn ids_become_what_they_name() {
    let Paid { stage, customer, subscription, invoice } = paid().await;
    let subscription = format!("/v1/subscriptions/{subscription}");
    let (one, invoice) = (format!("/v1/customers/{customer}"), format!("/v1/invoices/{invoice}"));
    for (version, path, expand, pointer, kind) in [
        (NEWEST, subscription.as_str(), "customer", "/customer", "customer"),
        (NEWEST, &subscription, "latest_invoice", "/latest_invoice", "invoice"),
        (NEWEST, &subscription, "latest_invoice.customer", "/latest_invoice/customer", "customer"),
        (
            NEWEST,
            &subscription,
            "items.data.price.product",
            "/items/data/0/price/product",
            "product",
        ),
        (
            NEWEST,
            &subscription,
            "latest_invoice.payments",
            "/latest_invoice/payments/data/0",
            "invoice_payment",
        ),
        (
            NEWEST,
            &one,
            "invoice_settings.default_payment_method",
            "/invoice_settings/default_payment_method",
            "payment_method",
        ),
        (
            NEWEST,
            &invoice,
            "payments.data.payment.payment_intent",
            "/payments/data/0/payment/payment_intent",
            "payment_intent",
        ),
        (
            NEWEST,
            &invoice,
            "parent.subscription_details.subscription",
            "/parent/subscription_details/subscription",
            "subscription",
        ),
        (OLD, &invoice, "subscription.items", "/subscription", "subscription"),
        (
            OLD,
            &invoice,
            "payment_intent.payment_method",
            "/payment_intent/payment_method",
            "payment_method",
        ),
        (OLD, &invoice, "charge", "/charge", "charge"),
        (OLD, &invoice, "lines.data.price.product", "/lines/data/0/price/product", "product"),
        (
            NEWEST,
            "/v1/subscriptions?limit=1",
            "data.latest_invoice.customer",
            "/data/0/latest_invoice/customer",
            "customer",
        ),
        (NEWEST, "/v1/prices?limit=1", "data.product", "/data/0/product", "product"),
    ] {
        let join = if path.contains('?') { '&' } else { '?' };
        let plain = get(&stage, path, version).await;
        let shown = plain.body.pointer(pointer).cloned().unwrap_or_default();
        assert!(!shown.is_object(), "{expand} shows an id at most: {shown}");
        let answer = get(&stage, &format!("{path}{join}expand[]={expand}"), version).await;
        let what = format!("{path} {expand}: {}", answer.body);
        assert_eq!(answer.status.as_u16(), 200, "{what}");
        assert_eq!(answer.body.pointer(&format!("{pointer}/object")), Some(&json!(kind)), "{what}");
        if let Value::String(id) = shown {
            assert_eq!(answer.body.pointer(&format!("{pointer}/id")), Some(&json!(id)), "{what}");
        }
    }
}

#[tokio::test]
async fn several_paths_and_writes_are_expanded_too() {
    let Paid { stage, customer, subscription, .. } = paid().await;
    let form = "metadata[a]=1&expand[0]=customer&expand[1]=latest_invoice.payments";
    let path = format!("/v1/subscriptions/{subscription}");
    let body = call(&stage, "POST", &path, form).await.body;
    assert_eq!(body["customer"]["id"], customer.as_str());
    assert_eq!(body["latest_invoice"]["payments"]["data"][0]["status"], "paid");
    let body = call(&stage, "GET", &format!("{path}?expand[]=schedule"), "").await.body;
    assert_eq!(body["schedule"], json!(null), "what is null stays null");
}

#[tokio::test]
async fn a_wrong_path_is_refused_before_anything_is_done() {
    let Paid { stage, subscription, .. } = paid().await;
    let path = format!("/v1/subscriptions/{subscription}");
    let made = events(&stage.simulator).len();
    for (method, path, expand, message) in [
        ("POST", path.as_str(), "shoe", "This property cannot be expanded (shoe)."),
        ("GET", &path, "shoe", "This property cannot be expanded (shoe)."),
        ("GET", &path, "status", "This property cannot be expanded (status)."),
        ("GET", &path, "data.customer", "This property cannot be expanded (data.customer)."),
        (
            "GET",
            "/v1/prices",
            "product",
            "This property cannot be expanded (product). You may want to try expanding \
             'data.product' instead.",
        ),
        (
            "GET",
            "/v1/subscriptions",
            "data.items.data.price.product",
            "You cannot expand more than 4 levels of a property. Property: \
             data.items.data.price.product",
        ),
        ("GET", "/v1/events", "data.data", "This property cannot be expanded (data.data)."),
    ] {
        let form = format!("metadata[a]=9&expand[]={expand}");
        let (path, form) = match method {
            "GET" => (format!("{path}?expand[]={expand}"), ""),
            _ => (path.to_owned(), form.as_str()),
        };
        let answer = call(&stage, method, &path, form).await;
        assert_eq!(answer.status.as_u16(), 400, "{expand}");
        assert_eq!(answer.body["error"]["message"], message);
    }
    assert_eq!(events(&stage.simulator).len(), made);
}

#[tokio::test]
async fn unknown_and_missing_parameters_are_named_in_full() {
    let Paid { stage, customer, subscription, invoice } = paid().await;
    let one = format!("/v1/customers/{customer}");
    let subscription = format!("/v1/subscriptions/{subscription}");
    let pay = format!("/v1/invoices/{invoice}/pay");
    let price = "product=p&currency=usd&unit_amount=1";
    let (unknown, missing) = ("parameter_unknown", "parameter_missing");
    for (method, path, form, code, param) in [
        ("GET", format!("{one}?shoe=1"), String::new(), unknown, "shoe"),
        ("GET", format!("{subscription}?shoe=1"), String::new(), unknown, "shoe"),
        ("GET", "/v1/events/evt_1?shoe=1".to_owned(), String::new(), unknown, "shoe"),
        ("GET", "/v1/events?shoe=1".to_owned(), String::new(), unknown, "shoe"),
        ("GET", "/v1/customers?created[eq]=1".to_owned(), String::new(), unknown, "created[eq]"),
        ("GET", format!("/v1/invoices/{invoice}/lines?shoe=1"), String::new(), unknown, "shoe"),
        ("GET", "/v1/customers/search?query=a&shoe=1".to_owned(), String::new(), unknown, "shoe"),
        ("GET", "/v1/customers/search".to_owned(), String::new(), missing, "query"),
        ("POST", one, "address[street]=x".to_owned(), unknown, "address[street]"),
        ("POST", subscription.clone(), "items[0][shoe]=1".to_owned(), unknown, "items[0][shoe]"),
        ("DELETE", subscription, "shoe=1".to_owned(), unknown, "shoe"),
        ("POST", pay, "shoe=1".to_owned(), unknown, "shoe"),
        (
            "POST",
            "/v1/prices".to_owned(),
            format!("{price}&recurring[x]=1"),
            unknown,
            "recurring[x]",
        ),
        (
            "POST",
            "/v1/prices".to_owned(),
            format!("{price}&recurring[interval_count]=1"),
            missing,
            "recurring[interval]",
        ),
        (
            "POST",
            "/v1/subscriptions".to_owned(),
            "items[0][price]=p".to_owned(),
            missing,
            "customer",
        ),
        ("POST", "/v1/subscriptions".to_owned(), "customer=c".to_owned(), missing, "items"),
        (
            "POST",
            "/v1/subscriptions".to_owned(),
            "customer=c&items[0][quantity]=1".to_owned(),
            missing,
            "items[0][price]",
        ),
    ] {
        let answer = call(&stage, method, &path, &form).await;
        let error = &answer.body["error"];
        let what = format!("{method} {path} {form}: {}", answer.body);
        assert_eq!((&error["code"], &error["param"]), (&json!(code), &json!(param)), "{what}");
        let message = match code {
            "parameter_unknown" => format!("Received unknown parameter: {param}"),
            _ => format!("Missing required param: {param}."),
        };
        assert_eq!(error["message"], message.as_str(), "{what}");
        assert_eq!(answer.status.as_u16(), 400, "{what}");
    }
}
