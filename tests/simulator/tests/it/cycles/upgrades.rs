//! Sequence 7: a change of price or quantity, by each way of prorating it; what begins a new
//! period is billed at once whichever way is asked for.

use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::{Subscriber, text};
use counterfoil_simulator::Card;
use serde_json::{Value, json};
use std::time::Duration;

/// Half of the first period, which has 31 days.
const HALF: Duration = Duration::from_hours(31 * 12);
const PAID_AT_ONCE: &[&str] = &[
    "charge.succeeded",
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.updated",
    "payment_intent.created",
    "payment_intent.succeeded",
];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [PAID_AT_ONCE, more].concat()
}

/// What the lines of an invoice are: amount, proration, start and end.
fn lines(invoice: &Value) -> Vec<(i64, bool, i64, i64)> {
    let line = |line: &Value| {
        let details = &line["parent"]["subscription_item_details"];
        let second = |name: &str| line["period"][name].as_i64().unwrap();
        let amount = line["amount"].as_i64().unwrap();
        (amount, details["proration"] == true, second("start"), second("end"))
    };
    invoice["lines"]["data"].as_array().unwrap().iter().map(line).collect()
}

async fn at_half(card: Card) -> Subscriber {
    let of = Subscriber::to_monthly(card, "").await;
    of.pass(HALF);
    of
}

fn to_price(of: &Subscriber, price: &str, more: &str) -> String {
    format!("items[0][id]={}&items[0][price]={price}&items[0][quantity]=2{more}", of.item())
}

#[tokio::test]
async fn prorations_wait_for_the_next_invoice() {
    let of = at_half(Card::Good).await;
    let first = of.invoice_id();
    let (start, end) = of.period();
    let half = START + 31 * 43_200;
    let mark = of.mark();
    let changed = of.change(&to_price(&of, &of.stage.bigger, "")).await;
    let events = of.since(mark);
    same_set(
        &of.kinds_since(mark),
        &["customer.subscription.updated", "invoiceitem.created", "invoiceitem.created"],
    );
    assert_eq!(changed["items"]["data"][0]["price"]["id"], json!(of.stage.bigger));
    assert_eq!((of.period(), of.invoice_id()), ((start, end), first));
    let items: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "invoiceitem.created")
        .map(|event| &event["data"]["object"])
        .collect();
    let amounts: Vec<&Value> = items.iter().map(|item| &item["amount"]).collect();
    assert_eq!(amounts, [&json!(-1_000), &json!(3_000)]);
    for item in &items {
        assert_eq!((&item["proration"], &item["discountable"]), (&json!(true), &json!(false)));
        assert_eq!(item["period"], json!({ "start": half, "end": end }));
        assert_eq!(item["invoice"], json!(null));
        assert_eq!(item["parent"]["subscription_details"]["subscription"], json!(of.id));
    }
    assert_eq!(items[0]["description"], "Unused time on 2 × Plan after 25 Jan 2026");
    assert_eq!(items[1]["description"], "Remaining time on 2 × Plan after 25 Jan 2026");
    of.pass(HALF + HOUR);
    let renewal = of.invoice();
    assert_eq!((&renewal["status"], &renewal["total"]), (&json!("paid"), &json!(8_000)));
    assert_eq!(renewal["billing_reason"], "subscription_cycle");
    let found = lines(&renewal);
    assert_eq!(found[0], (-1_000, true, half, end));
    assert_eq!(found[1], (3_000, true, half, end));
    assert_eq!((found[2].0, found[2].1, found[2].2), (6_000, false, end));
    let taken = of.stage.truth("invoiceitem", &text(&items[0]["id"]));
    assert_eq!(taken["invoice"], renewal["id"]);
}

#[tokio::test]
async fn a_change_that_is_always_invoiced_is_billed_at_once() {
    let of = at_half(Card::Good).await;
    let period = of.period();
    let mark = of.mark();
    let form = to_price(&of, &of.stage.bigger, "&proration_behavior=always_invoice");
    of.change(&form).await;
    same_set(
        &of.kinds_since(mark),
        &with(&["customer.updated", "invoiceitem.created", "invoiceitem.created"]),
    );
    let invoice = of.invoice();
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("paid"), &json!(2_000)));
    assert_eq!(lines(&invoice).len(), 2);
    assert_eq!(of.period(), period, "the billing date stays");
    assert_eq!(of.status(), "active");
}

#[tokio::test]
async fn a_change_that_is_invoiced_but_not_paid_makes_past_due() {
    let of = at_half(Card::Good).await;
    of.bank(Card::Declining);
    let form = to_price(&of, &of.stage.bigger, "&proration_behavior=always_invoice");
    let mark = of.mark();
    of.change(&form).await;
    let kinds = of.kinds_since(mark);
    assert!(kinds.contains(&"invoice.payment_failed".to_owned()), "{kinds:?}");
    assert_eq!((of.status(), &of.invoice()["status"]), ("past_due".to_owned(), &json!("open")));
    of.bank(Card::Good);
    of.pay().await;
    assert_eq!((of.status(), &of.invoice()["status"]), ("active".to_owned(), &json!("paid")));
}

#[tokio::test]
async fn without_prorations_only_the_subscription_changes() {
    let of = at_half(Card::Good).await;
    let mark = of.mark();
    of.change(&to_price(&of, &of.stage.bigger, "&proration_behavior=none")).await;
    same_set(&of.kinds_since(mark), &["customer.subscription.updated"]);
    of.pass(HALF + HOUR);
    assert_eq!(of.invoice()["total"], 6_000);
    assert_eq!(lines(&of.invoice()).len(), 1);
}

#[tokio::test]
async fn a_downgrade_leaves_credit_for_later() {
    let of = at_half(Card::Good).await;
    let mark = of.mark();
    let form = format!("items[0][id]={}&items[0][quantity]=1", of.item());
    of.change(&form).await;
    same_set(
        &of.kinds_since(mark),
        &["customer.subscription.updated", "invoiceitem.created", "invoiceitem.created"],
    );
    of.pass(HALF + HOUR);
    assert_eq!(of.invoice()["total"], 500);
    // At once, what is left over stays on the customer's balance.
    let of = at_half(Card::Good).await;
    let form = format!("items[0][id]={}&items[0][quantity]=1", of.item());
    of.change(&format!("{form}&proration_behavior=always_invoice")).await;
    let invoice = of.invoice();
    assert_eq!((&invoice["total"], &invoice["amount_due"]), (&json!(-500), &json!(0)));
    assert_eq!((&invoice["status"], &invoice["ending_balance"]), (&json!("paid"), &json!(-500)));
    assert_eq!(of.stage.truth("customer", &of.customer)["balance"], -500);
    of.pass(HALF + HOUR);
    assert_eq!((&of.invoice()["total"], &of.invoice()["amount_due"]), (&json!(1_000), &json!(500)));
}

#[tokio::test]
async fn another_interval_is_billed_at_once_from_a_new_date() {
    for proration in ["", "&proration_behavior=always_invoice"] {
        let of = at_half(Card::Good).await;
        let half = START + 31 * 43_200;
        let form = to_price(&of, &of.stage.yearly, proration);
        let mark = of.mark();
        of.change(&form).await;
        same_set(&of.kinds_since(mark), &with(&["customer.updated", "invoiceitem.created"]));
        let held = of.now();
        assert_eq!(held["billing_cycle_anchor"], half);
        assert_eq!(of.period(), (half, half + 365 * 86_400));
        let invoice = of.invoice();
        assert_eq!(invoice["billing_reason"], "subscription_update");
        assert_eq!(
            lines(&invoice),
            [(-1_000, true, half, START + 31 * 86_400), (20_000, false, half, half + 365 * 86_400),]
        );
        assert_eq!(invoice["total"], 19_000);
        same_set(&of.pass(20 * DAY), &["invoice_payment.paid"]);
    }
}

#[tokio::test]
async fn what_was_free_is_billed_at_once_when_it_costs() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let product = of.post("/v1/products", "name=Free").await;
    let form = format!(
        "product={}&currency=usd&unit_amount=0&recurring[interval]=month",
        text(&product["id"])
    );
    let free = of.post("/v1/prices", &form).await;
    let form = format!("customer={}&items[0][price]={}", of.customer, text(&free["id"]));
    of.id = text(&of.post("/v1/subscriptions", &form).await["id"]);
    assert_eq!((of.status(), &of.invoice()["total"]), ("active".to_owned(), &json!(0)));
    of.pass(10 * DAY);
    let mark = of.mark();
    of.change(&to_price(&of, &of.stage.monthly, "")).await;
    let kinds = of.kinds_since(mark);
    assert!(kinds.contains(&"charge.succeeded".to_owned()), "{kinds:?}");
    assert_eq!(of.invoice()["total"], 2_000);
    assert_eq!(of.period().0, START + 10 * 86_400);
}

#[tokio::test]
async fn the_rest_is_counted_from_the_date_that_is_said() {
    let of = at_half(Card::Good).await;
    let quarter = START + 31 * 21_600;
    let form = to_price(&of, &of.stage.bigger, &format!("&proration_date={quarter}"));
    let mark = of.mark();
    of.change(&form).await;
    let events = of.since(mark);
    let amounts: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "invoiceitem.created")
        .map(|event| &event["data"]["object"]["amount"])
        .collect();
    assert_eq!(amounts, [&json!(-1_500), &json!(4_500)]);
}
