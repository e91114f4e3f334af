//! The customer portal over the API: configurations, and what sessions are allowed.

use crate::caller::{Answer, KEY, call, call_with};
use crate::stage::{Stage, kinds, same_set};
use counterfoil_simulator::{Card, NewItem, NewSubscription, Options, Rules, UnsavedPortal};
use serde_json::{Value, json};

const CONFIGURATIONS: &str = "/v1/billing_portal/configurations";
const SESSIONS: &str = "/v1/billing_portal/sessions";

/// The parameters of a configuration that lets customers change to the bigger plan.
fn features(stage: &Stage) -> String {
    let product = stage.truth("price", &stage.bigger)["product"].clone();
    format!(
        "features[subscription_update][enabled]=true\
         &features[subscription_update][default_allowed_updates][0]=price\
         &features[subscription_update][default_allowed_updates][1]=quantity\
         &features[subscription_update][proration_behavior]=always_invoice\
         &features[subscription_update][products][0][product]={}\
         &features[subscription_update][products][0][prices][0]={}\
         &features[subscription_update][products][0][prices][1]={}\
         &features[subscription_update][products][0][adjustable_quantity][enabled]=true\
         &features[subscription_update][products][0][adjustable_quantity][maximum]=5\
         &features[subscription_cancel][enabled]=true\
         &features[subscription_cancel][mode]=immediately\
         &features[payment_method_update][enabled]=true\
         &features[customer_update][enabled]=true\
         &features[customer_update][allowed_updates][0]=name\
         &features[invoice_history][enabled]=true",
        product.as_str().unwrap(),
        stage.monthly,
        stage.bigger,
    )
}

async fn configure(stage: &Stage) -> String {
    let answer = call(stage, "POST", CONFIGURATIONS, &features(stage)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.id()
}

async fn refused(stage: &Stage, path: &str, form: &str, param: Value) -> Answer {
    let answer = call(stage, "POST", path, form).await;
    let error = &answer.body["error"];
    assert_eq!((answer.status.as_u16(), &error["param"]), (400, &param), "{form}: {error}");
    answer
}

#[tokio::test]
async fn a_configuration_is_made_changed_and_listed() {
    let stage = Stage::start().await;
    let before = stage.simulator.history().len();
    let form = format!(
        "{}&business_profile[headline]=Plans&default_return_url=https://example.com/account\
         &name=usual&metadata[a]=b&login_page[enabled]=true",
        features(&stage)
    );
    let made = call(&stage, "POST", CONFIGURATIONS, &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let body = &made.body;
    assert_eq!((&body["active"], &body["is_default"]), (&json!(true), &json!(false)));
    assert_eq!(body["business_profile"]["headline"], "Plans");
    let update = &body["features"]["subscription_update"];
    assert_eq!(update["default_allowed_updates"], json!(["price", "quantity"]));
    assert_eq!(update["products"][0]["prices"], json!([stage.monthly, stage.bigger]));
    assert_eq!(update["products"][0]["adjustable_quantity"]["maximum"], 5);
    assert_eq!(body["features"]["subscription_cancel"]["mode"], "immediately");
    assert!(body["features"].get("subscription_pause").is_none(), "since 2026-10-28 only");
    let path = format!("{CONFIGURATIONS}/{}", made.id());
    let change = "features[subscription_cancel][mode]=at_period_end&active=false&metadata[a]=";
    let changed = call(&stage, "POST", &path, change).await;
    assert_eq!(changed.body["features"]["subscription_cancel"]["mode"], "at_period_end");
    assert_eq!(changed.body["features"]["subscription_update"], *update, "the rest stays");
    assert_eq!((&changed.body["active"], &changed.body["metadata"]), (&json!(false), &json!({})));
    let default = stage.simulator.save_portal_settings();
    assert_eq!(stage.simulator.save_portal_settings(), default, "it is saved once");
    for (filter, expected) in [
        ("active=true", vec![default.clone()]),
        ("is_default=false", vec![made.id()]),
        ("", vec![default.clone(), made.id()]),
    ] {
        let list = call(&stage, "GET", &format!("{CONFIGURATIONS}?{filter}"), "").await;
        let data = list.body["data"].as_array().unwrap();
        let found: Vec<&str> = data.iter().map(|held| held["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{filter}");
    }
    let events = crate::stage::events(&stage.simulator).split_off(before);
    same_set(
        &kinds(&events),
        &[
            "billing_portal.configuration.created",
            "billing_portal.configuration.created",
            "billing_portal.configuration.updated",
        ],
    );
    let default = format!("{CONFIGURATIONS}/{default}");
    refused(&stage, &default, "active=false", json!("active")).await;
}

#[tokio::test]
async fn a_configuration_that_offers_what_is_not_there_is_refused() {
    let stage = Stage::start().await;
    refused(&stage, CONFIGURATIONS, "name=x", json!("features")).await;
    let enabled = "features[subscription_update][enabled]=true";
    let products = json!("features[subscription_update][products]");
    refused(&stage, CONFIGURATIONS, enabled, products.clone()).await;
    let other = call(&stage, "POST", "/v1/products", "name=Other").await.id();
    let wrong = format!(
        "{enabled}&features[subscription_update][default_allowed_updates][0]=price\
         &features[subscription_update][products][0][product]={other}\
         &features[subscription_update][products][0][prices][0]={}",
        stage.bigger
    );
    refused(&stage, CONFIGURATIONS, &wrong, products).await;
    let script = "features[invoice_history][enabled]=true&default_return_url=javascript:x";
    refused(&stage, CONFIGURATIONS, script, json!("default_return_url")).await;
    let unknown = "features[invoice_history][colour]=red";
    refused(&stage, CONFIGURATIONS, unknown, json!("features[invoice_history][colour]")).await;
}

#[tokio::test]
async fn a_session_needs_a_configuration_unless_told_otherwise() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let form = format!("customer={customer}");
    let answer = refused(&stage, SESSIONS, &form, Value::Null).await;
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("No configuration provided"), "{message}");
    let named = configure(&stage).await;
    refused(&stage, SESSIONS, &form, Value::Null).await;
    let answer = call(&stage, "POST", SESSIONS, &format!("{form}&configuration={named}")).await;
    assert_eq!(answer.body["configuration"], named);
    let default = stage.simulator.save_portal_settings();
    let answer = call(&stage, "POST", SESSIONS, &format!("{form}&expand[]=configuration")).await;
    assert_eq!(answer.body["configuration"]["id"], default);
    assert_eq!(call(&stage, "GET", SESSIONS, "").await.status, 404, "they cannot be listed");
    refused(&stage, SESSIONS, "customer=cus_none", json!("customer")).await;
    let unknown = format!("{form}&configuration=bpc_none");
    refused(&stage, SESSIONS, &unknown, json!("configuration")).await;

    let rules = Rules { unsaved_portal: UnsavedPortal::Save, ..Rules::default() };
    let stage = Stage::with(Options { rules, ..Options::default() }).await;
    let form = format!("customer={}", stage.customer(Card::Good));
    assert_eq!(call(&stage, "POST", SESSIONS, &form).await.status, 200);
}

#[tokio::test]
async fn a_flow_fits_its_configuration_and_its_subscription() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let item = stage.truth("subscription", &subscription)["items"]["data"][0]["id"].clone();
    let item = item.as_str().unwrap();
    let configuration = configure(&stage).await;
    let base = format!("customer={customer}&configuration={configuration}&flow_data[type]=");
    let about = |kind: &str| format!("{kind}&flow_data[{kind}][subscription]={subscription}");
    let confirm = |price: &str| {
        format!(
            "{}&flow_data[subscription_update_confirm][items][0][id]={item}\
             &flow_data[subscription_update_confirm][items][0][price]={price}",
            about("subscription_update_confirm")
        )
    };
    for good in [
        "payment_method_update".to_owned(),
        "customer_update".to_owned(),
        about("subscription_update"),
        about("subscription_cancel"),
        confirm(&stage.bigger),
        format!(
            "{}&flow_data[after_completion][type]=redirect\
             &flow_data[after_completion][redirect][return_url]=https://example.com/done",
            about("subscription_cancel")
        ),
    ] {
        let answer = call(&stage, "POST", SESSIONS, &format!("{base}{good}")).await;
        assert_eq!(answer.status, 200, "{good}: {}", answer.body);
        let flow = &answer.body["flow"];
        let kind = flow["type"].as_str().unwrap();
        assert!(good.starts_with(kind), "{flow}");
        if good.contains(&subscription) {
            assert_eq!(flow[kind]["subscription"], subscription.as_str());
        }
    }
    let flow = json!("flow_data");
    for (wrong, param) in [
        ("dance".to_owned(), json!("flow_data[type]")),
        (about("subscription_pause"), json!("flow_data[type]")),
        ("subscription_cancel".to_owned(), json!("flow_data[subscription_cancel][subscription]")),
        (confirm(&stage.yearly), flow.clone()),
        (confirm(&stage.bigger).replace(item, "si_none"), flow.clone()),
        (about("subscription_cancel").replace(&subscription, "sub_none"), flow.clone()),
        (
            about("subscription_update_confirm"),
            json!("flow_data[subscription_update_confirm][items]"),
        ),
    ] {
        refused(&stage, SESSIONS, &format!("{base}{wrong}"), param).await;
    }
    let headers = [KEY, ("stripe-version", "2026-07-29.dahlia")];
    let form = format!("{base}customer_update");
    let answer = call_with(&stage, "POST", SESSIONS, &form, &headers).await;
    assert_eq!(answer.body["error"]["param"], "flow_data[type]", "it came with 2026-08-26");

    let two = NewSubscription {
        items: [&stage.monthly, &stage.bigger]
            .map(|price| NewItem { price: price.clone(), ..NewItem::default() })
            .to_vec(),
        ..stage.wish(&customer)
    };
    let two = stage.simulator.subscribe(&two).unwrap();
    let several = format!("{base}{}", about("subscription_update").replace(&subscription, &two));
    let answer = refused(&stage, SESSIONS, &several, flow.clone()).await;
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("several items"), "{message}");
    let other = stage.customer(Card::Good);
    let foreign = format!("{base}{}", about("subscription_cancel")).replace(&customer, &other);
    refused(&stage, SESSIONS, &foreign, flow).await;
}

#[tokio::test]
async fn october_2026_brings_the_pause_and_what_follows_an_expired_session() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let headers = [KEY, ("stripe-version", "2026-10-28.endive")];
    let form = "features[subscription_pause][enabled]=true";
    let made = call_with(&stage, "POST", CONFIGURATIONS, form, &headers).await;
    assert_eq!(made.body["features"]["subscription_pause"]["enabled"], true, "{}", made.body);
    let form = format!(
        "customer={customer}&configuration={}&flow_data[type]=subscription_pause\
         &flow_data[subscription_pause][subscription]={subscription}\
         &after_expiration[type]=customer_login",
        made.id()
    );
    let answer = call_with(&stage, "POST", SESSIONS, &form, &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["after_expiration"]["type"], "customer_login");
    let page = format!("/p/session/{}", answer.id());
    let deed = format!("do=pause&subscription={subscription}");
    assert_eq!(call(&stage, "POST", &page, &deed).await.status, 303);
    assert_eq!(stage.truth("subscription", &subscription)["status"], "paused");
}
