//! Checkout sessions. Their line items show only where they are asked for.

use super::{Object, View, extend, price, put};
use crate::model::checkout::{CheckoutLine, CheckoutSession, Mode, Payer, SessionStatus, UiMode};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

/// How many lines a session shows where its lines are expanded.
const INLINE_LINES_MAX: usize = 10;

impl Object for CheckoutSession {
    const KIND: &'static str = "checkout.session";
    const PLURAL: &'static str = "checkout/sessions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.checkout_sessions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.checkout_sessions
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        session(self, world, view)
    }
}

fn session(held: &CheckoutSession, world: &World, view: View<'_>) -> Value {
    let offer = &held.offer;
    let mut body = json!({
        "id": held.id,
        "object": CheckoutSession::KIND,
        "allow_promotion_codes": offer.allow_promotion_codes,
        "automatic_tax": automatic_tax(offer.automatic_tax),
        "billing_address_collection": offer.billing_address_collection,
        "cancel_url": offer.cancel_url,
        "client_reference_id": offer.client_reference_id,
        "client_secret": held.client_secret,
        "created": held.created,
        "customer": offer.customer,
        "customer_creation": offer.customer_creation,
        "customer_details": customer_details(held, world, view),
        "customer_email": offer.customer_email,
        "expires_at": held.expires_at,
        "invoice": held.invoice,
        "locale": offer.locale,
        "metadata": offer.metadata,
        "mode": offer.mode.as_str(),
        "payment_intent": held.payment_intent,
        "payment_method_collection": offer.payment_method_collection,
        "payment_method_types": offer.payment_method_types,
        "payment_status": held.paid.as_str(),
        "phone_number_collection": { "enabled": offer.phone_number_collection },
        "setup_intent": held.setup_intent,
        "status": held.status.as_str(),
        "submit_type": offer.submit_type,
        "subscription": held.subscription,
        "success_url": offer.success_url,
        "tax_id_collection": { "enabled": offer.tax_id_collection, "required": "never" },
        "url": page_url(held, world),
    });
    extend(&mut body, money(held));
    extend(&mut body, constants(offer.mode));
    dress_for_version(&mut body, held, view);
    body
}

/// The address of the page of an open session.
fn page_url(held: &CheckoutSession, world: &World) -> Option<String> {
    let shown = held.offer.ui_mode == UiMode::HostedPage && held.status == SessionStatus::Open;
    shown.then(|| format!("{}/c/pay/{}", world.base_url, held.id))
}

/// What is due; a session that only sets up a payment method has no amounts.
fn money(held: &CheckoutSession) -> Value {
    let discounts: Vec<Value> = held
        .offer
        .discounts
        .iter()
        .map(|of| json!({ "coupon": of.coupon, "promotion_code": of.promotion_code }))
        .collect();
    match held.offer.mode {
        Mode::Setup => json!({
            "amount_subtotal": null,
            "amount_total": null,
            "currency": held.offer.currency,
            "discounts": null,
            "total_details": null,
        }),
        Mode::Payment | Mode::Subscription => json!({
                "amount_subtotal": held.subtotal(),
                "amount_total": held.total(),
                "currency": held.offer.currency,
                "discounts": discounts,
                "total_details": {
                    "amount_discount": held.discount(),
                    "amount_shipping": 0,
                    "amount_tax": 0,
                },
        }),
    }
}

fn automatic_tax(enabled: bool) -> Value {
    if enabled {
        json!({ "enabled": true, "liability": { "type": "self" }, "provider": "stripe",
                "status": "complete" })
    } else {
        json!({ "enabled": false, "liability": null, "provider": null, "status": null })
    }
}

/// Who pays: what the page was told, or what is known of the customer before.
fn customer_details(held: &CheckoutSession, world: &World, view: View<'_>) -> Value {
    let customer = held.offer.customer.as_deref().and_then(|id| world.customers.get(id));
    let known = match (&held.payer, customer) {
        (Some(payer), _) => payer.clone(),
        (None, Some(customer)) => {
            Payer { address: None, email: customer.email.clone(), name: None, phone: None }
        }
        (None, None) if held.offer.customer_email.is_some() => {
            Payer { email: held.offer.customer_email.clone(), ..Payer::default() }
        }
        (None, None) => return Value::Null,
    };
    let mut body = json!({
        "address": known.address,
        "email": known.email,
        "name": known.name,
        "phone": known.phone,
        "tax_exempt": "none",
        "tax_ids": held.payer.as_ref().map(|_| Vec::<Value>::new()),
    });
    if view.version.has(since::CLOVER) {
        extend(&mut body, json!({ "business_name": null, "individual_name": null }));
    }
    body
}

/// What the simulator does not model, as an untouched session shows it.
fn constants(mode: Mode) -> Value {
    let invoice_creation = (mode == Mode::Payment).then(|| {
        json!({
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": null,
                "metadata": {},
                "rendering_options": null,
            },
        })
    });
    json!({
        "after_expiration": null,
        "consent": null,
        "consent_collection": null,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null,
            "shipping_address": null,
            "submit": null,
            "terms_of_service_acceptance": null,
        },
        "invoice_creation": invoice_creation,
        "livemode": false,
        "payment_link": null,
        "payment_method_configuration_details": null,
        "payment_method_options": null,
        "recovered_from": null,
        "saved_payment_method_options": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
    })
}

fn dress_for_version(body: &mut Value, held: &CheckoutSession, view: View<'_>) {
    let version = view.version;
    let offer = &held.offer;
    let ui_mode = if version.has(since::DAHLIA) {
        offer.ui_mode.as_str()
    } else {
        offer.ui_mode.as_old_str()
    };
    put(body, "ui_mode", Value::from(ui_mode));
    match offer.ui_mode {
        UiMode::HostedPage => {}
        UiMode::EmbeddedPage | UiMode::Elements | UiMode::Form => {
            extend(
                body,
                json!({ "redirect_on_completion": "always", "return_url": offer.return_url }),
            );
        }
    }
    if version.has(since::BASIL) {
        extend(
            body,
            json!({
                "adaptive_pricing": { "enabled": false },
                "collected_information": null,
                "integration_identifier": null,
                "managed_payments": null,
                "origin_context": null,
                "permissions": null,
                "wallet_options": null,
            }),
        );
    } else {
        extend(body, json!({ "shipping_details": null }));
    }
    if version.has(since::CUSTOMER_ACCOUNT) {
        extend(body, json!({ "customer_account": null }));
    }
    if version.has(since::ENDIVE) {
        let types = &offer.allowed_payment_method_types;
        extend(body, json!({ "allowed_payment_method_types": types }));
    }
}

/// The lines of a session as the list that only expanding shows.
pub(crate) fn line_items(held: &CheckoutSession, world: &World, view: View<'_>) -> Value {
    let data: Vec<Value> = held
        .lines
        .iter()
        .take(INLINE_LINES_MAX)
        .map(|line| line_item(line, held, world, view))
        .collect();
    json!({
        "object": "list",
        "has_more": held.lines.len() > data.len(),
        "data": data,
        "url": format!("/v1/checkout/sessions/{}/line_items", held.id),
    })
}

/// One line of a session.
pub(crate) fn line_item(
    line: &CheckoutLine,
    of: &CheckoutSession,
    world: &World,
    view: View<'_>,
) -> Value {
    let sold = world.prices.get(&line.price);
    let name = sold.and_then(|price| world.products.get(&price.product)).map(|it| it.name.as_str());
    let adjustable = line.adjustable.map(
        |limits| json!({ "enabled": true, "maximum": limits.maximum, "minimum": limits.minimum }),
    );
    let mut body = json!({
        "id": line.id,
        "object": "item",
        "adjustable_quantity": adjustable,
        "amount_discount": line.discount,
        "amount_subtotal": line.subtotal,
        "amount_tax": 0,
        "amount_total": line.subtotal - line.discount,
        "currency": of.offer.currency,
        "description": name,
        "metadata": line.metadata,
        "quantity": line.quantity,
    });
    put(&mut body, "price", sold.map_or(Value::Null, |sold| price::price(sold, view)));
    body
}
