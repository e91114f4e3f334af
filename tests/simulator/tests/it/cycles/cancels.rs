//! Sequence 6: the end of a subscription, at once and at an appointed time.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::Subscriber;
use counterfoil_simulator::Card;
use serde_json::json;

/// Half of the 31 days of the first period.
const HALF: std::time::Duration = std::time::Duration::from_hours(31 * 12);

#[tokio::test]
async fn at_the_end_of_the_period_unless_taken_back() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(DAY);
    let mark = of.mark();
    let body = of.change("cancel_at_period_end=true&cancellation_details[comment]=Bye").await;
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    assert_eq!(body["cancel_at"], START + 31 * 86_400);
    assert_eq!(body["canceled_at"], START + 86_400);
    assert_eq!(body["cancellation_details"]["reason"], "cancellation_requested");
    assert_eq!(body["cancellation_details"]["comment"], "Bye");
    let mark = of.mark();
    let body = of.change("cancel_at_period_end=false").await;
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    assert_eq!((&body["cancel_at"], &body["canceled_at"]), (&json!(null), &json!(null)));
    of.change("cancel_at_period_end=true").await;
    same_set(&of.pass(30 * DAY), &["customer.subscription.deleted"]);
    let held = of.now();
    assert_eq!(held["status"], "canceled");
    assert_eq!(held["canceled_at"], START + 86_400);
    assert_eq!(held["ended_at"], START + 31 * 86_400);
    same_set(&of.pass(40 * DAY), &[]);
}

#[tokio::test]
async fn at_the_end_of_the_period_what_waits_is_billed() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.change(&format!("items[0][id]={}&items[0][quantity]=4", of.item())).await;
    of.change("cancel_at_period_end=true").await;
    let kinds = of.pass(HALF);
    for kind in
        ["invoice.created", "invoice.finalized", "invoice.paid", "customer.subscription.deleted"]
    {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let invoice = of.invoice();
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("paid"), &json!(1_000)));
    assert_eq!(of.status(), "canceled");
}

#[tokio::test]
async fn at_once_is_one_event_and_drops_what_waits() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.change(&format!("items[0][id]={}&items[0][quantity]=4", of.item())).await;
    let mark = of.mark();
    let details = "cancellation_details[feedback]=too_expensive&cancellation_details[comment]=Oh";
    let body = of.ask("DELETE", &format!("{}?{details}", of.path("")), "").await;
    let gone = ["customer.subscription.deleted", "invoiceitem.deleted", "invoiceitem.deleted"];
    same_set(&of.kinds_since(mark), &gone);
    assert_eq!(
        body["cancellation_details"],
        json!({
            "comment": "Oh",
            "feedback": "too_expensive",
            "feedback_option": null,
            "reason": "cancellation_requested",
        })
    );
    assert_eq!(of.refused("DELETE", &of.path(""), "").await.0, 404);
}

#[tokio::test]
async fn at_once_credits_and_bills_what_is_asked_for() {
    for (form, total, waits) in [
        ("invoice_now=true&prorate=true", -1_000, 0),
        ("prorate=true", 2_000, 1),
        ("invoice_now=true", 2_000, 0),
    ] {
        let of = Subscriber::to_monthly(Card::Good, "").await;
        of.pass(HALF);
        of.ask("DELETE", &format!("{}?{form}", of.path("")), "").await;
        assert_eq!(of.status(), "canceled");
        assert_eq!(of.invoice()["total"], total, "{form}");
        let kinds = of.kinds_since(0);
        let created = kinds.iter().filter(|kind| *kind == "invoiceitem.created").count();
        let deleted = kinds.iter().filter(|kind| *kind == "invoiceitem.deleted").count();
        assert_eq!(deleted, 0, "{form}");
        assert!(created >= waits, "{form}");
    }
}

#[tokio::test]
async fn at_once_stops_the_collection_of_what_is_open() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.bank(Card::Declining);
    of.pass(31 * DAY + HOUR);
    of.ask("DELETE", &of.path(""), "").await;
    let invoice = of.invoice();
    assert_eq!((&invoice["status"], &invoice["auto_advance"]), (&json!("open"), &json!(false)));
    same_set(&of.pass(30 * DAY), &[]);
}

#[tokio::test]
async fn at_an_appointed_second_the_rest_is_credited() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    let half = START + 31 * 43_200;
    let body = of.change(&format!("cancel_at={half}")).await;
    assert_eq!((&body["cancel_at"], &body["cancel_at_period_end"]), (&json!(half), &json!(false)));
    let body = of.change("cancel_at=").await;
    assert_eq!(body["cancel_at"], json!(null));
    of.change(&format!("cancel_at={half}")).await;
    let kinds = of.pass(HALF);
    assert!(kinds.contains(&"customer.subscription.deleted".to_owned()), "{kinds:?}");
    assert_eq!(of.now()["ended_at"], half);
    assert_eq!(of.invoice()["total"], -1_000);
    let customer = of.stage.truth("customer", &of.customer);
    assert_eq!(customer["balance"], -1_000);
}

#[tokio::test]
async fn at_the_first_or_the_last_end_of_its_items() {
    for (word, days) in [("min_period_end", 31), ("max_period_end", 365)] {
        let mut of = Subscriber::nobody(Card::Good).await;
        let form = format!("items[1][price]={}&cancel_at={word}", of.stage.yearly);
        let body = of.subscribe(&form).await;
        assert_eq!(body["cancel_at"], START + days * 86_400, "{word}");
    }
}
