//! Credit notes: before an invoice is paid they lower it, afterwards money goes back.

use crate::caller::{call, get, post};
use crate::stage::{Stage, events, kinds, same_set};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

/// A customer and the first invoice of its subscription, 20.00: paid or open by the card.
async fn invoiced(card: Card) -> (Stage, String, String) {
    let stage = Stage::start().await;
    let customer = stage.customer(card);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let invoice = stage.truth("subscription", &id)["latest_invoice"].as_str().unwrap().to_owned();
    (stage, customer, invoice)
}

#[tokio::test]
async fn an_open_invoice_is_lowered_until_nothing_is_due() {
    let (stage, _, invoice) = invoiced(Card::Declining).await;
    let before = events(&stage.simulator).len();
    let note =
        post(&stage, "/v1/credit_notes", &format!("invoice={invoice}&amount=500&memo=m")).await;
    let made = events(&stage.simulator).split_off(before);
    same_set(&kinds(&made), &["credit_note.created", "invoice.updated"]);
    assert_eq!((&note["type"], &note["pre_payment_amount"]), (&json!("pre_payment"), &json!(500)));
    let number = stage.truth("invoice", &invoice)["number"].as_str().unwrap().to_owned();
    assert_eq!(note["number"], format!("{number}-CN-01"));
    let held = stage.truth("invoice", &invoice);
    assert_eq!((&held["amount_due"], &held["amount_remaining"]), (&json!(1_500), &json!(1_500)));
    assert_eq!(held["pre_payment_credit_notes_amount"], 500);
    let path = format!("/v1/invoices/{invoice}?expand[]=payments.data.payment.payment_intent");
    let intent = &get(&stage, &path).await["payments"]["data"][0]["payment"]["payment_intent"];
    assert_eq!(intent["amount"], 1_500, "Stripe's own payment asks for what is left");
    let id = note["id"].as_str().unwrap();
    let voided = post(&stage, &format!("/v1/credit_notes/{id}/void"), "").await;
    assert_eq!(voided["status"], "void");
    assert_eq!(stage.truth("invoice", &invoice)["amount_due"], 2_000);
    let again = call(&stage, "POST", &format!("/v1/credit_notes/{id}/void"), "").await;
    assert_eq!(again.status.as_u16(), 400);
    let whole = post(&stage, "/v1/credit_notes", &format!("invoice={invoice}&amount=2000")).await;
    assert_eq!(whole["number"], format!("{number}-CN-02"));
    assert_eq!(stage.truth("invoice", &invoice)["status"], "paid");
}

#[tokio::test]
async fn a_paid_invoice_gives_money_back_by_three_ways() {
    let (stage, customer, invoice) = invoiced(Card::Good).await;
    let line =
        stage.truth("invoice", &invoice)["lines"]["data"][0]["id"].as_str().unwrap().to_owned();
    let form = format!(
        "invoice={invoice}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}\
         &lines[0][quantity]=1&lines[1][type]=custom_line_item&lines[1][description]=Sorry\
         &lines[1][unit_amount]=100&lines[1][quantity]=2&reason=order_change\
         &refund_amount=700&credit_amount=300&out_of_band_amount=200"
    );
    let preview = get(&stage, &format!("/v1/credit_notes/preview?{form}")).await;
    assert_eq!(
        (&preview["amount"], &preview["post_payment_amount"]),
        (&json!(1_200), &json!(1_200))
    );
    let lines = get(&stage, &format!("/v1/credit_notes/preview/lines?{form}&limit=1")).await;
    assert_eq!((&lines["data"][0]["amount"], &lines["has_more"]), (&json!(1_000), &json!(true)));
    assert_eq!(get(&stage, "/v1/credit_notes").await["data"], json!([]), "nothing was made");
    let before = events(&stage.simulator).len();
    let note = post(&stage, "/v1/credit_notes", &form).await;
    let made = events(&stage.simulator).split_off(before);
    same_set(
        &kinds(&made),
        &[
            "refund.created",
            "charge.refunded",
            "customer.updated",
            "credit_note.created",
            "invoice.updated",
        ],
    );
    assert_eq!((&note["type"], &note["out_of_band_amount"]), (&json!("post_payment"), &json!(200)));
    assert_eq!(note["refunds"][0]["amount_refunded"], 700);
    let id = note["id"].as_str().unwrap();
    let held = stage.truth("invoice", &invoice);
    assert_eq!((&held["status"], &held["amount_due"]), (&json!("paid"), &json!(2_000)));
    assert_eq!(held["post_payment_credit_notes_amount"], 1_200);
    assert_eq!(stage.truth("customer", &customer)["balance"], -300);
    let path = format!("/v1/customers/{customer}/balance_transactions");
    let moved = &get(&stage, &path).await["data"][0];
    assert_eq!((&moved["type"], &moved["amount"]), (&json!("credit_note"), &json!(-300)));
    assert_eq!((&moved["credit_note"], &moved["ending_balance"]), (&json!(id), &json!(-300)));
    let lines = get(&stage, &format!("/v1/credit_notes/{id}/lines")).await;
    assert_eq!(lines["data"][1]["description"], "Sorry");
    let changed = post(&stage, &format!("/v1/credit_notes/{id}"), "memo=new&metadata[a]=1").await;
    assert_eq!((&changed["memo"], &changed["metadata"]["a"]), (&json!("new"), &json!("1")));
    let list =
        get(&stage, &format!("/v1/credit_notes?invoice={invoice}&expand[]=data.refunds.refund"))
            .await;
    assert_eq!(list["data"][0]["refunds"][0]["refund"]["amount"], 700);
}

#[tokio::test]
async fn what_does_not_add_up_is_refused_and_leaves_no_trace() {
    let (stage, _, invoice) = invoiced(Card::Good).await;
    let before = events(&stage.simulator).len();
    for (form, param) in [
        (String::new(), json!("invoice")),
        (format!("invoice={invoice}"), Value::Null),
        ("invoice=in_none&amount=1".to_owned(), json!("invoice")),
        (format!("invoice={invoice}&amount=2001&credit_amount=2001"), json!("amount")),
        (format!("invoice={invoice}&amount=100"), Value::Null),
        (format!("invoice={invoice}&amount=100&credit_amount=50&refund_amount=49"), Value::Null),
        (format!("invoice={invoice}&amount=1&reason=whim"), json!("reason")),
        (format!("invoice={invoice}&lines[0][type]=shoe"), json!("lines[0][type]")),
    ] {
        let answer = call(&stage, "POST", "/v1/credit_notes", &form).await;
        assert!(answer.status.is_client_error(), "{form}: {}", answer.body);
        assert_eq!(answer.body["error"]["param"], param, "{form}");
    }
    assert_eq!(events(&stage.simulator).len(), before);
}
