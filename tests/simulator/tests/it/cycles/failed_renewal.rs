//! Sequence 5: a renewal that cannot be collected, its retries, its end and its recovery.

use crate::caller::call;
use crate::stage::{DAY, HOUR, Stage, same_set};
use counterfoil_simulator::{Card, DunningEnd, Options, Rules};
use serde_json::json;

/// What comes of finalizing a renewal's invoice.
const FINALIZED: &[&str] =
    &["invoice.finalized", "invoice.updated", "customer.updated", "payment_intent.created"];
/// What comes of a decline.
const DECLINED: &[&str] = &[
    "charge.failed",
    "payment_intent.payment_failed",
    "invoice.payment_failed",
    "invoice.updated",
];

struct Renewal {
    stage: Stage,
    customer: String,
    subscription: String,
    invoice: String,
    kinds: Vec<String>,
}

/// A renewal whose invoice is about to be collected from a card, and what came of that.
async fn renewed(card: Card, rules: Rules) -> Renewal {
    let stage = Stage::with(Options { rules, ..Options::default() }).await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.set_card(&customer, card).unwrap();
    stage.simulator.advance(31 * DAY);
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(HOUR));
    let held = stage.truth("subscription", &subscription);
    let invoice = held["latest_invoice"].as_str().unwrap().to_owned();
    Renewal { stage, customer, subscription, invoice, kinds }
}

#[tokio::test]
async fn each_retry_fails_again_and_the_last_one_ends_it_as_the_account_is_set() {
    for (end, status, last) in [
        (DunningEnd::Cancel, "canceled", "customer.subscription.deleted"),
        (DunningEnd::Unpaid, "unpaid", "customer.subscription.updated"),
        (DunningEnd::PastDue, "past_due", ""),
    ] {
        let rules = Rules { dunning_end: end, ..Rules::default() };
        let Renewal { stage, subscription, invoice, kinds, .. } =
            renewed(Card::InsufficientFunds, rules).await;
        let first = ["customer.subscription.updated", "customer.updated"];
        same_set(&kinds, &[FINALIZED, DECLINED, &first].concat());
        let held = stage.truth("invoice", &invoice);
        assert_eq!(held["attempt_count"], 1);
        assert!(held["next_payment_attempt"].is_i64());
        assert_eq!(stage.truth("subscription", &subscription)["status"], "past_due");
        for (days, count) in [(3, 2), (5, 3)] {
            let (kinds, _) = stage.events_of(|| stage.simulator.advance(days * DAY));
            same_set(&kinds, DECLINED);
            assert_eq!(stage.truth("invoice", &invoice)["attempt_count"], count);
        }
        let (kinds, _) = stage.events_of(|| stage.simulator.advance(7 * DAY));
        let mut expected = DECLINED.to_vec();
        if !last.is_empty() {
            // Whatever ends the subscription ends the collection of its invoice.
            expected.extend(["invoice.updated", last]);
        }
        same_set(&kinds, &expected);
        let held = stage.truth("invoice", &invoice);
        assert_eq!(
            (&held["attempt_count"], &held["next_payment_attempt"]),
            (&json!(4), &json!(null))
        );
        assert_eq!(held["status"], "open");
        assert_eq!(stage.truth("subscription", &subscription)["status"], status, "{end:?}");
    }
}

#[tokio::test]
async fn a_new_method_recovers_it() {
    let Renewal { stage, customer, subscription, invoice, .. } =
        renewed(Card::Declining, Rules::default()).await;
    let form = "payment_method=pm_card_mastercard&invoice_settings[default_payment_method]=pm_card_mastercard";
    let answer = call(&stage, "POST", &format!("/v1/customers/{customer}"), form).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(3 * DAY));
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "customer.subscription.updated",
            "customer.updated",
        ],
    );
    let held = stage.truth("invoice", &invoice);
    assert_eq!((&held["status"], &held["attempt_count"]), (&json!("paid"), &json!(2)));
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
    assert_eq!(stage.truth("customer", &customer)["delinquent"], false);
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again_until_there_is_a_new_method() {
    let Renewal { stage, customer, invoice, subscription, .. } =
        renewed(Card::Stolen, Rules::default()).await;
    let charges = || stage.simulator.truth().objects["charge"].len();
    let made = charges();
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(3 * DAY));
    same_set(&kinds, &["invoice.updated"]);
    assert_eq!(charges(), made, "nothing was executed");
    assert_eq!(stage.truth("invoice", &invoice)["attempt_count"], 2, "the schedule runs on");
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    call(&stage, "POST", &format!("/v1/customers/{customer}"), form).await;
    stage.simulator.advance(5 * DAY);
    assert_eq!(stage.truth("invoice", &invoice)["status"], "paid");
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
}

#[tokio::test]
async fn three_d_secure_asks_the_customer_to_come_back() {
    let Renewal { stage, subscription, invoice, kinds, .. } =
        renewed(Card::NeedsAuthentication, Rules::default()).await;
    let asked = [
        "payment_intent.requires_action",
        "invoice.payment_action_required",
        "customer.subscription.updated",
        "customer.updated",
    ];
    same_set(&kinds, &[FINALIZED, DECLINED, &asked].concat());
    assert_eq!(stage.truth("subscription", &subscription)["status"], "past_due");
    let truth = stage.simulator.truth();
    let payment = truth.objects["invoice_payment"]
        .values()
        .find(|held| held["invoice"] == invoice.as_str())
        .unwrap();
    let intent = payment["payment"]["payment_intent"].as_str().unwrap();
    let held = truth.object("payment_intent", intent).unwrap();
    assert_eq!(held["status"], "requires_action");
    assert_eq!(held["last_payment_error"]["code"], "authentication_required");
    assert!(held["next_action"].is_object());
    let answer =
        call(&stage, "POST", &format!("/v1/invoices/{invoice}/pay"), "off_session=false").await;
    assert_eq!(answer.status.as_u16(), 402);
    assert_eq!(answer.body["error"]["code"], "invoice_payment_intent_requires_action");
    let (kinds, events) = stage.events_of(|| stage.simulator.authenticate(intent, true).unwrap());
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "customer.subscription.updated",
            "customer.updated",
        ],
    );
    assert_eq!(events[0]["request"]["id"], json!(null), "no call caused it");
    assert_eq!(stage.truth("invoice", &invoice)["status"], "paid");
    assert_eq!(stage.truth("subscription", &subscription)["status"], "active");
}

#[tokio::test]
async fn three_d_secure_of_a_first_invoice_leaves_the_subscription_incomplete() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::NeedsAuthentication);
    let mut id = String::new();
    let (kinds, _) =
        stage.events_of(|| id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap());
    same_set(
        &kinds,
        &[
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "customer.updated",
            "payment_intent.created",
            "payment_intent.requires_action",
            "invoice.payment_action_required",
            "invoice.updated",
        ],
    );
    assert_eq!(stage.truth("subscription", &id)["status"], "incomplete");
}
