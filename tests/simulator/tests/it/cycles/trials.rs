//! Sequence 3: trials, and every way they end.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::Subscriber;
use counterfoil_simulator::Card;
use serde_json::json;

const TRIAL: &str = "trial_period_days=7";
const END: i64 = START + 7 * 86_400;

#[tokio::test]
async fn a_trial_begins_with_an_invoice_of_nothing() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let mark = of.mark();
    let body = of.subscribe(TRIAL).await;
    same_set(
        &of.kinds_since(mark),
        &[
            "customer.subscription.created",
            "customer.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
        ],
    );
    assert_eq!(body["status"], "trialing");
    assert_eq!((&body["trial_start"], &body["trial_end"]), (&json!(START), &json!(END)));
    assert_eq!(body["billing_cycle_anchor"], END);
    assert_eq!(of.period(), (START, END));
    assert_eq!((&of.invoice()["total"], &of.invoice()["status"]), (&json!(0), &json!("paid")));
}

#[tokio::test]
async fn a_trial_is_announced_and_paid_an_hour_after_its_end() {
    let of = Subscriber::to_monthly(Card::Good, TRIAL).await;
    same_set(&of.pass(4 * DAY), &["customer.subscription.trial_will_end"]);
    same_set(&of.pass(3 * DAY), &["customer.subscription.updated", "invoice.created"]);
    assert_eq!(of.status(), "active");
    assert_eq!(of.invoice()["status"], "draft");
    of.pass(HOUR);
    let invoice = of.invoice();
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("paid"), &json!(2_000)));
    assert_eq!(invoice["billing_reason"], "subscription_cycle");
    assert_eq!(of.period(), (END, END + 31 * 86_400));
}

#[tokio::test]
async fn a_trial_without_a_method_is_paused_cancelled_or_invoiced() {
    let end = |behavior: &str| {
        format!("{TRIAL}&trial_settings[end_behavior][missing_payment_method]={behavior}")
    };
    let of = Subscriber::to_monthly(Card::Missing, &end("pause")).await;
    of.pass(4 * DAY);
    let paused = ["customer.subscription.paused", "customer.subscription.updated"];
    same_set(&of.pass(3 * DAY), &paused);
    let held = of.now();
    assert_eq!(
        held["status_details"]["paused"],
        json!({
            "subscription": { "type": "trial_end_without_payment_method" },
            "transitioned_at": END,
            "type": "subscription",
        })
    );
    same_set(&of.pass(60 * DAY), &[]);

    let of = Subscriber::to_monthly(Card::Missing, &end("cancel")).await;
    of.pass(4 * DAY);
    same_set(&of.pass(3 * DAY), &["customer.subscription.deleted"]);
    assert_eq!(of.now()["ended_at"], END);

    let of = Subscriber::to_monthly(Card::Missing, &end("create_invoice")).await;
    of.pass(4 * DAY);
    same_set(&of.pass(3 * DAY), &["customer.subscription.updated", "invoice.created"]);
    of.pass(HOUR);
    assert_eq!((of.status().as_str(), &of.invoice()["status"]), ("past_due", &json!("open")));
}

#[tokio::test]
async fn a_trial_that_is_ended_early_is_paid_at_once() {
    let of = Subscriber::to_monthly(Card::Good, TRIAL).await;
    of.pass(DAY);
    let mark = of.mark();
    let body = of.change("trial_end=now").await;
    same_set(
        &of.kinds_since(mark),
        &[
            "charge.succeeded",
            "customer.subscription.trial_will_end",
            "customer.subscription.updated",
            "customer.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "payment_intent.created",
            "payment_intent.succeeded",
        ],
    );
    let now = START + 86_400;
    assert_eq!((&body["status"], &body["trial_end"]), (&json!("active"), &json!(now)));
    assert_eq!(body["billing_cycle_anchor"], now);
    assert_eq!(of.period(), (now, now + 31 * 86_400));
    assert_eq!(of.invoice()["total"], 2_000);
    assert!(!of.pass(3 * DAY).contains(&"customer.subscription.trial_will_end".to_owned()));
}

#[tokio::test]
async fn a_trial_that_is_ended_early_without_a_method_is_paused() {
    let more = "trial_settings[end_behavior][missing_payment_method]=pause";
    let of = Subscriber::to_monthly(Card::Missing, &format!("{TRIAL}&{more}")).await;
    let mark = of.mark();
    let body = of.change("trial_end=now").await;
    assert_eq!(body["status"], "paused");
    let kinds = of.kinds_since(mark);
    assert!(kinds.contains(&"customer.subscription.paused".to_owned()), "{kinds:?}");
    assert!(!kinds.contains(&"invoice.created".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn a_trial_is_moved_and_announced_when_it_is_cut_short() {
    let of = Subscriber::to_monthly(Card::Good, TRIAL).await;
    let later = START + 20 * 86_400;
    let mark = of.mark();
    of.change(&format!("trial_end={later}")).await;
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    assert_eq!(of.period(), (START, later));
    same_set(&of.pass(16 * DAY), &[]);
    same_set(&of.pass(DAY), &["customer.subscription.trial_will_end"]);
    let sooner = START + 18 * 86_400;
    let mark = of.mark();
    of.change(&format!("trial_end={sooner}")).await;
    let both = ["customer.subscription.trial_will_end", "customer.subscription.updated"];
    same_set(&of.kinds_since(mark), &both);
    of.pass(DAY);
    assert_eq!((of.status().as_str(), of.period().0), ("active", sooner));
}

#[tokio::test]
async fn a_trial_can_begin_in_a_running_subscription() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(DAY);
    let end = START + 11 * 86_400;
    let body = of.change(&format!("trial_end={end}")).await;
    assert_eq!((&body["status"], &body["trial_end"]), (&json!("trialing"), &json!(end)));
    assert_eq!(body["billing_cycle_anchor"], end);
    // Thirty of 31 days are credited.
    assert_eq!(of.invoice()["total"], -1_935);
    of.pass(10 * DAY);
    assert_eq!((of.status().as_str(), of.period().0), ("active", end));
}

#[tokio::test]
async fn an_anchor_of_its_own_outlives_a_trial() {
    let anchor = START + 20 * 86_400;
    let of =
        Subscriber::to_monthly(Card::Good, &format!("{TRIAL}&billing_cycle_anchor={anchor}")).await;
    assert_eq!(of.now()["billing_cycle_anchor"], anchor);
    of.pass(7 * DAY + HOUR);
    assert_eq!(of.period(), (END, anchor));
    // Thirteen of the 31 days until the anchor.
    assert_eq!(of.invoice()["total"], 839);
    let more = "trial_settings[end_behavior][billing_cycle_anchor]=now";
    let form = format!("{TRIAL}&billing_cycle_anchor={anchor}&{more}");
    let of = Subscriber::to_monthly(Card::Good, &form).await;
    of.pass(7 * DAY + HOUR);
    assert_eq!(of.period().0, END);
    assert_eq!(
        (&of.now()["billing_cycle_anchor"], &of.invoice()["total"]),
        (&json!(END), &json!(2_000))
    );
}

#[tokio::test]
async fn a_trial_comes_with_a_price_where_that_is_asked_for() {
    let of = Subscriber::nobody(Card::Good).await;
    let product = of.post("/v1/products", "name=Tried").await["id"].clone();
    let form = format!(
        "product={}&currency=usd&unit_amount=900&recurring[interval]=month\
         &recurring[trial_period_days]=10",
        product.as_str().unwrap()
    );
    let price = of.post("/v1/prices", &form).await["id"].as_str().unwrap().to_owned();
    for (from_plan, expected) in [("true", json!(START + 864_000)), ("false", json!(null))] {
        let form =
            format!("customer={}&items[0][price]={price}&trial_from_plan={from_plan}", of.customer);
        let body = of.post("/v1/subscriptions", &form).await;
        assert_eq!(body["trial_end"], expected, "{from_plan}");
    }
}
