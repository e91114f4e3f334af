//! Whole plays: the same every time, consistent in themselves, and leading to the truth.

use crate::stage::events;
use counterfoil_simulator::{
    ApiVersion, Endpoint, MachineWall, Options, Play, Simulator, Truth, Wall,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A wall clock that stands still, so that a play always ends at the same second.
struct StillWall(MachineWall);

impl Wall for StillWall {
    fn unix_micros(&self) -> i64 {
        1_790_000_000_000_000
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

async fn played(seed: u64, version: ApiVersion) -> Simulator {
    let wall = Arc::new(StillWall(MachineWall::new()));
    let options = Options { api_version: version, seed, wall, ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let mut seconds = Vec::new();
    let play = Play { customers: 60, months: 3, seed };
    let done = simulator.play(play, |progress| seconds.push(progress.now)).await.unwrap();
    assert_eq!((done.customers, done.now), (60, 1_790_000_000));
    assert!(seconds.is_sorted());
    assert_eq!(simulator.now(), 1_790_000_000);
    simulator
}

#[tokio::test]
async fn two_plays_of_one_seed_are_equal_to_the_byte() {
    let one = played(7, ApiVersion::newest()).await.history();
    let two = played(7, ApiVersion::newest()).await.history();
    assert!(one.len() > 1_000, "{}", one.len());
    assert_eq!(one, two);
    assert_ne!(one, played(8, ApiVersion::newest()).await.history());
}

#[tokio::test]
async fn a_play_shows_every_life_and_lies_in_the_past() {
    let simulator = played(7, ApiVersion::newest()).await;
    let events = events(&simulator);
    let kinds: BTreeSet<&str> = events.iter().map(|it| it["type"].as_str().unwrap()).collect();
    for kind in [
        "checkout.session.completed",
        "customer.deleted",
        "customer.subscription.deleted",
        "customer.subscription.trial_will_end",
        "invoice.payment_failed",
        "invoiceitem.created",
        "price.updated",
        "product.deleted",
    ] {
        assert!(kinds.contains(kind), "no {kind}");
    }
    assert!(events.iter().all(|it| it["created"].as_i64().unwrap() <= 1_790_000_000));
    let mut seconds: Vec<_> = events.iter().map(|it| it["created"].as_i64().unwrap()).collect();
    assert!(seconds.is_sorted());
    seconds.dedup();
    assert!(seconds.len() * 3 < events.len(), "many events share a second");
}

/// What was before: the body with the previous attributes put back. Null stands for a key that
/// was absent, which only metadata can have.
fn put_back(body: &Value, previous: &Value) -> Value {
    let (Value::Object(body), Value::Object(previous)) = (body, previous) else {
        return previous.clone();
    };
    let mut before = body.clone();
    for (name, old) in previous {
        let value = match (body.get(name), old) {
            (Some(Value::Object(metadata)), Value::Object(old)) if name == "metadata" => {
                metadata_before(metadata, old)
            }
            (Some(now @ Value::Object(_)), Value::Object(_)) => put_back(now, old),
            _ => old.clone(),
        };
        before.insert(name.clone(), value);
    }
    Value::Object(before)
}

fn metadata_before(now: &Map<String, Value>, old: &Map<String, Value>) -> Value {
    let mut before = now.clone();
    for (key, value) in old {
        if value.is_null() {
            before.remove(key);
        } else {
            before.insert(key.clone(), value.clone());
        }
    }
    Value::Object(before)
}

/// Prices and plans inside other objects are shown as they are now, and change without them.
fn without_copies(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let copied = |name: &str, inner: &Value| {
                (name == "price" || name == "plan") && (inner.is_object() || inner.is_null())
            };
            let kept = fields.iter().filter(|(name, inner)| !copied(name, inner));
            Value::Object(kept.map(|(name, it)| (name.clone(), without_copies(it))).collect())
        }
        Value::Array(entries) => Value::Array(entries.iter().map(without_copies).collect()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn previous_attributes_turn_each_update_back_into_an_earlier_body() {
    for version in [ApiVersion::newest(), ApiVersion::before_basil()] {
        let simulator = played(11, version).await;
        let mut seen: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut checked = 0;
        for event in events(&simulator) {
            let object = &event["data"]["object"];
            let kind = object["object"].as_str().unwrap();
            let id = format!("{kind} {}", object["id"].as_str().unwrap());
            let bodies = seen.entry(id).or_default();
            if let Some(previous) = event["data"].get("previous_attributes") {
                let before = without_copies(&put_back(object, previous));
                assert!(bodies.contains(&before), "{event}");
                assert_eq!(event["type"].as_str().unwrap().rsplit('.').next(), Some("updated"));
                checked += 1;
            }
            bodies.push(without_copies(object));
        }
        assert!(checked > 200, "{checked}");
    }
}

fn cut(mut object: Value) -> Value {
    for list in ["items", "lines"] {
        let total = object[list]["total_count"].as_u64().unwrap_or(0);
        if let Some(Value::Array(data)) = object.get_mut(list).map(|it| it["data"].take()) {
            object[list]["data"] = Value::Array(data.into_iter().take(10).collect());
            object[list]["has_more"] = Value::from(total > 10);
        }
    }
    without_copies(&object)
}

#[tokio::test]
async fn the_last_event_of_each_object_shows_the_truth() {
    let simulator = played(13, ApiVersion::newest()).await;
    let mut last: BTreeMap<(String, String), Value> = BTreeMap::new();
    for event in events(&simulator) {
        let object = event["data"]["object"].clone();
        let key = |name: &str| object[name].as_str().unwrap().to_owned();
        last.insert((key("object"), key("id")), object);
    }
    let Truth { objects, deleted, credits: _, usage: _ } = simulator.truth();
    let mut compared = 0;
    for (kind, objects) in objects {
        // No event tells that an invoice took an item.
        if kind == "invoiceitem" {
            continue;
        }
        for (id, object) in objects {
            let Some(shown) = last.get(&(kind.clone(), id.clone())) else {
                // No event tells of these by themselves.
                let is_silent = kind.ends_with("balance_transaction")
                    || (kind == "invoice_payment" && object["paid_at"].is_null());
                assert!(is_silent, "{kind} {id}");
                continue;
            };
            assert_eq!(without_copies(shown), cut(object), "{kind} {id}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
    assert!(deleted.values().map(BTreeSet::len).sum::<usize>() > 1);
}

#[tokio::test]
async fn listeners_change_nothing_in_the_history() {
    let wall = Arc::new(StillWall(MachineWall::new()));
    let options = Options { seed: 7, wall, ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    // Nobody answers there; deliveries wait and the play goes on.
    let endpoint = Endpoint::new("http://127.0.0.1:1/", "whsec_x").unwrap();
    let endpoint = endpoint.with_version(ApiVersion::before_basil()).only(["nothing.at_all"]);
    let _ = simulator.add_endpoint(endpoint);
    let play = Play { customers: 60, months: 3, seed: 7 };
    simulator.play(play, |_| ()).await.unwrap();
    assert_eq!(simulator.history(), played(7, ApiVersion::newest()).await.history());
    assert!(simulator.play(play, |_| ()).await.is_err());
}
