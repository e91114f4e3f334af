//! Bodies in the forms of 2020-08-27 and of 2026-09-30.endive, written for these tests.

use serde_json::{Value, json};

pub(crate) fn subscription_before_basil() -> Value {
    json!({
        "id": "sub_1", "object": "subscription", "created": 100, "customer": "cus_1",
        "status": "active", "currency": "usd", "collection_method": "charge_automatically",
        "current_period_start": 100, "current_period_end": 200, "start_date": 100,
        "billing_cycle_anchor": 100, "cancel_at_period_end": false, "latest_invoice": "in_1",
        "metadata": { "team": "red" }, "plan": { "id": "price_1" }, "quantity": 2,
        "items": { "object": "list", "has_more": false, "data": [{
            "id": "si_1", "object": "subscription_item", "created": 100, "quantity": 2,
            "metadata": {}, "plan": { "id": "price_1", "product": "prod_1" },
            "price": { "id": "price_1", "object": "price", "product": "prod_1" },
        }] },
    })
}

pub(crate) fn subscription_of_endive() -> Value {
    let mut it = subscription_before_basil();
    for gone in ["current_period_start", "current_period_end", "plan", "quantity"] {
        it.as_object_mut().unwrap().remove(gone);
    }
    it["items"]["data"][0]["current_period_start"] = json!(100);
    it["items"]["data"][0]["current_period_end"] = json!(200);
    it["items"]["data"][0]["billed_until"] = json!(null);
    it["billing_schedules"] = json!([]);
    it["a_field_of_tomorrow"] = json!({ "deep": [1, 2, { "er": null }] });
    it
}

pub(crate) fn invoice_before_basil() -> Value {
    json!({
        "id": "in_1", "object": "invoice", "created": 100, "customer": "cus_1", "status": "open",
        "subscription": "sub_1", "billing_reason": "subscription_cycle", "currency": "usd",
        "amount_due": 900, "amount_paid": 0, "amount_remaining": 900, "subtotal": 900,
        "total": 900, "attempt_count": 1, "attempted": true, "auto_advance": true,
        "status_transitions": { "finalized_at": 110, "paid_at": null }, "paid": false,
        "metadata": {}, "charge": "ch_1", "lines": { "has_more": false, "data": [
            { "id": "il_1", "object": "line_item", "amount": 900, "currency": "usd",
              "quantity": 1, "period": { "start": 100, "end": 200 }, "proration": false,
              "price": { "id": "price_1", "product": "prod_1" }, "subscription": "sub_1",
              "subscription_item": "si_1", "type": "subscription", "metadata": {} },
            { "id": "il_2", "object": "line_item", "amount": -100, "currency": "usd",
              "period": { "start": 100, "end": 150 }, "proration": true,
              "price": { "id": "price_1", "product": "prod_1" }, "subscription": "sub_1",
              "invoice_item": "ii_1", "type": "invoiceitem", "metadata": {} },
        ] },
    })
}

pub(crate) fn invoice_of_endive() -> Value {
    let mut it = invoice_before_basil();
    for gone in ["subscription", "paid", "charge"] {
        it.as_object_mut().unwrap().remove(gone);
    }
    it["parent"] = json!({
        "type": "subscription_details",
        "subscription_details": { "subscription": "sub_1", "metadata": {} },
    });
    let details = [
        (
            "subscription_item_details",
            json!({
                "subscription": "sub_1", "subscription_item": "si_1", "proration": false
            }),
        ),
        (
            "invoice_item_details",
            json!({
                "subscription": "sub_1", "invoice_item": "ii_1", "proration": true
            }),
        ),
    ];
    for (line, (kind, details)) in
        it["lines"]["data"].as_array_mut().unwrap().iter_mut().zip(details)
    {
        for gone in ["price", "subscription_item", "invoice_item", "proration", "type"] {
            line.as_object_mut().unwrap().remove(gone);
        }
        line["parent"] = json!({ "type": kind, kind: details });
        line["pricing"] = json!({
            "type": "price_details", "price_details": { "price": "price_1", "product": "prod_1" }
        });
    }
    it
}

pub(crate) fn customer() -> Value {
    json!({
        "id": "cus_1", "object": "customer", "created": 100, "email": "a@example.com",
        "name": "A", "phone": null, "address": { "city": "Bern", "line1": "1" }, "balance": -500,
        "currency": "usd", "delinquent": false, "metadata": { "k": "v" },
        "invoice_settings": { "default_payment_method": { "id": "pm_1", "object": "payment_method" } },
    })
}

pub(crate) fn product() -> Value {
    json!({
        "id": "prod_1", "object": "product", "created": 100, "updated": 100, "active": true,
        "name": "Gold", "default_price": "price_1", "metadata": {},
    })
}

pub(crate) fn price() -> Value {
    json!({
        "id": "price_1", "object": "price", "created": 100, "active": true, "product": "prod_1",
        "currency": "usd", "type": "recurring", "billing_scheme": "per_unit", "unit_amount": null,
        "unit_amount_decimal": "0.005", "lookup_key": "gold", "metadata": {},
        "recurring": { "interval": "month", "interval_count": 1, "usage_type": "metered",
            "meter": "mtr_1" },
        "transform_quantity": { "divide_by": 100, "round": "up" },
    })
}
