//! Changes to running subscriptions: what they credit, charge and invoice, what they refuse, and
//! what waits until it is paid.

use crate::caller::{KEY, call_with};
use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::{Subscriber, text};
use counterfoil_simulator::{Card, Rules};
use serde_json::{Value, json};

/// Half of the 31 days of the first period.
const HALF: std::time::Duration = std::time::Duration::from_hours(31 * 12);

/// A subscription for 2 × 10.00 in the middle of its period.
async fn halfway(card: Card) -> Subscriber {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.bank(card);
    of
}

fn quantity(of: &Subscriber, quantity: i64) -> String {
    format!("items[0][id]={}&items[0][quantity]={quantity}", of.item())
}

/// The amounts of the invoice items that were made since a mark.
fn prorations(of: &Subscriber, mark: usize) -> Vec<i64> {
    let made = |event: &&Value| event["type"] == "invoiceitem.created";
    let amount = |event: &Value| event["data"]["object"]["amount"].as_i64().unwrap();
    of.since(mark).iter().filter(made).map(amount).collect()
}

#[tokio::test]
async fn a_quantity_is_prorated_as_it_is_asked_for() {
    for (behavior, credited, invoiced) in [
        ("create_prorations", vec![-1_000, 2_000], false),
        ("always_invoice", vec![-1_000, 2_000], true),
        ("none", vec![], false),
    ] {
        let of = halfway(Card::Good).await;
        let mark = of.mark();
        let form = format!("{}&proration_behavior={behavior}", quantity(&of, 4));
        let body = of.change(&form).await;
        assert_eq!(body["items"]["data"][0]["quantity"], 4);
        assert_eq!(prorations(&of, mark), credited, "{behavior}");
        assert_eq!(of.invoice()["total"] == 1_000, invoiced, "{behavior}");
        if invoiced {
            assert_eq!(of.invoice()["billing_reason"], "subscription_update");
            assert_eq!(of.invoice()["status"], "paid");
        }
    }
}

#[tokio::test]
async fn the_rest_is_counted_from_the_second_that_is_asked_for() {
    let of = halfway(Card::Good).await;
    let mark = of.mark();
    of.change(&format!("{}&proration_date={START}", quantity(&of, 4))).await;
    assert_eq!(prorations(&of, mark), [-2_000, 4_000]);
    for date in [START - 1, START + 32 * 86_400] {
        let form = format!("{}&proration_date={date}", quantity(&of, 5));
        let (status, error) = of.refused("POST", &of.path(""), &form).await;
        assert_eq!((status, &error["param"]), (400, &json!("proration_date")), "{date}");
    }
}

#[tokio::test]
async fn items_are_added_replaced_and_removed() {
    let of = halfway(Card::Good).await;
    let old = of.item();
    let form = format!("items[0][price]={}&items[0][metadata][kind]=new", of.stage.bigger);
    let body = of.change(&form).await;
    let items = body["items"]["data"].as_array().unwrap();
    assert_eq!(items.len(), 2, "an item without an id is one more");
    assert_eq!(items[1]["metadata"], json!({ "kind": "new" }));
    assert_eq!(items[1]["current_period_end"], items[0]["current_period_end"]);
    let mark = of.mark();
    let body = of.change(&format!("items[0][id]={old}&items[0][deleted]=true")).await;
    assert_eq!(body["items"]["total_count"], 1);
    assert_eq!(prorations(&of, mark), [-1_000]);
    let last = text(&body["items"]["data"][0]["id"]);
    let (status, error) = of
        .refused("POST", &of.path(""), &format!("items[0][id]={last}&items[0][deleted]=true"))
        .await;
    assert_eq!((status, &error["param"]), (400, &json!("items")));
    let body = of.change(&format!("items[0][id]={last}&items[0][metadata]=")).await;
    assert_eq!(body["items"]["data"][0]["metadata"], json!({}));
    assert_eq!(of.refused("POST", &of.path(""), "items[0][id]=si_x").await.0, 400);
}

#[tokio::test]
async fn a_new_price_begins_with_one() {
    let of = halfway(Card::Good).await;
    let form = format!("items[0][id]={}&items[0][price]={}", of.item(), of.stage.bigger);
    let body = of.change(&form).await;
    let item = &body["items"]["data"][0];
    assert_eq!((&item["id"], &item["quantity"]), (&json!(of.item()), &json!(1)));
    let form = format!("{form}&items[0][quantity]=3");
    assert_eq!(of.change(&form).await["items"]["data"][0]["quantity"], 3);
}

#[tokio::test]
async fn a_new_interval_is_charged_at_once_and_moves_the_anchor() {
    for (behavior, total) in [("create_prorations", 9_000), ("none", 10_000)] {
        let of = halfway(Card::Good).await;
        let form = format!(
            "items[0][id]={}&items[0][price]={}&proration_behavior={behavior}",
            of.item(),
            of.stage.yearly
        );
        let body = of.change(&form).await;
        let now = of.stage.simulator.now();
        assert_eq!(body["billing_cycle_anchor"], now);
        assert_eq!(of.period(), (now, now + 365 * 86_400));
        assert_eq!(
            (&of.invoice()["total"], &of.invoice()["status"]),
            (&json!(total), &json!("paid"))
        );
    }
}

#[tokio::test]
async fn free_becomes_paid_at_once() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let product = text(&of.post("/v1/products", "name=Free").await["id"]);
    let form = format!("product={product}&currency=usd&unit_amount=0&recurring[interval]=month");
    let free = text(&of.post("/v1/prices", &form).await["id"]);
    let paid = std::mem::replace(&mut of.stage.monthly, free);
    of.subscribe("").await;
    of.pass(HALF);
    let form = format!("items[0][id]={}&items[0][price]={paid}", of.item());
    let body = of.change(&form).await;
    assert_eq!(body["billing_cycle_anchor"], of.stage.simulator.now());
    assert_eq!((&of.invoice()["total"], &of.invoice()["status"]), (&json!(1_000), &json!("paid")));
}

#[tokio::test]
async fn the_anchor_is_moved_to_now_and_was_a_word_before_endive() {
    let of = halfway(Card::Good).await;
    assert_eq!(of.refused("POST", &of.path(""), "billing_cycle_anchor=now").await.0, 400);
    let body = of.change("billing_cycle_anchor[type]=unchanged").await;
    assert_eq!(body["billing_cycle_anchor"], START);
    let body = of.change("billing_cycle_anchor[type]=now").await;
    let now = of.stage.simulator.now();
    assert_eq!(body["billing_cycle_anchor"], now);
    // A whole period is charged, half of the one before it is credited.
    assert_eq!(of.invoice()["total"], 1_000);
    let headers = [KEY, ("stripe-version", "2026-03-25.dahlia")];
    of.pass(DAY);
    let path = of.path("");
    let answer = call_with(&of.stage, "POST", &path, "billing_cycle_anchor=now", &headers).await;
    assert_eq!(answer.body["billing_cycle_anchor"], now + 86_400, "{}", answer.body);
}

#[tokio::test]
async fn a_declined_change_goes_by_its_payment_behavior() {
    let invoice = "proration_behavior=always_invoice";
    for (behavior, status, quantity_after) in [
        ("allow_incomplete", "past_due", 4),
        ("default_incomplete", "past_due", 4),
        ("pending_if_incomplete", "active", 2),
    ] {
        let of = halfway(Card::Declining).await;
        let form = format!("{}&{invoice}&payment_behavior={behavior}", quantity(&of, 4));
        let body = of.change(&form).await;
        assert_eq!(body["status"], status, "{behavior}");
        assert_eq!(body["items"]["data"][0]["quantity"], quantity_after, "{behavior}");
        assert_eq!(of.invoice()["status"], "open", "{behavior}");
    }
    let of = halfway(Card::Declining).await;
    let mark = of.mark();
    let form = format!("{}&{invoice}&payment_behavior=error_if_incomplete", quantity(&of, 4));
    let (status, error) = of.refused("POST", &of.path(""), &form).await;
    assert_eq!((status, &error["type"]), (402, &json!("card_error")));
    same_set(&of.kinds_since(mark), &[]);
}

const PENDING: &str = "proration_behavior=always_invoice&payment_behavior=pending_if_incomplete";

#[tokio::test]
async fn a_change_that_waits_takes_place_when_it_is_paid() {
    let of = halfway(Card::Declining).await;
    let body = of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    let update = &body["pending_update"];
    assert_eq!(update["expires_at"], of.stage.simulator.now() + 23 * 3_600);
    assert_eq!(update["subscription_items"][0]["quantity"], 4);
    let invoice = of.invoice();
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("open"), &json!(1_000)));
    of.pass(HOUR);
    of.bank(Card::Good);
    let mark = of.mark();
    of.pay().await;
    let kinds = of.kinds_since(mark);
    for kind in [
        "customer.subscription.updated",
        "customer.subscription.pending_update_applied",
        "invoice.paid",
    ] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let held = of.now();
    assert_eq!((&held["pending_update"], &held["status"]), (&json!(null), &json!("active")));
    assert_eq!(held["items"]["data"][0]["quantity"], 4);
    of.pass(16 * DAY);
    assert_eq!(of.invoice()["total"], 4_000, "it is not charged again");
}

#[tokio::test]
async fn a_change_that_waits_too_long_is_forgotten() {
    let of = halfway(Card::Declining).await;
    of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    of.pass(22 * HOUR);
    let kinds = of.pass(HOUR);
    for kind in [
        "customer.subscription.updated",
        "customer.subscription.pending_update_expired",
        "invoice.voided",
    ] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let held = of.now();
    assert_eq!((&held["pending_update"], &held["status"]), (&json!(null), &json!("active")));
    assert_eq!(
        (&held["items"]["data"][0]["quantity"], &of.invoice()["status"]),
        (&json!(2), &json!("void"))
    );

    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(30 * DAY + 12 * HOUR);
    of.bank(Card::Declining);
    let body = of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    assert_eq!(body["pending_update"]["expires_at"], START + 31 * 86_400, "not past the period");
    of.pass(12 * HOUR);
    assert_eq!(of.now()["pending_update"], json!(null));
    assert_eq!(of.invoice()["billing_reason"], "subscription_cycle");
}

#[tokio::test]
async fn a_change_that_would_not_wait_is_done_at_once() {
    let of = halfway(Card::Good).await;
    let body = of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    assert_eq!(body["pending_update"], json!(null));
    assert_eq!(body["items"]["data"][0]["quantity"], 4);
    let form = "payment_behavior=pending_if_incomplete&description=x";
    let (status, error) = of.refused("POST", &of.path(""), form).await;
    assert_eq!((status, &error["param"]), (400, &json!("description")));
}

#[tokio::test]
async fn another_change_takes_the_place_of_one_that_waits() {
    let of = halfway(Card::Declining).await;
    of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    let first = of.invoice_id();
    let body = of.change(&format!("{}&{PENDING}", quantity(&of, 6))).await;
    assert_eq!(of.stage.truth("invoice", &first)["status"], "void");
    assert_eq!(body["pending_update"]["subscription_items"][0]["quantity"], 6);
    assert_ne!(of.invoice_id(), first);
}

#[tokio::test]
async fn words_are_set_and_unset() {
    let of = Subscriber::to_monthly(Card::Good, "metadata[a]=1&metadata[b]=2").await;
    let body = of.change("metadata[a]=&metadata[c]=3&description=Gold").await;
    assert_eq!(body["metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(body["description"], "Gold");
    let body = of.change("metadata=&description=").await;
    assert_eq!((&body["metadata"], &body["description"]), (&json!({}), &json!(null)));
    let body = of.change("billing_thresholds[amount_gte]=100").await;
    assert_eq!(body["billing_thresholds"]["amount_gte"], 100);
    assert_eq!(of.change("billing_thresholds=").await["billing_thresholds"], json!(null));
    let mark = of.mark();
    of.change("").await;
    same_set(&of.kinds_since(mark), &[]);
    assert_eq!(of.refused("POST", "/v1/subscriptions/sub_x", "").await.0, 404);
}

#[tokio::test]
async fn a_subscription_is_not_invoiced_too_often() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    let change = async |number: i64| {
        let form = format!("{}&proration_behavior=always_invoice", quantity(&of, 3 + number));
        let answer = call_with(&of.stage, "POST", &of.path(""), &form, &[KEY]).await;
        (answer.status.as_u16(), answer.header("stripe-rate-limited-reason").map(str::to_owned))
    };
    for number in 0..9 {
        assert_eq!(change(number).await.0, 200, "{number}");
    }
    let refused = (429, Some("resource-specific".to_owned()));
    assert_eq!(change(10).await, refused);
    of.pass(std::time::Duration::from_mins(1));
    for number in 10..20 {
        assert_eq!(change(number).await.0, 200, "{number}");
    }
    of.pass(HOUR);
    assert_eq!(change(20).await, refused, "20 a day");
    of.pass(DAY);
    assert_eq!(change(21).await.0, 200);
}

#[tokio::test]
async fn quantities_do_not_change_too_often() {
    for (guards, expected) in [(true, 429), (false, 200)] {
        let mut rules = Rules::default();
        rules.subscriptions.guards = guards;
        let mut of = Subscriber::under(rules, Card::Good).await;
        of.subscribe("").await;
        let form = |number: i64| format!("{}&proration_behavior=none", quantity(&of, 3 + number));
        for number in 0..200 {
            of.change(&form(number)).await;
        }
        let path = of.path("");
        let answer = call_with(&of.stage, "POST", &path, &form(200), &[KEY]).await;
        assert_eq!(answer.status.as_u16(), expected, "{guards}");
        of.pass(HOUR);
        of.change(&form(201)).await;
    }
}

#[tokio::test]
async fn a_customer_has_room_for_500() {
    let of = Subscriber::nobody(Card::Good).await;
    let wish = of.stage.wish(&of.customer);
    for _ in 0..500 {
        of.stage.simulator.subscribe(&wish).unwrap();
    }
    let form = format!("customer={}&items[0][price]={}", of.customer, of.stage.monthly);
    let (status, error) = of.refused("POST", "/v1/subscriptions", &form).await;
    assert_eq!((status, &error["code"]), (400, &json!("customer_max_subscriptions")));
}

#[tokio::test]
async fn a_change_that_waits_is_forgotten_with_its_invoice() {
    let of = halfway(Card::Declining).await;
    of.change(&format!("{}&{PENDING}", quantity(&of, 4))).await;
    let mark = of.mark();
    of.post(&format!("/v1/invoices/{}/void", of.invoice_id()), "").await;
    let kinds = of.kinds_since(mark);
    let expired = "customer.subscription.pending_update_expired".to_owned();
    assert!(kinds.contains(&expired), "{kinds:?}");
    assert_eq!(of.now()["pending_update"], json!(null));
}

#[tokio::test]
async fn a_price_in_place_may_have_decimals() {
    let of = halfway(Card::Good).await;
    let product = text(&of.post("/v1/products", "name=Custom").await["id"]);
    let form = format!(
        "items[0][id]={}&items[0][price_data][currency]=usd&items[0][price_data][product]={product}\
         &items[0][price_data][unit_amount_decimal]=12.5&items[0][price_data][recurring][interval]=month\
         &items[0][quantity]=4",
        of.item()
    );
    let body = of.change(&form).await;
    let item = &body["items"]["data"][0];
    assert_eq!(item["price"]["unit_amount_decimal"], "12.5");
    of.pass(16 * DAY);
    let credit_and_rest = -1_000 + 25;
    assert_eq!(of.invoice()["total"], 50 + credit_and_rest);
}
