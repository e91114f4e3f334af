//! The finer types of thin events (STRIPE.md 2.5): one `*.updated` of a snapshot is also told as
//! what it changed. A status that an object begins with counts as one that it takes on.

use serde_json::Value;

/// The types beside `v1.{kind}` for a change: what the object shows now, and the old values of
/// what changed, as `previous_attributes` has them.
pub(crate) fn kinds(kind: &str, now: &Value, previous: Option<&Value>) -> Vec<&'static str> {
    match kind {
        "customer.subscription.created" => status(now).into_iter().collect(),
        "customer.subscription.updated" => subscription(now, previous),
        "price.updated" => fields(now, previous, PRICE),
        "product.updated" => fields(now, previous, PRODUCT),
        "entitlements.active_entitlement_summary.updated" => entitlements(now, previous),
        _ => Vec::new(),
    }
}

/// A field, what it must have become if that matters, and the type that tells of it.
type Field = (&'static str, Option<bool>, &'static str);

const PRICE: &[Field] = &[
    ("active", Some(true), "v1.price.activated"),
    ("active", Some(false), "v1.price.deactivated"),
    ("lookup_key", None, "v1.price.lookup_key_changed"),
    ("tax_behavior", None, "v1.price.tax_behavior_changed"),
];

const PRODUCT: &[Field] = &[
    ("active", Some(true), "v1.product.activated"),
    ("active", Some(false), "v1.product.deactivated"),
    ("default_price", None, "v1.product.default_price_changed"),
    ("tax_code", None, "v1.product.tax_code_changed"),
];

const SUBSCRIPTION: &[Field] = &[
    ("cancel_at", None, "v1.customer.subscription.cancel_at_changed"),
    ("default_payment_method", None, "v1.customer.subscription.default_payment_method_changed"),
];

fn fields(now: &Value, previous: Option<&Value>, of: &[Field]) -> Vec<&'static str> {
    let changed = |name: &str| previous.is_some_and(|previous| previous.get(name).is_some());
    let became = |name: &str, wanted: &Option<bool>| {
        wanted.is_none_or(|wanted| now.get(name).and_then(Value::as_bool) == Some(wanted))
    };
    of.iter()
        .filter(|(name, wanted, _)| changed(name) && became(name, wanted))
        .map(|(_, _, kind)| *kind)
        .collect()
}

fn status(now: &Value) -> Option<&'static str> {
    Some(match now.get("status")?.as_str()? {
        "active" => "v1.customer.subscription.active",
        "incomplete" => "v1.customer.subscription.incomplete",
        "incomplete_expired" => "v1.customer.subscription.incomplete_expired",
        "past_due" => "v1.customer.subscription.past_due",
        "trialing" => "v1.customer.subscription.trialing",
        "unpaid" => "v1.customer.subscription.unpaid",
        // Pausing and ending have events of their own in version 1.
        _ => return None,
    })
}

fn subscription(now: &Value, previous: Option<&Value>) -> Vec<&'static str> {
    let mut kinds = fields(now, previous, SUBSCRIPTION);
    if previous.is_some_and(|previous| previous.get("status").is_some()) {
        kinds.extend(status(now));
    }
    let items = |of: Option<&Value>| -> Option<Vec<Value>> {
        Some(of?.get("items")?.get("data")?.as_array()?.clone())
    };
    let (Some(before), Some(after)) = (items(previous), items(Some(now))) else {
        return kinds;
    };
    let same = |one: &Value, list: &[Value]| {
        list.iter().find(|other| other.get("id") == one.get("id")).cloned()
    };
    let differs = |field: fn(&Value) -> Option<&Value>| {
        after
            .iter()
            .any(|now| same(now, &before).is_some_and(|before| field(now) != field(&before)))
    };
    if after.iter().any(|now| same(now, &before).is_none()) {
        kinds.push("v1.customer.subscription.item_added");
    }
    if differs(|item| item.get("price")?.get("id")) {
        kinds.push("v1.customer.subscription.item_price_changed");
    }
    if differs(|item| item.get("quantity")) {
        kinds.push("v1.customer.subscription.item_quantity_changed");
    }
    if before.iter().any(|old| same(old, &after).is_none()) {
        kinds.push("v1.customer.subscription.item_removed");
    }
    kinds
}

fn entitlements(now: &Value, previous: Option<&Value>) -> Vec<&'static str> {
    let ids = |of: Option<&Value>| -> Vec<Value> {
        let list = of.and_then(|of| of.get("entitlements")?.get("data")?.as_array());
        let entries = list.into_iter().flatten();
        entries.filter_map(|entry| entry.get("id").cloned()).collect()
    };
    let (before, after) = (ids(previous), ids(Some(now)));
    let mut kinds = Vec::new();
    if after.iter().any(|id| !before.contains(id)) {
        kinds.push("v1.entitlements.active_entitlement_summary.entitlement_added");
    }
    if before.iter().any(|id| !after.contains(id)) {
        kinds.push("v1.entitlements.active_entitlement_summary.entitlement_removed");
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::kinds;
    use serde_json::{Value, json};

    #[test]
    fn a_change_is_told_by_what_it_changed() {
        let check = |kind: &str, now: Value, previous: Value, expected: &[&str]| {
            let found = kinds(kind, &now, Some(&previous).filter(|it| !it.is_null()));
            let tails: Vec<&str> =
                found.iter().filter_map(|kind| kind.rsplit('.').next()).collect();
            assert_eq!(tails, expected, "{kind} {now} {previous}");
        };
        let item = |id: &str, price: &str, quantity: i64| json!({ "id": id, "price": { "id": price }, "quantity": quantity });
        let items = |list: &[Value]| json!({ "items": { "data": list } });
        let subscription = "customer.subscription.updated";
        check(
            "customer.subscription.created",
            json!({"status": "active"}),
            json!(null),
            &["active"],
        );
        check(
            subscription,
            json!({"status": "past_due"}),
            json!({"status": "active"}),
            &["past_due"],
        );
        check(subscription, json!({"status": "paused"}), json!({"status": "active"}), &[]);
        check(subscription, json!({"status": "active"}), json!({"metadata": {}}), &[]);
        check(
            subscription,
            json!({"status": "active", "cancel_at": 5}),
            json!({"cancel_at": null}),
            &["cancel_at_changed"],
        );
        check(
            subscription,
            items(&[item("a", "p", 2), item("b", "q", 1), item("d", "p", 1)]),
            items(&[item("a", "p", 1), item("b", "p", 1), item("c", "p", 1)]),
            &["item_added", "item_price_changed", "item_quantity_changed", "item_removed"],
        );
        check("price.updated", json!({"active": false}), json!({"active": true}), &["deactivated"]);
        check("product.updated", json!({"active": true}), json!({"active": false}), &["activated"]);
        check("product.updated", json!({"name": "b"}), json!({"name": "a"}), &[]);
        check("customer.updated", json!({"active": true}), json!({"active": false}), &[]);
        let list = |ids: &[&str]| {
            let data: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
            json!({ "entitlements": { "data": data } })
        };
        check(
            "entitlements.active_entitlement_summary.updated",
            list(&["a", "b"]),
            list(&["b", "c"]),
            &["entitlement_added", "entitlement_removed"],
        );
    }
}
