//! Subscriptions: the period moved to the items in basil, and newer versions show more.

use super::{Heard, has};
use crate::stage::{DAY, START};
use counterfoil_simulator::Card;
use serde_json::{Value, json};

const BASIL: &str = "2025-03-31";

/// A subscription that has renewed once.
async fn renewed() -> Heard {
    let heard = Heard::start().await;
    let stage = &heard.stage;
    stage.simulator.subscribe(&stage.wish(&stage.customer(Card::Good))).unwrap();
    stage.simulator.advance(31 * DAY);
    heard
}

#[tokio::test]
async fn the_period_stands_where_the_version_has_it() {
    let heard = renewed().await;
    let period = (json!(START + 31 * 86_400), json!(START + 59 * 86_400));
    let of = |object: &Value| {
        let field = |name: &str| object.get(name).cloned();
        Some((field("current_period_start")?, field("current_period_end")?))
    };
    for (version, event) in heard.last("customer.subscription.updated").await {
        let object = &event["data"]["object"];
        let item = &object["items"]["data"][0];
        let (whole, single) = (of(object), of(item));
        let expected = if has(version, BASIL) {
            (None, Some(period.clone()))
        } else {
            (Some(period.clone()), None)
        };
        assert_eq!((whole, single), expected, "{version}");
        assert_eq!(object.get("plan").is_some(), !has(version, BASIL), "{version}");
        assert_eq!(object.get("quantity"), (!has(version, BASIL)).then_some(&json!(2)));
        assert_eq!(item["quantity"], 2, "{version}");
        assert_eq!(item["price"]["object"], "price", "{version}");
    }
}

#[tokio::test]
async fn a_renewal_tells_of_the_old_period_where_the_version_has_it() {
    let heard = renewed().await;
    let old = (json!(START), json!(START + 31 * 86_400));
    for (version, event) in heard.last("customer.subscription.updated").await {
        let previous = &event["data"]["previous_attributes"];
        assert!(previous["latest_invoice"].is_string(), "{version}");
        let (holder, other) = if has(version, BASIL) {
            (&previous["items"]["data"][0], previous)
        } else {
            (previous, &previous["items"]["data"][0])
        };
        let period =
            |of: &Value| (of["current_period_start"].clone(), of["current_period_end"].clone());
        assert_eq!(period(holder), old, "{version}");
        assert_eq!(period(other), (json!(null), json!(null)), "{version}");
    }
}

#[tokio::test]
async fn what_newer_versions_show_is_shown_by_no_older_one() {
    let heard = renewed().await;
    for (version, event) in heard.last("customer.subscription.created").await {
        let object = &event["data"]["object"];
        let item = &object["items"]["data"][0];
        for (field, since) in [
            ("billing_mode", "2025-06-30"),
            ("customer_account", "2025-12-15"),
            ("billing_schedules", "2026-05-27"),
            ("status_details", "2026-09-30"),
        ] {
            assert_eq!(object.get(field).is_some(), has(version, since), "{version} {field}");
        }
        for (field, since) in [("billed_until", "2026-05-27"), ("current_trial", "2026-09-30")] {
            assert_eq!(item.get(field).is_some(), has(version, since), "{version} {field}");
        }
        for field in ["id", "customer", "status", "currency", "metadata", "latest_invoice"] {
            assert!(object.get(field).is_some(), "{version} {field}");
        }
    }
}

#[tokio::test]
async fn plans_and_prices_of_metered_usage_lose_their_old_aggregate_in_basil() {
    let heard = renewed().await;
    for (version, event) in heard.last("customer.subscription.created").await {
        let item = &event["data"]["object"]["items"]["data"][0];
        for place in [&item["plan"], &item["price"]["recurring"]] {
            let aggregate = place.get("aggregate_usage");
            assert_eq!(aggregate.is_some(), !has(version, BASIL), "{version}");
        }
    }
}
