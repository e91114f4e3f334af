//! Billing credits over HTTP: granted, used for metered lines, given back, expired, voided.

use crate::caller::call;
use crate::metered::{Metered, PERIOD_END, ask, id, refused};
use crate::stage::{DAY, START, Stage, events, kinds};
use counterfoil_simulator::{Card, CreditOrder, CreditRules, NewCreditGrant, Rules};
use serde_json::{Value, json};

const GRANTS: &str = "/v1/billing/credit_grants";
const TRANSACTIONS: &str = "/v1/billing/credit_balance_transactions";
const SUMMARY: &str = "/v1/billing/credit_balance_summary";

fn form(customer: &str, value: i64, more: &str) -> String {
    format!(
        "customer={customer}&amount[type]=monetary&amount[monetary][currency]=usd\
         &amount[monetary][value]={value}&applicability_config[scope][price_type]=metered{more}"
    )
}

async fn grant(metered: &Metered, value: i64, more: &str) -> String {
    id(&ask(&metered.stage, "POST", GRANTS, &form(&metered.customer, value, more)).await)
}

/// What is available and what is on the ledger.
async fn balance(stage: &Stage, customer: &str) -> (i64, i64) {
    let filter = "filter[type]=applicability_scope&filter[applicability_scope][price_type]=metered";
    let summary = ask(stage, "GET", &format!("{SUMMARY}?customer={customer}&{filter}"), "").await;
    let value = |name: &str| summary["balances"][0][name]["monetary"]["value"].as_i64().unwrap();
    (value("available_balance"), value("ledger_balance"))
}

/// The kinds and amounts of a grant's transactions, oldest first.
async fn moves(stage: &Stage, grant: &str) -> Vec<(String, i64)> {
    let path = format!("{TRANSACTIONS}?credit_grant={grant}&limit=100");
    let list = ask(stage, "GET", &path, "").await;
    let one = |it: &Value| {
        let inner = if it["type"] == "credit" { &it["credit"] } else { &it["debit"] };
        let kind = inner["type"].as_str().unwrap().to_owned();
        (kind, inner["amount"]["monetary"]["value"].as_i64().unwrap())
    };
    list["data"].as_array().unwrap().iter().rev().map(one).collect()
}

fn named(moves: &[(&str, i64)]) -> Vec<(String, i64)> {
    moves.iter().map(|(kind, amount)| ((*kind).to_owned(), *amount)).collect()
}

#[tokio::test]
async fn a_grant_is_made_and_changed() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let made = events(&stage.simulator).len();
    let grant = ask(&stage, "POST", GRANTS, &form(&customer, 1_000, "&name=Welcome")).await;
    assert!(id(&grant).starts_with("credgr_"));
    assert_eq!(
        grant,
        json!({
            "id": grant["id"],
            "object": "billing.credit_grant",
            "amount": { "monetary": { "currency": "usd", "value": 1_000 }, "type": "monetary" },
            "applicability_config": { "scope": { "price_type": "metered" } },
            "category": "paid",
            "created": START,
            "customer": customer,
            "customer_account": null,
            "effective_at": START,
            "expires_at": null,
            "livemode": false,
            "metadata": {},
            "name": "Welcome",
            "priority": 50,
            "test_clock": null,
            "updated": START,
            "voided_at": null,
        })
    );
    let one = format!("{GRANTS}/{}", id(&grant));
    stage.simulator.advance(DAY);
    let expires = START + 10 * 86_400;
    let changed = ask(&stage, "POST", &one, &format!("expires_at={expires}&metadata[a]=b")).await;
    assert_eq!(changed["expires_at"], expires);
    assert_eq!(changed["metadata"], json!({ "a": "b" }));
    assert_eq!(changed["updated"], START + 86_400);
    let never = ask(&stage, "POST", &one, "expires_at=").await;
    assert_eq!(never["expires_at"], json!(null));
    assert_eq!(ask(&stage, "GET", &one, "").await, never);
    stage.simulator.advance(20 * DAY);
    assert_eq!(balance(&stage, &customer).await, (1_000, 1_000), "its end was taken back");
    let kinds = kinds(&events(&stage.simulator).split_off(made));
    assert_eq!(
        kinds,
        [
            "billing.credit_grant.created",
            "billing.credit_balance_transaction.created",
            "billing.credit_grant.updated",
            "billing.credit_grant.updated",
        ]
    );
    let list = ask(&stage, "GET", TRANSACTIONS, "").await;
    let transaction = &list["data"][0];
    assert_eq!(
        transaction,
        &json!({
            "id": transaction["id"],
            "object": "billing.credit_balance_transaction",
            "created": START,
            "credit": {
                "amount": { "monetary": { "currency": "usd", "value": 1_000 }, "type": "monetary" },
                "credits_application_invoice_voided": null,
                "type": "credits_granted",
            },
            "credit_grant": grant["id"],
            "debit": null,
            "effective_at": START,
            "livemode": false,
            "test_clock": null,
            "type": "credit",
        })
    );
    let path = format!("{TRANSACTIONS}/{}?expand[]=credit_grant.customer", id(transaction));
    assert_eq!(ask(&stage, "GET", &path, "").await["credit_grant"]["customer"]["id"], customer);
    let all = ask(&stage, "GET", &format!("{GRANTS}?customer={customer}"), "").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        ask(&stage, "GET", &format!("{GRANTS}?customer=cus_x"), "").await["data"],
        json!([])
    );
    assert_eq!(stage.simulator.truth().credits[&id(&grant)], 1_000);
}

#[tokio::test]
async fn wrong_grants_are_refused() {
    let metered = Metered::start().await;
    let (stage, customer) = (&metered.stage, metered.customer.as_str());
    let licensed = &stage.monthly;
    let good = form(customer, 100, "");
    let priced =
        |prices: &str| good.replace("[scope][price_type]=metered", &format!("[scope]{prices}"));
    let made = events(&stage.simulator).len();
    for (form, param) in [
        (good.replace("[value]=100", "[value]=0"), "amount[monetary][value]"),
        (good.replace("[currency]=usd", "[currency]=dollar"), "amount[monetary][currency]"),
        (good.replace("[type]=monetary", "[type]=tokens"), "amount[type]"),
        (good.replace(customer, "cus_x"), "customer"),
        (good.replace("=metered", "=licensed"), "applicability_config[scope][price_type]"),
        (priced("[prices][0][id]=price_x"), "applicability_config[scope][prices]"),
        (priced(&format!("[prices][0][id]={licensed}")), "applicability_config[scope][prices]"),
        (
            format!("{good}&applicability_config[scope][prices][0][id]=x"),
            "applicability_config[scope]",
        ),
        (format!("{good}&category=gift"), "category"),
        (format!("{good}&priority=101"), "priority"),
        (format!("{good}&priority=-1"), "priority"),
        (format!("{good}&expires_at={START}"), "expires_at"),
        (format!("{good}&remaining=1"), "remaining"),
    ] {
        let (status, error) = refused(stage, "POST", GRANTS, &form).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{form}: {error}");
    }
    assert_eq!(events(&stage.simulator).len(), made, "nothing happened");
    for path in ["", "/expire", "/void"] {
        let path = format!("{GRANTS}/credgr_x{path}");
        assert_eq!(refused(stage, "POST", &path, "").await.0, 404, "{path}");
    }
    for (query, param) in [
        (format!("customer={customer}"), "filter"),
        (format!("customer={customer}&filter[type]=odd"), "filter[type]"),
        (format!("customer={customer}&filter[type]=credit_grant"), "filter[credit_grant]"),
        (
            format!("customer={customer}&filter[type]=credit_grant&filter[credit_grant]=credgr_x"),
            "filter[credit_grant]",
        ),
        (
            format!("customer={customer}&filter[type]=applicability_scope"),
            "filter[applicability_scope]",
        ),
        ("filter[type]=credit_grant".to_owned(), "customer"),
    ] {
        let (status, error) = refused(stage, "GET", &format!("{SUMMARY}?{query}"), "").await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{query}: {error}");
    }
}

#[tokio::test]
async fn a_hundred_grants_may_be_unused() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let new = NewCreditGrant {
        amount: 1,
        currency: "usd".to_owned(),
        customer: customer.clone(),
        ..NewCreditGrant::default()
    };
    for _ in 0..100 {
        stage.simulator.create_credit_grant(new.clone()).unwrap();
    }
    assert!(stage.simulator.create_credit_grant(new.clone()).is_err());
    assert_eq!(stage.simulator.expire_credits(&customer).unwrap(), 100);
    stage.simulator.create_credit_grant(new).unwrap();
}

#[tokio::test]
async fn credits_pay_for_usage_when_an_invoice_is_finalized() {
    let metered = Metered::start().await;
    let stage = &metered.stage;
    let price = metered.price("unit_amount=10").await;
    let subscription = metered.subscribe(&price).await;
    let (first, second) = (grant(&metered, 300, "").await, grant(&metered, 900, "").await);
    metered.received("50", "").await;
    metered.to_period_end(60);
    let draft = metered.latest_invoice(&subscription).await;
    assert_eq!(
        (&draft["status"], &draft["total_pretax_credit_amounts"]),
        (&json!("draft"), &json!([]))
    );
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!(invoice["status"], "paid");
    assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(500), &json!(0)));
    let credits = invoice["total_pretax_credit_amounts"].as_array().unwrap();
    let amounts: Vec<&Value> = credits.iter().map(|credit| &credit["amount"]).collect();
    assert_eq!(amounts, [300, 200]);
    assert!(credits.iter().all(|credit| credit["type"] == "credit_balance_transaction"));
    let line = &invoice["lines"]["data"][0];
    assert_eq!(line["amount"], 500);
    assert_eq!(&line["pretax_credit_amounts"], &invoice["total_pretax_credit_amounts"]);
    let named_one = credits[1]["credit_balance_transaction"].as_str().unwrap();
    let path = format!("{TRANSACTIONS}/{named_one}?expand[]=debit.credits_applied.invoice");
    let transaction = ask(stage, "GET", &path, "").await;
    assert_eq!(transaction["credit_grant"], second.as_str());
    assert_eq!(transaction["type"], "debit");
    assert_eq!(transaction["debit"]["credits_applied"]["invoice"]["id"], invoice["id"]);
    assert_eq!(transaction["debit"]["credits_applied"]["invoice_line_item"], line["id"]);
    assert_eq!(
        moves(stage, &first).await,
        named(&[("credits_granted", 300), ("credits_applied", 300)])
    );
    assert_eq!(balance(stage, &metered.customer).await, (700, 700));
    let truth = stage.simulator.truth();
    assert_eq!((truth.credits[&first], truth.credits[&second]), (0, 700));
    let expanded = format!(
        "/v1/invoices/{}?expand[]=total_pretax_credit_amounts.credit_balance_transaction",
        id(&invoice)
    );
    let expanded = ask(stage, "GET", &expanded, "").await;
    let shown = &expanded["total_pretax_credit_amounts"][0]["credit_balance_transaction"];
    assert_eq!(shown["credit_grant"], first.as_str());
}

#[tokio::test]
async fn credits_pay_for_nothing_else() {
    let metered = Metered::start().await;
    let stage = &metered.stage;
    let price = metered.price("unit_amount=10").await;
    let other = metered.price("unit_amount=10").await;
    let form = format!(
        "customer={}&items[0][price]={price}&items[1][price]={}",
        metered.customer, stage.monthly
    );
    let subscription = id(&ask(stage, "POST", "/v1/subscriptions", &form).await);
    let scoped = self::form(&metered.customer, 900, "")
        .replace("[scope][price_type]=metered", &format!("[scope][prices][0][id]={other}"));
    let scoped = id(&ask(stage, "POST", GRANTS, &scoped).await);
    let euros = self::form(&metered.customer, 900, "").replace("=usd", "=eur");
    let euros = id(&ask(stage, "POST", GRANTS, &euros).await);
    let later = grant(&metered, 900, &format!("&effective_at={}", PERIOD_END + 86_400)).await;
    let good = grant(&metered, 900, "").await;
    metered.received("50", "").await;
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(1_500), &json!(1_000)));
    for untouched in [scoped, euros, later] {
        assert_eq!(moves(stage, &untouched).await, named(&[("credits_granted", 900)]));
    }
    assert_eq!(
        moves(stage, &good).await,
        named(&[("credits_granted", 900), ("credits_applied", 500)])
    );
    assert_eq!(invoice["amount_paid"], 1_000);
}

#[tokio::test]
async fn discounts_come_before_credits_and_the_balance_after_them() {
    let metered = Metered::start().await;
    let (stage, customer) = (&metered.stage, &metered.customer);
    let coupon = id(&ask(stage, "POST", "/v1/coupons", "percent_off=50&duration=forever").await);
    let price = metered.price("unit_amount=10").await;
    let form = format!("customer={customer}&items[0][price]={price}&discounts[0][coupon]={coupon}");
    let subscription = id(&ask(stage, "POST", "/v1/subscriptions", &form).await);
    ask(stage, "POST", &format!("/v1/customers/{customer}"), "balance=-30").await;
    let grant = grant(&metered, 200, "").await;
    metered.received("50", "").await;
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(500), &json!(50)));
    assert_eq!((&invoice["starting_balance"], &invoice["amount_due"]), (&json!(-30), &json!(20)));
    let pretax = invoice["total_pretax_credit_amounts"].as_array().unwrap();
    let taken: Vec<(&str, i64)> = pretax
        .iter()
        .map(|it| (it["type"].as_str().unwrap(), it["amount"].as_i64().unwrap()))
        .collect();
    assert_eq!(taken, [("discount", 250), ("credit_balance_transaction", 200)]);
    assert_eq!(stage.simulator.truth().credits[&grant], 0);
}

#[tokio::test]
async fn credits_are_used_in_their_order() {
    let soon = PERIOD_END + 2 * 86_400;
    let late = PERIOD_END + 9 * 86_400;
    let past = START - 86_400;
    let changed = vec![CreditOrder::Created];
    for (order, grants, expected) in [
        (None, ["&priority=50".to_owned(), "&priority=49".to_owned()], 1),
        (None, [String::new(), format!("&expires_at={soon}")], 1),
        (None, [format!("&expires_at={late}"), format!("&expires_at={soon}")], 1),
        (None, ["&category=paid".to_owned(), "&category=promotional".to_owned()], 1),
        (None, [String::new(), format!("&effective_at={past}")], 1),
        (None, [String::new(), String::new()], 0),
        (None, [format!("&expires_at={soon}&priority=50"), "&priority=0".to_owned()], 1),
        (
            None,
            [format!("&expires_at={soon}&category=paid"), "&category=promotional".to_owned()],
            0,
        ),
        (Some(changed), ["&priority=50".to_owned(), "&priority=49".to_owned()], 0),
    ] {
        let mut credits = CreditRules::default();
        credits.order = order.unwrap_or(credits.order);
        let rules = Rules { credits, ..Rules::default() };
        let metered = Metered::by(rules, "").await;
        let subscription = metered.subscribe(&metered.price("unit_amount=10").await).await;
        let mut made = Vec::new();
        for more in &grants {
            made.push(grant(&metered, 500, more).await);
        }
        metered.received("50", "").await;
        metered.to_period_end(3_700);
        assert_eq!(metered.latest_invoice(&subscription).await["total"], 0);
        let truth = metered.stage.simulator.truth();
        assert_eq!(truth.credits[&made[expected]], 0, "{grants:?}");
        assert_eq!(truth.credits[&made[1 - expected]], 500, "{grants:?}");
    }
}

#[tokio::test]
async fn a_voided_invoice_gives_credits_back() {
    let metered = Metered::start().await;
    let stage = &metered.stage;
    stage.simulator.set_card(&metered.customer, Card::Declining).unwrap();
    let subscription = metered.subscribe(&metered.price("unit_amount=10").await).await;
    let expires = PERIOD_END + 7_200;
    let brief = grant(&metered, 100, &format!("&expires_at={expires}")).await;
    let lasting = grant(&metered, 300, "").await;
    metered.received("50", "").await;
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!((&invoice["status"], &invoice["amount_due"]), (&json!("open"), &json!(100)));
    let void = format!("{GRANTS}/{lasting}/void");
    assert_eq!(refused(stage, "POST", &void, "").await.0, 400, "it was used");
    metered.to_period_end(8_000);
    let path = format!("/v1/invoices/{}/void", id(&invoice));
    ask(stage, "POST", &path, "").await;
    assert_eq!(
        moves(stage, &lasting).await,
        named(&[
            ("credits_granted", 300),
            ("credits_applied", 300),
            ("credits_application_invoice_voided", 300),
        ])
    );
    assert_eq!(
        moves(stage, &brief).await,
        named(&[
            ("credits_granted", 100),
            ("credits_applied", 100),
            ("credits_application_invoice_voided", 100),
            ("credits_expired", 100),
        ])
    );
    assert_eq!(balance(stage, &metered.customer).await, (300, 300));
}

#[tokio::test]
async fn credits_expire_by_themselves_and_by_request() {
    let metered = Metered::start().await;
    let (stage, customer) = (&metered.stage, &metered.customer);
    let timed = grant(&metered, 100, &format!("&expires_at={}", START + 86_400)).await;
    let later = grant(&metered, 200, &format!("&effective_at={}", START + 86_400)).await;
    let voided = grant(&metered, 400, "").await;
    assert_eq!(balance(stage, customer).await, (500, 700));
    let before = events(&stage.simulator).len();
    stage.simulator.advance(DAY);
    assert_eq!(balance(stage, customer).await, (600, 600));
    let kinds = kinds(&events(&stage.simulator).split_off(before));
    assert_eq!(kinds, ["billing.credit_balance_transaction.created"]);
    assert_eq!(
        moves(stage, &timed).await,
        named(&[("credits_granted", 100), ("credits_expired", 100)])
    );
    let gone = ask(stage, "POST", &format!("{GRANTS}/{voided}/void"), "").await;
    assert_eq!(gone["voided_at"], START + 86_400);
    assert_eq!(
        moves(stage, &voided).await,
        named(&[("credits_granted", 400), ("credits_voided", 400)])
    );
    assert_eq!(refused(stage, "POST", &format!("{GRANTS}/{voided}/expire"), "").await.0, 400);
    assert_eq!(refused(stage, "POST", &format!("{GRANTS}/{timed}"), "expires_at=").await.0, 400);
    let body = json!({ "customer": customer }).to_string();
    let expired = call(stage, "POST", "/_simulator/credits/expire", &body).await;
    assert_eq!(expired.body, json!({ "expired": 1 }));
    assert_eq!(
        moves(stage, &later).await,
        named(&[("credits_granted", 200), ("credits_expired", 200)])
    );
    assert_eq!(balance(stage, customer).await, (0, 0));
    let one = ask(stage, "GET", &format!("{GRANTS}/{later}"), "").await;
    assert_eq!(one["expires_at"], START + 86_400);
}

#[tokio::test]
async fn credits_go_by_the_test_clock_of_their_customer() {
    let stage = Stage::start().await;
    let frozen = START - 86_400 * 50;
    let clock = stage.simulator.create_test_clock(frozen, None);
    let made = ask(&stage, "POST", "/v1/customers", &format!("test_clock={clock}")).await;
    let customer = id(&made);
    let more = format!("&expires_at={}&category=promotional", frozen + 86_400);
    let grant = ask(&stage, "POST", GRANTS, &form(&customer, 100, &more)).await;
    assert_eq!((&grant["created"], &grant["test_clock"]), (&json!(frozen), &json!(clock)));
    assert_eq!(grant["category"], "promotional");
    stage.simulator.advance(100 * DAY);
    assert_eq!(balance(&stage, &customer).await, (100, 100), "its clock stands still");
    assert_eq!(ask(&stage, "GET", GRANTS, "").await["data"], json!([]));
    stage.simulator.advance_test_clock(&clock, frozen + 86_400).unwrap();
    assert_eq!(balance(&stage, &customer).await, (0, 0));
    let path = format!("{TRANSACTIONS}?customer={customer}");
    let newest = ask(&stage, "GET", &path, "").await["data"][0].clone();
    assert_eq!(newest["debit"]["type"], "credits_expired");
    assert_eq!(
        (&newest["created"], &newest["test_clock"]),
        (&json!(frozen + 86_400), &json!(clock))
    );
}
