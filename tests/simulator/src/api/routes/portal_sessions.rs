//! `POST /v1/billing_portal/sessions` (STRIPE.md 9.2). A session can be neither read back nor
//! listed.

use super::checkout_offer::check_url;
use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::portal::NewPortalSession;
use crate::model::portal::{AfterFlow, Discount, Flow, FlowKind, ItemWish, PortalSession};
use crate::render::Object;
use crate::version::{ApiVersion, since};
use crate::world::World;
use serde_json::{Value, json};

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["billing_portal", "sessions"],
    kind: PortalSession::KIND,
    inner: &[],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    match (call.verb, path) {
        (Verb::Post, []) => {
            Some(create(call, world).and_then(|id| call.show::<PortalSession>(world, &id)))
        }
        _ => None,
    }
}

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    let known = ["configuration", "customer", "flow_data", "locale", "on_behalf_of", "return_url"];
    let later: &[&str] =
        if call.version.has(since::PORTAL_PAUSE) { &["after_expiration"] } else { &[] };
    form.only(&[&known, later].concat())?;
    let customer = form.required("customer")?.to_owned();
    if let Some(url) = form.text("return_url") {
        check_url("return_url", url)?;
    }
    let data = form.inner("flow_data");
    let flow = if data.is_empty() { None } else { Some(flow(&data, call.version)?) };
    Ok(world.open_portal(NewPortalSession {
        after_expiration: after_expiration(&form.inner("after_expiration"))?,
        configuration: form.owned("configuration"),
        customer,
        flow,
        locale: form.owned("locale"),
        on_behalf_of: form.owned("on_behalf_of"),
        return_url: form.owned("return_url"),
    })?)
}

/// How a customer is known again once the session has expired; kept and shown, and no more.
fn after_expiration(form: &Form) -> Result<Option<Value>, ApiError> {
    if form.is_empty() {
        return Ok(None);
    }
    form.only(&["customer_login", "type"])?;
    form.required("type")?;
    let kind = form.choice("type", &["customer_login"])?;
    let login = form.inner("customer_login");
    login.only(&["expires_at"])?;
    let login = json!({ "expires_at": login.integer("expires_at")? });
    Ok(Some(json!({ "customer_login": login, "type": kind })))
}

fn flow(data: &Form, version: &ApiVersion) -> Result<Flow, ApiError> {
    let mut known = vec![
        "payment_method_update",
        "subscription_cancel",
        "subscription_update",
        "subscription_update_confirm",
    ];
    if version.has(since::PORTAL_CUSTOMER_UPDATE) {
        known.push("customer_update");
    }
    if version.has(since::PORTAL_PAUSE) {
        known.push("subscription_pause");
    }
    data.required("type")?;
    let kind = data.choice("type", &known)?.unwrap_or_default();
    // What a flow is about stands under the name of its kind, and of no other.
    data.only(&["after_completion", "type", kind])?;
    let about = data.inner(kind);
    let subscription = || about.required("subscription").map(str::to_owned);
    let kind = match kind {
        "payment_method_update" => FlowKind::PaymentMethodUpdate,
        "customer_update" => FlowKind::CustomerUpdate,
        "subscription_cancel" => {
            about.only(&["retention", "subscription"])?;
            let coupon_offer = retention(&about.inner("retention"))?;
            FlowKind::SubscriptionCancel { subscription: subscription()?, coupon_offer }
        }
        "subscription_pause" => {
            about.only(&["subscription"])?;
            FlowKind::SubscriptionPause { subscription: subscription()? }
        }
        "subscription_update" => {
            about.only(&["subscription"])?;
            FlowKind::SubscriptionUpdate { subscription: subscription()? }
        }
        _ => {
            about.only(&["discounts", "items", "subscription"])?;
            FlowKind::SubscriptionUpdateConfirm {
                subscription: subscription()?,
                item: item(&about)?,
                discounts: discounts(&about)?,
            }
        }
    };
    Ok(Flow { after: after(&data.inner("after_completion"))?, kind })
}

fn retention(form: &Form) -> Result<Option<String>, ApiError> {
    if form.is_empty() {
        return Ok(None);
    }
    form.only(&["coupon_offer", "type"])?;
    form.required("type")?;
    form.choice("type", &["coupon_offer"])?;
    let offer = form.inner("coupon_offer");
    offer.only(&["coupon"])?;
    Ok(Some(offer.required("coupon")?.to_owned()))
}

/// The one item that a confirmation is about.
fn item(about: &Form) -> Result<ItemWish, ApiError> {
    let items = about.list("items");
    let [only] = items.as_slice() else {
        let name = "flow_data[subscription_update_confirm][items]";
        return Err(if items.is_empty() {
            ApiError::missing_parameter(name)
        } else {
            ApiError::invalid(name, "Only one item may be specified.")
        });
    };
    only.only(&["id", "price", "quantity"])?;
    Ok(ItemWish {
        id: only.required("id")?.to_owned(),
        price: only.owned("price"),
        quantity: only.integer("quantity")?,
    })
}

fn discounts(about: &Form) -> Result<Vec<Discount>, ApiError> {
    about
        .list("discounts")
        .iter()
        .map(|one| {
            one.only(&["coupon", "promotion_code"])?;
            Ok(Discount {
                coupon: one.owned("coupon"),
                promotion_code: one.owned("promotion_code"),
            })
        })
        .collect()
}

fn after(form: &Form) -> Result<AfterFlow, ApiError> {
    form.only(&["hosted_confirmation", "redirect", "type"])?;
    let known = ["hosted_confirmation", "portal_homepage", "redirect"];
    Ok(match form.choice("type", &known)? {
        Some("redirect") => {
            let redirect = form.inner("redirect");
            redirect.only(&["return_url"])?;
            let url = redirect.required("return_url")?;
            check_url("flow_data[after_completion][redirect][return_url]", url)?;
            AfterFlow::Redirect { url: url.to_owned() }
        }
        Some("hosted_confirmation") => {
            let confirmation = form.inner("hosted_confirmation");
            confirmation.only(&["custom_message"])?;
            AfterFlow::HostedConfirmation { message: confirmation.owned("custom_message") }
        }
        Some(_) | None if form.is_empty() || form.text("type").is_some() => AfterFlow::Homepage,
        Some(_) | None => {
            return Err(ApiError::missing_parameter("flow_data[after_completion][type]"));
        }
    })
}
