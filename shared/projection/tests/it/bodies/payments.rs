//! Payments, and what becomes of them.

use serde_json::{Value, json};

pub(super) fn payment_intent() -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "created": 100, "customer": "cus_1",
        "status": "requires_action", "currency": "usd", "amount": 900, "amount_capturable": 0,
        "amount_received": 0, "application_fee_amount": 9, "latest_charge": "ch_2",
        "payment_method": "pm_1", "payment_method_types": ["card"],
        "capture_method": "automatic", "confirmation_method": "automatic",
        "setup_future_usage": "off_session", "canceled_at": 200,
        "cancellation_reason": "abandoned", "next_action": { "type": "use_stripe_sdk" },
        "client_secret": "pi_1_secret_1",
        "last_payment_error": { "type": "card_error", "code": "card_declined",
            "decline_code": "insufficient_funds", "network_decline_code": "51",
            "advice_code": "try_again_later", "message": "Your card was declined.",
            "charge": "ch_1", "payment_method": { "id": "pm_0", "object": "payment_method" } },
        "review": "prv_1", "on_behalf_of": "acct_2",
        "transfer_data": { "destination": "acct_3" }, "transfer_group": "ORDER_1",
        "description": "Invoice 1", "receipt_email": "a@example.com",
        "shipping": { "name": "A" }, "statement_descriptor": "GOLD",
        "statement_descriptor_suffix": "1", "metadata": {},
    })
}

pub(super) fn setup_intent() -> Value {
    json!({
        "id": "seti_1", "object": "setup_intent", "created": 100, "customer": "cus_1",
        "status": "requires_payment_method", "usage": "off_session", "payment_method": "pm_1",
        "payment_method_types": ["card"], "latest_attempt": "setatt_1", "mandate": "mandate_1",
        "single_use_mandate": "mandate_2", "cancellation_reason": "abandoned",
        "next_action": { "type": "redirect_to_url" },
        "last_setup_error": { "type": "card_error", "code": "card_declined",
            "decline_code": "lost_card", "network_decline_code": "41",
            "advice_code": "do_not_try_again", "message": "Your card was declined.",
            "payment_method": { "id": "pm_0", "object": "payment_method" } },
        "on_behalf_of": "acct_2", "description": "For later", "metadata": {},
    })
}

pub(super) fn charge() -> Value {
    json!({
        "id": "ch_1", "object": "charge", "created": 100, "customer": "cus_1",
        "payment_intent": "pi_1", "status": "succeeded", "currency": "usd", "amount": 900,
        "amount_captured": 900, "amount_refunded": 100, "captured": true, "paid": true,
        "refunded": false, "disputed": false, "balance_transaction": "txn_1",
        "failure_balance_transaction": "txn_2", "failure_code": "card_declined",
        "failure_message": "Your card was declined.",
        "outcome": { "type": "issuer_declined", "reason": "generic_decline",
            "network_status": "declined_by_network", "network_decline_code": "05",
            "advice_code": "confirm_card_data", "risk_level": "normal", "risk_score": 12,
            "rule": "allow_if_a", "seller_message": "The bank declined." },
        "fraud_details": { "stripe_report": "fraudulent", "user_report": "safe" },
        "review": "prv_1", "payment_method": "pm_1",
        "payment_method_details": { "type": "card", "card": { "brand": "visa", "last4": "4242",
            "exp_month": 12, "exp_year": 2030, "fingerprint": "never kept",
            "three_d_secure": { "result": "authenticated" } } },
        "billing_details": { "email": "a@example.com", "name": "A", "phone": "+41",
            "address": { "city": "Bern" } },
        "application_fee": "fee_1", "application_fee_amount": 9, "on_behalf_of": "acct_2",
        "source_transfer": "tr_1", "transfer": "tr_2", "transfer_group": "ORDER_1",
        "description": "Invoice 1", "receipt_email": "a@example.com", "receipt_number": "1-1",
        "receipt_url": "https://example.com/r", "shipping": { "name": "A" },
        "calculated_statement_descriptor": "GOLD", "statement_descriptor": "GOLD",
        "statement_descriptor_suffix": "1", "metadata": {},
    })
}

pub(super) fn refund() -> Value {
    json!({
        "id": "re_1", "object": "refund", "created": 100, "customer": "cus_1", "charge": "ch_1",
        "payment_intent": "pi_1", "payment_method": "pm_1", "status": "pending",
        "currency": "usd", "amount": 100, "reason": "duplicate", "pending_reason": "processing",
        "failure_reason": "unknown", "balance_transaction": "txn_3",
        "failure_balance_transaction": "txn_4", "receipt_number": "1-2",
        "destination_details": { "type": "card", "card": { "type": "refund",
            "reference": "74", "reference_status": "available",
            "reference_type": "acquirer_reference_number" } },
        "source_transfer_reversal": "trr_1", "transfer_reversal": "trr_2",
        "description": "Sorry", "instructions_email": "a@example.com", "metadata": {},
    })
}

pub(super) fn dispute() -> Value {
    json!({
        "id": "dp_1", "object": "dispute", "created": 100, "charge": "ch_1",
        "payment_intent": "pi_1", "status": "needs_response", "reason": "fraudulent",
        "network_reason_code": "10.4", "currency": "usd", "amount": 900,
        "is_charge_refundable": false, "metadata": {},
        "balance_transactions": [{ "id": "txn_5", "amount": -900, "exchange_rate": 0.9 }],
        "evidence": { "customer_name": "never kept" },
        "evidence_details": { "due_by": 500, "has_evidence": false, "past_due": false,
            "submission_count": 0 },
        "payment_method_details": { "type": "card", "card": { "brand": "visa" } },
    })
}

pub(super) fn early_fraud_warning() -> Value {
    json!({
        "id": "issfr_1", "object": "radar.early_fraud_warning", "created": 100,
        "charge": "ch_1", "payment_intent": "pi_1", "fraud_type": "misc", "actionable": true,
    })
}

pub(super) fn review() -> Value {
    json!({
        "id": "prv_1", "object": "review", "created": 100, "charge": "ch_1",
        "payment_intent": "pi_1", "open": false, "reason": "approved", "opened_reason": "rule",
        "closed_reason": "approved", "billing_zip": "3000", "ip_address": "192.0.2.1",
        "ip_address_location": { "latitude": 46.9 },
    })
}

pub(super) fn payment_method() -> Value {
    let account = |last4: &str| json!({ "last4": last4, "fingerprint": "never kept" });
    json!({
        "id": "pm_1", "object": "payment_method", "created": 100, "customer": "cus_1",
        "type": "card", "allow_redisplay": "always", "metadata": {},
        "card": { "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030,
            "fingerprint": "never kept" },
        "acss_debit": account("1"), "au_becs_debit": account("2"), "bacs_debit": account("3"),
        "sepa_debit": account("4"),
        "us_bank_account": { "last4": "5", "bank_name": "A Bank" },
        "billing_details": { "email": "a@example.com", "name": "A", "phone": "+41",
            "address": { "city": "Bern" } },
    })
}

pub(crate) fn checkout_session() -> Value {
    json!({
        "id": "cs_1", "object": "checkout.session", "created": 100, "customer": "cus_1",
        "mode": "subscription", "status": "complete", "payment_status": "paid",
        "ui_mode": "hosted_page", "client_reference_id": "user-7", "subscription": "sub_1",
        "invoice": "in_1", "payment_intent": "pi_1", "setup_intent": "seti_1",
        "payment_link": "plink_1", "currency": "usd", "amount_subtotal": 1_000,
        "amount_total": 900, "automatic_tax": { "status": "complete" },
        "total_details": { "amount_discount": 100, "amount_shipping": 0, "amount_tax": 0 },
        "allow_promotion_codes": true,
        "discounts": [{ "coupon": { "id": "SUMMER" }, "promotion_code": "promo_1" }],
        "payment_method_types": ["card"], "payment_method_collection": "always",
        "customer_creation": "always", "customer_email": "a@example.com",
        "customer_details": { "email": "a@example.com", "name": "A", "individual_name": "A",
            "business_name": "A Ltd", "phone": "+41", "address": { "city": "Bern" },
            "tax_exempt": "none", "tax_ids": [] },
        "collected_information": { "shipping_details": { "name": "A" } }, "custom_fields": [],
        "consent": { "promotions": "opt_in", "terms_of_service": "accepted" }, "locale": "de",
        "submit_type": "pay", "expires_at": 900, "recovered_from": "cs_0",
        "url": "https://example.com/c", "success_url": "https://example.com/?secret=1",
        "metadata": {},
        "line_items": { "object": "list", "has_more": false, "data": [{
            "id": "li_1", "object": "item", "description": "Gold", "currency": "usd",
            "quantity": 1, "amount_subtotal": 1_000, "amount_discount": 100, "amount_tax": 0,
            "amount_total": 900, "price": { "id": "price_1", "product": "prod_1" },
            "metadata": {},
        }] },
    })
}
