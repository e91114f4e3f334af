//! Subscriptions, invoices, and what stands beside them.

use serde_json::{Value, json};

pub(crate) fn subscription() -> Value {
    json!({
        "id": "sub_1", "object": "subscription", "created": 100, "customer": "cus_1",
        "status": "active", "currency": "usd", "collection_method": "charge_automatically",
        "status_details": { "paused": { "subscription": { "type": "pause_requested" } } },
        "start_date": 100, "billing_cycle_anchor": 100, "trial_start": 80, "trial_end": 100,
        "trial_settings": { "end_behavior": { "missing_payment_method": "pause" } },
        "cancel_at": 500, "cancel_at_period_end": false, "canceled_at": 120, "ended_at": 500,
        "cancellation_details": { "reason": "payment_failed", "feedback": "unused",
            "comment": "Goodbye" },
        "days_until_due": 30, "default_payment_method": "pm_1", "discounts": ["di_1"],
        "latest_invoice": { "id": "in_1" }, "next_pending_invoice_item_invoice": 200,
        "pause_collection": { "behavior": "void", "resumes_at": 300 },
        "pending_update": { "expires_at": 150, "subscription_items": [{ "id": "si_1" }] },
        "pending_setup_intent": "seti_1", "schedule": "sub_sched_1",
        "billing_mode": { "type": "flexible" }, "application_fee_percent": 2.5,
        "description": "Gold for A", "test_clock": "clock_1", "metadata": { "team": "red" },
        "billing_schedules": [], "a_field_of_tomorrow": { "deep": [1, 2, { "er": null }] },
        "items": { "object": "list", "has_more": false, "data": [{
            "id": "si_1", "object": "subscription_item", "created": 100, "quantity": 2,
            "current_period_start": 100, "current_period_end": 200, "billed_until": null,
            "discounts": ["di_2"], "metadata": {},
            "plan": { "id": "price_1", "product": "prod_1" },
            "price": { "id": "price_1", "object": "price", "product": "prod_1" },
        }] },
    })
}

pub(super) fn subscription_schedule() -> Value {
    json!({
        "id": "sub_sched_1", "object": "subscription_schedule", "created": 100,
        "customer": "cus_1", "subscription": "sub_1", "released_subscription": "sub_0",
        "status": "active", "end_behavior": "release",
        "current_phase": { "start_date": 100, "end_date": 200 }, "canceled_at": 300,
        "completed_at": 301, "released_at": 302, "billing_mode": { "type": "classic" },
        "default_settings": { "collection_method": "send_invoice", "description": "Later",
            "default_payment_method": "pm_1", "invoice_settings": { "days_until_due": 30 } },
        "phases": [{ "start_date": 100, "end_date": 200, "items": [{ "price": "price_1" }] }],
        "pause_schedules": [], "test_clock": "clock_1", "metadata": {},
    })
}

pub(crate) fn invoice() -> Value {
    json!({
        "id": "in_1", "object": "invoice", "created": 100, "customer": "cus_1",
        "status": "open", "billing_reason": "subscription_cycle", "currency": "usd",
        "status_details": { "uncollectible": { "reason": "payment_not_received" } },
        "parent": { "type": "subscription_details",
            "subscription_details": { "subscription": "sub_1", "metadata": {} } },
        "collection_method": "charge_automatically", "number": "ABC-1", "receipt_number": "1-1",
        "amount_due": 900, "amount_paid": 0, "amount_remaining": 900, "amount_overpaid": 0,
        "amount_paid_off_stripe": 0, "amount_shipping": 0, "subtotal": 1_000,
        "subtotal_excluding_tax": 930, "total": 900, "total_excluding_tax": 830,
        "total_taxes": [{ "amount": 50 }, { "amount": 20 }],
        "total_discount_amounts": [{ "amount": 100, "discount": "di_1" }],
        "total_pretax_credit_amounts": [{ "amount": 100, "type": "discount", "discount": "di_1" }],
        "discounts": ["di_1"], "pre_payment_credit_notes_amount": 0,
        "post_payment_credit_notes_amount": 0, "starting_balance": 0, "ending_balance": 0,
        "attempt_count": 1, "attempted": true, "auto_advance": true,
        "automatically_finalizes_at": 109, "automatic_tax": { "status": "complete" },
        "last_finalization_error": { "code": "tax_id_invalid" }, "next_payment_attempt": 200,
        "due_date": 300, "effective_at": 110, "period_start": 0, "period_end": 100,
        "status_transitions": { "finalized_at": 110, "paid_at": 111, "voided_at": 112,
            "marked_uncollectible_at": 113 },
        "from_invoice": { "action": "revision", "invoice": "in_0" }, "latest_revision": "in_2",
        "default_payment_method": "pm_1", "default_source": "card_1",
        "customer_email": "a@example.com", "customer_name": "A", "customer_tax_exempt": "none",
        "customer_address": { "city": "Bern" }, "description": "Thanks", "footer": "Bye",
        "statement_descriptor": "GOLD", "hosted_invoice_url": "https://example.com/i",
        "invoice_pdf": "https://example.com/p", "test_clock": "clock_1", "metadata": {},
        "lines": { "has_more": false, "data": [
            { "id": "il_1", "object": "line_item", "amount": 1_000, "subtotal": 1_000,
              "currency": "usd", "description": "Gold", "quantity": 1, "quantity_decimal": "1",
              "discount_amounts": [{ "amount": 100, "discount": "di_1" }],
              "pretax_credit_amounts": [], "discounts": ["di_1"], "discountable": true,
              "taxes": [{ "amount": 70 }], "period": { "start": 100, "end": 200 },
              "subscription": "sub_1", "metadata": {},
              "parent": { "type": "subscription_item_details", "subscription_item_details":
                  { "subscription": "sub_1", "subscription_item": "si_1", "proration": false } },
              "pricing": { "type": "price_details", "unit_amount_decimal": "1000",
                  "price_details": { "price": "price_1", "product": "prod_1" } } },
            { "id": "il_2", "object": "line_item", "amount": -100, "currency": "usd",
              "period": { "start": 100, "end": 150 }, "subscription": "sub_1", "metadata": {},
              "parent": { "type": "invoice_item_details", "invoice_item_details":
                  { "subscription": "sub_1", "invoice_item": "ii_1", "proration": true } },
              "pricing": { "type": "price_details",
                  "price_details": { "price": "price_1", "product": "prod_1" } } },
        ] },
    })
}

pub(super) fn invoice_of_a_quote() -> Value {
    json!({
        "id": "in_2", "object": "invoice", "status": "draft", "lines": { "data": [] },
        "parent": { "type": "quote_details", "quote_details": { "quote": "qt_1" } },
    })
}

pub(super) fn invoice_item() -> Value {
    json!({
        "id": "ii_1", "object": "invoiceitem", "date": 100, "customer": "cus_1",
        "invoice": "in_1", "amount": -100, "net_amount": -90, "currency": "usd",
        "description": "Unused time", "discountable": false, "discounts": [], "proration": true,
        "quantity": 1, "quantity_decimal": "1", "period": { "start": 100, "end": 150 },
        "parent": { "type": "subscription_details", "subscription_details":
            { "subscription": "sub_1", "subscription_item": "si_1" } },
        "pricing": { "type": "price_details", "unit_amount_decimal": "-100.5",
            "price_details": { "price": "price_1", "product": "prod_1" } },
        "test_clock": "clock_1", "metadata": {},
    })
}

pub(super) fn invoice_payment() -> Value {
    json!({
        "id": "inpay_1", "object": "invoice_payment", "created": 100, "invoice": "in_1",
        "status": "paid", "is_default": true, "amount_requested": 900, "amount_paid": 900,
        "currency": "usd", "payment": { "type": "payment_intent", "payment_intent": "pi_1",
            "charge": "ch_1", "payment_record": "prec_1" },
        "status_transitions": { "paid_at": 110, "canceled_at": 120 },
    })
}

pub(super) fn credit_note() -> Value {
    json!({
        "id": "cn_1", "object": "credit_note", "created": 100, "customer": "cus_1",
        "invoice": "in_1", "number": "ABC-1-CN-01", "status": "issued", "type": "post_payment",
        "reason": "duplicate", "currency": "usd", "amount": 500, "amount_shipping": 0,
        "discount_amount": 0, "subtotal": 500, "subtotal_excluding_tax": 470, "total": 500,
        "total_excluding_tax": 470, "total_taxes": [{ "amount": 30 }], "pre_payment_amount": 0,
        "post_payment_amount": 500, "out_of_band_amount": 0,
        "customer_balance_transaction": "cbtxn_1", "effective_at": 100, "voided_at": 200,
        "refunds": [{ "refund": "re_1", "amount_refunded": 500 }], "memo": "Sorry",
        "pdf": "https://example.com/p", "metadata": {},
        "lines": { "has_more": false, "data": [{
            "id": "cnli_1", "object": "credit_note_line_item", "type": "invoice_line_item",
            "invoice_line_item": "il_1", "description": "Gold", "amount": 500,
            "discount_amount": 0, "taxes": [{ "amount": 30 }], "quantity": 1,
            "unit_amount": 500, "unit_amount_decimal": "500", "metadata": {},
        }] },
    })
}

pub(super) fn credit_grant() -> Value {
    json!({
        "id": "credgr_1", "object": "billing.credit_grant", "created": 100, "updated": 110,
        "customer": "cus_1", "name": "Welcome", "category": "promotional", "priority": 50,
        "amount": { "type": "monetary", "monetary": { "currency": "usd", "value": 5_000 } },
        "applicability_config": { "scope": { "price_type": "metered",
            "prices": [{ "id": "price_1" }, { "id": null }] } },
        "effective_at": 100, "expires_at": 900, "voided_at": 800, "test_clock": "clock_1",
        "metadata": {},
    })
}

pub(super) fn credit() -> Value {
    json!({
        "id": "cbtxn_1", "object": "billing.credit_balance_transaction", "created": 100,
        "effective_at": 100, "credit_grant": "credgr_1", "type": "credit", "debit": null,
        "credit": { "type": "credits_application_invoice_voided",
            "amount": { "type": "monetary", "monetary": { "currency": "usd", "value": 5_000 } },
            "credits_application_invoice_voided":
                { "invoice": "in_1", "invoice_line_item": "il_1" } },
        "test_clock": "clock_1",
    })
}

pub(super) fn debit() -> Value {
    json!({
        "id": "cbtxn_2", "object": "billing.credit_balance_transaction", "created": 100,
        "effective_at": 100, "credit_grant": { "id": "credgr_1" }, "type": "debit",
        "credit": null, "debit": { "type": "credits_applied",
            "amount": { "type": "monetary", "monetary": { "currency": "usd", "value": 700 } },
            "credits_applied": { "invoice": { "id": "in_1" }, "invoice_line_item": "il_1" } },
    })
}

pub(super) fn quote() -> Value {
    json!({
        "id": "qt_1", "object": "quote", "created": 100, "customer": "cus_1", "number": "QT-1",
        "status": "open", "collection_method": "send_invoice", "currency": "usd",
        "amount_subtotal": 1_000, "amount_total": 900,
        "total_details": { "amount_discount": 100, "amount_shipping": 0, "amount_tax": 0 },
        "computed": {
            "upfront": { "amount_subtotal": 1_000, "amount_total": 900 },
            "recurring": { "amount_subtotal": 1_000, "amount_total": 900, "interval": "month",
                "interval_count": 1 },
        },
        "discounts": ["di_1"], "invoice": "in_2", "subscription": "sub_1",
        "subscription_schedule": "sub_sched_1", "invoice_settings": { "days_until_due": 30 },
        "subscription_data": { "description": "Gold", "effective_date": 300,
            "trial_period_days": 7 },
        "from_quote": { "quote": "qt_0", "is_revision": true }, "expires_at": 900,
        "status_transitions": { "finalized_at": 110, "accepted_at": 120, "canceled_at": 130 },
        "description": "For A", "header": "Dear A", "footer": "Yours", "test_clock": "clock_1",
        "metadata": {},
    })
}
