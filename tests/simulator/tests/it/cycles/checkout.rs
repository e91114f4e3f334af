//! Checkout sessions from the page's first click to the last event: sequences 1 and 11, declines,
//! 3D Secure, delayed methods, trials, setups, expiry.

use crate::caller::{Answer, KEY, call, call_with};
use crate::stage::{DAY, HOUR, Stage, same_set};
use counterfoil_simulator::{Card, CheckoutVisit, LifeError, Options, PayBy};
use serde_json::{Value, json};

const SUCCESS: &str = "success_url=https://example.com/done?session={CHECKOUT_SESSION_ID}";

/// Opens a session over the API.
async fn open(stage: &Stage, form: &str) -> Answer {
    let form = format!("{SUCCESS}&{form}");
    let answer = call(stage, "POST", "/v1/checkout/sessions", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

async fn open_subscription(stage: &Stage, more: &str) -> String {
    let price = &stage.monthly;
    let lines = format!("line_items[0][price]={price}&line_items[0][quantity]=2");
    open(stage, &format!("mode=subscription&{lines}&{more}")).await.id()
}

const SHIRT: &str = "mode=payment&line_items[0][quantity]=3\
                     &line_items[0][price_data][currency]=usd\
                     &line_items[0][price_data][unit_amount]=1500\
                     &line_items[0][price_data][product_data][name]=Shirt";

fn session(stage: &Stage, id: &str) -> Value {
    stage.truth("checkout.session", id)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

/// Pays by a new card.
fn by(card: Card) -> CheckoutVisit {
    CheckoutVisit { email: Some("ann@example.com".to_owned()), ..CheckoutVisit::by(card) }
}

const STARTED: &[&str] = &[
    "charge.succeeded",
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "payment_intent.created",
    "payment_intent.succeeded",
    "payment_method.attached",
];

#[tokio::test]
async fn a_subscription_begins_once_its_session_is_paid() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let more = format!(
        "customer={customer}&client_reference_id=tenant-7&metadata[cart]=9\
         &subscription_data[metadata][tenant]=7&subscription_data[description]=Plan"
    );
    let id = open_subscription(&stage, &more).await;
    let before = session(&stage, &id);
    assert_eq!((&before["subscription"], &before["invoice"]), (&Value::Null, &Value::Null));
    assert_eq!((text(&before, "status"), text(&before, "payment_status")), ("open", "unpaid"));
    let visit = CheckoutVisit::by(Card::Good);
    let (kinds, events) =
        stage.events_of(|| stage.simulator.complete_checkout(&id, &visit).unwrap());
    same_set(&kinds, STARTED);
    assert!(events.iter().all(|event| event["request"]["id"].is_null()), "no request caused it");
    let completed = events.iter().find(|it| it["type"] == "checkout.session.completed").unwrap();
    let completed = &completed["data"]["object"];
    assert_eq!(
        (text(completed, "status"), text(completed, "payment_status")),
        ("complete", "paid")
    );
    assert_eq!(completed["url"], Value::Null);
    assert_eq!(completed["amount_total"], 2_000);
    assert_eq!(completed["client_reference_id"], "tenant-7");
    assert!(completed.get("line_items").is_none(), "line items are no part of an event");
    let subscription = stage.truth("subscription", text(completed, "subscription"));
    assert_eq!(
        (text(&subscription, "status"), text(&subscription, "customer")),
        ("active", customer.as_str())
    );
    // The session's metadata is not copied, that of `subscription_data` is.
    assert_eq!(subscription["metadata"], json!({ "tenant": "7" }));
    assert_eq!(subscription["description"], "Plan");
    let method = text(&subscription, "default_payment_method");
    assert_eq!(stage.truth("payment_method", method)["customer"], customer.as_str());
    let created = events.iter().find(|it| it["type"] == "customer.subscription.created").unwrap();
    assert_eq!(created["data"]["object"]["status"], "active");
    let invoice = stage.truth("invoice", text(completed, "invoice"));
    assert_eq!((text(&invoice, "status"), &invoice["amount_paid"]), ("paid", &json!(2_000)));
    assert_eq!(subscription["latest_invoice"], invoice["id"]);
    let details = &invoice["parent"]["subscription_details"];
    assert_eq!(details["metadata"], json!({ "tenant": "7" }));
    let customer = stage.truth("customer", &customer);
    assert_eq!(customer["invoice_settings"]["default_payment_method"], Value::Null);
    let (kinds, events) =
        stage.events_of(|| stage.simulator.advance(20 * std::time::Duration::from_secs(1)));
    same_set(&kinds, &["invoice_payment.paid"]);
    assert_eq!(events[0]["data"]["object"]["invoice"], invoice["id"]);
}

#[tokio::test]
async fn a_session_without_a_customer_makes_one() {
    let stage = Stage::start().await;
    let id = open_subscription(&stage, "customer_email=ann@example.com").await;
    assert_eq!(session(&stage, &id)["customer"], Value::Null);
    let visit = CheckoutVisit { name: Some("Ann".to_owned()), ..CheckoutVisit::by(Card::Good) };
    let (kinds, events) =
        stage.events_of(|| stage.simulator.complete_checkout(&id, &visit).unwrap());
    same_set(&kinds, &[STARTED, &["customer.created"]].concat());
    assert_eq!(kinds[0], "customer.created");
    let held = session(&stage, &id);
    let customer = stage.truth("customer", text(&held, "customer"));
    assert_eq!((text(&customer, "email"), text(&customer, "name")), ("ann@example.com", "Ann"));
    assert_eq!(held["customer_details"]["email"], "ann@example.com");
    let charged = events.iter().find(|it| it["type"] == "charge.succeeded").unwrap();
    assert_eq!(charged["data"]["object"]["customer"], customer["id"]);
    assert_eq!(charged["data"]["object"]["billing_details"]["email"], "ann@example.com");
}

#[tokio::test]
async fn a_saved_method_pays_without_being_attached_again() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    let visit = CheckoutVisit::default();
    let (kinds, _) = stage.events_of(|| stage.simulator.complete_checkout(&id, &visit).unwrap());
    let expected: Vec<&str> =
        STARTED.iter().copied().filter(|kind| *kind != "payment_method.attached").collect();
    same_set(&kinds, &expected);
}

#[tokio::test]
async fn a_declined_payment_leaves_the_session_open_and_no_subscription() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    let (kinds, events) = stage.events_of(|| {
        let refused = stage.simulator.complete_checkout(&id, &CheckoutVisit::by(Card::Declining));
        assert!(matches!(refused, Err(LifeError::Declined { .. })), "{refused:?}");
    });
    same_set(&kinds, &["charge.failed", "payment_intent.created", "payment_intent.payment_failed"]);
    let failed = &events.last().unwrap()["data"]["object"];
    assert_eq!(failed["last_payment_error"]["code"], "card_declined");
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("open", "unpaid"));
    assert_eq!(held["subscription"], Value::Null);
    assert!(stage.simulator.truth().objects["subscription"].is_empty());
    let url = text(&held, "url");
    assert_eq!(url, format!("{}/c/pay/{id}", stage.simulator.base_url()));
    // The next attempt is one more of the same intent.
    let (kinds, _) = stage.events_of(|| {
        stage.simulator.complete_checkout(&id, &CheckoutVisit::by(Card::Good)).unwrap();
    });
    let expected: Vec<&str> =
        STARTED.iter().copied().filter(|kind| *kind != "payment_intent.created").collect();
    same_set(&kinds, &expected);
    let again = stage.simulator.complete_checkout(&id, &CheckoutVisit::default());
    assert!(matches!(again, Err(LifeError::NotNow { .. })), "{again:?}");
}

#[tokio::test]
async fn a_one_off_payment() {
    let stage = Stage::start().await;
    let more = format!(
        "{SHIRT}&payment_intent_data[metadata][order]=6&payment_intent_data[description]=Shirts"
    );
    let id = open(&stage, &more).await.id();
    assert_eq!(session(&stage, &id)["payment_intent"], Value::Null);
    let (kinds, events) =
        stage.events_of(|| stage.simulator.complete_checkout(&id, &by(Card::Good)).unwrap());
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "charge.updated",
            "checkout.session.completed",
            "payment_intent.created",
            "payment_intent.succeeded",
        ],
    );
    let updated = events.iter().find(|it| it["type"] == "charge.updated").unwrap();
    assert_eq!(updated["data"]["previous_attributes"], json!({ "balance_transaction": null }));
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "paid"));
    assert_eq!((&held["amount_total"], &held["customer"]), (&json!(4_500), &Value::Null));
    assert_eq!(held["customer_details"]["email"], "ann@example.com");
    let intent = stage.truth("payment_intent", text(&held, "payment_intent"));
    assert_eq!((text(&intent, "status"), &intent["amount"]), ("succeeded", &json!(4_500)));
    assert_eq!(
        (&intent["metadata"], text(&intent, "description")),
        (&json!({ "order": "6" }), "Shirts")
    );
    assert_eq!((&held["subscription"], &held["invoice"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_one_off_payment_makes_a_customer_where_that_is_wanted() {
    let stage = Stage::start().await;
    let more = format!(
        "{SHIRT}&customer_creation=always&payment_intent_data[setup_future_usage]=off_session"
    );
    let id = open(&stage, &more).await.id();
    let (kinds, _) =
        stage.events_of(|| stage.simulator.complete_checkout(&id, &by(Card::Good)).unwrap());
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "charge.updated",
            "checkout.session.completed",
            "customer.created",
            "payment_intent.created",
            "payment_intent.succeeded",
            "payment_method.attached",
        ],
    );
    let held = session(&stage, &id);
    assert_eq!(stage.truth("customer", text(&held, "customer"))["email"], "ann@example.com");
}

const UNDER_WAY: &[&str] = &[
    "charge.pending",
    "checkout.session.completed",
    "payment_intent.created",
    "payment_intent.processing",
];

#[tokio::test]
async fn a_delayed_payment_completes_unpaid_and_is_paid_days_later() {
    let stage = Stage::start().await;
    let id = open(&stage, SHIRT).await.id();
    let later = by(Card::DelayedSuccess);
    let (kinds, _) = stage.events_of(|| stage.simulator.complete_checkout(&id, &later).unwrap());
    same_set(&kinds, UNDER_WAY);
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "unpaid"));
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(10 * DAY));
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "checkout.session.async_payment_succeeded",
            "payment_intent.succeeded",
        ],
    );
    assert_eq!(session(&stage, &id)["payment_status"], "paid");
}

#[tokio::test]
async fn a_delayed_payment_can_fail_days_later() {
    let stage = Stage::start().await;
    let id = open(&stage, SHIRT).await.id();
    stage.simulator.complete_checkout(&id, &by(Card::DelayedFailure)).unwrap();
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(10 * DAY));
    same_set(
        &kinds,
        &[
            "charge.failed",
            "checkout.session.async_payment_failed",
            "payment_intent.payment_failed",
        ],
    );
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "unpaid"));
}

#[tokio::test]
async fn a_delayed_payment_is_settled_on_demand_and_only_once() {
    let stage = Stage::start().await;
    let id = open(&stage, SHIRT).await.id();
    assert!(stage.simulator.settle_checkout(&id, true).is_err(), "nothing is under way yet");
    stage.simulator.complete_checkout(&id, &by(Card::DelayedSuccess)).unwrap();
    stage.simulator.settle_checkout(&id, false).unwrap();
    assert!(stage.simulator.settle_checkout(&id, true).is_err(), "it has ended");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(10 * DAY));
    same_set(&kinds, &[]);
}

#[tokio::test]
async fn a_subscription_by_a_delayed_method_is_active_before_it_is_paid() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    let later = CheckoutVisit::by(Card::DelayedSuccess);
    stage.simulator.complete_checkout(&id, &later).unwrap();
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "unpaid"));
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["status"], "active");
    assert_eq!(stage.truth("invoice", text(&held, "invoice"))["status"], "open");
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(10 * DAY));
    for kind in
        ["checkout.session.async_payment_succeeded", "invoice.paid", "payment_intent.succeeded"]
    {
        assert!(kinds.iter().any(|it| it == kind), "{kind} is not among {kinds:?}");
    }
    assert_eq!(stage.truth("invoice", text(&held, "invoice"))["status"], "paid");
    assert_eq!(session(&stage, &id)["payment_status"], "paid");
}

#[tokio::test]
async fn a_subscription_whose_delayed_payment_fails_stays_active_with_a_void_invoice() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    stage.simulator.complete_checkout(&id, &CheckoutVisit::by(Card::DelayedFailure)).unwrap();
    let held = session(&stage, &id);
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(10 * DAY));
    for kind in
        ["checkout.session.async_payment_failed", "invoice.voided", "payment_intent.payment_failed"]
    {
        assert!(kinds.iter().any(|it| it == kind), "{kind} is not among {kinds:?}");
    }
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["status"], "active");
    assert_eq!(stage.truth("invoice", text(&held, "invoice"))["status"], "void");
}

#[tokio::test]
async fn a_bank_that_asks_for_3d_secure_keeps_the_session_waiting() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    let asked = CheckoutVisit::by(Card::NeedsAuthentication);
    let (kinds, _) = stage.events_of(|| {
        let waits = stage.simulator.complete_checkout(&id, &asked);
        assert!(matches!(waits, Err(LifeError::NeedsAction { .. })), "{waits:?}");
    });
    same_set(&kinds, &["payment_intent.created", "payment_intent.requires_action"]);
    stage.simulator.authenticate_checkout(&id, false).unwrap();
    assert_eq!(session(&stage, &id)["status"], "open");
    stage.simulator.complete_checkout(&id, &asked).unwrap_err();
    stage.simulator.authenticate_checkout(&id, true).unwrap();
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "paid"));
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["status"], "active");
}

#[tokio::test]
async fn a_trial_saves_a_method_unless_none_is_asked_for() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let trial = format!("customer={customer}&subscription_data[trial_period_days]=180");
    let id = open_subscription(&stage, &trial).await;
    assert_eq!(session(&stage, &id)["amount_total"], 0);
    let (kinds, _) = stage
        .events_of(|| stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap());
    for kind in ["payment_method.attached", "setup_intent.succeeded"] {
        assert!(kinds.iter().any(|it| it == kind), "{kind} is not among {kinds:?}");
    }
    let held = session(&stage, &id);
    assert_eq!(held["payment_status"], "no_payment_required");
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["status"], "trialing");
    let days = subscription["trial_end"].as_i64().unwrap() - stage.simulator.now();
    assert_eq!(days, 180 * 86_400);
    assert!(subscription["default_payment_method"].is_string());

    let more = format!("{trial}&payment_method_collection=if_required");
    let id = open_subscription(&stage, &more).await;
    let (kinds, _) = stage
        .events_of(|| stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap());
    same_set(
        &kinds,
        &[
            "checkout.session.completed",
            "customer.subscription.created",
            "customer.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
        ],
    );
    let held = session(&stage, &id);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["default_payment_method"], Value::Null);
}

#[tokio::test]
async fn a_setup_saves_a_method() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let form =
        format!("mode=setup&currency=usd&customer={customer}&setup_intent_data[metadata][a]=b");
    let id = open(&stage, &form).await.id();
    let (kinds, _) = stage.events_of(|| {
        let refused = stage.simulator.complete_checkout(&id, &CheckoutVisit::by(Card::Declining));
        assert!(matches!(refused, Err(LifeError::Declined { .. })), "{refused:?}");
    });
    same_set(&kinds, &["setup_intent.created", "setup_intent.setup_failed"]);
    let visit = CheckoutVisit {
        by: PayBy::Method("pm_card_mastercard".to_owned()),
        ..CheckoutVisit::default()
    };
    let (kinds, _) = stage.events_of(|| stage.simulator.complete_checkout(&id, &visit).unwrap());
    same_set(
        &kinds,
        &["checkout.session.completed", "payment_method.attached", "setup_intent.succeeded"],
    );
    let held = session(&stage, &id);
    assert_eq!(held["payment_status"], "no_payment_required");
    let setup = stage.truth("setup_intent", text(&held, "setup_intent"));
    assert_eq!(setup["metadata"], json!({ "a": "b" }));
    assert_eq!(setup["customer"], customer.as_str());
}

#[tokio::test]
async fn a_session_expires_by_itself_and_by_request() {
    let stage = Stage::start().await;
    let soon = stage.simulator.now() + 1_800;
    let customer = stage.customer(Card::Good);
    let id = open_subscription(&stage, &format!("customer={customer}&expires_at={soon}")).await;
    let other = open_subscription(&stage, &format!("customer={customer}")).await;
    let (kinds, events) = stage.events_of(|| stage.simulator.advance(HOUR));
    same_set(&kinds, &["checkout.session.expired"]);
    let expired = &events[0]["data"]["object"];
    assert_eq!((text(expired, "id"), text(expired, "status")), (id.as_str(), "expired"));
    assert_eq!(expired["url"], Value::Null);
    let path = format!("/v1/checkout/sessions/{other}/expire");
    let answer = call(&stage, "POST", &path, "").await;
    assert_eq!((answer.status.as_u16(), text(&answer.body, "status")), (200, "expired"));
    let (kinds, _) = stage.events_of(|| stage.simulator.advance(2 * DAY));
    same_set(&kinds, &[]);
    let answer = call(&stage, "POST", &path, "").await;
    assert_eq!(answer.status, 400);
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("status of `expired`"), "{message}");
    let late = stage.simulator.complete_checkout(&id, &CheckoutVisit::default());
    assert!(matches!(late, Err(LifeError::NotNow { .. })), "{late:?}");
}

#[tokio::test]
async fn a_session_of_a_test_clock_goes_by_it() {
    let stage = Stage::start().await;
    let clock = stage.simulator.create_test_clock(stage.simulator.now(), None);
    let form = format!("test_clock={clock}");
    let customer = call(&stage, "POST", "/v1/customers", &form).await.id();
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    stage.simulator.advance(2 * DAY);
    assert_eq!(session(&stage, &id)["status"], "open");
    stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
    let held = session(&stage, &id);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["created"], held["created"], "in the clock's second");
}

#[tokio::test]
async fn a_customer_s_balance_pays_first() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    call(&stage, "POST", &format!("/v1/customers/{customer}"), "balance=-500").await;
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
    let held = session(&stage, &id);
    let invoice = stage.truth("invoice", text(&held, "invoice"));
    assert_eq!((&invoice["amount_due"], &invoice["amount_paid"]), (&json!(1_500), &json!(1_500)));
    assert_eq!(invoice["status"], "paid");
    assert_eq!(stage.truth("customer", &customer)["balance"], 0);
}

#[tokio::test]
async fn a_price_for_once_is_on_the_first_invoice_only() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let more = format!(
        "customer={customer}&line_items[1][quantity]=1\
         &line_items[1][price_data][currency]=usd&line_items[1][price_data][unit_amount]=700\
         &line_items[1][price_data][product_data][name]=Setup"
    );
    let id = open_subscription(&stage, &more).await;
    assert_eq!(session(&stage, &id)["amount_total"], 2_700);
    let visit = CheckoutVisit::default();
    let (kinds, _) = stage.events_of(|| stage.simulator.complete_checkout(&id, &visit).unwrap());
    assert!(kinds.iter().any(|kind| kind == "invoiceitem.created"), "{kinds:?}");
    let held = session(&stage, &id);
    let invoice = stage.truth("invoice", text(&held, "invoice"));
    assert_eq!((&invoice["total"], text(&invoice, "status")), (&json!(2_700), "paid"));
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["items"]["data"].as_array().unwrap().len(), 1);
    stage.simulator.advance(32 * DAY);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    let renewal = stage.truth("invoice", text(&subscription, "latest_invoice"));
    assert_eq!((&renewal["total"], text(&renewal, "status")), (&json!(2_000), "paid"));
}

#[tokio::test]
async fn a_session_begins_a_subscription_on_its_anchor_and_terms() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let anchor = stage.simulator.now() + 10 * 86_400;
    let data = "subscription_data";
    let more = format!("customer={customer}&{data}[billing_cycle_anchor]={anchor}");
    let id = open_subscription(&stage, &more).await;
    let due = session(&stage, &id)["amount_total"].as_i64().unwrap();
    assert!((1..2_000).contains(&due), "a part of the period: {due}");
    stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
    let held = session(&stage, &id);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["billing_cycle_anchor"], anchor);
    let invoice = stage.truth("invoice", text(&held, "invoice"));
    assert_eq!((&invoice["total"], text(&invoice, "status")), (&json!(due), "paid"));

    let free = format!("{more}&{data}[proration_behavior]=none&{data}[billing_mode][type]=classic");
    let id = open_subscription(&stage, &free).await;
    assert_eq!(session(&stage, &id)["amount_total"], 0);
    stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
    let held = session(&stage, &id);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["billing_mode"]["type"], "classic");
    assert_eq!(subscription["status"], "active");

    let trial = format!(
        "customer={customer}&payment_method_collection=if_required&{data}[trial_period_days]=3\
         &{data}[trial_settings][end_behavior][missing_payment_method]=cancel"
    );
    let lonely = stage.customer(Card::Missing);
    let id = open_subscription(&stage, &trial.replace(&customer, &lonely)).await;
    stage.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
    stage.simulator.advance(4 * DAY);
    let held = session(&stage, &id);
    let subscription = stage.truth("subscription", text(&held, "subscription"));
    assert_eq!(subscription["status"], "canceled");
}

/// Opens a session as a client of an older version does.
async fn open_as(stage: &Stage, version: &str, form: &str) -> Answer {
    let headers = [KEY, ("stripe-version", version)];
    let form = format!("{SUCCESS}&{form}");
    let answer = call_with(stage, "POST", "/v1/checkout/sessions", &form, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

#[tokio::test]
async fn before_basil_a_declined_session_leaves_an_incomplete_subscription() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Missing);
    let form = format!(
        "mode=subscription&customer={customer}&line_items[0][quantity]=2&line_items[0][price]={}",
        stage.monthly
    );
    let id = open_as(&stage, "2024-09-30.acacia", &form).await.id();
    let declined = CheckoutVisit::by(Card::Declining);
    stage.simulator.complete_checkout(&id, &declined).unwrap_err();
    let held = session(&stage, &id);
    assert_eq!(held["status"], "open");
    let subscription = text(&held, "subscription").to_owned();
    assert_eq!(stage.truth("subscription", &subscription)["status"], "incomplete");
    let good = CheckoutVisit::by(Card::Good);
    let (kinds, _) = stage.events_of(|| stage.simulator.complete_checkout(&id, &good).unwrap());
    for kind in ["checkout.session.completed", "customer.subscription.updated", "invoice.paid"] {
        assert!(kinds.iter().any(|it| it == kind), "{kind} is not among {kinds:?}");
    }
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "paid"));
    assert_eq!(held["subscription"], subscription.as_str());
    let made = stage.truth("subscription", &subscription);
    assert_eq!(made["status"], "active");
    assert!(made["default_payment_method"].is_string());
    assert_eq!(stage.simulator.truth().objects["subscription"].len(), 1);

    let id = open_as(&stage, "2024-09-30.acacia", &form).await.id();
    let asked = CheckoutVisit::by(Card::NeedsAuthentication);
    stage.simulator.complete_checkout(&id, &asked).unwrap_err();
    stage.simulator.authenticate_checkout(&id, true).unwrap();
    let held = session(&stage, &id);
    assert_eq!((text(&held, "status"), text(&held, "payment_status")), ("complete", "paid"));

    let id = open_as(&stage, "2024-09-30.acacia", &form).await.id();
    let later = CheckoutVisit::by(Card::DelayedSuccess);
    stage.simulator.complete_checkout(&id, &later).unwrap();
    assert_eq!(session(&stage, &id)["payment_status"], "unpaid");
    stage.simulator.advance(10 * DAY);
    assert_eq!(session(&stage, &id)["payment_status"], "paid");
}

#[tokio::test]
async fn before_august_2022_a_payment_has_its_intent_and_its_customer_at_once() {
    let stage = Stage::start().await;
    let answer = open_as(&stage, "2020-08-27", SHIRT).await;
    assert_eq!(answer.body["customer_creation"], "always");
    let intent = text(&answer.body, "payment_intent").to_owned();
    let status = &stage.truth("payment_intent", &intent)["status"];
    assert_eq!(status, "requires_payment_method");
    let good = by(Card::Good);
    stage.simulator.complete_checkout(&answer.id(), &good).unwrap();
    let held = session(&stage, &answer.id());
    assert_eq!(held["payment_intent"], intent.as_str());
    assert!(held["customer"].is_string());
    assert_eq!(stage.truth("payment_intent", &intent)["status"], "succeeded");
}

#[tokio::test]
async fn an_older_endpoint_hears_of_a_session_in_its_own_words() {
    let version = counterfoil_simulator::ApiVersion::parse("2024-09-30.acacia").unwrap();
    let options = Options { api_version: version, ..Options::default() };
    let stage = Stage::with(options).await;
    let customer = stage.customer(Card::Good);
    let id = open_subscription(&stage, &format!("customer={customer}")).await;
    let good = CheckoutVisit::default();
    let (_, events) = stage.events_of(|| stage.simulator.complete_checkout(&id, &good).unwrap());
    let completed = events.iter().find(|it| it["type"] == "checkout.session.completed").unwrap();
    let body = &completed["data"]["object"];
    assert_eq!(body["ui_mode"], "hosted");
    assert!(body.get("shipping_details").is_some(), "it was regrouped with basil");
    for later in ["allowed_payment_method_types", "collected_information", "customer_account"] {
        assert!(body.get(later).is_none(), "{later}");
    }
    assert!(body["customer_details"].get("individual_name").is_none());
}
