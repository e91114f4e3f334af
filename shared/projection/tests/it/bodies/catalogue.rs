//! Customers, what is sold to them, and what follows from it.

use serde_json::{Value, json};

pub(crate) fn customer() -> Value {
    json!({
        "id": "cus_1", "object": "customer", "created": 100, "email": "a@example.com",
        "name": "A", "individual_name": "A", "business_name": "A Ltd", "phone": "+41",
        "address": { "city": "Bern", "line1": "1" }, "description": "First of all",
        "shipping": { "name": "A", "address": { "city": "Bern" } }, "balance": -500,
        "currency": "usd", "delinquent": false, "default_source": "card_1",
        "invoice_prefix": "ABC", "tax_exempt": "none", "test_clock": "clock_1",
        "metadata": { "k": "v" },
        "invoice_settings": {
            "default_payment_method": { "id": "pm_1", "object": "payment_method" },
        },
    })
}

pub(super) fn tax_id() -> Value {
    json!({
        "id": "txi_1", "object": "tax_id", "created": 100, "country": "CH", "type": "ch_vat",
        "customer": "cus_1", "owner": { "type": "customer", "customer": "cus_1" },
        "value": "CHE-1", "verification": {
            "status": "verified", "verified_name": "A", "verified_address": "1, Bern",
        },
    })
}

pub(crate) fn product() -> Value {
    json!({
        "id": "prod_1", "object": "product", "created": 100, "updated": 100, "active": true,
        "name": "Gold", "description": "All of it", "default_price": "price_1",
        "unit_label": "seat", "tax_code": "txcd_1", "images": ["https://example.com/a.png"],
        "url": "https://example.com", "statement_descriptor": "GOLD",
        "marketing_features": [{ "name": "Everything" }], "metadata": {},
    })
}

pub(crate) fn price() -> Value {
    json!({
        "id": "price_1", "object": "price", "created": 100, "active": true, "product": "prod_1",
        "currency": "usd", "type": "recurring", "billing_scheme": "per_unit", "unit_amount": 1,
        "unit_amount_decimal": "0.005", "lookup_key": "gold", "nickname": "Gold", "metadata": {},
        "recurring": { "interval": "month", "interval_count": 1, "usage_type": "metered",
            "meter": "mtr_1", "trial_period_days": 7 },
        "tiers_mode": "graduated", "tax_behavior": "exclusive",
        "transform_quantity": { "divide_by": 100, "round": "up" },
    })
}

pub(super) fn coupon() -> Value {
    json!({
        "id": "SUMMER", "object": "coupon", "created": 100, "name": "Summer", "amount_off": 100,
        "currency": "usd", "percent_off": 12.5, "duration": "repeating",
        "duration_in_months": 3, "max_redemptions": 10, "times_redeemed": 1, "redeem_by": 900,
        "valid": true, "metadata": {},
    })
}

pub(super) fn promotion_code() -> Value {
    json!({
        "id": "promo_1", "object": "promotion_code", "created": 100, "active": true,
        "code": "SUMMER20", "customer": "cus_1", "expires_at": 900, "max_redemptions": 10,
        "times_redeemed": 1, "promotion": { "type": "coupon", "coupon": "SUMMER" },
        "restrictions": { "first_time_transaction": true, "minimum_amount": 100,
            "minimum_amount_currency": "usd" },
        "metadata": {},
    })
}

pub(super) fn discount() -> Value {
    json!({
        "id": "di_1", "object": "discount", "customer": "cus_1", "subscription": "sub_1",
        "subscription_item": "si_1", "invoice": "in_1", "invoice_item": "ii_1",
        "checkout_session": "cs_1", "promotion_code": "promo_1", "start": 100, "end": 900,
        "source": { "type": "coupon", "coupon": "SUMMER" },
    })
}

pub(super) fn feature() -> Value {
    json!({
        "id": "feat_1", "object": "entitlements.feature", "active": true, "lookup_key": "sso",
        "name": "Single sign-on", "metadata": {},
    })
}

pub(super) fn entitlements() -> Value {
    json!({
        "object": "entitlements.active_entitlement_summary", "customer": "cus_1",
        "entitlements": { "object": "list", "has_more": false, "data": [
            { "id": "ent_2", "feature": "feat_2", "lookup_key": "audit" },
            { "id": "ent_1", "feature": { "id": "feat_1" }, "lookup_key": "sso" },
        ] },
    })
}

pub(super) fn meter() -> Value {
    json!({
        "id": "mtr_1", "object": "billing.meter", "created": 100, "updated": 110,
        "display_name": "Calls", "event_name": "call", "event_time_window": "hour",
        "default_aggregation": { "formula": "sum" }, "status": "inactive",
        "customer_mapping": { "type": "by_id", "event_payload_key": "stripe_customer_id" },
        "status_transitions": { "deactivated_at": 110 },
        "value_settings": { "event_payload_key": "value" },
    })
}

pub(super) fn alert() -> Value {
    json!({
        "id": "alrt_1", "object": "billing.alert", "alert_type": "usage_threshold",
        "title": "A calls much", "status": "active",
        "usage_threshold": { "gte": 1_000, "meter": { "id": "mtr_1" }, "recurrence": "one_time",
            "filters": [{ "type": "customer", "customer": "cus_1" }] },
    })
}

pub(super) fn alert_triggered() -> Value {
    json!({
        "object": "billing.alert_triggered", "alert": alert(), "customer": "cus_1",
        "created": 200, "value": 1_000.5,
    })
}
