//! Sequence 9: money goes back, and the bank tells later what became of it.

use crate::caller::{Answer, call};
use crate::stage::{DAY, Stage, same_set};
use counterfoil_simulator::{Card, RefundEnd};
use serde_json::{Value, json};

struct Paid {
    stage: Stage,
    subscription: String,
    invoice: String,
    charge: String,
    intent: String,
}

/// A subscription of 20.00 whose first invoice is paid by a card.
async fn paid(card: Card) -> Paid {
    let stage = Stage::start().await;
    let customer = stage.customer(card);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(5 * DAY);
    let truth = stage.simulator.truth();
    let (charge, held) = truth.objects["charge"].iter().next().unwrap();
    let intent = held["payment_intent"].as_str().unwrap().to_owned();
    let invoice = truth.object("subscription", &subscription).unwrap()["latest_invoice"].clone();
    let (charge, invoice) = (charge.clone(), invoice.as_str().unwrap().to_owned());
    Paid { stage, subscription, invoice, charge, intent }
}

async fn refund(stage: &Stage, form: &str) -> Answer {
    call(stage, "POST", "/v1/refunds", form).await
}

#[tokio::test]
async fn a_refund_changes_the_charge_and_nothing_else() {
    let Paid { stage, subscription, invoice, charge, intent } = paid(Card::Good).await;
    let before = stage.simulator.history().len();
    let part =
        format!("payment_intent={intent}&amount=500&reason=requested_by_customer&metadata[a]=1");
    let part = refund(&stage, &part).await;
    assert_eq!(part.status.as_u16(), 200, "{}", part.body);
    let made = crate::stage::events(&stage.simulator).split_off(before);
    same_set(&crate::stage::kinds(&made), &["refund.created", "charge.refunded"]);
    let shown = &made[1]["data"]["object"];
    assert_eq!(
        (&shown["object"], &shown["amount_refunded"], &shown["refunded"]),
        (&json!("charge"), &json!(500), &json!(false))
    );
    assert_eq!((&part.body["status"], &part.body["charge"]), (&json!("succeeded"), &json!(charge)));
    let (kinds, events) = stage.events_of(|| stage.simulator.advance(5 * DAY));
    same_set(&kinds, &["refund.updated"]);
    let details = &events[0]["data"]["object"]["destination_details"]["card"];
    assert_eq!(details["reference_status"], "available");
    let rest = refund(&stage, &format!("charge={charge}")).await;
    assert_eq!(rest.body["amount"], 1_500);
    let held = stage.truth("charge", &charge);
    assert_eq!((&held["amount_refunded"], &held["refunded"]), (&json!(2_000), &json!(true)));
    assert_eq!(stage.truth("invoice", &invoice)["status"], "paid");
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
    let again = refund(&stage, &format!("charge={charge}")).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["error"]["code"]),
        (400, &json!("charge_already_refunded"))
    );
    let list = call(&stage, "GET", &format!("/v1/refunds?charge={charge}"), "").await.body;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let path = format!("/v1/charges/{charge}?expand[]=refunds");
    let shown = call(&stage, "GET", &path, "").await.body;
    assert_eq!(shown["refunds"]["data"][0]["amount"], 1_500);
    let plain = call(&stage, "GET", &format!("/v1/charges/{charge}"), "").await.body;
    assert_eq!(plain.get("refunds"), None);
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused() {
    let Paid { stage, charge, .. } = paid(Card::Good).await;
    for (form, status, code, param) in [
        ("charge=ch_none".to_owned(), 400, json!("resource_missing"), json!("charge")),
        (format!("charge={charge}&amount=2001"), 400, Value::Null, json!("amount")),
        (format!("charge={charge}&amount=0"), 400, Value::Null, json!("amount")),
        (format!("charge={charge}&reason=whim"), 400, Value::Null, json!("reason")),
        (String::new(), 400, Value::Null, Value::Null),
        (format!("charge={charge}&shoe=1"), 400, json!("parameter_unknown"), json!("shoe")),
    ] {
        let answer = refund(&stage, &form).await;
        let error = &answer.body["error"];
        let found = (answer.status.as_u16(), error["code"].clone(), error["param"].clone());
        assert_eq!(found, (status, code, param), "{form}");
    }
}

#[tokio::test]
async fn a_refund_fails_later_or_is_pending_at_first() {
    let Paid { stage, charge, .. } = paid(Card::RefundFails).await;
    // The customer's card was set as a whole; the method of the charge is what fails.
    let made = refund(&stage, &format!("charge={charge}")).await;
    let id = made.id();
    assert_eq!(made.body["status"], "succeeded");
    let (kinds, events) = stage.events_of(|| stage.simulator.advance(5 * DAY));
    same_set(&kinds, &["refund.failed", "charge.updated"]);
    assert_eq!(events[0]["data"]["object"]["failure_reason"], "expired_or_canceled_card");
    let held = stage.truth("charge", &charge);
    assert_eq!((&held["amount_refunded"], &held["refunded"]), (&json!(0), &json!(false)));
    assert_eq!(stage.truth("refund", &id)["status"], "failed");

    let Paid { stage, charge, .. } = paid(Card::RefundPending).await;
    let made = refund(&stage, &format!("charge={charge}")).await;
    assert_eq!(made.body["status"], "pending");
    stage.simulator.advance(5 * DAY);
    assert_eq!(stage.truth("refund", &made.id())["status"], "succeeded");

    let Paid { stage, charge, .. } = paid(Card::DelayedSuccess).await;
    let made = refund(&stage, &format!("charge={charge}")).await;
    assert_eq!(made.body["status"], "pending", "a debit goes back as slowly as it came");
    let cancel = format!("/v1/refunds/{}/cancel", made.id());
    assert_eq!(call(&stage, "POST", &cancel, "").await.status.as_u16(), 400);
    stage.simulator.settle_refund(&made.id(), RefundEnd::NeedsAction).unwrap();
    assert_eq!(call(&stage, "POST", &cancel, "").await.body["status"], "canceled");
    assert_eq!(stage.truth("charge", &charge)["amount_refunded"], 0);
}
