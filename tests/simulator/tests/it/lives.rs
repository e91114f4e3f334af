//! The lives of STRIPE.md 4.2: the set of events of each, and the objects it ends with.

use crate::stage::{DAY, HOUR, START, Stage, same_set};
use counterfoil_simulator::{
    Cancel, Card, Decline, DunningEnd, ItemChange, LifeError, NewItem, NewSubscription, Options,
    PaymentBehavior, ProrationBehavior, Rules, Start, SubscriptionChange,
};
use serde_json::json;
use std::time::Duration;

const PAID: &[&str] =
    &["charge.succeeded", "payment_intent.succeeded", "invoice.paid", "invoice.payment_succeeded"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [PAID, more].concat()
}

#[tokio::test]
async fn a_subscription_by_api_is_incomplete_until_its_invoice_is_paid() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let wish = NewSubscription {
        payment_behavior: PaymentBehavior::DefaultIncomplete,
        ..stage.wish(&customer)
    };
    let mut id = String::new();
    let (kinds, events) = stage.events_of(|| id = stage.simulator.subscribe(&wish).unwrap());
    same_set(
        &kinds,
        &[
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "customer.updated",
            "payment_intent.created",
        ],
    );
    assert!(events.iter().all(|event| event["created"] == START));
    let held = stage.truth("subscription", &id);
    assert_eq!(held["status"], "incomplete");
    let invoice = held["latest_invoice"].as_str().unwrap().to_owned();
    let (kinds, _) = stage.events_of(|| {
        stage.simulator.pay_invoice(&invoice).unwrap();
        stage.simulator.advance(Duration::from_secs(2));
    });
    same_set(&kinds, &with(&["customer.subscription.updated", "invoice_payment.paid"]));
    let held = stage.truth("subscription", &id);
    assert_eq!(held["status"], "active");
    // The 10th of February.
    assert_eq!(held["items"]["data"][0]["current_period_end"], START + 31 * 86_400);
    let invoice = stage.truth("invoice", &invoice);
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["amount_paid"], 2_000);
    assert_eq!(invoice["amount_remaining"], 0);
    assert_eq!(invoice["attempt_count"], 1);
}

#[tokio::test]
async fn an_unpaid_first_invoice_expires_the_subscription_after_23_hours() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Declining);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    assert_eq!(stage.truth("subscription", &id)["status"], "incomplete");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(23 * HOUR));
    same_set(
        &kinds,
        &[
            "customer.subscription.updated",
            "invoice.voided",
            "invoice.updated",
            "payment_intent.canceled",
        ],
    );
    assert_eq!(stage.truth("subscription", &id)["status"], "incomplete_expired");
}

#[tokio::test]
async fn a_checkout_makes_an_active_subscription_or_none() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let wish = NewSubscription { start: Start::Checkout, ..stage.wish(&customer) };
    let (kinds, events) = stage.events_of(|| stage.simulator.subscribe(&wish).unwrap());
    same_set(
        &kinds,
        &with(&[
            "checkout.session.completed",
            "customer.subscription.created",
            "customer.updated",
            "invoice.created",
            "invoice.finalized",
            "payment_intent.created",
        ]),
    );
    let created = events.iter().find(|it| it["type"] == "customer.subscription.created").unwrap();
    assert_eq!(created["data"]["object"]["status"], "active");

    let poor = stage.customer(Card::Declining);
    let wish = NewSubscription { start: Start::Checkout, ..stage.wish(&poor) };
    let (kinds, _) = stage.events_of(|| {
        let refused = stage.simulator.subscribe(&wish);
        assert!(matches!(
            refused,
            Err(LifeError::Declined {
                charge: Some(_),
                decline: Decline::Generic,
                intent: Some(_)
            })
        ));
    });
    same_set(&kinds, &["charge.failed", "payment_intent.created", "payment_intent.payment_failed"]);
    assert_eq!(stage.simulator.truth().objects["subscription"].len(), 1);
}

#[tokio::test]
async fn a_trial_is_announced_and_becomes_active() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let wish = NewSubscription { trial_end: Some(START + 7 * 86_400), ..stage.wish(&customer) };
    let mut id = String::new();
    let (kinds, _) = stage.events_of(|| id = stage.simulator.subscribe(&wish).unwrap());
    same_set(
        &kinds,
        &[
            "customer.subscription.created",
            "customer.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
        ],
    );
    assert_eq!(stage.truth("subscription", &id)["status"], "trialing");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(4 * DAY));
    same_set(&kinds, &["customer.subscription.trial_will_end"]);
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(3 * DAY));
    same_set(&kinds, &["customer.subscription.updated", "invoice.created"]);
    stage.simulator.advance(HOUR);
    let held = stage.truth("subscription", &id);
    assert_eq!(held["status"], "active");
    let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("paid"), &json!(2_000)));
}

#[tokio::test]
async fn a_renewal_moves_the_period_first_and_is_paid_an_hour_later() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(30 * DAY);
    let (kinds, events) = stage.events_of(|| stage.simulator.advance(DAY));
    same_set(&kinds, &["customer.subscription.updated", "invoice.created"]);
    let updated = &events[0];
    let previous = &updated["data"]["previous_attributes"];
    assert_eq!(previous["items"]["data"][0]["current_period_start"], START);
    assert!(previous.get("latest_invoice").is_some());
    assert_eq!(updated["request"], json!({ "id": null, "idempotency_key": null }));
    let invoice = events[1]["data"]["object"]["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.truth("invoice", &invoice)["status"], "draft");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(HOUR + Duration::from_secs(2)));
    same_set(
        &kinds,
        &with(&[
            "invoice.finalized",
            "invoice.updated",
            "customer.updated",
            "payment_intent.created",
            "invoice.updated",
            "invoice_payment.paid",
        ]),
    );
    let invoice = stage.truth("invoice", &invoice);
    assert_eq!(invoice["billing_reason"], "subscription_cycle");
    assert_eq!(invoice["period_start"], START);
    assert_eq!(invoice["lines"]["data"][0]["period"]["start"], START + 31 * 86_400);
    assert_eq!(stage.truth("subscription", &id)["status"], "active");
}

#[tokio::test]
async fn a_failed_renewal_is_tried_again_and_may_recover() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.set_card(&customer, Card::Declining).unwrap();
    stage.simulator.advance(31 * DAY);
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(HOUR));
    same_set(
        &kinds,
        &[
            "invoice.finalized",
            "invoice.updated",
            "customer.updated",
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "invoice.payment_failed",
            "invoice.updated",
            "customer.subscription.updated",
            "customer.updated",
        ],
    );
    let held = stage.truth("subscription", &id);
    assert_eq!(held["status"], "past_due");
    let invoice = held["latest_invoice"].as_str().unwrap().to_owned();
    assert_eq!(stage.truth("invoice", &invoice)["attempt_count"], 1);
    stage.simulator.advance(3 * DAY);
    assert_eq!(stage.truth("invoice", &invoice)["attempt_count"], 2);
    stage.simulator.set_card(&customer, Card::Good).unwrap();
    stage.simulator.advance(5 * DAY);
    assert_eq!(stage.truth("invoice", &invoice)["status"], "paid");
    assert_eq!(stage.truth("subscription", &id)["status"], "active");
    assert_eq!(stage.truth("customer", &customer)["delinquent"], false);
}

#[tokio::test]
async fn dunning_ends_as_the_account_is_set() {
    for (end, status, auto_advance) in [
        (DunningEnd::Cancel, "canceled", false),
        (DunningEnd::Unpaid, "unpaid", false),
        (DunningEnd::PastDue, "past_due", true),
    ] {
        let rules = Rules { dunning_end: end, ..Rules::default() };
        let stage = Stage::with(Options { rules, ..Options::default() }).await;
        let customer = stage.customer(Card::Good);
        let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
        stage.simulator.set_card(&customer, Card::Declining).unwrap();
        stage.simulator.advance(31 * DAY + HOUR + 15 * DAY);
        let held = stage.truth("subscription", &id);
        assert_eq!(held["status"], status, "{end:?}");
        let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
        assert_eq!(invoice["attempt_count"], 4, "{end:?}");
        assert_eq!(invoice["next_payment_attempt"], json!(null), "{end:?}");
        assert_eq!(invoice["auto_advance"], auto_advance, "{end:?}");
    }
}

#[tokio::test]
async fn a_cancelled_subscription_runs_to_its_end_unless_taken_back() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(DAY);
    let end = |ends| SubscriptionChange {
        cancel_at_period_end: Some(ends),
        ..SubscriptionChange::default()
    };
    let (kinds, events) =
        stage.events_of(|| stage.simulator.update_subscription(&id, end(true)).unwrap());
    same_set(&kinds, &["customer.subscription.updated"]);
    assert_eq!(
        events[0]["data"]["previous_attributes"],
        json!({
            "cancel_at": null,
            "cancel_at_period_end": false,
            "canceled_at": null,
            "cancellation_details": { "reason": null },
        })
    );
    stage.simulator.update_subscription(&id, end(false)).unwrap();
    assert_eq!(stage.truth("subscription", &id)["cancel_at"], json!(null));
    let (kinds, _) =
        stage.events_of(|| stage.simulator.update_subscription(&id, end(false)).unwrap());
    same_set(&kinds, &[]);
    stage.simulator.update_subscription(&id, end(true)).unwrap();
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(30 * DAY));
    same_set(&kinds, &["customer.subscription.deleted"]);
    let held = stage.truth("subscription", &id);
    assert_eq!(
        (&held["status"], &held["canceled_at"]),
        (&json!("canceled"), &json!(START + 86_400))
    );
    assert_eq!(held["ended_at"], START + 31 * 86_400);
}

#[tokio::test]
async fn cancelling_at_once_is_one_event_and_final() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let cancel = || stage.simulator.cancel_subscription(&id, Cancel::default());
    let (kinds, _) = stage.events_of(|| cancel().unwrap());
    same_set(&kinds, &["customer.subscription.deleted"]);
    assert!(matches!(cancel(), Err(LifeError::Missing { .. })));
    stage.simulator.advance(Duration::from_secs(2));
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(40 * DAY));
    same_set(&kinds, &[]);
}

#[tokio::test]
async fn a_change_in_mid_period_credits_and_charges_the_rest() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(Duration::from_hours(31 * 12));
    let item = stage.truth("subscription", &id)["items"]["data"][0]["id"].clone();
    let upgrade = |proration| SubscriptionChange {
        items: vec![ItemChange {
            id: Some(item.as_str().unwrap().to_owned()),
            price: Some(stage.bigger.clone()),
            ..ItemChange::default()
        }],
        proration,
        ..SubscriptionChange::default()
    };
    let (kinds, events) = stage.events_of(|| {
        let change = upgrade(ProrationBehavior::CreateProrations);
        stage.simulator.update_subscription(&id, change).unwrap();
    });
    same_set(
        &kinds,
        &["customer.subscription.updated", "invoiceitem.created", "invoiceitem.created"],
    );
    // Half of 2 × 10.00 back, half of 2 × 30.00 to pay.
    assert_eq!(events[1]["data"]["object"]["amount"], -1_000);
    assert_eq!(events[2]["data"]["object"]["amount"], 3_000);
    stage.simulator.advance(16 * DAY);
    let held = stage.truth("subscription", &id);
    let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!(invoice["total"], 6_000 - 1_000 + 3_000);
    assert_eq!(invoice["lines"]["total_count"], 3);
}

#[tokio::test]
async fn a_change_of_interval_and_a_swap_of_items_are_one_update_each() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let item = || stage.truth("subscription", &id)["items"]["data"][0]["id"].clone();
    let old = item().as_str().unwrap().to_owned();
    let swap = SubscriptionChange {
        items: vec![
            ItemChange { id: Some(old.clone()), deleted: true, ..ItemChange::default() },
            ItemChange { price: Some(stage.bigger.clone()), ..ItemChange::default() },
        ],
        proration: ProrationBehavior::None,
        ..SubscriptionChange::default()
    };
    let (kinds, _) = stage.events_of(|| stage.simulator.update_subscription(&id, swap).unwrap());
    same_set(&kinds, &["customer.subscription.updated"]);
    assert_ne!(item(), old.as_str());
    stage.simulator.advance(DAY);
    let yearly = SubscriptionChange {
        items: vec![ItemChange {
            id: item().as_str().map(str::to_owned),
            price: Some(stage.yearly.clone()),
            ..ItemChange::default()
        }],
        ..SubscriptionChange::default()
    };
    stage.simulator.update_subscription(&id, yearly).unwrap();
    let held = stage.truth("subscription", &id);
    assert_eq!(held["billing_cycle_anchor"], START + 86_400);
    assert_eq!(held["items"]["data"][0]["current_period_end"], START + 366 * 86_400);
    let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!(invoice["status"], "paid");
}

#[tokio::test]
async fn a_new_interval_credits_the_rest_of_every_item() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let item =
        |price: &str| NewItem { price: price.to_owned(), quantity: Some(1), ..NewItem::default() };
    let wish = NewSubscription {
        items: vec![item(&stage.monthly), item(&stage.bigger)],
        ..stage.wish(&customer)
    };
    let id = stage.simulator.subscribe(&wish).unwrap();
    let first = stage.truth("subscription", &id)["items"]["data"][0]["id"].clone();
    stage.simulator.advance(Duration::from_hours(31 * 12));
    let yearly = SubscriptionChange {
        items: vec![ItemChange {
            id: first.as_str().map(str::to_owned),
            price: Some(stage.yearly.clone()),
            ..ItemChange::default()
        }],
        ..SubscriptionChange::default()
    };
    stage.simulator.update_subscription(&id, yearly).unwrap();
    let held = stage.truth("subscription", &id);
    let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!(invoice["total"], 10_000 + 3_000 - 500 - 1_500);
}

#[tokio::test]
async fn a_deleted_customer_takes_its_subscriptions_along() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let (kinds, events) = stage.events_of(|| stage.simulator.delete_customer(&customer).unwrap());
    same_set(&kinds, &["customer.subscription.deleted", "customer.deleted"]);
    let stub = json!({ "id": customer, "object": "customer", "deleted": true });
    assert_eq!(events[1]["data"]["object"], stub);
    assert!(stage.simulator.truth().is_deleted("customer", &customer));
    assert_eq!(stage.truth("subscription", &id)["status"], "canceled");
    assert!(matches!(
        stage.simulator.subscribe(&stage.wish(&customer)),
        Err(LifeError::Missing { .. })
    ));
}

#[tokio::test]
async fn a_change_past_the_tenth_item_makes_an_event_that_does_not_show_it() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let item = NewItem { price: stage.monthly.clone(), quantity: Some(1), ..NewItem::default() };
    let wish = NewSubscription { items: vec![item; 12], ..stage.wish(&customer) };
    let id = stage.simulator.subscribe(&wish).unwrap();
    let held = stage.truth("subscription", &id);
    assert_eq!(held["items"]["data"].as_array().unwrap().len(), 12);
    let last = held["items"]["data"][11]["id"].as_str().unwrap().to_owned();
    let change = SubscriptionChange {
        items: vec![ItemChange { id: Some(last), quantity: Some(9), ..ItemChange::default() }],
        proration: ProrationBehavior::None,
        ..SubscriptionChange::default()
    };
    let (kinds, events) =
        stage.events_of(|| stage.simulator.update_subscription(&id, change).unwrap());
    same_set(&kinds, &["customer.subscription.updated"]);
    let shown = &events[0]["data"]["object"]["items"];
    assert_eq!(shown["data"].as_array().unwrap().len(), 10);
    assert_eq!(shown["has_more"], true);
}
