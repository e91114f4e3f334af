//! Payment intents, charges and methods over the API: every way an attempt can end.

use crate::caller::{KEY, call, call_with, get, post};
use crate::stage::{DAY, Stage, events, kinds, same_set};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

const PAY: &str = "amount=2000&currency=usd&confirm=true";

/// The types of the events that were made since there were so many.
fn made_since(stage: &Stage, before: usize) -> Vec<String> {
    kinds(&events(&stage.simulator).split_off(before))
}

#[tokio::test]
async fn test_cards_end_attempts_as_they_are_known_to() {
    let stage = Stage::start().await;
    let declined = |code, decline| ("requires_payment_method", Some((code, Some(decline))));
    for (token, number, (status, error)) in [
        ("pm_card_visa", "4242424242424242", ("succeeded", None)),
        (
            "pm_card_visa_chargeDeclined",
            "4000000000000002",
            declined("card_declined", "generic_decline"),
        ),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "4000000000009995",
            declined("card_declined", "insufficient_funds"),
        ),
        (
            "pm_card_chargeCustomerFail",
            "4000000000000341",
            declined("card_declined", "generic_decline"),
        ),
        ("pm_card_authenticationRequired", "4000002760003184", ("requires_action", None)),
        ("pm_card_threeDSecure2Required", "4000000000003220", ("requires_action", None)),
        ("pm_card_authenticationRequiredOnSetup", "4000002500003155", ("requires_action", None)),
        ("pm_card_radarBlock", "4100000000000019", declined("card_declined", "fraudulent")),
        ("pm_card_createDispute", "4000000000000259", ("succeeded", None)),
        (
            "pm_card_chargeDeclinedExpiredCard",
            "4000000000000069",
            declined("expired_card", "expired_card"),
        ),
    ] {
        let by_number = format!(
            "payment_method_data[type]=card&payment_method_data[card][number]={number}\
             &payment_method_data[card][exp_month]=5&payment_method_data[card][exp_year]=2033"
        );
        for how in [format!("payment_method={token}"), by_number] {
            let answer = call(&stage, "POST", "/v1/payment_intents", &format!("{PAY}&{how}")).await;
            let what = format!("{how}: {}", answer.body);
            let Some((code, decline)) = error else {
                assert_eq!(
                    (answer.status.as_u16(), &answer.body["status"]),
                    (200, &json!(status)),
                    "{what}"
                );
                continue;
            };
            assert_eq!(answer.status.as_u16(), 402, "{what}");
            let shown = &answer.body["error"];
            assert_eq!(
                (&shown["type"], &shown["code"]),
                (&json!("card_error"), &json!(code)),
                "{what}"
            );
            assert_eq!(shown["decline_code"], json!(decline), "{what}");
            let intent = &shown["payment_intent"];
            assert_eq!(intent["status"], status, "{what}");
            assert_eq!(intent["last_payment_error"]["code"], code, "{what}");
            assert_eq!(intent["last_payment_error"]["charge"], shown["charge"], "{what}");
            assert_eq!(shown["payment_method"]["card"]["last4"], number[12..], "{what}");
            let charge =
                get(&stage, &format!("/v1/charges/{}", shown["charge"].as_str().unwrap())).await;
            assert_eq!((&charge["status"], &charge["paid"]), (&json!("failed"), &json!(false)));
            assert_eq!(charge["failure_code"], code);
        }
    }
}

#[tokio::test]
async fn a_payment_is_a_charge_and_an_intent_and_money_of_the_account() {
    let stage = Stage::start().await;
    let before = events(&stage.simulator).len();
    let form = format!("{PAY}&payment_method=pm_card_visa&metadata[a]=1&description=Shoes");
    let intent = post(&stage, "/v1/payment_intents", &form).await;
    same_set(
        &made_since(&stage, before),
        &["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"],
    );
    let id = intent["id"].as_str().unwrap();
    assert!(intent["client_secret"].as_str().unwrap().starts_with(&format!("{id}_secret_")));
    assert_eq!(intent["capture_method"], "automatic_async");
    let path = format!("/v1/payment_intents/{id}?expand[]=latest_charge&expand[]=payment_method");
    let shown = get(&stage, &path).await;
    let charge = &shown["latest_charge"];
    assert_eq!(
        (&charge["amount_captured"], &charge["balance_transaction"]),
        (&json!(2_000), &json!(null))
    );
    assert_eq!((&charge["metadata"]["a"], &charge["description"]), (&json!("1"), &json!("Shoes")));
    assert_eq!(shown["payment_method"]["card"]["brand"], "visa");
    // The account's own balance knows a little later.
    let before = events(&stage.simulator).len();
    stage.simulator.advance(std::time::Duration::from_secs(2));
    same_set(&made_since(&stage, before), &["charge.updated"]);
    let path = format!("/v1/charges?payment_intent={id}&expand[]=data.balance_transaction");
    let charges = get(&stage, &path).await;
    assert_eq!(charges["data"][0]["balance_transaction"]["net"], 2_000 - 88);
    let list = get(&stage, "/v1/payment_intents?limit=3").await;
    assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&json!(id), &json!(false)));
    // What has paid once without a customer is used up.
    let method = intent["payment_method"].as_str().unwrap();
    let again =
        call(&stage, "POST", "/v1/payment_intents", &format!("{PAY}&payment_method={method}"))
            .await;
    assert_eq!(again.status.as_u16(), 400);
    // Old versions show the charges of an intent and the refunds of a charge.
    let old = [KEY, ("stripe-version", "2020-08-27")];
    let old = call_with(&stage, "GET", &format!("/v1/payment_intents/{id}"), "", &old).await.body;
    assert_eq!(old["charges"]["data"][0]["refunds"]["total_count"], 0);
    assert_eq!((&old["invoice"], old.get("latest_charge")), (&json!(null), None));
}

#[tokio::test]
async fn an_intent_is_confirmed_changed_captured_and_cancelled_step_by_step() {
    let stage = Stage::start().await;
    let new = "amount=900&currency=usd&capture_method=manual";
    let intent = post(&stage, "/v1/payment_intents", new).await;
    assert_eq!(intent["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    let refused = call(&stage, "POST", &format!("{path}/confirm"), "").await;
    assert_eq!(refused.body["error"]["code"], "payment_intent_unexpected_state");
    let held = post(&stage, &path, "amount=1000&payment_method=pm_card_visa").await;
    assert_eq!(
        (&held["status"], &held["amount"]),
        (&json!("requires_confirmation"), &json!(1_000))
    );
    let before = events(&stage.simulator).len();
    let held = post(&stage, &format!("{path}/confirm"), "").await;
    assert_eq!(
        (&held["status"], &held["amount_capturable"]),
        (&json!("requires_capture"), &json!(1_000))
    );
    same_set(
        &made_since(&stage, before),
        &["charge.succeeded", "payment_intent.amount_capturable_updated"],
    );
    let refused = call(&stage, "POST", &format!("{path}/capture"), "amount_to_capture=1001").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["error"]["param"]),
        (400, &json!("amount_to_capture"))
    );
    let before = events(&stage.simulator).len();
    let held = post(&stage, &format!("{path}/capture"), "amount_to_capture=600").await;
    assert_eq!((&held["status"], &held["amount_received"]), (&json!("succeeded"), &json!(600)));
    same_set(&made_since(&stage, before), &["charge.captured", "payment_intent.succeeded"]);
    let refused = call(&stage, "POST", &format!("{path}/cancel"), "").await;
    assert_eq!(refused.body["error"]["code"], "payment_intent_unexpected_state");

    let form = format!("{PAY}&payment_method=pm_card_visa&capture_method=manual");
    let intent = post(&stage, "/v1/payment_intents", &form).await;
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    let before = events(&stage.simulator).len();
    let held = post(&stage, &format!("{path}/cancel"), "cancellation_reason=abandoned").await;
    assert_eq!(
        (&held["status"], &held["cancellation_reason"]),
        (&json!("canceled"), &json!("abandoned"))
    );
    same_set(&made_since(&stage, before), &["payment_intent.canceled", "charge.refunded"]);
}

#[tokio::test]
async fn three_d_secure_waits_for_the_customer() {
    let stage = Stage::start().await;
    let three_d = format!("{PAY}&payment_method=pm_card_authenticationRequired");
    for (passes, status) in [(true, "succeeded"), (false, "requires_payment_method")] {
        let form = format!("{three_d}&return_url=https://example.com/back");
        let intent = post(&stage, "/v1/payment_intents", &form).await;
        let action = &intent["next_action"];
        assert_eq!(action["redirect_to_url"]["return_url"], "https://example.com/back");
        let id = intent["id"].as_str().unwrap();
        stage.simulator.authenticate(id, passes).unwrap();
        let held = get(&stage, &format!("/v1/payment_intents/{id}")).await;
        assert_eq!((&held["status"], &held["next_action"]), (&json!(status), &json!(null)));
        assert!(stage.simulator.authenticate(id, true).is_err());
    }
    let off =
        call(&stage, "POST", "/v1/payment_intents", &format!("{three_d}&off_session=true")).await;
    assert_eq!(
        (off.status.as_u16(), &off.body["error"]["code"]),
        (402, &json!("authentication_required"))
    );
    let form = format!("{three_d}&error_on_requires_action=true");
    let refused = call(&stage, "POST", "/v1/payment_intents", &form).await;
    assert_eq!(refused.body["error"]["code"], "authentication_required");
    let control =
        call(&stage, "POST", "/_simulator/intents/pi_none/authenticate", r#"{"passes":true}"#)
            .await;
    assert_eq!(control.status.as_u16(), 400);
}

#[tokio::test]
async fn a_bank_debit_is_processing_until_its_bank_has_answered() {
    let stage = Stage::start().await;
    for (token, status, last) in [
        ("pm_usBankAccount_success", "succeeded", "payment_intent.succeeded"),
        (
            "pm_usBankAccount_insufficientFunds",
            "requires_payment_method",
            "payment_intent.payment_failed",
        ),
    ] {
        let before = events(&stage.simulator).len();
        let form = format!("{PAY}&payment_method={token}");
        let intent = post(&stage, "/v1/payment_intents", &form).await;
        assert_eq!(intent["status"], "processing");
        let id = intent["id"].as_str().unwrap();
        same_set(
            &made_since(&stage, before),
            &["payment_intent.created", "charge.pending", "payment_intent.processing"],
        );
        let refused = call(&stage, "POST", &format!("/v1/payment_intents/{id}/cancel"), "").await;
        assert_eq!(refused.status.as_u16(), 400);
        stage.simulator.advance(4 * DAY);
        assert_eq!(
            events(&stage.simulator)
                .iter()
                .rev()
                .find(|it| it["data"]["object"]["id"] == id)
                .unwrap()["type"],
            last
        );
        let held = get(&stage, &format!("/v1/payment_intents/{id}")).await;
        assert_eq!(held["status"], status);
    }
}

#[tokio::test]
async fn methods_are_attached_and_detached_for_good() {
    let stage = Stage::start().await;
    let customer = post(&stage, "/v1/customers", "").await["id"].as_str().unwrap().to_owned();
    let to = format!("customer={customer}");
    let form = "type=card&card[token]=tok_visa&billing_details[name]=Ann";
    let method = post(&stage, "/v1/payment_methods", form).await;
    assert_eq!(
        (&method["customer"], &method["billing_details"]["name"]),
        (&json!(null), &json!("Ann"))
    );
    let id = method["id"].as_str().unwrap();
    let path = format!("/v1/payment_methods/{id}");
    let before = events(&stage.simulator).len();
    let held = post(&stage, &format!("{path}/attach"), &to).await;
    assert_eq!(held["customer"], customer.as_str());
    same_set(&made_since(&stage, before), &["payment_method.attached"]);
    let refused =
        call(&stage, "POST", "/v1/payment_methods/pm_card_visa_chargeDeclined/attach", &to).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["error"]["code"]),
        (402, &json!("card_declined"))
    );
    let held = post(&stage, &path, "card[exp_year]=2040&metadata[a]=1").await;
    assert_eq!((&held["card"]["exp_year"], &held["metadata"]["a"]), (&json!(2040), &json!("1")));
    let customer_path = format!("/v1/customers/{customer}");
    post(&stage, &customer_path, &format!("invoice_settings[default_payment_method]={id}")).await;
    let list = get(&stage, &format!("{customer_path}/payment_methods?type=card")).await;
    assert_eq!(list["data"][0]["id"], id);
    assert_eq!(get(&stage, &format!("{customer_path}/payment_methods/{id}")).await["id"], id);
    assert_eq!(
        get(&stage, &format!("/v1/payment_methods?{to}&type=sepa_debit")).await["data"],
        json!([])
    );
    let before = events(&stage.simulator).len();
    let held = post(&stage, &format!("{path}/detach"), "").await;
    assert_eq!(held["customer"], json!(null));
    let made = events(&stage.simulator).split_off(before);
    same_set(&kinds(&made), &["payment_method.detached", "customer.updated"]);
    assert_eq!(made[0]["data"]["previous_attributes"]["customer"], customer.as_str());
    let settings = &get(&stage, &customer_path).await["invoice_settings"];
    assert_eq!(settings["default_payment_method"], json!(null));
    let refused = call(&stage, "POST", &format!("{path}/attach"), &to).await;
    assert_eq!(refused.status.as_u16(), 400, "what was detached stays so");
    let refused = call(
        &stage,
        "POST",
        &customer_path,
        "invoice_settings[default_payment_method]=pm_card_visa",
    )
    .await;
    assert_eq!(refused.body["error"]["param"], "invoice_settings[default_payment_method]");
}

#[tokio::test]
async fn a_method_is_set_up_for_later() {
    let stage = Stage::start().await;
    let customer = post(&stage, "/v1/customers", "").await["id"].as_str().unwrap().to_owned();
    let form = format!(
        "customer={customer}&payment_method=pm_card_authenticationRequiredOnSetup&confirm=true"
    );
    let before = events(&stage.simulator).len();
    let setup = post(&stage, "/v1/setup_intents", &form).await;
    assert_eq!(
        (&setup["status"], &setup["usage"]),
        (&json!("requires_action"), &json!("off_session"))
    );
    let id = setup["id"].as_str().unwrap();
    stage.simulator.authenticate(id, true).unwrap();
    same_set(
        &made_since(&stage, before),
        &[
            "setup_intent.created",
            "setup_intent.requires_action",
            "payment_method.attached",
            "setup_intent.succeeded",
        ],
    );
    let method = setup["payment_method"].as_str().unwrap();
    let pay = format!("{PAY}&customer={customer}&payment_method={method}&off_session=true");
    assert_eq!(post(&stage, "/v1/payment_intents", &pay).await["status"], "succeeded");
    let form =
        format!("customer={customer}&payment_method=pm_card_visa_chargeDeclined&confirm=true");
    let refused = call(&stage, "POST", "/v1/setup_intents", &form).await;
    assert_eq!(refused.body["error"]["setup_intent"]["status"], "requires_payment_method");
    assert_eq!(refused.body["error"]["setup_intent"]["last_setup_error"]["code"], "card_declined");
    let open = post(&stage, "/v1/setup_intents", &format!("customer={customer}")).await;
    let path = format!("/v1/setup_intents/{}", open["id"].as_str().unwrap());
    assert_eq!(post(&stage, &format!("{path}/cancel"), "").await["status"], "canceled");
    let refused = call(&stage, "POST", &format!("{path}/confirm"), "").await;
    assert_eq!(refused.body["error"]["code"], "setup_intent_unexpected_state");
    let list = get(&stage, &format!("/v1/setup_intents?customer={customer}")).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn invoices_are_tied_to_what_pays_them() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.advance(DAY);
    let invoice = stage.truth("subscription", &id)["latest_invoice"].as_str().unwrap().to_owned();
    let list = get(&stage, &format!("/v1/invoice_payments?invoice={invoice}")).await;
    let payment = &list["data"][0];
    assert_eq!((&payment["status"], &payment["amount_paid"]), (&json!("paid"), &json!(2_000)));
    let intent = payment["payment"]["payment_intent"].as_str().unwrap();
    let path = format!(
        "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]={intent}"
    );
    assert_eq!(get(&stage, &path).await["data"][0]["invoice"], invoice.as_str());
    assert_eq!(get(&stage, &format!("{path}&status=open")).await["data"], json!([]));
    let path = format!("/v1/invoice_payments/{}", payment["id"].as_str().unwrap());
    assert_eq!(get(&stage, &path).await["id"], payment["id"]);
    let refused =
        call(&stage, "GET", "/v1/invoice_payments?payment[payment_intent]=pi_1", "").await;
    assert_eq!(refused.body["error"]["param"], "payment[type]");
}

#[tokio::test]
async fn an_invoice_is_paid_by_parts_and_by_methods_of_the_callers_choice() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Declining);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let invoice = stage.truth("subscription", &id)["latest_invoice"].as_str().unwrap().to_owned();
    let part = format!(
        "amount=500&currency=usd&customer={customer}&payment_method=pm_card_visa&confirm=true"
    );
    let part = post(&stage, "/v1/payment_intents", &part).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/invoices/{invoice}");
    let held =
        post(&stage, &format!("{path}/attach_payment"), &format!("payment_intent={part}")).await;
    assert_eq!(
        (&held["status"], &held["amount_paid"], &held["amount_remaining"]),
        (&json!("open"), &json!(500), &json!(1_500))
    );
    let held =
        post(&stage, &format!("{path}/pay?expand[]=payments"), "payment_method=pm_card_visa").await;
    assert_eq!((&held["status"], &held["amount_paid"]), (&json!("paid"), &json!(2_000)));
    let paid: Vec<i64> = held["payments"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["amount_paid"].as_i64().unwrap())
        .collect();
    assert_eq!(paid.iter().sum::<i64>(), 2_000);
    assert_eq!(stage.truth("subscription", &id)["status"], "active");
}

#[tokio::test]
async fn an_incomplete_subscription_is_paid_by_confirming_its_intent() {
    let stage = Stage::start().await;
    let customer = post(&stage, "/v1/customers", "").await["id"].as_str().unwrap().to_owned();
    let form = format!(
        "customer={customer}&items[0][price]={}&payment_behavior=default_incomplete\
         &expand[]=latest_invoice.confirmation_secret&expand[]=latest_invoice.payments",
        stage.monthly
    );
    let held = post(&stage, "/v1/subscriptions", &form).await;
    assert_eq!(held["status"], "incomplete");
    let invoice = &held["latest_invoice"];
    let intent = invoice["payments"]["data"][0]["payment"]["payment_intent"].as_str().unwrap();
    let secret = invoice["confirmation_secret"]["client_secret"].as_str().unwrap();
    assert!(secret.starts_with(intent));
    let path = format!("/v1/payment_intents/{intent}");
    let refused = call(
        &stage,
        "POST",
        &format!("{path}/confirm"),
        "payment_method=pm_card_visa_chargeDeclined",
    )
    .await;
    assert_eq!(refused.status.as_u16(), 402);
    let paid = post(&stage, &format!("{path}/confirm"), "payment_method=pm_card_visa").await;
    assert_eq!(paid["status"], "succeeded");
    let id = held["id"].as_str().unwrap();
    assert_eq!(stage.truth("subscription", id)["status"], "active");
    let list = get(&stage, &format!("/v1/charges?payment_intent={intent}")).await;
    let statuses: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, [&json!("succeeded"), &json!("failed")]);
}

#[tokio::test]
async fn a_debit_for_a_first_invoice_makes_the_subscription_active_whatever_becomes_of_it() {
    for (card, invoice_status) in [(Card::DelayedSuccess, "paid"), (Card::DelayedFailure, "void")] {
        let stage = Stage::start().await;
        let customer = stage.customer(card);
        let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
        let held = stage.truth("subscription", &id);
        assert_eq!(held["status"], "active", "{card:?}");
        let invoice = held["latest_invoice"].as_str().unwrap();
        assert_eq!(stage.truth("invoice", invoice)["status"], "open", "{card:?}");
        stage.simulator.advance(5 * DAY);
        assert_eq!(stage.truth("invoice", invoice)["status"], invoice_status, "{card:?}");
        assert_eq!(stage.truth("subscription", &id)["status"], "active", "{card:?}");
    }
}

#[tokio::test]
async fn charges_and_intents_are_searched() {
    let stage = Stage::start().await;
    let form = format!("{PAY}&payment_method=pm_card_visa&metadata[order]=7");
    let intent = post(&stage, "/v1/payment_intents", &form).await;
    let search =
        |kind: &str| format!("/v1/{kind}/search?query=metadata['order']:'7'%20AND%20amount%3E1000");
    assert_eq!(get(&stage, &search("charges")).await["data"], json!([]), "the index is behind");
    stage.simulator.advance(DAY);
    let found = get(&stage, &search("payment_intents")).await;
    assert_eq!(found["data"][0]["id"], intent["id"]);
    assert_eq!(get(&stage, &search("charges")).await["data"][0]["id"], intent["latest_charge"]);
}

#[tokio::test]
async fn what_an_invoices_intent_is_about_follows_from_the_invoice() {
    let stage = Stage::start().await;
    let (customer, other) = (stage.customer(Card::Good), stage.customer(Card::Good));
    let wish = format!(
        "customer={customer}&items[0][price]={}&payment_behavior=default_incomplete",
        stage.monthly
    );
    post(&stage, "/v1/subscriptions", &wish).await;
    let path = format!("/v1/payment_intents?customer={customer}");
    let intent = get(&stage, &path).await["data"][0].clone();
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    let other = format!("customer={other}");
    for change in ["amount=1", "currency=eur", other.as_str()] {
        let answer = call(&stage, "POST", &path, change).await;
        assert_eq!(answer.status.as_u16(), 400, "{change}: {}", answer.body);
    }
    assert_eq!(get(&stage, &path).await, intent);
    let noted = post(&stage, &path, "metadata[a]=1").await;
    assert_eq!(noted["metadata"]["a"], "1");
}
