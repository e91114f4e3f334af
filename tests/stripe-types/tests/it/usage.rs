//! Meters, what is reported to them, and alerts.

use crate::walk::{DAY, HOUR, START, Walk, text};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn meters_and_alerts_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Usage).await;
    let customer = walk.make("/v1/customers", "name=x").await;
    let bare = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
    let bare = walk.make("/v1/billing/meters", bare).await;
    let full = "display_name=Peak&event_name=peak&default_aggregation[formula]=last\
                &event_time_window=hour&customer_mapping[type]=by_id\
                &customer_mapping[event_payload_key]=who\
                &value_settings[event_payload_key]=how_much";
    let full = walk.make("/v1/billing/meters", full).await;
    let counting = "display_name=Count&event_name=count&default_aggregation[formula]=count\
                    &event_time_window=day";
    walk.make("/v1/billing/meters", counting).await;
    walk.post(&format!("/v1/billing/meters/{full}"), "display_name=Highest").await;
    walk.list_each("/v1/billing/meters").await;

    let alert = |more: &str| {
        format!(
            "alert_type=usage_threshold&title=Much&usage_threshold[gte]=10\
             &usage_threshold[meter]={bare}&usage_threshold[recurrence]=one_time{more}"
        )
    };
    let everyone = walk.make("/v1/billing/alerts", &alert("")).await;
    let one = format!(
        "&usage_threshold[filters][0][type]=customer&usage_threshold[filters][0][customer]={customer}"
    );
    let one = walk.make("/v1/billing/alerts", &alert(&one)).await;
    walk.list_each("/v1/billing/alerts").await;
    walk.list(&format!("/v1/billing/alerts?meter={bare}")).await;

    let event = |identifier: &str, value: &str| {
        format!(
            "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]={value}\
             &identifier={identifier}"
        )
    };
    for (identifier, value) in [("a", "5"), ("b", "7"), ("c", "30")] {
        walk.post("/v1/billing/meter_events", &event(identifier, value)).await;
        walk.pass(HOUR);
    }
    let unnamed = format!(
        "event_name=peak&payload[who]={customer}&payload[how_much]=3&timestamp={}",
        START + 3_600
    );
    walk.post("/v1/billing/meter_events", &unnamed).await;
    let cancel = "event_name=calls&type=cancel&cancel[identifier]=c";
    walk.post("/v1/billing/meter_event_adjustments", cancel).await;
    walk.pass(DAY);
    let (from, to) = (START, START + 2 * i64::try_from(DAY).unwrap());
    let span = format!("customer={customer}&start_time={from}&end_time={to}");
    for more in ["", "&value_grouping_window=hour", "&value_grouping_window=day"] {
        let path = format!("/v1/billing/meters/{bare}/event_summaries?{span}{more}");
        let found = walk.list(&path).await;
        assert!(!found.is_empty(), "{path}");
    }
    let triggered = walk
        .simulator
        .history()
        .iter()
        .any(|event| String::from_utf8_lossy(event).contains("billing.alert.triggered"));
    assert!(triggered, "no alert was triggered");
    for id in [&everyone, &one] {
        walk.post(&format!("/v1/billing/alerts/{id}/deactivate"), "").await;
        walk.post(&format!("/v1/billing/alerts/{id}/activate"), "").await;
    }
    let archived = walk.post(&format!("/v1/billing/alerts/{one}/archive"), "").await;
    assert_eq!(text(&archived, "/status"), "archived");
    walk.post(&format!("/v1/billing/meters/{bare}/deactivate"), "").await;
    walk.get(&format!("/v1/billing/meters/{bare}")).await;
    walk.post(&format!("/v1/billing/meters/{bare}/reactivate"), "").await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/billing/meters/mtr_none", "", missing).await;
    walk.refused("GET", "/v1/billing/alerts/alrt_none", "", missing).await;
    walk.finish().await;
}
