//! The table of a subscription's states (STRIPE.md 5.2): each way from one to another.

use crate::stage::{DAY, HOUR, START};
use crate::subscriber::Subscriber;
use counterfoil_simulator::{Card, DunningEnd, Rules};
use serde_json::json;

const LATER: i64 = START + 7 * 86_400;

/// A subscription whose first renewal was declined.
async fn past_due(rules: Rules) -> Subscriber {
    let mut of = Subscriber::under(rules, Card::Good).await;
    of.subscribe("").await;
    of.bank(Card::Declining);
    of.pass(31 * DAY + HOUR);
    assert_eq!(of.status(), "past_due");
    of
}

fn dunning(end: DunningEnd) -> Rules {
    Rules { dunning_end: end, ..Rules::default() }
}

#[tokio::test]
async fn new_and_charged_is_active_trialing_or_incomplete() {
    for (card, more, expected) in [
        (Card::Good, String::new(), "active"),
        (Card::Good, format!("trial_end={LATER}"), "trialing"),
        (Card::Declining, String::new(), "incomplete"),
        (Card::Missing, String::new(), "incomplete"),
        (Card::Declining, format!("trial_end={LATER}"), "trialing"),
        (Card::Good, "payment_behavior=default_incomplete".to_owned(), "incomplete"),
        (Card::Good, "payment_behavior=error_if_incomplete".to_owned(), "active"),
    ] {
        let of = Subscriber::to_monthly(card, &more).await;
        assert_eq!(of.status(), expected, "{card:?} {more}");
    }
}

#[tokio::test]
async fn new_and_free_is_active() {
    let mut of = Subscriber::nobody(Card::Missing).await;
    let body = of.post("/v1/products", "name=Free").await;
    let form = format!(
        "product={}&currency=usd&unit_amount=0&recurring[interval]=month",
        body["id"].as_str().unwrap()
    );
    let price = of.post("/v1/prices", &form).await;
    of.stage.monthly = price["id"].as_str().unwrap().to_owned();
    of.subscribe("").await;
    assert_eq!(of.status(), "active");
    assert_eq!(of.invoice()["status"], "paid");
}

#[tokio::test]
async fn new_and_sent_is_active_at_once_unless_switched() {
    let sent = "collection_method=send_invoice&days_until_due=10";
    let of = Subscriber::to_monthly(Card::Missing, sent).await;
    assert_eq!(of.status(), "active");
    assert_eq!(of.invoice()["status"], "draft");
    let mut rules = Rules::default();
    rules.subscriptions.send_invoice_incomplete = true;
    let mut of = Subscriber::under(rules, Card::Missing).await;
    of.subscribe(sent).await;
    assert_eq!(of.status(), "incomplete");
}

#[tokio::test]
async fn a_debit_that_fails_later_voids_its_invoice_and_leaves_the_subscription_active() {
    let of = Subscriber::to_monthly(Card::DelayedFailure, "").await;
    assert_eq!(of.status(), "active");
    of.pass(20 * DAY);
    assert_eq!((of.status().as_str(), &of.invoice()["status"]), ("active", &json!("void")));
}

#[tokio::test]
async fn incomplete_becomes_active_when_it_is_paid() {
    let of = Subscriber::to_monthly(Card::Declining, "").await;
    of.bank(Card::Good);
    of.pay().await;
    assert_eq!(of.status(), "active");
    of.pass(23 * HOUR);
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn incomplete_expires_after_23_hours() {
    let of = Subscriber::to_monthly(Card::Declining, "").await;
    of.pass(23 * HOUR);
    assert_eq!(of.status(), "incomplete_expired");
    assert_eq!(of.invoice()["status"], "void");
    let (status, error) = of.refused("POST", &of.path(""), "description=late").await;
    assert_eq!((status, &error["type"]), (400, &json!("invalid_request_error")));
}

#[tokio::test]
async fn a_trial_ends_by_its_outcome() {
    let end = |behavior: &str| {
        format!("trial_end={LATER}&trial_settings[end_behavior][missing_payment_method]={behavior}")
    };
    for (card, behavior, expected) in [
        (Card::Good, "create_invoice", "active"),
        (Card::Good, "pause", "active"),
        (Card::Declining, "create_invoice", "past_due"),
        (Card::Declining, "cancel", "past_due"),
        (Card::Missing, "create_invoice", "past_due"),
        (Card::Missing, "pause", "paused"),
        (Card::Missing, "cancel", "canceled"),
    ] {
        let of = Subscriber::to_monthly(card, &end(behavior)).await;
        of.pass(7 * DAY + HOUR);
        assert_eq!(of.status(), expected, "{card:?} {behavior}");
    }
}

#[tokio::test]
async fn active_becomes_past_due_by_a_failed_payment() {
    let of = past_due(Rules::default()).await;
    assert_eq!(of.invoice()["status"], "open");
}

#[tokio::test]
async fn active_becomes_past_due_when_a_sent_invoice_is_not_paid_by_its_day() {
    let sent = "collection_method=send_invoice&days_until_due=10";
    let of = Subscriber::to_monthly(Card::Missing, sent).await;
    of.pass(2 * HOUR);
    let invoice = of.invoice();
    assert_eq!(
        (&invoice["status"], &invoice["due_date"]),
        (&json!("open"), &json!(START + 864_000))
    );
    assert_eq!(invoice["next_payment_attempt"], json!(null));
    of.pass(9 * DAY);
    assert_eq!(of.status(), "active");
    of.pass(DAY);
    assert_eq!(of.status(), "past_due");
    of.post(&format!("/v1/invoices/{}/pay", of.invoice_id()), "paid_out_of_band=true").await;
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn past_due_becomes_active_when_its_invoice_is_paid() {
    let of = past_due(Rules::default()).await;
    of.bank(Card::Good);
    of.pay().await;
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn dunning_ends_past_due_as_the_account_is_set() {
    for (end, expected) in [
        (DunningEnd::Cancel, "canceled"),
        (DunningEnd::Unpaid, "unpaid"),
        (DunningEnd::PastDue, "past_due"),
        (DunningEnd::Pause, "paused"),
    ] {
        let of = past_due(dunning(end)).await;
        of.pass(15 * DAY);
        assert_eq!(of.status(), expected, "{end:?}");
    }
    let rules = dunning(DunningEnd::Pause);
    let mut of = Subscriber::under(rules, Card::Good).await;
    of.subscribe("billing_mode[type]=classic").await;
    of.bank(Card::Declining);
    of.pass(46 * DAY + HOUR);
    assert_eq!(of.status(), "canceled", "only flexible billing can be paused");
}

#[tokio::test]
async fn unpaid_keeps_drafts_and_becomes_active_when_its_invoice_is_paid() {
    let of = past_due(dunning(DunningEnd::Unpaid)).await;
    of.pass(15 * DAY);
    let unpaid = of.invoice_id();
    of.pass(31 * DAY);
    let draft = of.invoice();
    assert_eq!((&draft["status"], &draft["auto_advance"]), (&json!("draft"), &json!(false)));
    of.pass(3 * DAY);
    assert_eq!(of.invoice()["status"], "draft");
    of.bank(Card::Good);
    of.post(&format!("/v1/invoices/{unpaid}/pay"), "").await;
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn active_trialing_and_past_due_can_be_paused_and_resumed() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(DAY);
    of.post(&of.path("/pause"), "").await;
    assert_eq!(of.status(), "paused");
    of.post(&of.path("/resume"), "").await;
    of.pay().await;
    assert_eq!(of.status(), "active");

    let of = Subscriber::to_monthly(Card::Good, &format!("trial_end={LATER}")).await;
    of.post(&of.path("/pause"), "").await;
    assert_eq!(of.status(), "paused");

    let of = past_due(Rules::default()).await;
    of.post(&of.path("/pause"), "").await;
    assert_eq!(of.status(), "paused");
    let (status, _) = of.refused("POST", &of.path("/pause"), "").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn every_state_but_the_last_ones_can_be_cancelled_for_good() {
    let mut all = vec![
        Subscriber::to_monthly(Card::Good, "").await,
        Subscriber::to_monthly(Card::Declining, "").await,
        Subscriber::to_monthly(Card::Good, &format!("trial_end={LATER}")).await,
        past_due(Rules::default()).await,
    ];
    let unpaid = past_due(dunning(DunningEnd::Unpaid)).await;
    unpaid.pass(15 * DAY);
    let paused = Subscriber::to_monthly(Card::Good, "").await;
    paused.post(&paused.path("/pause"), "").await;
    all.extend([unpaid, paused]);
    for of in all {
        let before = of.status();
        let body = of.ask("DELETE", &of.path(""), "").await;
        assert_eq!(body["status"], "canceled", "{before}");
        assert_eq!(body["status_details"], json!(null), "{before}");
        assert_eq!(of.refused("DELETE", &of.path(""), "").await.0, 404, "{before}");
        for (path, form) in [("", "cancel_at_period_end=false"), ("/resume", ""), ("/pause", "")] {
            let (status, _) = of.refused("POST", &of.path(path), form).await;
            assert_eq!(status, 400, "{before}: {path}");
        }
        let form = "metadata[why]=moved&cancellation_details[feedback]=other";
        let body = of.change(form).await;
        assert_eq!(body["metadata"]["why"], "moved");
        assert_eq!(body["cancellation_details"]["feedback"], "other");
    }
}

#[tokio::test]
async fn past_due_walks_back_from_a_voided_invoice() {
    let of = past_due(Rules::default()).await;
    // The invoice before it is the first, which is paid.
    of.post(&format!("/v1/invoices/{}/void", of.invoice_id()), "").await;
    assert_eq!(of.status(), "active");

    let of = past_due(dunning(DunningEnd::PastDue)).await;
    of.pass(31 * DAY);
    assert_eq!(of.status(), "past_due");
    // Voiding the later of two open invoices leaves the earlier one open.
    of.post(&format!("/v1/invoices/{}/void", of.invoice_id()), "").await;
    assert_eq!(of.status(), "past_due");
}

#[tokio::test]
async fn past_due_becomes_active_when_its_invoice_is_given_up() {
    let of = past_due(Rules::default()).await;
    of.post(&format!("/v1/invoices/{}/mark_uncollectible", of.invoice_id()), "").await;
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn incomplete_expires_with_its_first_invoice() {
    let of = Subscriber::to_monthly(Card::Declining, "").await;
    of.post(&format!("/v1/invoices/{}/void", of.invoice_id()), "").await;
    assert_eq!(of.status(), "incomplete_expired");
}

#[tokio::test]
async fn paused_stays_so_when_its_resumption_is_voided_and_ends_when_it_is_given_up() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.post(&of.path("/pause"), "bill_for[unused_time_from][type]=none").await;
    of.post(&of.path("/resume"), "").await;
    of.post(&format!("/v1/invoices/{}/void", of.invoice_id()), "").await;
    assert_eq!(of.status(), "paused");
    of.post(&of.path("/resume"), "").await;
    of.post(&format!("/v1/invoices/{}/mark_uncollectible", of.invoice_id()), "").await;
    assert_eq!(of.status(), "active");
}
