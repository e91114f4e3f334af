//! Features, and who is entitled to them when.

use crate::caller::{Answer, call};
use crate::stage::{DAY, HOUR, Stage, kinds};
use counterfoil_simulator::{
    Cancel, Card, DunningEnd, EventFault, FeatureChange, ItemChange, NewFeature, NewPrice,
    NewProduct, Options, Rules, SubscriptionChange,
};
use serde_json::{Value, json};

const FEATURES: &str = "/v1/entitlements/features";
const ACTIVE: &str = "/v1/entitlements/active_entitlements";
const UPDATED: &str = "entitlements.active_entitlement_summary.updated";

fn product(stage: &Stage) -> String {
    stage.truth("price", &stage.monthly)["product"].as_str().unwrap().to_owned()
}

fn feature(stage: &Stage, key: &str) -> String {
    let new =
        NewFeature { lookup_key: key.to_owned(), name: key.to_owned(), ..NewFeature::default() };
    stage.simulator.create_feature(new).unwrap()
}

/// A feature of the stage's product.
fn attached(stage: &Stage, key: &str) -> String {
    let id = feature(stage, key);
    stage.simulator.attach_feature(&product(stage), &id).unwrap()
}

async fn keys(stage: &Stage, customer: &str) -> Vec<String> {
    let list = call(stage, "GET", &format!("{ACTIVE}?customer={customer}&limit=100"), "").await;
    let data = list.body["data"].as_array().unwrap_or_else(|| panic!("{}", list.body)).clone();
    data.iter().map(|it| it["lookup_key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_subscription_grants_what_its_product_has() {
    let stage = Stage::start().await;
    attached(&stage, "export");
    let customer = stage.customer(Card::Good);
    let (made, events) =
        stage.events_of(|| stage.simulator.subscribe(&stage.wish(&customer)).unwrap());
    assert_eq!(made.iter().filter(|kind| *kind == UPDATED).count(), 1);
    let summary = events.iter().find(|event| event["type"] == UPDATED).unwrap();
    let object = &summary["data"]["object"];
    assert_eq!(object["customer"], customer.as_str());
    assert!(object.get("id").is_none());
    let list = &object["entitlements"];
    let entry = &list["data"][0];
    assert_eq!(entry["lookup_key"], "export");
    assert_eq!(list["has_more"], false);
    assert_eq!(list["url"], format!("/v1/customer/{customer}/entitlements"));
    let previous = &summary["data"]["previous_attributes"];
    assert_eq!(previous, &json!({ "entitlements": { "data": [] } }));
    let path = format!("{ACTIVE}/{}", entry["id"].as_str().unwrap());
    assert_eq!(call(&stage, "GET", &path, "").await.body, *entry);
    let expanded = call(&stage, "GET", &format!("{path}?expand[]=feature"), "").await.body;
    assert_eq!(expanded["feature"]["object"], "entitlements.feature");
    let thin = stage.simulator.thin_history();
    let told: Vec<&str> = thin
        .iter()
        .filter(|event| event["snapshot_event"] == summary["id"])
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        [
            "v1.entitlements.active_entitlement_summary.updated",
            "v1.entitlements.active_entitlement_summary.entitlement_added",
        ]
    );
    let truth = stage.simulator.truth();
    assert_eq!(truth.objects["entitlements.active_entitlement"].len(), 1);
}

#[tokio::test]
async fn entitlements_follow_the_status_of_a_subscription() {
    for (past_due, unpaid) in [(true, false), (false, false), (true, true)] {
        let rules = Rules {
            dunning_end: DunningEnd::Unpaid,
            entitled_while_past_due: past_due,
            entitled_while_unpaid: unpaid,
            ..Rules::default()
        };
        let stage = Stage::with(Options { rules, ..Options::default() }).await;
        attached(&stage, "export");
        let customer = stage.customer(Card::Declining);
        let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
        assert_eq!(stage.truth("subscription", &id)["status"], "incomplete");
        assert_eq!(keys(&stage, &customer).await, [""; 0]);
        stage.simulator.set_card(&customer, Card::Good).unwrap();
        let invoice = stage.truth("subscription", &id)["latest_invoice"].clone();
        stage.simulator.pay_invoice(invoice.as_str().unwrap()).unwrap();
        assert_eq!(keys(&stage, &customer).await, ["export"]);
        stage.simulator.set_card(&customer, Card::Declining).unwrap();
        stage.simulator.advance(31 * DAY + 2 * HOUR);
        assert_eq!(stage.truth("subscription", &id)["status"], "past_due");
        assert_eq!(keys(&stage, &customer).await.len(), usize::from(past_due));
        stage.simulator.advance(20 * DAY);
        assert_eq!(stage.truth("subscription", &id)["status"], "unpaid");
        assert_eq!(keys(&stage, &customer).await.len(), usize::from(unpaid));
        stage.simulator.cancel_subscription(&id, Cancel::default()).unwrap();
        assert_eq!(keys(&stage, &customer).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_feature_reaches_subscriptions_that_run_with_their_next_period() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let id = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let attachment = attached(&stage, "export");
    let metadata = |value: &str| SubscriptionChange {
        metadata: [("k".to_owned(), value.to_owned())].into(),
        ..SubscriptionChange::default()
    };
    stage.simulator.update_subscription(&id, metadata("1")).unwrap();
    stage.simulator.advance(DAY);
    stage.simulator.update_subscription(&id, metadata("2")).unwrap();
    assert_eq!(keys(&stage, &customer).await, [""; 0]);
    let other = stage.customer(Card::Good);
    stage.simulator.subscribe(&stage.wish(&other)).unwrap();
    assert_eq!(keys(&stage, &other).await, ["export"], "who comes now has it at once");
    stage.simulator.advance(30 * DAY);
    assert_eq!(keys(&stage, &customer).await, ["export"]);
    stage.simulator.detach_feature(&product(&stage), &attachment).unwrap();
    stage.simulator.update_subscription(&id, metadata("3")).unwrap();
    assert_eq!(keys(&stage, &customer).await, ["export"]);
    stage.simulator.advance(31 * DAY);
    assert_eq!(keys(&stage, &customer).await, [""; 0]);
}

#[tokio::test]
async fn archived_features_keep_granting() {
    let stage = Stage::start().await;
    let id = feature(&stage, "export");
    stage.simulator.attach_feature(&product(&stage), &id).unwrap();
    let archive = FeatureChange { active: Some(false), ..FeatureChange::default() };
    let customer = stage.customer(Card::Good);
    stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.update_feature(&id, archive).unwrap();
    stage.simulator.advance(40 * DAY);
    assert_eq!(keys(&stage, &customer).await, ["export"]);
    let other = stage.customer(Card::Good);
    stage.simulator.subscribe(&stage.wish(&other)).unwrap();
    assert_eq!(keys(&stage, &other).await, ["export"]);
}

#[tokio::test]
async fn what_two_subscriptions_grant_is_lost_with_the_last_of_them() {
    let stage = Stage::start().await;
    attached(&stage, "export");
    let plain = NewProduct { name: "Plain".to_owned(), ..NewProduct::default() };
    let plain = stage.simulator.create_product(plain).unwrap();
    let extra = feature(&stage, "extra");
    stage.simulator.attach_feature(&plain, &extra).unwrap();
    let plain = stage
        .simulator
        .create_price(NewPrice {
            currency: "usd".to_owned(),
            product: plain,
            recurring: Some((counterfoil_simulator::Interval::Month, 1)),
            unit_amount: 500,
            ..NewPrice::default()
        })
        .unwrap();
    let customer = stage.customer(Card::Good);
    let one = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let (made, _) = stage.events_of(|| {
        stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    });
    assert!(!made.contains(&UPDATED.to_owned()), "nothing new is granted");
    let (made, _) = stage.events_of(|| {
        stage.simulator.cancel_subscription(&one, Cancel::default()).unwrap();
    });
    assert!(!made.contains(&UPDATED.to_owned()));
    assert_eq!(keys(&stage, &customer).await, ["export"]);
    let two = stage.simulator.truth().objects["subscription"]
        .iter()
        .find(|(_, it)| it["status"] == "active")
        .map(|(id, _)| id.clone())
        .unwrap();
    let item = stage.truth("subscription", &two)["items"]["data"][0]["id"].clone();
    let swap = SubscriptionChange {
        items: vec![ItemChange {
            id: item.as_str().map(str::to_owned),
            price: Some(plain),
            ..ItemChange::default()
        }],
        ..SubscriptionChange::default()
    };
    let (made, events) =
        stage.events_of(|| stage.simulator.update_subscription(&two, swap).unwrap());
    assert_eq!(kinds(&events), made);
    assert_eq!(keys(&stage, &customer).await, ["extra"], "another product grants at once");
    let summary = events.iter().find(|event| event["type"] == UPDATED).unwrap();
    let old = &summary["data"]["previous_attributes"]["entitlements"]["data"];
    assert_eq!(old[0]["lookup_key"], "export");
    let (made, _) = stage.events_of(|| stage.simulator.delete_customer(&customer).unwrap());
    let summary = made.iter().position(|kind| kind == UPDATED).unwrap();
    assert!(summary < made.iter().position(|kind| kind == "customer.deleted").unwrap());
}

#[tokio::test]
async fn a_summary_shows_ten_and_the_list_shows_all() {
    let stage = Stage::start().await;
    for number in 0..12 {
        attached(&stage, &format!("feature_{number}"));
    }
    let customer = stage.customer(Card::Good);
    let (_, events) = stage.events_of(|| {
        stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    });
    let summary = events.iter().find(|event| event["type"] == UPDATED).unwrap();
    let shown = &summary["data"]["object"]["entitlements"];
    assert_eq!((shown["data"].as_array().unwrap().len(), &shown["has_more"]), (10, &json!(true)));
    assert_eq!(keys(&stage, &customer).await.len(), 12);
    let page = call(&stage, "GET", &format!("{ACTIVE}?customer={customer}"), "").await.body;
    assert_eq!(page["data"], shown["data"]);
    let last = page["data"][9]["id"].as_str().unwrap();
    let rest = format!("{ACTIVE}?customer={customer}&starting_after={last}");
    let rest = call(&stage, "GET", &rest, "").await.body;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (2, &json!(false)));
}

#[tokio::test]
async fn entitlements_change_though_no_event_tells_of_the_subscription() {
    let stage = Stage::start().await;
    attached(&stage, "export");
    let customer = stage.customer(Card::Good);
    stage.simulator.fail_events("customer.subscription.*", 9, EventFault::NeverGenerated);
    let (made, _) = stage.events_of(|| {
        stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    });
    assert!(made.contains(&UPDATED.to_owned()));
    assert!(!made.contains(&"customer.subscription.created".to_owned()));
    assert_eq!(keys(&stage, &customer).await, ["export"]);
}

async fn post(stage: &Stage, path: &str, form: &str) -> Answer {
    call(stage, "POST", path, form).await
}

#[tokio::test]
async fn features_are_made_listed_and_archived_over_the_api() {
    let stage = Stage::start().await;
    let made = post(&stage, FEATURES, "name=Export&lookup_key=export&metadata[a]=1").await.body;
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        made,
        json!({
            "id": id, "object": "entitlements.feature", "active": true, "livemode": false,
            "lookup_key": "export", "metadata": { "a": "1" }, "name": "Export",
        })
    );
    let other = post(&stage, FEATURES, "name=Other&lookup_key=other").await;
    let listed = async |query: &str| {
        let list = call(&stage, "GET", &format!("{FEATURES}{query}"), "").await.body;
        let data: Vec<Value> = list["data"].as_array().unwrap().clone();
        data.iter().map(|it| it["lookup_key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["other", "export"]);
    assert_eq!(listed("?lookup_key=export").await, ["export"]);
    let path = format!("{FEATURES}/{id}");
    let archived = post(&stage, &path, "active=false&name=Old&metadata[a]=").await.body;
    assert_eq!((&archived["active"], &archived["metadata"]), (&json!(false), &json!({})));
    assert_eq!(listed("").await, ["other"]);
    assert_eq!(listed("?archived=true").await, ["export"]);
    assert_eq!(listed("?archived=false").await, ["other"]);
    assert_eq!(call(&stage, "GET", &path, "").await.body, archived);
    assert_eq!(post(&stage, &path, "active=true").await.status.as_u16(), 400);
    let features = format!("/v1/products/{}/features", product(&stage));
    let attached = post(&stage, &features, &format!("entitlement_feature={}", other.id())).await;
    assert_eq!(attached.body["object"], "product_feature");
    assert_eq!(attached.body["entitlement_feature"], other.body);
    let one = format!("{features}/{}", attached.id());
    assert_eq!(call(&stage, "GET", &one, "").await.body, attached.body);
    let list = call(&stage, "GET", &features, "").await.body;
    assert_eq!((&list["data"], &list["url"]), (&json!([attached.body]), &json!(features)));
    let gone = call(&stage, "DELETE", &one, "").await.body;
    assert_eq!(
        gone,
        json!({
            "id": attached.id(), "object": "product_feature", "deleted": true,
        })
    );
    assert_eq!(call(&stage, "GET", &one, "").await.status.as_u16(), 404);
    assert_eq!(call(&stage, "GET", &features, "").await.body["data"], json!([]));
}

#[tokio::test]
async fn wrong_features_are_refused() {
    let stage = Stage::start().await;
    let made = post(&stage, FEATURES, "name=Export&lookup_key=export").await.id();
    let archived = post(&stage, FEATURES, "name=Old&lookup_key=old").await.id();
    post(&stage, &format!("{FEATURES}/{archived}"), "active=false").await;
    let features = format!("/v1/products/{}/features", product(&stage));
    post(&stage, &features, &format!("entitlement_feature={made}")).await;
    let long = format!("name=a&lookup_key={}", "x".repeat(81));
    let archived = format!("entitlement_feature={archived}");
    let again = format!("entitlement_feature={made}");
    for (method, path, form, status, code, param) in [
        ("POST", FEATURES, "name=a", 400, json!("parameter_missing"), json!("lookup_key")),
        ("POST", FEATURES, "lookup_key=a", 400, json!("parameter_missing"), json!("name")),
        ("POST", FEATURES, long.as_str(), 400, json!(null), json!("lookup_key")),
        (
            "POST",
            FEATURES,
            "name=a&lookup_key=export",
            400,
            json!("resource_already_exists"),
            json!(null),
        ),
        (
            "POST",
            FEATURES,
            "name=a&lookup_key=b&active=true",
            400,
            json!("parameter_unknown"),
            json!("active"),
        ),
        (
            "POST",
            "/v1/entitlements/features/feat_x",
            "name=a",
            404,
            json!("resource_missing"),
            json!("id"),
        ),
        (
            "POST",
            features.as_str(),
            "",
            400,
            json!("parameter_missing"),
            json!("entitlement_feature"),
        ),
        (
            "POST",
            features.as_str(),
            "entitlement_feature=feat_x",
            400,
            json!("resource_missing"),
            json!("entitlement_feature"),
        ),
        (
            "POST",
            features.as_str(),
            archived.as_str(),
            400,
            json!(null),
            json!("entitlement_feature"),
        ),
        (
            "POST",
            features.as_str(),
            again.as_str(),
            400,
            json!("resource_already_exists"),
            json!(null),
        ),
        (
            "GET",
            "/v1/products/prod_x/features",
            "",
            404,
            json!("resource_missing"),
            json!("product"),
        ),
        ("GET", ACTIVE, "", 400, json!("parameter_missing"), json!("customer")),
        (
            "GET",
            "/v1/entitlements/active_entitlements?customer=cus_x",
            "",
            400,
            json!("resource_missing"),
            json!("customer"),
        ),
        (
            "GET",
            "/v1/entitlements/active_entitlements/ent_x",
            "",
            404,
            json!("resource_missing"),
            json!("id"),
        ),
    ] {
        let answer = call(&stage, method, path, form).await;
        let error = &answer.body["error"];
        assert_eq!(answer.status.as_u16(), status, "{path} {form}: {error}");
        assert_eq!((&error["code"], &error["param"]), (&code, &param), "{path} {form}");
    }
}
