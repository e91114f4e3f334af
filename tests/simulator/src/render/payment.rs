//! What the objects of a payment have in common: the error of a failed attempt, what a method
//! looks like to a charge.

use super::{Object as _, View, extend};
use crate::model::payment_intent::{AutomaticMethods, Refusal};
use crate::model::payment_method::{BillingDetails, MethodKind, PaymentMethod};
use crate::world::World;
use serde_json::{Value, json};

/// The error object of a failed attempt.
pub(super) fn error(refusal: &Refusal, world: &World, view: View<'_>) -> Value {
    let decline = refusal.decline;
    let method = world.payment_methods.get(&refusal.method);
    let page = format!("https://stripe.com/docs/error-codes/{}", decline.code().replace('_', "-"));
    let mut body = json!({
        "code": decline.code(),
        "doc_url": page,
        "message": decline.message(),
        "payment_method": method.map(|held| held.render(world, view)),
        "type": decline.kind(),
    });
    if let Some(charge) = &refusal.charge {
        extend(&mut body, json!({ "charge": charge }));
    }
    if let Some(code) = decline.decline_code() {
        extend(&mut body, json!({ "decline_code": code }));
    }
    body
}

/// What the customer is asked to do next.
pub(super) fn next_action(intent: &str, return_url: Option<&str>) -> Value {
    let page = format!("https://hooks.stripe.com/3d_secure_2/hosted?intent={intent}");
    match return_url {
        Some(back) => json!({
            "redirect_to_url": { "return_url": back, "url": page },
            "type": "redirect_to_url",
        }),
        None => json!({
            "type": "use_stripe_sdk",
            "use_stripe_sdk": { "stripe_js": page, "type": "three_d_secure_redirect" },
        }),
    }
}

pub(super) fn automatic(held: Option<AutomaticMethods>) -> Value {
    held.map_or(Value::Null, |held| {
        let redirects = if held.allow_redirects { "always" } else { "never" };
        json!({ "allow_redirects": redirects, "enabled": true })
    })
}

pub(super) fn billing_details(held: &BillingDetails) -> Value {
    json!({
        "address": held.address.clone().unwrap_or_else(|| json!({
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
            "state": null,
        })),
        "email": held.email,
        "name": held.name,
        "phone": held.phone,
        "tax_id": null,
    })
}

/// The fields that both a method and its charges have under the name of the method's type.
pub(super) fn account(held: &PaymentMethod) -> Value {
    let face = &held.face;
    match held.kind {
        MethodKind::Card => json!({
            "brand": face.brand,
            "checks": {
                "address_line1_check": null,
                "address_postal_code_check": null,
                "cvc_check": "pass",
            },
            "country": face.country,
            "exp_month": face.exp_month,
            "exp_year": face.exp_year,
            "fingerprint": fingerprint(held),
            "funding": "credit",
            "last4": face.last_four,
            "wallet": null,
        }),
        MethodKind::SepaDebit => json!({
            "bank_code": "37040044",
            "branch_code": "",
            "country": face.country,
            "fingerprint": fingerprint(held),
            "last4": face.last_four,
        }),
        MethodKind::UsBankAccount => json!({
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "fingerprint": fingerprint(held),
            "last4": face.last_four,
            "routing_number": "110000000",
        }),
    }
}

/// The same for every method of one number.
fn fingerprint(held: &PaymentMethod) -> String {
    format!("sim{}{:0>10}", held.face.brand, held.face.last_four)
}
