//! Sequence 4: renewals, over a year with its short months, of items with intervals of their own,
//! and as they are announced.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::Subscriber;
use counterfoil_simulator::{Card, Rules};
use serde_json::json;
use std::time::Duration;
use time::OffsetDateTime;

#[tokio::test]
async fn a_renewal_moves_the_period_first_and_is_paid_an_hour_later() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    let first = of.invoice_id();
    of.pass(30 * DAY);
    let mark = of.mark();
    same_set(&of.pass(DAY), &["customer.subscription.updated", "invoice.created"]);
    let updated = &of.since(mark)[0];
    let previous = &updated["data"]["previous_attributes"];
    assert_eq!(previous["items"]["data"][0]["current_period_start"], START);
    assert_eq!(previous["latest_invoice"], json!(first));
    assert_eq!(updated["request"]["id"], json!(null));
    same_set(
        &of.pass(HOUR + Duration::from_secs(2)),
        &[
            "charge.succeeded",
            "customer.updated",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "invoice.updated",
            "invoice_payment.paid",
            "payment_intent.created",
            "payment_intent.succeeded",
        ],
    );
    assert_eq!(of.invoice()["status"], "paid");
}

#[tokio::test]
async fn a_year_from_the_31st_has_the_last_day_of_every_month() {
    let mut of = Subscriber::nobody(Card::Good).await;
    // 31 January 2026.
    of.pass(21 * DAY);
    of.subscribe("").await;
    let mut days = Vec::new();
    for _ in 0..14 {
        let (start, end) = of.period();
        let date = OffsetDateTime::from_unix_timestamp(start).unwrap().date();
        days.push((u8::from(date.month()), date.day()));
        let left = end - of.stage.simulator.now();
        of.pass(Duration::from_secs(u64::try_from(left).unwrap()));
        assert_eq!(of.period().0, end, "the next period begins where this one ends");
        of.pass(HOUR);
        assert_eq!(of.invoice()["status"], "paid", "{days:?}");
    }
    let expected = [
        (1, 31),
        (2, 28),
        (3, 31),
        (4, 30),
        (5, 31),
        (6, 30),
        (7, 31),
        (8, 31),
        (9, 30),
        (10, 31),
        (11, 30),
        (12, 31),
        (1, 31),
        (2, 28),
    ];
    assert_eq!(days, expected);
}

#[tokio::test]
async fn items_with_intervals_of_their_own_renew_each_at_its_time() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let form = format!("items[1][price]={}", of.stage.yearly);
    of.subscribe(&form).await;
    assert_eq!(of.invoice()["total"], 12_000);
    of.pass(31 * DAY + HOUR);
    let items = of.now()["items"]["data"].clone();
    assert_eq!(items[0]["current_period_start"], START + 31 * 86_400);
    assert_eq!(items[1]["current_period_end"], START + 365 * 86_400);
    let invoice = of.invoice();
    assert_eq!((&invoice["total"], &invoice["status"]), (&json!(2_000), &json!("paid")));
    of.pass(334 * DAY);
    let items = of.now()["items"]["data"].clone();
    assert_eq!(items[1]["current_period_start"], START + 365 * 86_400);
    assert_eq!(of.invoice()["total"], 12_000);
    let end = format!("/v1/subscriptions?current_period_end[lte]={}", START + 400 * 86_400);
    assert_eq!(of.ask("GET", &end, "").await["data"].as_array().unwrap().len(), 1);
    let start = format!("/v1/subscriptions?current_period_start[lt]={}", START + 365 * 86_400);
    assert_eq!(of.ask("GET", &start, "").await["data"], json!([]));
}

#[tokio::test]
async fn an_invoice_that_is_sent_is_due_some_days_later() {
    let sent = "collection_method=send_invoice&days_until_due=10";
    let of = Subscriber::to_monthly(Card::Missing, sent).await;
    assert_eq!(of.now()["days_until_due"], 10);
    let kinds = of.pass(HOUR);
    assert!(kinds.contains(&"invoice.finalized".to_owned()), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind.starts_with("charge.")), "{kinds:?}");
    let invoice = of.invoice();
    assert_eq!((&invoice["status"], &invoice["attempted"]), (&json!("open"), &json!(false)));
    let body = of.change("collection_method=charge_automatically").await;
    assert_eq!(
        (&body["collection_method"], &body["days_until_due"]),
        (&json!("charge_automatically"), &json!(null))
    );
    let list = of.ask("GET", "/v1/subscriptions?collection_method=send_invoice", "").await;
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn a_renewal_is_announced_where_that_is_switched_on() {
    let mut rules = Rules::default();
    rules.subscriptions.upcoming_days = Some(3);
    let mut of = Subscriber::under(rules, Card::Good).await;
    of.subscribe("").await;
    of.pass(Duration::from_secs(10));
    same_set(&of.pass(27 * DAY), &[]);
    let mark = of.mark();
    same_set(&of.pass(DAY), &["invoice.upcoming"]);
    let shown = of.since(mark)[0]["data"]["object"].clone();
    assert!(shown.get("id").is_none(), "{shown}");
    assert_eq!(shown["billing_reason"], "upcoming");
    assert_eq!(shown["total"], 2_000);
    assert_eq!(shown["lines"]["data"][0]["period"]["start"], START + 31 * 86_400);
    let list = of.ask("GET", "/v1/invoices", "").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "it is kept nowhere");
    of.pass(4 * DAY);
    assert_eq!(of.invoice()["total"], 2_000);
}
