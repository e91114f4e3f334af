//! Payment methods, intents, charges, refunds and disputes, with every answer of a bank.

use crate::walk::{DAY, Walk, text};
use counterfoil_stripe_types::paths::Subject;

const METHODS: &str = "/v1/payment_methods";
const INTENTS: &str = "/v1/payment_intents";
const SETUPS: &str = "/v1/setup_intents";
const REFUNDS: &str = "/v1/refunds";

#[tokio::test]
async fn payments_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Payments).await;
    let customer = walk.make("/v1/customers", "email=a@example.com&name=A").await;
    methods(&mut walk, &customer).await;
    intents(&mut walk, &customer).await;
    setups(&mut walk, &customer).await;
    refunds(&mut walk, &customer).await;
    disputes(&mut walk, &customer).await;
    walk.pass(10 * DAY);
    walk.list_each(INTENTS).await;
    walk.list_each("/v1/charges").await;
    walk.list_each(SETUPS).await;
    let charges = walk.list(&format!("/v1/charges?customer={customer}")).await;
    let path = format!("/v1/charges/{}", text(&charges[0], "/id"));
    walk.post(&path, "description=new&metadata[a]=1&receipt_email=d@example.com").await;
    walk.get("/v1/charges/search?query=status:'succeeded'").await;
    walk.get("/v1/payment_intents/search?query=metadata['a']:'1'").await;
    let missing = (404, Some("resource_missing"));
    for path in [METHODS, INTENTS, SETUPS, REFUNDS, "/v1/charges", "/v1/disputes"] {
        walk.refused("GET", &format!("{path}/none"), "", missing).await;
    }
    walk.finish().await;
}

/// A test method (`pm_card_visa`) as the customer's own.
async fn attached(walk: &mut Walk, name: &str, customer: &str) -> String {
    let path = format!("{METHODS}/{name}/attach");
    let held = walk.post(&path, &format!("customer={customer}")).await;
    text(&held, "/id")
}

fn wish(customer: &str, method: &str, more: &str) -> String {
    format!("amount=1000&currency=usd&customer={customer}&payment_method={method}&{more}")
}

async fn methods(walk: &mut Walk, customer: &str) {
    let token = "type=card&card[token]=tok_visa&billing_details[name]=A\
                 &billing_details[address][city]=Berlin&metadata[a]=1";
    let own = walk.make(METHODS, token).await;
    let debit = "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000\
                 &billing_details[name]=A&billing_details[email]=a@example.com";
    let debit = walk.make(METHODS, debit).await;
    let bank = "type=us_bank_account&us_bank_account[account_number]=000123456789\
                &us_bank_account[routing_number]=110000000\
                &us_bank_account[account_holder_type]=individual&billing_details[name]=A";
    let bank = walk.make(METHODS, bank).await;
    for id in [&own, &debit, &bank] {
        attached(walk, id, customer).await;
    }
    let change = "metadata[b]=2&billing_details[email]=b@example.com&card[exp_month]=5";
    walk.post(&format!("{METHODS}/{own}"), change).await;
    walk.list_each(&format!("{METHODS}?customer={customer}")).await;
    walk.list(&format!("{METHODS}?customer={customer}&type=card")).await;
    walk.post(&format!("{METHODS}/{own}/detach"), "").await;
    walk.get(&format!("{METHODS}/{own}")).await;
}

async fn intents(walk: &mut Walk, customer: &str) {
    let visa = attached(walk, "pm_card_visa", customer).await;
    let strict = attached(walk, "pm_card_authenticationRequired", customer).await;
    let declining = attached(walk, "pm_card_chargeCustomerFail", customer).await;
    walk.make(INTENTS, "amount=500&currency=eur").await;
    walk.make(INTENTS, &wish(customer, &visa, "confirm=true&metadata[a]=1")).await;
    let full = wish(
        customer,
        &visa,
        "description=d&receipt_email=c@example.com&setup_future_usage=off_session",
    );
    let later = walk.make(INTENTS, &full).await;
    walk.post(&format!("{INTENTS}/{later}"), "metadata[b]=2&amount=1200").await;
    walk.post(&format!("{INTENTS}/{later}/confirm"), "").await;
    let held = wish(customer, &visa, "confirm=true&capture_method=manual");
    let held = walk.make(INTENTS, &held).await;
    walk.get(&format!("{INTENTS}/{held}")).await;
    walk.post(&format!("{INTENTS}/{held}/capture"), "amount_to_capture=400").await;
    for passes in [true, false] {
        let asking = walk.make(INTENTS, &wish(customer, &strict, "confirm=true")).await;
        walk.get(&format!("{INTENTS}/{asking}")).await;
        let path = format!("intents/{asking}/authenticate");
        walk.control(&path, &format!(r#"{{"passes":{passes}}}"#)).await;
    }
    let declined = (402, Some("card_declined"));
    let now = wish(customer, &declining, "confirm=true");
    walk.refused("POST", INTENTS, &now, declined).await;
    for reason in ["chargeDeclinedExpiredCard", "chargeDeclinedIncorrectCvc"] {
        let data = format!(
            "amount=1000&currency=usd&confirm=true&payment_method=pm_card_{reason}\
             &return_url=https://example.com"
        );
        let refused = walk.refused_by_bank(INTENTS, &data).await;
        assert!(refused["error"]["payment_intent"].is_object(), "{refused}");
    }
    for (name, currency) in [("pm_usBankAccount", "usd")] {
        let debit = attached(walk, name, customer).await;
        let delayed = format!(
            "amount=1000&currency={currency}&customer={customer}&payment_method={debit}\
             &confirm=true&allowed_payment_method_types[]=us_bank_account"
        );
        let delayed = walk.make(INTENTS, &delayed).await;
        walk.get(&format!("{INTENTS}/{delayed}")).await;
    }
    let dropped = walk.make(INTENTS, &wish(customer, &visa, "")).await;
    let why = "cancellation_reason=abandoned";
    walk.post(&format!("{INTENTS}/{dropped}/cancel"), why).await;
    walk.list_each(INTENTS).await;
    walk.list(&format!("{INTENTS}?customer={customer}")).await;
}

async fn setups(walk: &mut Walk, customer: &str) {
    walk.make(SETUPS, "").await;
    let visa = attached(walk, "pm_card_visa", customer).await;
    let of =
        |method: &str, more: &str| format!("customer={customer}&payment_method={method}{more}");
    walk.make(SETUPS, &of(&visa, "&confirm=true")).await;
    let later = walk.make(SETUPS, &of(&visa, "&description=d&usage=on_session")).await;
    walk.post(&format!("{SETUPS}/{later}"), "metadata[a]=1").await;
    walk.post(&format!("{SETUPS}/{later}/confirm"), "").await;
    let asking = walk.make(SETUPS, &of("pm_card_authenticationRequired", "&confirm=true")).await;
    walk.get(&format!("{SETUPS}/{asking}")).await;
    let path = format!("intents/{asking}/authenticate");
    walk.control(&path, r#"{"passes":false}"#).await;
    let dropped = walk.make(SETUPS, &format!("customer={customer}")).await;
    let why = "cancellation_reason=requested_by_customer";
    walk.post(&format!("{SETUPS}/{dropped}/cancel"), why).await;
    walk.list_each(SETUPS).await;
}

async fn refunds(walk: &mut Walk, customer: &str) {
    let paid = wish(customer, "pm_card_visa", "confirm=true");
    let paid = walk.make(INTENTS, &paid).await;
    let of = |intent: &str, more: &str| format!("payment_intent={intent}{more}");
    let part = "&amount=300&reason=requested_by_customer&metadata[a]=1";
    let part = walk.make(REFUNDS, &of(&paid, part)).await;
    walk.post(&format!("{REFUNDS}/{part}"), "metadata[b]=2").await;
    walk.make(REFUNDS, &of(&paid, "")).await;
    for name in ["pm_card_visa", "pm_card_refundFail", "pm_card_pendingRefund"] {
        let paid = walk.make(INTENTS, &wish(customer, name, "confirm=true")).await;
        let refund = walk.make(REFUNDS, &of(&paid, "&amount=100")).await;
        walk.get(&format!("{REFUNDS}/{refund}")).await;
        if name == "pm_card_pendingRefund" {
            walk.control(&format!("refunds/{refund}/settle"), r#"{"end":"needs_action"}"#).await;
            walk.get(&format!("{REFUNDS}/{refund}")).await;
            walk.post(&format!("{REFUNDS}/{refund}/cancel"), "").await;
        }
    }
    walk.pass(10 * DAY);
    walk.list_each(REFUNDS).await;
    walk.list(&format!("{REFUNDS}?payment_intent={paid}")).await;
    walk.list_each("/v1/charges").await;
}

async fn disputes(walk: &mut Walk, customer: &str) {
    for name in ["pm_card_createDispute", "pm_card_createDisputeInquiry"] {
        walk.make(INTENTS, &wish(customer, name, "confirm=true")).await;
    }
    let paid = walk.make(INTENTS, &wish(customer, "pm_card_visa", "confirm=true")).await;
    let charge = text(&walk.get(&format!("{INTENTS}/{paid}")).await, "/latest_charge");
    walk.control(&format!("charges/{charge}/dispute"), r#"{"amount":500}"#).await;
    walk.pass(DAY);
    let made = walk.list_each("/v1/disputes").await;
    let made: Vec<String> = made.iter().map(|held| text(held, "/id")).collect();
    assert_eq!(made.len(), 3, "{made:?}");
    for (at, id) in made.iter().enumerate() {
        let path = format!("/v1/disputes/{id}");
        let evidence = format!("evidence[product_description]=p&metadata[a]=1&submit={}", at == 0);
        walk.post(&path, &evidence).await;
        if at == 0 {
            walk.control(&format!("disputes/{id}/decide"), r#"{"won":true}"#).await;
        } else {
            walk.post(&format!("{path}/close"), "").await;
        }
        walk.get(&path).await;
    }
}
