//! Events about many subscriptions: each is created, and some seconds later updated.

use serde_json::Value;

use super::request::BODY_BYTES;

const EVENT: &str = include_str!("event.json");

/// One event.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its id.
    pub id: String,
    /// Its type.
    pub event_type: &'static str,
    /// The second of it.
    pub created: i64,
    /// The subscription's number.
    pub number: usize,
    /// Its bytes, as Stripe would send them.
    pub body: String,
}

/// The id of a subscription.
#[must_use]
pub fn subscription(number: usize) -> String {
    format!("sub_Bench{number:018}")
}

/// The id of a subscription's one item.
#[must_use]
pub fn item(number: usize) -> String {
    format!("si_Bench{number:010}")
}

/// The id of a subscription's customer.
#[must_use]
pub fn customer(number: usize) -> String {
    format!("cus_Bench{number:09}")
}

/// The first second of all events.
const CREATED: i64 = 1_762_799_303;

/// Two events for each of so many subscriptions: all that are created, then all that are updated.
#[must_use]
pub fn events(subscriptions: usize) -> Vec<Sample> {
    let template = template();
    (0..subscriptions * 2)
        .map(|place| {
            let (number, updated) = (place % subscriptions, place >= subscriptions);
            let id = format!("evt_{place:024}");
            let created = CREATED + if updated { 60 } else { 0 };
            let event_type = if updated {
                "customer.subscription.updated"
            } else {
                "customer.subscription.created"
            };
            // Both of one length.
            let canceling = if updated {
                "\"cancel_at_period_end\":  true"
            } else {
                "\"cancel_at_period_end\": false"
            };
            let body = template
                .replacen("evt_000000000000000000000000", &id, 1)
                .replacen("customer.subscription.updated", event_type, 1)
                .replacen("\"created\": 1762799303", &format!("\"created\": {created}"), 1)
                .replace("sub_Bench000000000000000001", &subscription(number))
                .replace("si_Bench0000000001", &item(number))
                .replace("cus_Bench000000001", &customer(number))
                .replacen("\"cancel_at_period_end\": false", canceling, 1);
            Sample { id, event_type, created, number, body }
        })
        .collect()
}

/// Events of the length that Stripe's have, without what an earlier state said.
fn template() -> String {
    let mut event: Value = serde_json::from_str(EVENT).unwrap_or_default();
    if let Some(data) = event["data"].as_object_mut() {
        data.remove("previous_attributes");
    }
    let text = format!("{event:#}");
    let padding = (BODY_BYTES + 1).saturating_sub(text.len());
    text.replacen('@', &"x".repeat(padding), 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_is_one_of_its_own_subscription() {
        let all = events(3);
        let mut ids = BTreeSet::new();
        for (place, it) in all.iter().enumerate() {
            let body: Value = serde_json::from_str(&it.body).unwrap();
            let object = &body["data"]["object"];
            assert_eq!(it.body.len(), BODY_BYTES);
            assert!(ids.insert(it.id.clone()));
            assert_eq!(body["id"], *it.id);
            assert_eq!(body["type"], it.event_type);
            assert_eq!(body["created"], it.created);
            assert_eq!(object["id"], subscription(it.number));
            assert_eq!(object["items"]["data"][0]["id"], item(it.number));
            assert_eq!(object["customer"], customer(it.number));
            assert_eq!(object["cancel_at_period_end"], place >= 3);
        }
    }
}
