//! What holds of the truth and of the history, whatever happened.

use counterfoil_simulator::Simulator;
use serde_json::Value;
use std::collections::BTreeMap;

/// What changes without an event, because Stripe has none for it.
const UNTOLD: &[(&str, &[&str])] = &[
    ("checkout.session", &["metadata"]),
    ("charge", &["disputed"]),
    ("dispute", &["evidence_details"]),
    // Both follow from the time.
    ("coupon", &["valid"]),
    ("promotion_code", &["active"]),
    (
        "invoiceitem",
        &[
            "amount",
            "description",
            "invoice",
            "metadata",
            "period",
            "pricing",
            "quantity",
            "quantity_decimal",
            "discountable",
            "discounts",
            "net_amount",
        ],
    ),
    // No event tells of a changed intent.
    (
        "payment_intent",
        &[
            "amount",
            "customer",
            "description",
            "last_payment_error",
            "metadata",
            "payment_method",
            "status",
            "setup_future_usage",
        ],
    ),
    (
        "setup_intent",
        &["customer", "description", "last_setup_error", "payment_method", "status", "metadata"],
    ),
];

/// Everything that does not hold, each as a sentence.
pub(super) fn broken(simulator: &Simulator) -> Vec<String> {
    let mut wrong = Vec::new();
    let truth = simulator.truth();
    let empty = BTreeMap::new();
    let of = |kind: &str| truth.objects.get(kind).unwrap_or(&empty).values();
    for invoice in of("invoice") {
        money_of_invoice(invoice, &mut wrong);
    }
    let statuses = [
        "active",
        "canceled",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "paused",
        "trialing",
        "unpaid",
    ];
    for held in of("subscription") {
        if !statuses.contains(&held["status"].as_str().unwrap_or_default()) {
            wrong.push(format!("status of {}: {}", held["id"], held["status"]));
        }
        if held["items"]["data"].as_array().is_none_or(Vec::is_empty)
            && held["status"] != "canceled"
        {
            wrong.push(format!("no items: {}", held["id"]));
        }
        for item in held["items"]["data"].as_array().into_iter().flatten() {
            if item["current_period_start"].as_i64() > item["current_period_end"].as_i64() {
                wrong.push(format!("a period ends before it starts: {held}"));
            }
        }
        let ended = ["canceled", "incomplete_expired"]
            .contains(&held["status"].as_str().unwrap_or_default());
        if ended == held["ended_at"].is_null() {
            wrong.push(format!("{} {} ended_at {}", held["id"], held["status"], held["ended_at"]));
        }
    }
    for held in of("charge") {
        let number = |name: &str| held[name].as_i64().unwrap_or_default();
        if number("amount_refunded") > number("amount")
            || number("amount_refunded") < 0
            || number("amount") <= 0
        {
            wrong.push(format!(
                "money of {}: {} of {}",
                held["id"], held["amount_refunded"], held["amount"]
            ));
        }
    }
    for (grant, left) in &truth.credits {
        if *left < 0 {
            wrong.push(format!("{grant} has {left} left"));
        }
    }
    wrong.extend(of_history(simulator, &truth.objects));
    wrong
}

fn money_of_invoice(invoice: &Value, wrong: &mut Vec<String>) {
    let number =
        |name: &str| invoice[name].as_i64().unwrap_or_else(|| panic!("no {name} in {invoice}"));
    let id = &invoice["id"];
    let mut check = |right: bool, what: &str| {
        if !right {
            let shown: Vec<String> = [
                "status",
                "subtotal",
                "total",
                "amount_due",
                "amount_paid",
                "amount_remaining",
                "amount_overpaid",
                "starting_balance",
                "ending_balance",
                "billing_reason",
                "total_discount_amounts",
                "total_pretax_credit_amounts",
            ]
            .iter()
            .map(|name| format!("{name}={}", invoice[*name]))
            .collect();
            wrong.push(format!("{id}: {what}: {}", shown.join(" ")));
        }
    };
    let lines = invoice["lines"]["data"].as_array().unwrap();
    let sum: i64 = lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum();
    check(sum == number("subtotal"), "lines do not add up to the subtotal");
    let sum_of = |name: &str| -> i64 {
        invoice[name]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| entry["amount"].as_i64().unwrap())
            .sum()
    };
    let discounts = sum_of("total_discount_amounts");
    check(
        discounts >= 0 && (number("subtotal") < 0 || discounts <= number("subtotal").max(0)),
        "discounts exceed the subtotal",
    );
    let credits: i64 = invoice["total_pretax_credit_amounts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|entry| entry["type"] == "credit_balance_transaction")
        .map(|entry| entry["amount"].as_i64().unwrap())
        .sum();
    check(
        number("total") == number("subtotal") - discounts - credits,
        "subtotal less discounts and credits is not the total",
    );
    check(number("amount_due") >= 0, "amount_due is negative");
    check(number("amount_remaining") >= 0, "amount_remaining is negative");
    check(number("amount_paid") >= 0, "amount_paid is negative");
    if invoice["status"] != "void" {
        check(
            number("amount_remaining") == (number("amount_due") - number("amount_paid")).max(0),
            "due less paid is not remaining",
        );
    }
    if invoice["status"] == "paid" {
        check(number("amount_remaining") == 0, "paid, and something remains");
    }
    for line in lines {
        let amount = line["amount"].as_i64().unwrap();
        let off: i64 = line["discount_amounts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| entry["amount"].as_i64().unwrap())
            .sum();
        if off > amount.max(0) {
            wrong.push(format!("{id}: a line of {amount} is discounted by {off}"));
        }
    }
}

/// The object as its last event shows it is the object as it is.
fn of_history(
    simulator: &Simulator,
    objects: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last: BTreeMap<String, (String, Value)> = BTreeMap::new();
    for body in simulator.history() {
        let event: Value = serde_json::from_slice(&body).unwrap();
        let kind = event["type"].as_str().unwrap().to_owned();
        let object = &event["data"]["object"];
        let previous = &event["data"]["previous_attributes"];
        if kind.ends_with(".updated") {
            match previous.as_object() {
                None => wrong.push(format!("{kind} without previous_attributes: {}", object["id"])),
                Some(fields) if fields.is_empty() => {
                    wrong.push(format!("{kind} with empty previous_attributes"));
                }
                Some(fields) => {
                    for (name, old) in fields {
                        if object.get(name) == Some(old) {
                            wrong.push(format!("{kind}: {name} was {old} and still is"));
                        }
                    }
                }
            }
        }
        if let Some(id) = object["id"].as_str() {
            let key = format!("{} {id}", object["object"].as_str().unwrap_or_default());
            last.insert(key, (kind, object.clone()));
        }
    }
    for (kind, held) in objects {
        for (id, object) in held {
            let Some((event, shown)) =
                last.get(&format!("{} {id}", object["object"].as_str().unwrap_or_default()))
            else {
                continue;
            };
            let mut differing = differing(shown, object);
            differing.retain(|field| {
                !UNTOLD.iter().any(|(of, names)| {
                    of == kind && names.iter().any(|name| field.starts_with(&format!("{name}:")))
                })
            });
            if !differing.is_empty() {
                wrong.push(format!(
                    "{kind} {id}: no event after {event} tells of {}",
                    differing.join(" ")
                ));
            }
        }
    }
    wrong
}

fn differing(shown: &Value, held: &Value) -> Vec<String> {
    let (Some(shown), Some(held)) = (shown.as_object(), held.as_object()) else {
        return Vec::new();
    };
    // Lists inside an object are whole in the truth and cut in an event.
    let is_list = |value: &Value| value["object"] == "list";
    held.iter()
        .filter(|(name, value)| !is_list(value) && shown.get(*name) != Some(value))
        .map(|(name, value)| {
            format!("{name}: {} != {value}", shown.get(name).unwrap_or(&Value::Null))
        })
        .collect()
}
