//! Payments: methods, intents, charges, invoice payments, and the session of a checkout.

use super::{View, extend, remove};
use crate::model::payment::{Charge, Payment, PaymentMethod, PaymentStatus};
use crate::model::subscription::Subscription;
use crate::version::since;
use serde_json::{Value, json};

const DECLINED: &str = "Your card was declined.";

pub(crate) fn method(held: &PaymentMethod) -> Value {
    json!({
        "id": held.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": { "address": null, "email": null, "name": null, "phone": null },
        "card": card(held),
        "created": held.created,
        "customer": held.customer,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

fn card(held: &PaymentMethod) -> Value {
    json!({
        "brand": "visa",
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": "pass",
        },
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "funding": "credit",
        "last4": held.last_four,
    })
}

pub(crate) fn intent(held: &Payment, view: View<'_>) -> Value {
    let paid = held.status == PaymentStatus::Succeeded;
    let charge = held.charge.as_ref();
    let error = (!paid && charge.is_some()).then(|| {
        json!({ "code": "card_declined", "decline_code": "generic_decline", "message": DECLINED,
                "type": "card_error" })
    });
    let mut body = json!({
        "id": held.intent,
        "object": "payment_intent",
        "amount": held.amount,
        "amount_capturable": 0,
        "amount_received": if paid { held.amount } else { 0 },
        "canceled_at": null,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "created": held.created,
        "currency": held.currency,
        "customer": held.customer,
        "description": "Subscription",
        "last_payment_error": error,
        "latest_charge": charge.map(|charge| charge.id.as_str()),
        "livemode": false,
        "metadata": {},
        "next_action": null,
        "payment_method": if paid { held.method.as_deref() } else { None },
        "payment_method_types": ["card"],
        "setup_future_usage": "off_session",
        "status": if paid { "succeeded" } else { "requires_payment_method" },
    });
    if !view.version.has(since::BASIL) {
        extend(&mut body, json!({ "invoice": held.invoice }));
    }
    if !view.version.has(since::LATEST_CHARGE) {
        remove(&mut body, &["latest_charge"]);
        let data: Vec<Value> =
            charge.map(|charge| self::charge(charge, held, view)).into_iter().collect();
        let url = format!("/v1/charges?payment_intent={}", held.intent);
        let count = data.len();
        let list = json!({ "object": "list", "data": data, "has_more": false,
                           "total_count": count, "url": url });
        extend(&mut body, json!({ "charges": list }));
    }
    body
}

pub(crate) fn charge(held: &Charge, of: &Payment, view: View<'_>) -> Value {
    let mut body = json!({
        "id": held.id,
        "object": "charge",
        "amount": of.amount,
        "amount_captured": if held.succeeded { of.amount } else { 0 },
        "amount_refunded": 0,
        "captured": held.succeeded,
        "created": held.created,
        "currency": of.currency,
        "customer": of.customer,
        "description": "Subscription",
        "disputed": false,
        "failure_code": if held.succeeded { None } else { Some("card_declined") },
        "failure_message": if held.succeeded { None } else { Some(DECLINED) },
        "livemode": false,
        "metadata": {},
        "paid": held.succeeded,
        "payment_intent": of.intent,
        "payment_method": of.method,
        "refunded": false,
        "status": if held.succeeded { "succeeded" } else { "failed" },
    });
    if !view.version.has(since::BASIL) {
        extend(&mut body, json!({ "invoice": of.invoice }));
    }
    body
}

pub(crate) fn invoice_payment(held: &Payment) -> Value {
    json!({
        "id": held.on_invoice,
        "object": "invoice_payment",
        "amount_paid": held.paid_at.map(|_| held.amount),
        "amount_requested": held.amount,
        "created": held.created,
        "currency": held.currency,
        "invoice": held.invoice,
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": held.intent, "type": "payment_intent" },
        "status": if held.paid_at.is_some() { "paid" } else { "open" },
        "status_transitions": { "canceled_at": null, "paid_at": held.paid_at },
    })
}

/// The completed session that a subscription was started by.
pub(crate) fn session(id: &str, held: &Subscription, total: i64) -> Value {
    json!({
        "id": id,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "client_reference_id": null,
        "created": held.created,
        "currency": held.currency,
        "customer": held.customer,
        "customer_email": null,
        "expires_at": held.created + 86_400,
        "invoice": held.latest_invoice,
        "livemode": false,
        "metadata": {},
        "mode": "subscription",
        "payment_intent": null,
        "payment_status": if total > 0 { "paid" } else { "no_payment_required" },
        "status": "complete",
        "subscription": held.id,
        "success_url": "http://localhost/done",
        "ui_mode": "hosted_page",
        "url": null,
    })
}
