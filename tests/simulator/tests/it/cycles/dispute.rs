//! Sequence 10: a bank takes a charge back or asks about it, is answered, and decides.

use crate::caller::{call, post};
use crate::stage::{DAY, Stage, same_set};
use counterfoil_simulator::{Card, DisputeOpening, Options, PaymentRules, Rules};
use serde_json::json;
use std::time::Duration;

struct Disputed {
    stage: Stage,
    subscription: String,
    charge: String,
    dispute: String,
    kinds: Vec<String>,
}

/// A subscription of 20.00 whose first charge is disputed as its card does.
async fn disputed(card: Card) -> Disputed {
    let stage = Stage::start().await;
    let customer = stage.customer(card);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(Duration::from_secs(2)));
    let truth = stage.simulator.truth();
    let charge = truth.objects["charge"].keys().next().unwrap().clone();
    let dispute = truth.objects["dispute"].keys().next().unwrap().clone();
    Disputed { stage, subscription, charge, dispute, kinds }
}

#[tokio::test]
async fn a_chargeback_takes_the_money_and_gives_it_back_when_it_is_won() {
    for (evidence, status, expected) in [
        (
            "winning_evidence",
            "won",
            &["charge.dispute.closed", "charge.dispute.funds_reinstated"][..],
        ),
        ("losing_evidence", "lost", &["charge.dispute.closed"]),
    ] {
        let Disputed { stage, subscription, charge, dispute, kinds } =
            disputed(Card::Disputed).await;
        same_set(
            &kinds,
            &["charge.dispute.created", "charge.dispute.funds_withdrawn", "invoice_payment.paid"],
        );
        let held = stage.truth("dispute", &dispute);
        assert_eq!(
            (&held["status"], &held["reason"]),
            (&json!("needs_response"), &json!("fraudulent"))
        );
        assert_eq!(held["balance_transactions"][0]["net"], -2_000 - 1_500);
        assert_eq!(stage.truth("charge", &charge)["disputed"], true);
        let refused = call(&stage, "POST", "/v1/refunds", &format!("charge={charge}")).await;
        assert_eq!(refused.body["error"]["code"], "refund_disputed_payment");
        let path = format!("/v1/disputes/{dispute}");
        let (before, form) =
            (stage.simulator.history().len(), "evidence[product_description]=Shoes&submit=false");
        let held = post(&stage, &path, form).await;
        assert_eq!(
            (&held["status"], &held["evidence_details"]["has_evidence"]),
            (&json!("needs_response"), &json!(true))
        );
        let held = post(&stage, &path, &format!("evidence[uncategorized_text]={evidence}")).await;
        assert_eq!(
            (&held["status"], &held["evidence_details"]["submission_count"]),
            (&json!("under_review"), &json!(1))
        );
        let made = crate::stage::events(&stage.simulator).split_off(before);
        same_set(
            &crate::stage::kinds(&made),
            &["charge.dispute.updated", "charge.dispute.updated"],
        );
        let (kinds, _) = stage.events_of(|| stage.simulator.advance(Duration::from_secs(1)));
        same_set(&kinds, expected);
        let held = stage.truth("dispute", &dispute);
        assert_eq!(held["status"], status);
        let net: i64 = held["balance_transactions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|moved| moved["net"].as_i64().unwrap())
            .sum();
        assert_eq!(net, if status == "won" { 0 } else { -3_500 });
        assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
        stage.simulator.advance(10 * DAY);
        assert_eq!(stage.truth("dispute", &dispute)["status"], status, "what is closed stays so");
    }
}

#[tokio::test]
async fn an_inquiry_takes_nothing_and_is_closed() {
    let Disputed { stage, charge, dispute, kinds, .. } = disputed(Card::Inquired).await;
    same_set(&kinds, &["charge.dispute.created", "invoice_payment.paid"]);
    let held = stage.truth("dispute", &dispute);
    assert_eq!(held["status"], "warning_needs_response");
    assert_eq!(
        (&held["balance_transactions"], &held["is_charge_refundable"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(held["payment_method_details"]["card"]["case_type"], "inquiry");
    let closed = post(&stage, &format!("/v1/disputes/{dispute}/close"), "").await;
    assert_eq!(closed["status"], "warning_closed");
    let list = call(&stage, "GET", &format!("/v1/disputes?charge={charge}"), "").await.body;
    assert_eq!(list["data"][0]["id"], dispute.as_str());
    let again = call(&stage, "POST", &format!("/v1/disputes/{dispute}/close"), "").await;
    assert_eq!(again.status.as_u16(), 400);
}

#[tokio::test]
async fn a_dispute_that_nobody_answers_is_lost() {
    let Disputed { stage, dispute, .. } = disputed(Card::DisputedAsNotReceived).await;
    assert_eq!(stage.truth("dispute", &dispute)["reason"], "product_not_received");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(9 * DAY));
    same_set(&kinds, &["charge.dispute.closed"]);
    assert_eq!(stage.truth("dispute", &dispute)["status"], "lost");
}

#[tokio::test]
async fn banks_open_and_decide_disputes_of_any_charge() {
    let payments = PaymentRules { cancel_disputed: true, ..PaymentRules::default() };
    let rules = Rules { payments, ..Rules::default() };
    let stage = Stage::with(Options { rules, ..Options::default() }).await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let charge = stage.simulator.truth().objects["charge"].keys().next().unwrap().clone();
    let opening = DisputeOpening {
        amount: Some(700),
        reason: "duplicate".to_owned(),
        ..DisputeOpening::default()
    };
    let dispute = stage.simulator.open_dispute(&charge, opening.clone()).unwrap();
    assert!(stage.simulator.open_dispute(&charge, opening).is_err(), "one at a time");
    assert_eq!(stage.truth("dispute", &dispute)["amount"], 700);
    let path = format!("/_simulator/disputes/{dispute}/decide");
    assert_eq!(call(&stage, "POST", &path, r#"{"won":true}"#).await.status.as_u16(), 200);
    assert_eq!(stage.truth("dispute", &dispute)["status"], "won");
    // The account is set to end what a disputed charge paid for.
    stage.simulator.advance(Duration::from_hours(1));
    let held = stage.truth("subscription", &subscription);
    assert_eq!(held["status"], "canceled");
    assert_eq!(held["cancellation_details"]["reason"], "payment_disputed");
}

#[tokio::test]
async fn a_network_may_warn_before_anybody_disputes() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let charge = stage.simulator.truth().objects["charge"].keys().next().unwrap().clone();
    let (kinds, events) = stage.events_of(|| stage.simulator.warn_of_fraud(&charge).unwrap());
    same_set(&kinds, &["radar.early_fraud_warning.created"]);
    let warning = &events[0]["data"]["object"];
    assert_eq!((&warning["charge"], &warning["actionable"]), (&json!(charge), &json!(true)));
    stage.simulator.open_dispute(&charge, DisputeOpening::default()).unwrap();
    let path = format!("/_simulator/charges/{charge}/warn");
    assert_eq!(call(&stage, "POST", &path, "").await.status.as_u16(), 200);
    let told = crate::stage::events(&stage.simulator).pop().unwrap();
    assert_eq!(told["data"]["object"]["actionable"], false);
    assert!(stage.simulator.warn_of_fraud("ch_none").is_err());
}
