//! The form of 2020-08-27, made from the newest one by undoing what the versions between moved
//! (STRIPE.md section 5.6).

use counterfoil_domain::mirror::ObjectKind;
use serde_json::{Value, json};

/// A kind, what takes its newest form to the oldest, and the columns that the oldest cannot fill.
pub(crate) type Before = (ObjectKind, fn(Value) -> Value, &'static [&'static str]);

pub(crate) const BEFORE: &[Before] = &[
    (ObjectKind::TaxId, tax_id, &["owner_type"]),
    (ObjectKind::Product, product, &[]),
    (ObjectKind::PromotionCode, promotion_code, &[]),
    (ObjectKind::Discount, discount, &[]),
    (ObjectKind::Subscription, subscription, &["status_details_paused_type", "billing_mode_type"]),
    (
        ObjectKind::Invoice,
        invoice,
        &[
            "status_details_uncollectible_reason",
            "amount_overpaid",
            "amount_paid_off_stripe",
            "total_pretax_credit_amounts",
            // Of its lines.
            "unit_amount_decimal",
            "subtotal",
            "quantity_decimal",
            "pretax_credit_amounts",
        ],
    ),
    (ObjectKind::InvoiceItem, invoice_item, &["net_amount", "quantity_decimal"]),
    (ObjectKind::CreditNote, credit_note, &["pre_payment_amount", "post_payment_amount"]),
    (ObjectKind::PaymentIntent, payment_intent, &[]),
    (ObjectKind::Charge, charge, &[]),
    (ObjectKind::CheckoutSession, checkout_session, &[]),
];

fn take(value: &mut Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key).unwrap_or(Value::Null)
}

fn without(mut value: Value, keys: &[&str]) -> Value {
    for key in keys {
        take(&mut value, key);
    }
    value
}

fn tax_id(it: Value) -> Value {
    without(it, &["owner"])
}

fn product(mut it: Value) -> Value {
    it["features"] = take(&mut it, "marketing_features");
    it
}

fn coupon(id: &Value) -> Value {
    json!({ "id": id, "object": "coupon", "percent_off": 12.5 })
}

fn promotion_code(mut it: Value) -> Value {
    it["coupon"] = coupon(&take(&mut it, "promotion")["coupon"]);
    it
}

fn discount(mut it: Value) -> Value {
    it["coupon"] = coupon(&take(&mut it, "source")["coupon"]);
    it
}

fn subscription(it: Value) -> Value {
    let mut it = without(it, &["status_details", "billing_mode", "billing_schedules"]);
    let item = &mut it["items"]["data"][0];
    let (start, end) = (take(item, "current_period_start"), take(item, "current_period_end"));
    it["current_period_start"] = start;
    it["current_period_end"] = end;
    it["plan"] = json!({ "id": "price_1" });
    it["quantity"] = json!(2);
    it
}

fn invoice(it: Value) -> Value {
    let new = [
        "status_details",
        "amount_overpaid",
        "amount_paid_off_stripe",
        "total_pretax_credit_amounts",
    ];
    let mut it = without(it, &new);
    it["subscription"] = take(&mut it, "parent")["subscription_details"]["subscription"].take();
    it["total_tax_amounts"] = take(&mut it, "total_taxes");
    it["tax"] = json!(70);
    it["charge"] = json!("ch_1");
    it["payment_intent"] = json!("pi_1");
    it["paid"] = json!(false);
    for line in it["lines"]["data"].as_array_mut().unwrap() {
        let parent = take(line, "parent");
        for details in ["subscription_item_details", "invoice_item_details"] {
            if let Value::Object(details) = &parent[details] {
                line.as_object_mut().unwrap().extend(details.clone());
            }
        }
        line["price"] = price(&take(line, "pricing"));
        line["tax_amounts"] = take(line, "taxes");
        for new in ["subtotal", "quantity_decimal", "pretax_credit_amounts"] {
            take(line, new);
        }
    }
    it
}

/// The price that `pricing` names.
fn price(pricing: &Value) -> Value {
    let details = &pricing["price_details"];
    json!({ "id": details["price"], "object": "price", "product": details["product"] })
}

fn invoice_item(it: Value) -> Value {
    let mut it = without(it, &["net_amount", "quantity_decimal"]);
    let parent = take(&mut it, "parent");
    for key in ["subscription", "subscription_item"] {
        it[key] = parent["subscription_details"][key].clone();
    }
    let pricing = take(&mut it, "pricing");
    it["price"] = price(&pricing);
    it["unit_amount_decimal"] = pricing["unit_amount_decimal"].clone();
    it["unit_amount"] = Value::Null;
    it
}

fn credit_note(it: Value) -> Value {
    let mut it = without(it, &["pre_payment_amount", "post_payment_amount"]);
    it["refund"] = take(&mut it, "refunds")[0]["refund"].take();
    it["tax_amounts"] = take(&mut it, "total_taxes");
    let line = &mut it["lines"]["data"][0];
    line["tax_amounts"] = take(line, "taxes");
    it
}

fn payment_intent(mut it: Value) -> Value {
    take(&mut it, "latest_charge");
    it["charges"] = json!({ "object": "list", "has_more": false, "data": [
        { "id": "ch_2", "object": "charge" }, { "id": "ch_1", "object": "charge" },
    ] });
    it["invoice"] = json!("in_1");
    it
}

fn charge(mut it: Value) -> Value {
    it["invoice"] = json!("in_1");
    it["refunds"] = json!({ "object": "list", "data": [{ "id": "re_1" }] });
    it
}

fn checkout_session(mut it: Value) -> Value {
    it["ui_mode"] = json!("hosted");
    it["shipping"] = take(&mut it, "collected_information")["shipping_details"].take();
    it
}
