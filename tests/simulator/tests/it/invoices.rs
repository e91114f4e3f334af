//! Invoices by request: which call each state allows, what becomes of it, and which events tell.

use crate::caller::{call, get, post};
use crate::stage::{DAY, HOUR, START, Stage, kinds, same_set};
use counterfoil_simulator::{Card, Options, Rules};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// The code, the parameter and the message of a refusal.
pub(crate) async fn refused(stage: &Stage, path: &str, form: &str) -> (String, String, String) {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {form}: {}", answer.body);
    let error = &answer.body["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("param"), text("message"))
}

pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// What a call made: its answer, and the types of its events.
async fn events_of(stage: &Stage, path: &str, form: &str) -> (Value, Vec<String>) {
    let before = stage.simulator.history().len();
    let body = post(stage, path, form).await;
    let events = crate::stage::events(&stage.simulator).split_off(before);
    (body, kinds(&events))
}

/// An open invoice of 1,500 that waits for the customer to pay.
async fn open_invoice(stage: &Stage, customer: &str) -> String {
    let draft = post(stage, "/v1/invoices", &format!("customer={customer}")).await;
    let invoice = id(&draft);
    let item = format!("customer={customer}&invoice={invoice}&amount=1500&currency=usd");
    post(stage, "/v1/invoiceitems", &item).await;
    let open = post(stage, &format!("/v1/invoices/{invoice}/finalize"), "").await;
    assert_eq!(open["status"], "open");
    invoice
}

#[tokio::test]
async fn an_invoice_by_request_takes_what_waits_and_is_paid() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let item = format!("customer={customer}&amount=1500&currency=usd&description=Work");
    let (item, kinds) = events_of(&stage, "/v1/invoiceitems", &item).await;
    same_set(&kinds, &["invoiceitem.created"]);
    assert_eq!((&item["invoice"], &item["parent"]), (&json!(null), &json!(null)));
    let form = format!(
        "customer={customer}&pending_invoice_items_behavior=include&description=Thanks\
         &footer=Bye&metadata[order]=7"
    );
    let (draft, kinds) = events_of(&stage, "/v1/invoices", &form).await;
    same_set(&kinds, &["invoice.created"]);
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["billing_reason"], "manual");
    assert_eq!(draft["parent"], json!(null));
    assert_eq!(draft["auto_advance"], false);
    assert_eq!(draft["automatically_finalizes_at"], json!(null));
    assert_eq!((&draft["description"], &draft["footer"]), (&json!("Thanks"), &json!("Bye")));
    assert_eq!((&draft["total"], &draft["amount_due"]), (&json!(1_500), &json!(1_500)));
    assert_eq!(draft["number"], json!(null));
    let line = &draft["lines"]["data"][0];
    assert_eq!(line["parent"]["type"], "invoice_item_details");
    assert_eq!(line["parent"]["invoice_item_details"]["invoice_item"], item["id"]);
    assert_eq!(line["subscription"], json!(null));
    assert_eq!(line["description"], "Work");
    let waits = get(&stage, &format!("/v1/invoiceitems/{}", id(&item))).await;
    assert_eq!(waits["invoice"], draft["id"]);
    let invoice = id(&draft);
    let (open, kinds) = events_of(&stage, &format!("/v1/invoices/{invoice}/finalize"), "").await;
    same_set(&kinds, &["customer.updated", "invoice.finalized", "payment_intent.created"]);
    assert_eq!((&open["status"], &open["attempted"]), (&json!("open"), &json!(false)));
    assert!(open["number"].as_str().unwrap().ends_with("-0001"));
    let (paid, kinds) = events_of(&stage, &format!("/v1/invoices/{invoice}/pay"), "").await;
    assert_eq!((&paid["status"], &paid["amount_paid"]), (&json!("paid"), &json!(1_500)));
    assert_eq!(paid["amount_remaining"], 0);
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "payment_intent.succeeded",
        ],
    );
}

#[tokio::test]
async fn each_state_allows_what_the_documentation_says() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let calls =
        ["finalize", "send", "void", "mark_uncollectible", "pay", "add_lines", "remove_lines"];
    // What each call of a state is answered; a dash where it is refused.
    let cases = [
        ("draft", ["open", "open", "-", "-", "paid", "draft", "draft"]),
        ("open", ["-", "open", "void", "uncollectible", "paid", "-", "-"]),
        ("paid", ["-", "paid", "-", "-", "-", "-", "-"]),
        ("uncollectible", ["-", "-", "void", "-", "paid", "-", "-"]),
        ("void", ["-", "-", "-", "-", "-", "-", "-"]),
    ];
    for (state, answers) in cases {
        for (name, expected) in calls.into_iter().zip(answers) {
            let form =
                format!("customer={customer}&collection_method=send_invoice&days_until_due=5");
            let invoice = id(&post(&stage, "/v1/invoices", &form).await);
            let item = format!("customer={customer}&invoice={invoice}&amount=100&currency=usd");
            post(&stage, "/v1/invoiceitems", &item).await;
            let path = |name: &str| format!("/v1/invoices/{invoice}/{name}");
            let reach: &[&str] = match state {
                "draft" => &[],
                "open" => &["finalize"],
                "paid" => &["finalize", "pay"],
                "uncollectible" => &["finalize", "mark_uncollectible"],
                _ => &["finalize", "void"],
            };
            for step in reach {
                post(&stage, &path(step), "").await;
            }
            let held = get(&stage, &format!("/v1/invoices/{invoice}")).await;
            assert_eq!(held["status"], state);
            let line = id(&held["lines"]["data"][0]);
            let form = match name {
                "add_lines" => "lines[0][amount]=5".to_owned(),
                "remove_lines" => format!("lines[0][id]={line}&lines[0][behavior]=delete"),
                _ => String::new(),
            };
            let before = stage.simulator.history().len();
            let answer = call(&stage, "POST", &path(name), &form).await;
            if expected == "-" {
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} of {state}");
                assert_eq!(answer.body["error"]["type"], "invalid_request_error");
                assert_eq!(stage.simulator.history().len(), before, "{name} of {state}");
            } else {
                assert_eq!(answer.status, StatusCode::OK, "{name} of {state}: {}", answer.body);
                assert_eq!(answer.body["status"], expected, "{name} of {state}");
            }
        }
    }
}

#[tokio::test]
async fn sending_voiding_and_giving_up_are_told() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let form = format!("customer={customer}&collection_method=send_invoice&days_until_due=5");
    let draft = post(&stage, "/v1/invoices", &form).await;
    assert_eq!(draft["due_date"], START + 5 * 86_400);
    let invoice = id(&draft);
    let item = format!("customer={customer}&invoice={invoice}&amount=100&currency=usd");
    post(&stage, "/v1/invoiceitems", &item).await;
    let (sent, kinds) = events_of(&stage, &format!("/v1/invoices/{invoice}/send"), "").await;
    same_set(
        &kinds,
        &["customer.updated", "invoice.finalized", "invoice.sent", "payment_intent.created"],
    );
    assert_eq!((&sent["status"], &sent["next_payment_attempt"]), (&json!("open"), &json!(null)));
    let path = format!("/v1/invoices/{invoice}/mark_uncollectible");
    let (given_up, kinds) = events_of(&stage, &path, "").await;
    same_set(&kinds, &["invoice.marked_uncollectible", "invoice.updated"]);
    assert_eq!(given_up["status_details"]["uncollectible"]["reason"], "user_forgiven");
    assert_eq!(given_up["status_transitions"]["marked_uncollectible_at"], START);
    let (void, kinds) = events_of(&stage, &format!("/v1/invoices/{invoice}/void"), "").await;
    same_set(&kinds, &["invoice.updated", "invoice.voided", "payment_intent.canceled"]);
    assert_eq!(void["status_transitions"]["voided_at"], START);
    let charged = open_invoice(&stage, &customer).await;
    let (_, _, message) = refused(&stage, &format!("/v1/invoices/{charged}/send"), "").await;
    assert!(message.contains("collection method"), "{message}");
}

#[tokio::test]
async fn only_a_draft_of_no_subscription_can_be_deleted() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let item = format!("customer={customer}&amount=700&currency=usd");
    let item = id(&post(&stage, "/v1/invoiceitems", &item).await);
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let invoice = id(&post(&stage, "/v1/invoices", &form).await);
    let path = format!("/v1/invoices/{invoice}");
    let before = stage.simulator.history().len();
    let answer = call(&stage, "DELETE", &path, "").await;
    assert_eq!(answer.body, json!({ "id": invoice, "object": "invoice", "deleted": true }));
    let events = crate::stage::events(&stage.simulator).split_off(before);
    same_set(&kinds(&events), &["invoice.deleted"]);
    assert_eq!(events[0]["data"]["object"]["total"], 700);
    assert_eq!(call(&stage, "GET", &path, "").await.status, StatusCode::NOT_FOUND);
    assert!(stage.simulator.truth().is_deleted("invoice", &invoice));
    // Its item waits again.
    let list = get(&stage, &format!("/v1/invoiceitems?pending=true&customer={customer}")).await;
    assert_eq!(list["data"][0]["id"], json!(item));
    let open = open_invoice(&stage, &customer).await;
    let answer = call(&stage, "DELETE", &format!("/v1/invoices/{open}"), "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(31 * DAY);
    let renewal = get(&stage, &format!("/v1/invoices?status=draft&customer={customer}")).await;
    let renewal = id(&renewal["data"][0]);
    let answer = call(&stage, "DELETE", &format!("/v1/invoices/{renewal}"), "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["error"]["code"], "invoice_not_editable");
}

#[tokio::test]
async fn a_draft_can_be_changed_and_advances_by_itself() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let invoice = id(&post(&stage, "/v1/invoices", &format!("customer={customer}")).await);
    let item = format!("customer={customer}&invoice={invoice}&amount=900&currency=usd");
    post(&stage, "/v1/invoiceitems", &item).await;
    let path = format!("/v1/invoices/{invoice}");
    let form = "auto_advance=true&description=Soon&metadata[a]=1&number=MINE-7";
    let (changed, kinds) = events_of(&stage, &path, form).await;
    same_set(&kinds, &["invoice.updated"]);
    assert_eq!(changed["automatically_finalizes_at"], START + 3_600);
    assert_eq!(changed["next_payment_attempt"], START + 3_600);
    let (_, param, _) = refused(&stage, &path, "due_date=1900000000").await;
    assert_eq!(param, "due_date");
    let form = "collection_method=send_invoice&days_until_due=3";
    let changed = post(&stage, &path, form).await;
    assert_eq!(changed["due_date"], START + 3 * 86_400);
    assert_eq!(changed["next_payment_attempt"], json!(null));
    post(&stage, &path, "collection_method=charge_automatically").await;
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(HOUR));
    assert!(kinds.contains(&"invoice.paid".to_owned()), "{kinds:?}");
    let paid = get(&stage, &path).await;
    assert_eq!((&paid["status"], &paid["number"]), (&json!("paid"), &json!("MINE-7")));
    let (code, ..) = refused(&stage, &path, "description=Late").await;
    assert_eq!(code, "invoice_not_editable");
    let changed = post(&stage, &path, "metadata=").await;
    assert_eq!(changed["metadata"], json!({}));
}

#[tokio::test]
async fn an_invoice_that_was_sent_and_is_late_makes_its_subscription_past_due() {
    for (automations, told) in [(false, 0), (true, 1)] {
        let rules = Rules { automations, ..Rules::default() };
        let stage = Stage::with(Options { rules, ..Options::default() }).await;
        let customer = stage.customer(Card::Missing);
        let form = format!(
            "customer={customer}&items[0][price]={}&collection_method=send_invoice\
             &days_until_due=7",
            stage.monthly
        );
        let subscription = post(&stage, "/v1/subscriptions", &form).await;
        assert_eq!(subscription["status"], "active");
        let (kinds, _) = stage.events_of(|| stage.simulator.advance(HOUR));
        assert!(kinds.contains(&"invoice.sent".to_owned()), "{kinds:?}");
        let (kinds, _) = stage.events_of(|| stage.simulator.advance(7 * DAY));
        let overdue = kinds.iter().filter(|kind| *kind == "invoice.overdue").count();
        assert_eq!(overdue, told, "{kinds:?}");
        let held = stage.truth("subscription", &id(&subscription));
        assert_eq!(held["status"], "past_due");
        let invoice = held["latest_invoice"].as_str().unwrap().to_owned();
        let listed =
            get(&stage, "/v1/invoices?collection_method=send_invoice&due_date[gt]=1").await;
        assert_eq!(id(&listed["data"][0]), invoice);
        let none = get(&stage, "/v1/invoices?due_date[lt]=1").await;
        assert_eq!(none["data"], json!([]));
        post(&stage, &format!("/v1/invoices/{invoice}/void"), "").await;
        assert_eq!(stage.truth("subscription", &id(&subscription))["status"], "active");
    }
}

#[tokio::test]
async fn voiding_gives_the_balance_back_that_was_used() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    post(&stage, &format!("/v1/customers/{customer}"), "balance=-400").await;
    let invoice = open_invoice(&stage, &customer).await;
    let held = get(&stage, &format!("/v1/invoices/{invoice}")).await;
    assert_eq!((&held["total"], &held["amount_due"]), (&json!(1_500), &json!(1_100)));
    assert_eq!((&held["starting_balance"], &held["ending_balance"]), (&json!(-400), &json!(0)));
    let balance =
        async || get(&stage, &format!("/v1/customers/{customer}")).await["balance"].clone();
    assert_eq!(balance().await, 0);
    post(&stage, &format!("/v1/invoices/{invoice}/void"), "").await;
    assert_eq!(balance().await, -400);
    let moves = get(&stage, &format!("/v1/customers/{customer}/balance_transactions")).await;
    let given_back = &moves["data"][0];
    assert_eq!(given_back["type"], "unapplied_from_invoice");
    assert_eq!(
        (&given_back["amount"], &given_back["ending_balance"]),
        (&json!(-400), &json!(-400))
    );
    assert_eq!(given_back["invoice"], json!(invoice));
}

#[tokio::test]
async fn a_subscriptions_invoice_by_request_takes_only_what_waits_for_it() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let form = format!("subscription={subscription}");
    let (code, ..) = refused(&stage, "/v1/invoices", &form).await;
    assert_eq!(code, "invoice_no_subscription_line_items");
    let own = format!("customer={customer}&subscription={subscription}&amount=300&currency=usd");
    post(&stage, "/v1/invoiceitems", &own).await;
    let other = format!("customer={customer}&amount=9&currency=usd");
    post(&stage, "/v1/invoiceitems", &other).await;
    let invoice = post(&stage, "/v1/invoices", &form).await;
    assert_eq!((&invoice["total"], &invoice["customer"]), (&json!(300), &json!(customer)));
    let details = &invoice["parent"]["subscription_details"];
    assert_eq!(details["subscription"], json!(subscription));
    let (code, param, _) = refused(&stage, "/v1/invoices", "").await;
    assert_eq!((code.as_str(), param.as_str()), ("parameter_missing", "customer"));
    // What waits on the customer alone goes on the next renewal.
    stage.simulator.advance(31 * DAY + HOUR + Duration::from_secs(5));
    let held = stage.truth("subscription", &subscription);
    let renewal = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!(renewal["total"], 2_009);
}
