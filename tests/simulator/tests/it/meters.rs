//! Meters over HTTP.

use crate::metered::{METERS, Metered, ask, refused};
use crate::stage::{HOUR, START, Stage, events, kinds};
use counterfoil_simulator::UsageRules;
use serde_json::{Value, json};

const FORM: &str = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";

#[tokio::test]
async fn a_meter_is_made_renamed_deactivated_and_reactivated() {
    let stage = Stage::start().await;
    let made = ask(&stage, "POST", METERS, FORM).await;
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("mtr_test_"), "{id}");
    let mut expected = json!({
        "id": id,
        "object": "billing.meter",
        "created": START,
        "customer_mapping": { "event_payload_key": "stripe_customer_id", "type": "by_id" },
        "default_aggregation": { "formula": "sum" },
        "display_name": "Calls",
        "event_name": "calls",
        "event_time_window": null,
        "livemode": false,
        "status": "active",
        "status_transitions": { "deactivated_at": null },
        "updated": START,
        "value_settings": { "event_payload_key": "value" },
    });
    assert_eq!(made, expected);
    stage.simulator.advance(HOUR);
    let one = format!("{METERS}/{id}");
    let renamed = ask(&stage, "POST", &one, "display_name=Requests").await;
    expected["display_name"] = json!("Requests");
    expected["updated"] = json!(START + 3_600);
    assert_eq!(renamed, expected);
    let inactive = ask(&stage, "POST", &format!("{one}/deactivate"), "").await;
    assert_eq!(inactive["status"], "inactive");
    assert_eq!(inactive["status_transitions"]["deactivated_at"], START + 3_600);
    assert_eq!(refused(&stage, "POST", &format!("{one}/deactivate"), "").await.0, 400);
    let list = async |filter: &str| {
        let list = ask(&stage, "GET", &format!("{METERS}{filter}"), "").await;
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(list("?status=active").await, 0);
    assert_eq!(list("?status=inactive").await, 1);
    assert_eq!(list("").await, 1);
    let active = ask(&stage, "POST", &format!("{one}/reactivate"), "").await;
    assert_eq!(active, expected);
    assert_eq!(ask(&stage, "GET", &one, "").await, expected);
    assert_eq!(refused(&stage, "POST", &format!("{one}/reactivate"), "").await.0, 400);
    let events = events(&stage.simulator);
    let kinds = kinds(&events);
    assert_eq!(
        kinds[kinds.len() - 4..],
        [
            "billing.meter.created",
            "billing.meter.updated",
            "billing.meter.deactivated",
            "billing.meter.reactivated",
        ]
    );
    let previous = &events[events.len() - 3]["data"]["previous_attributes"];
    assert_eq!(previous, &json!({ "display_name": "Calls", "updated": START }));
    assert_eq!(stage.truth("billing.meter", id), expected);
}

#[tokio::test]
async fn a_meter_reads_the_keys_it_is_told_to() {
    let stage = Stage::start().await;
    let form = "display_name=Size&event_name=size&default_aggregation[formula]=last\
                &customer_mapping[type]=by_id&customer_mapping[event_payload_key]=tenant\
                &value_settings[event_payload_key]=bytes&event_time_window=hour";
    let made = ask(&stage, "POST", METERS, form).await;
    assert_eq!(made["customer_mapping"]["event_payload_key"], "tenant");
    assert_eq!(made["value_settings"]["event_payload_key"], "bytes");
    assert_eq!(made["event_time_window"], "hour");
    assert_eq!(made["default_aggregation"]["formula"], "last");
}

#[tokio::test]
async fn wrong_meters_are_refused() {
    let stage = Stage::start().await;
    let id = ask(&stage, "POST", METERS, FORM).await["id"].as_str().unwrap().to_owned();
    let other = FORM.replace("=calls", "=other");
    let made = events(&stage.simulator).len();
    let one = format!("{METERS}/{id}");
    for (method, path, form, status, code, param) in [
        ("POST", METERS, FORM.to_owned(), 400, json!(null), "event_name"),
        (
            "POST",
            METERS,
            "display_name=x&event_name=x".to_owned(),
            400,
            json!("parameter_missing"),
            "default_aggregation[formula]",
        ),
        (
            "POST",
            METERS,
            "event_name=x&default_aggregation[formula]=sum".to_owned(),
            400,
            json!("parameter_missing"),
            "display_name",
        ),
        (
            "POST",
            METERS,
            other.replace("=sum", "=max"),
            400,
            json!(null),
            "default_aggregation[formula]",
        ),
        (
            "POST",
            METERS,
            format!("{other}&event_time_window=week"),
            400,
            json!(null),
            "event_time_window",
        ),
        (
            "POST",
            METERS,
            format!("{other}&customer_mapping[type]=by_name"),
            400,
            json!(null),
            "customer_mapping[type]",
        ),
        (
            "POST",
            METERS,
            format!("{other}&value_settings[key]=x"),
            400,
            json!("parameter_unknown"),
            "value_settings[key]",
        ),
        ("POST", &one, "event_name=x".to_owned(), 400, json!("parameter_unknown"), "event_name"),
        (
            "POST",
            &one,
            "display_name=".to_owned(),
            400,
            json!("parameter_invalid_empty"),
            "display_name",
        ),
        (
            "POST",
            "/v1/billing/meters/mtr_x/deactivate",
            String::new(),
            404,
            json!("resource_missing"),
            "id",
        ),
        ("GET", "/v1/billing/meters/mtr_x", String::new(), 404, json!("resource_missing"), "id"),
        ("GET", "/v1/billing/meters?status=odd", String::new(), 400, json!(null), "status"),
    ] {
        let (found, error) = refused(&stage, method, path, &form).await;
        assert_eq!((found, &error["code"]), (status, &code), "{method} {path} {form}: {error}");
        assert_eq!(error["param"], param, "{method} {path} {form}: {error}");
    }
    assert_eq!(events(&stage.simulator).len(), made, "nothing happened");
}

#[tokio::test]
async fn ids_can_be_those_of_live_mode() {
    let rules = UsageRules { test_mode_ids: false, ..UsageRules::default() };
    let metered = Metered::with(rules, "").await;
    assert!(metered.meter.starts_with("mtr_") && !metered.meter.starts_with("mtr_test_"));
}

#[tokio::test]
async fn an_alert_is_triggered_once_for_each_customer() {
    let metered = Metered::start().await;
    let (stage, meter, customer) = (&metered.stage, &metered.meter, &metered.customer);
    let alerts = "/v1/billing/alerts";
    metered.received("1000", "").await;
    stage.simulator.advance(HOUR);
    let form = format!(
        "alert_type=usage_threshold&title=Many&usage_threshold[gte]=100\
         &usage_threshold[meter]={meter}&usage_threshold[recurrence]=one_time"
    );
    let alert = ask(stage, "POST", alerts, &form).await;
    assert_eq!(
        alert,
        json!({
            "id": alert["id"],
            "object": "billing.alert",
            "alert_type": "usage_threshold",
            "livemode": false,
            "status": "active",
            "title": "Many",
            "usage_threshold": {
                "filters": [],
                "gte": 100,
                "meter": meter,
                "recurrence": "one_time",
            },
        })
    );
    let filter = "&usage_threshold[filters][0][type]=customer\
                  &usage_threshold[filters][0][customer]";
    let other = stage.customer(counterfoil_simulator::Card::Good);
    ask(stage, "POST", alerts, &format!("{form}{filter}={other}")).await;
    let one = format!("{alerts}/{}", alert["id"].as_str().unwrap());
    let triggered = async |value: &str| -> Vec<Value> {
        let before = events(&stage.simulator).len();
        metered.received(value, "").await;
        stage.simulator.advance(HOUR);
        events(&stage.simulator).split_off(before)
    };
    assert_eq!(triggered("99").await.len(), 0, "earlier usage does not count");
    let found = triggered("1").await;
    assert_eq!(kinds(&found), ["billing.alert.triggered"]);
    let object = &found[0]["data"]["object"];
    assert_eq!(object["object"], "billing.alert_triggered");
    assert_eq!((&object["value"], &object["customer"]), (&json!(100), &json!(customer)));
    assert_eq!(object["alert"]["id"], alert["id"]);
    assert_eq!(triggered("500").await.len(), 0, "it is triggered once");
    assert_eq!(ask(stage, "POST", &format!("{one}/deactivate"), "").await["status"], "inactive");
    assert_eq!(triggered("500").await.len(), 0);
    assert_eq!(ask(stage, "POST", &format!("{one}/activate"), "").await["status"], "active");
    assert_eq!(triggered("100").await.len(), 1, "it can be triggered anew");
    let expanded = ask(stage, "GET", &format!("{one}?expand[]=usage_threshold.meter"), "").await;
    assert_eq!(expanded["usage_threshold"]["meter"]["event_name"], "calls");
    let all = ask(stage, "GET", &format!("{alerts}?meter={meter}"), "").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        all["data"][0]["usage_threshold"]["filters"],
        json!([{ "customer": other, "type": "customer" }])
    );
    assert_eq!(ask(stage, "POST", &format!("{one}/archive"), "").await["status"], "archived");
    assert_eq!(refused(stage, "GET", &one, "").await.0, 404);
    assert_eq!(refused(stage, "POST", &format!("{one}/activate"), "").await.0, 404);
    assert_eq!(ask(stage, "GET", alerts, "").await["data"].as_array().unwrap().len(), 1);
    let zero = form.replace("[gte]=100", "[gte]=0");
    assert_eq!(refused(stage, "POST", alerts, &zero).await.1["param"], "usage_threshold[gte]");
    let unknown = form.replace(meter, "mtr_x");
    assert_eq!(refused(stage, "POST", alerts, &unknown).await.1["code"], "resource_missing");
}
