//! Sequence 2: a subscription by an API call, in every way its first payment can go.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::Subscriber;
use counterfoil_simulator::Card;
use serde_json::json;
use std::time::Duration;

const MADE: &[&str] = &[
    "customer.subscription.created",
    "customer.updated",
    "invoice.created",
    "invoice.finalized",
    "payment_intent.created",
];
const PAID: &[&str] =
    &["charge.succeeded", "invoice.paid", "invoice.payment_succeeded", "payment_intent.succeeded"];

#[tokio::test]
async fn default_incomplete_waits_until_it_is_paid() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let mark = of.mark();
    let body = of.subscribe("payment_behavior=default_incomplete").await;
    assert_eq!(body["status"], "incomplete");
    same_set(&of.kinds_since(mark), MADE);
    let mark = of.mark();
    of.pay().await;
    of.pass(Duration::from_secs(2));
    let more = ["customer.subscription.updated", "invoice_payment.paid"];
    same_set(&of.kinds_since(mark), &[PAID, &more].concat());
    let invoice = of.invoice();
    assert_eq!(invoice["billing_reason"], "subscription_create");
    assert_eq!((&invoice["status"], &invoice["amount_paid"]), (&json!("paid"), &json!(2_000)));
}

#[tokio::test]
async fn allow_incomplete_pays_at_once_or_waits() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let mark = of.mark();
    of.subscribe("payment_behavior=allow_incomplete").await;
    let more = ["customer.subscription.updated"];
    same_set(&of.kinds_since(mark), &[MADE, PAID, &more].concat());

    let mut of = Subscriber::nobody(Card::Declining).await;
    let mark = of.mark();
    let body = of.subscribe("payment_behavior=allow_incomplete").await;
    assert_eq!(body["status"], "incomplete");
    let more = [
        "charge.failed",
        "invoice.payment_failed",
        "invoice.updated",
        "payment_intent.payment_failed",
    ];
    same_set(&of.kinds_since(mark), &[MADE, &more].concat());
    let kinds = of.pass(23 * HOUR);
    let gone = [
        "customer.subscription.updated",
        "invoice.updated",
        "invoice.voided",
        "payment_intent.canceled",
    ];
    same_set(&kinds, &gone);
    assert_eq!(of.status(), "incomplete_expired");
}

#[tokio::test]
async fn error_if_incomplete_makes_nothing_when_it_is_declined() {
    let of = Subscriber::nobody(Card::Declining).await;
    let mark = of.mark();
    let form = format!(
        "customer={}&items[0][price]={}&payment_behavior=error_if_incomplete",
        of.customer, of.stage.monthly
    );
    let (status, error) = of.refused("POST", "/v1/subscriptions", &form).await;
    assert_eq!((status, &error["type"]), (402, &json!("card_error")));
    same_set(&of.kinds_since(mark), &[]);
    let list = of.ask("GET", "/v1/subscriptions?status=all", "").await;
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_subscription_shows_what_it_was_made_with() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let customer = of.stage.truth("customer", &of.customer);
    let method = customer["invoice_settings"]["default_payment_method"].as_str().unwrap();
    let form = format!(
        "default_payment_method={method}&description=Gold&metadata[tenant]=7&off_session=true\
         &items[0][metadata][seat]=a&billing_thresholds[amount_gte]=5000\
         &billing_thresholds[reset_billing_cycle_anchor]=false\
         &payment_settings[save_default_payment_method]=on_subscription\
         &payment_settings[payment_method_types][]=card\
         &invoice_settings[issuer][type]=self&invoice_settings[footer]=Thanks\
         &trial_settings[end_behavior][missing_payment_method]=pause\
         &billing_mode[type]=flexible&billing_mode[flexible][proration_discounts]=itemized\
         &cancel_at=max_period_end"
    );
    let body = of.subscribe(&form).await;
    let period_end = START + 31 * 86_400;
    for (pointer, expected) in [
        ("/default_payment_method", json!(method)),
        ("/description", json!("Gold")),
        ("/metadata", json!({ "tenant": "7" })),
        ("/items/data/0/metadata", json!({ "seat": "a" })),
        ("/billing_thresholds", json!({ "amount_gte": 5000, "reset_billing_cycle_anchor": false })),
        ("/payment_settings/save_default_payment_method", json!("on_subscription")),
        ("/payment_settings/payment_method_types", json!(["card"])),
        ("/invoice_settings/footer", json!("Thanks")),
        ("/trial_settings/end_behavior/missing_payment_method", json!("pause")),
        ("/billing_mode/flexible/proration_discounts", json!("itemized")),
        ("/cancel_at", json!(period_end)),
        ("/cancel_at_period_end", json!(false)),
        ("/canceled_at", json!(START)),
        ("/collection_method", json!("charge_automatically")),
        ("/status_details", json!(null)),
        ("/schedule", json!(null)),
    ] {
        assert_eq!(body.pointer(pointer), Some(&expected), "{pointer}");
    }
    of.pass(31 * DAY);
    assert_eq!(of.status(), "canceled");
}

#[tokio::test]
async fn classic_is_the_default_before_clover() {
    use crate::caller::{KEY, call_with};
    let of = Subscriber::nobody(Card::Good).await;
    for (version, expected) in [
        ("2025-08-27.basil", "classic"),
        ("2025-09-30.clover", "flexible"),
        ("2026-09-30.endive", "flexible"),
    ] {
        let form = format!("customer={}&items[0][price]={}", of.customer, of.stage.monthly);
        let headers = [KEY, ("stripe-version", version)];
        let answer = call_with(&of.stage, "POST", "/v1/subscriptions", &form, &headers).await;
        assert_eq!(answer.body["billing_mode"]["type"], expected, "{version}");
    }
}

#[tokio::test]
async fn migrating_leads_to_flexible_billing_and_not_back() {
    let of = Subscriber::to_monthly(Card::Good, "billing_mode[type]=classic").await;
    assert_eq!(of.now()["billing_mode"], json!({ "flexible": null, "type": "classic" }));
    assert_eq!(of.refused("POST", &of.path("/pause"), "").await.0, 400, "classic is not paused");
    of.pass(HOUR);
    let mark = of.mark();
    let body = of.post(&of.path("/migrate"), "billing_mode[type]=flexible").await;
    assert_eq!(body["billing_mode"]["type"], "flexible");
    assert_eq!(body["billing_mode"]["updated_at"], START + 3_600);
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    for form in ["", "billing_mode[type]=classic"] {
        assert_eq!(of.refused("POST", &of.path("/migrate"), form).await.0, 400, "{form}");
    }
}

#[tokio::test]
async fn an_anchor_ahead_bills_the_part_until_then() {
    // Ten of the 31 days until 10 February lie before 20 January.
    let anchor = START + 10 * 86_400;
    for (behavior, total) in [("create_prorations", 645), ("none", 0)] {
        let form = format!("billing_cycle_anchor={anchor}&proration_behavior={behavior}");
        let of = Subscriber::to_monthly(Card::Good, &form).await;
        assert_eq!(of.now()["billing_cycle_anchor"], anchor);
        assert_eq!(of.period(), (START, anchor));
        assert_eq!(of.invoice()["total"], total, "{behavior}");
        of.pass(10 * DAY + HOUR);
        assert_eq!(of.period(), (anchor, anchor + 31 * 86_400));
        assert_eq!(of.invoice()["total"], 2_000);
    }
    let of = Subscriber::nobody(Card::Good).await;
    for anchor in [START, START - 1, START + 32 * 86_400] {
        let form = format!(
            "customer={}&items[0][price]={}&billing_cycle_anchor={anchor}",
            of.customer, of.stage.monthly
        );
        let (status, error) = of.refused("POST", "/v1/subscriptions", &form).await;
        assert_eq!((status, &error["param"]), (400, &json!("billing_cycle_anchor")), "{anchor}");
    }
}

#[tokio::test]
async fn an_anchor_is_also_a_day_of_the_month() {
    let form = "billing_cycle_anchor_config[day_of_month]=31&billing_cycle_anchor_config[hour]=12\
                &proration_behavior=none";
    let of = Subscriber::to_monthly(Card::Good, form).await;
    let january_31 = START + 21 * 86_400 + 12 * 3_600;
    assert_eq!(of.now()["billing_cycle_anchor"], january_31);
    assert_eq!(of.now()["billing_cycle_anchor_config"]["day_of_month"], 31);
    of.pass(22 * DAY);
    assert_eq!(of.period(), (january_31, january_31 + 28 * 86_400));
    of.pass(28 * DAY);
    assert_eq!(of.period().1, january_31 + 59 * 86_400);
}

#[tokio::test]
async fn a_start_in_the_past_bills_what_has_passed() {
    // From 10 November to 10 January are two whole months.
    let start = START - 61 * 86_400;
    let of = Subscriber::to_monthly(Card::Good, &format!("backdate_start_date={start}")).await;
    assert_eq!(of.now()["start_date"], start);
    assert_eq!(of.now()["created"], START);
    assert_eq!(of.invoice()["total"], 3 * 2_000);
    let form = format!("backdate_start_date={start}&proration_behavior=none");
    let of = Subscriber::to_monthly(Card::Good, &form).await;
    assert_eq!(of.invoice()["total"], 2_000);
}

#[tokio::test]
async fn what_is_added_once_is_on_the_first_invoice_only() {
    let of = Subscriber::nobody(Card::Good).await;
    let product = of.post("/v1/products", "name=Setup").await["id"].clone();
    let form = format!("product={}&currency=usd&unit_amount=500", product.as_str().unwrap());
    let once = of.post("/v1/prices", &form).await["id"].clone();
    let mut of = of;
    let mark = of.mark();
    let form = format!("add_invoice_items[0][price]={}", once.as_str().unwrap());
    of.subscribe(&form).await;
    assert!(of.kinds_since(mark).contains(&"invoiceitem.created".to_owned()));
    assert_eq!(of.invoice()["total"], 2_500);
    of.pass(31 * DAY + HOUR);
    assert_eq!(of.invoice()["total"], 2_000);
    let form = format!("add_invoice_items[0][price]={}", of.stage.monthly);
    let (status, error) = of.refused("POST", &of.path(""), &form).await;
    assert_eq!((status, &error["param"]), (400, &json!("add_invoice_items")));
}

#[tokio::test]
async fn a_price_may_be_described_in_place() {
    let of = Subscriber::nobody(Card::Good).await;
    let product = of.post("/v1/products", "name=Custom").await["id"].clone();
    let form = format!(
        "customer={}&items[0][price_data][currency]=usd&items[0][price_data][product]={}\
         &items[0][price_data][unit_amount]=750&items[0][price_data][recurring][interval]=week",
        of.customer,
        product.as_str().unwrap()
    );
    let body = of.post("/v1/subscriptions", &form).await;
    let item = &body["items"]["data"][0];
    assert_eq!((&item["price"]["unit_amount"], &item["quantity"]), (&json!(750), &json!(1)));
    assert_eq!(item["current_period_end"], START + 7 * 86_400);
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let of = Subscriber::nobody(Card::Good).await;
    for (form, param) in [
        ("shoe=46", "shoe"),
        ("payment_behavior=maybe", "payment_behavior"),
        ("proration_behavior=maybe", "proration_behavior"),
        ("collection_method=send_invoice", "days_until_due"),
        ("collection_method=carrier_pigeon", "collection_method"),
        ("days_until_due=3", "days_until_due"),
        ("trial_end=1", "trial_end"),
        ("trial_period_days=731", "trial_period_days"),
        ("trial_end=9999999999&trial_from_plan=true", "trial_from_plan"),
        ("default_payment_method=pm_x", "default_payment_method"),
        ("cancel_at=1", "cancel_at"),
        ("backdate_start_date=9999999999", "backdate_start_date"),
        ("billing_mode[type]=liquid", "billing_mode[type]"),
        ("billing_cycle_anchor_config[hour]=3", "billing_cycle_anchor_config[day_of_month]"),
    ] {
        let form = format!("customer={}&items[0][price]={}&{form}", of.customer, of.stage.monthly);
        let (status, error) = of.refused("POST", "/v1/subscriptions", &form).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{form}");
    }
    let (_, error) = of.refused("POST", "/v1/subscriptions", "").await;
    assert_eq!(error["code"], "parameter_missing");
}

#[tokio::test]
async fn the_method_that_paid_is_kept_where_that_is_asked_for() {
    for (saves, kept) in [("on_subscription", true), ("off", false)] {
        let form = format!("payment_settings[save_default_payment_method]={saves}");
        let of = Subscriber::to_monthly(Card::Good, &form).await;
        let customer = of.stage.truth("customer", &of.customer);
        let method = &customer["invoice_settings"]["default_payment_method"];
        assert_eq!(&of.now()["default_payment_method"] == method, kept, "{saves}");
    }
}
