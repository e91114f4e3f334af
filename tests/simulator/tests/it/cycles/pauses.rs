//! Sequence 8: collection that is paused, and subscriptions that are.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::Subscriber;
use counterfoil_simulator::{Card, Pause, Resume, UnusedTimeFrom};
use serde_json::json;

/// Half of the 31 days of the first period.
const HALF: std::time::Duration = std::time::Duration::from_hours(31 * 12);

#[tokio::test]
async fn paused_collection_is_one_update_and_decides_over_invoices() {
    for (behavior, status) in
        [("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible"), ("void", "void")]
    {
        let of = Subscriber::to_monthly(Card::Good, "").await;
        let resumes_at = START + 40 * 86_400;
        let mark = of.mark();
        let form = format!(
            "pause_collection[behavior]={behavior}&pause_collection[resumes_at]={resumes_at}"
        );
        let body = of.change(&form).await;
        same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
        assert_eq!(
            body["pause_collection"],
            json!({ "behavior": behavior, "resumes_at": resumes_at })
        );
        let kinds = of.pass(31 * DAY + 2 * HOUR);
        assert!(!kinds.iter().any(|kind| kind.starts_with("charge.")), "{behavior}: {kinds:?}");
        assert_eq!((of.status().as_str(), &of.invoice()["status"]), ("active", &json!(status)));
        let kinds = of.pass(9 * DAY);
        same_set(&kinds, &["customer.subscription.updated"]);
        assert_eq!(of.now()["pause_collection"], json!(null));
        of.pass(20 * DAY);
        assert_eq!(of.invoice()["status"], "paid", "{behavior}: later invoices are collected");
    }
}

#[tokio::test]
async fn paused_collection_is_taken_back_by_an_empty_value() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.change("pause_collection[behavior]=void").await;
    let mark = of.mark();
    let body = of.change("pause_collection=").await;
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    assert_eq!(body["pause_collection"], json!(null));
    for form in ["pause_collection[behavior]=shred", "pause_collection[resumes_at]=9999999999"] {
        assert_eq!(of.refused("POST", &of.path(""), form).await.0, 400, "{form}");
    }
}

#[tokio::test]
async fn a_pause_credits_the_rest_and_stops_renewals() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    let mark = of.mark();
    let body = of.post(&of.path("/pause"), "type=subscription").await;
    same_set(
        &of.kinds_since(mark),
        &["customer.subscription.paused", "customer.subscription.updated", "invoiceitem.created"],
    );
    assert_eq!(of.since(mark)[2]["data"]["object"]["amount"], -1_000);
    let reason = &body["status_details"]["paused"]["subscription"]["type"];
    assert_eq!((&body["status"], reason), (&json!("paused"), &json!("pause_requested")));
    same_set(&of.pass(60 * DAY), &[]);
}

#[tokio::test]
async fn a_pause_bills_what_it_is_told_to() {
    for (form, credited, invoices) in [
        ("bill_for[unused_time_from][type]=none", 0, false),
        ("bill_for[unused_time_from][type]=now", -1_000, false),
        ("bill_for[unused_time_from][type]=item_current_period_start", -2_000, false),
        ("invoicing_behavior=invoice", -1_000, true),
        ("bill_for[outstanding_usage_through][type]=none", -1_000, false),
    ] {
        let of = Subscriber::to_monthly(Card::Good, "").await;
        of.pass(HALF);
        let mark = of.mark();
        of.post(&of.path("/pause"), form).await;
        let events = of.since(mark);
        let items = events.iter().filter(|event| event["type"] == "invoiceitem.created");
        let sum: i64 = items.map(|event| event["data"]["object"]["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, credited, "{form}");
        assert_eq!(of.invoice()["total"] == -1_000, invoices, "{form}");
    }
    let of = Subscriber::to_monthly(Card::Good, "").await;
    for form in ["type=forever", "invoicing_behavior=later", "bill_for[unused_time_from][type]=x"] {
        assert_eq!(of.refused("POST", &of.path("/pause"), form).await.0, 400, "{form}");
    }
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn a_resumption_begins_a_period_when_its_invoice_is_paid() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.post(&of.path("/pause"), "").await;
    of.pass(60 * DAY);
    let now = of.stage.simulator.now();
    let mark = of.mark();
    let body = of.post(&of.path("/resume"), "").await;
    // Unless it is asked for, the payment is left to a later call.
    assert_eq!(body["status"], "paused");
    assert!(!of.kinds_since(mark).iter().any(|kind| kind.starts_with("charge.")));
    assert_eq!(of.invoice()["total"], 2_000 - 1_000);
    let mark = of.mark();
    of.pay().await;
    let kinds = of.kinds_since(mark);
    assert!(kinds.contains(&"customer.subscription.resumed".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"customer.subscription.updated".to_owned()), "{kinds:?}");
    let held = of.now();
    assert_eq!((&held["status"], &held["status_details"]), (&json!("active"), &json!(null)));
    assert_eq!(held["billing_cycle_anchor"], now);
    assert_eq!(of.period().0, now);
    let (_, end) = of.period();
    of.pass(std::time::Duration::from_secs(u64::try_from(end - now).unwrap()));
    assert_eq!(of.period().0, end, "it renews again");
}

#[tokio::test]
async fn a_resumption_pays_at_once_where_that_is_asked_for() {
    let behavior = "payment_behavior=resume_on_payment_success";
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.post(&of.path("/pause"), "bill_for[unused_time_from][type]=none").await;
    let body = of.post(&of.path("/resume"), behavior).await;
    assert_eq!(body["status"], "active");

    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.post(&of.path("/pause"), "bill_for[unused_time_from][type]=none").await;
    of.bank(Card::Declining);
    let body = of.post(&of.path("/resume"), behavior).await;
    assert_eq!(body["status"], "paused");
    of.pass(22 * HOUR);
    assert_eq!(of.invoice()["status"], "open");
    let kinds = of.pass(HOUR);
    assert!(kinds.contains(&"invoice.voided".to_owned()), "{kinds:?}");
    assert_eq!((of.status().as_str(), &of.invoice()["status"]), ("paused", &json!("void")));
    of.bank(Card::Good);
    let body = of.post(&of.path("/resume"), behavior).await;
    assert_eq!(body["status"], "active", "it can be tried again");
}

#[tokio::test]
async fn a_failed_attempt_on_a_resumption_leaves_it_past_due() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.post(&of.path("/pause"), "bill_for[unused_time_from][type]=none").await;
    of.post(&of.path("/resume"), "").await;
    of.stage.simulator.fail_payment(&of.invoice_id()).unwrap();
    assert_eq!(of.status(), "past_due");
    of.pay().await;
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn a_resumption_that_asks_for_nothing_is_done_at_once() {
    let unchanged = "billing_cycle_anchor[type]=unchanged";
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.post(&of.path("/pause"), "").await;
    let mark = of.mark();
    let form = format!("{unchanged}&proration_behavior=none");
    let body = of.post(&of.path("/resume"), &form).await;
    assert_eq!(body["status"], "active");
    let both = ["customer.subscription.resumed", "customer.subscription.updated"];
    same_set(&of.kinds_since(mark), &both);
    assert_eq!(of.period().1, START + 31 * 86_400);

    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.post(&of.path("/pause"), "").await;
    let mark = of.mark();
    of.post(&of.path("/resume"), unchanged).await;
    same_set(&of.kinds_since(mark), &[&both[..], &["invoiceitem.created"]].concat());
    let charged = of.since(mark).into_iter().find(|it| it["type"] == "invoiceitem.created");
    assert_eq!(charged.unwrap()["data"]["object"]["amount"], 1_000);
    assert_eq!(of.refused("POST", &of.path("/resume"), "").await.0, 400);
}

#[tokio::test]
async fn the_anchor_of_a_resumption_was_a_word_before_endive() {
    use crate::caller::{KEY, call_with};
    for (version, form, expected) in [
        ("2026-09-30.endive", "billing_cycle_anchor=unchanged", 400),
        ("2026-09-30.endive", "billing_cycle_anchor[type]=never", 400),
        ("2026-03-25.dahlia", "billing_cycle_anchor[type]=unchanged", 400),
        ("2026-03-25.dahlia", "billing_cycle_anchor=unchanged", 200),
    ] {
        let of = Subscriber::to_monthly(Card::Good, "").await;
        of.post(&of.path("/pause"), "").await;
        let headers = [KEY, ("stripe-version", version)];
        let answer = call_with(&of.stage, "POST", &of.path("/resume"), form, &headers).await;
        assert_eq!(answer.status.as_u16(), expected, "{version} {form}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_library_pauses_and_resumes_too() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    let how = Pause { unused_time_from: UnusedTimeFrom::Nowhere, ..Pause::default() };
    of.stage.simulator.pause_subscription(&of.id, how).unwrap();
    assert_eq!(of.status(), "paused");
    let how = Resume { on_success_only: true, ..Resume::default() };
    of.stage.simulator.resume_subscription(&of.id, how).unwrap();
    assert_eq!(of.status(), "active");
}
