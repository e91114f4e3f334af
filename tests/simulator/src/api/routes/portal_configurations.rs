//! `/v1/billing_portal/configurations` (STRIPE.md 9.2).

use super::checkout_offer::check_url;
use super::subscription_end_terms::FEEDBACK;
use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::model::merge_metadata;
use crate::model::portal::{
    AdjustableQuantity, CancelFeature, Features, PortalConfiguration, PortalProduct, UpdateFeature,
};
use crate::render::Object;
use crate::version::since;
use crate::world::World;
use http::StatusCode;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["billing_portal", "configurations"],
    kind: PortalConfiguration::KIND,
    inner: &[],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<PortalConfiguration>(world, id),
        (Verb::Post, []) => {
            create(call, world).and_then(|id| call.show::<PortalConfiguration>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(call, world, id).and_then(|()| call.show::<PortalConfiguration>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["active", "is_default"]].concat())?;
    let active = call.form.boolean("active")?;
    let is_default = call.form.boolean("is_default")?;
    call.list::<PortalConfiguration>(world, |held| {
        active.is_none_or(|wanted| wanted == held.active)
            && is_default.is_none_or(|wanted| wanted == held.is_default)
    })
}

const PARAMETERS: &[&str] =
    &["business_profile", "default_return_url", "features", "login_page", "metadata", "name"];

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    call.form.only(PARAMETERS)?;
    if call.form.inner("features").is_empty() {
        return Err(ApiError::missing_parameter("features"));
    }
    let blank = PortalConfiguration {
        features: Features::default(),
        is_default: false,
        ..PortalConfiguration::with_every_feature()
    };
    let configuration = changed(call, world, blank)?;
    Ok(world.create_portal_configuration(configuration))
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    call.form.only(&[PARAMETERS, &["active"]].concat())?;
    let held = world
        .portal_configurations
        .get(id)
        .cloned()
        .ok_or_else(|| ApiError::missing("configuration", id, "id"))?;
    let active = call.form.boolean("active")?.unwrap_or(held.active);
    if held.is_default && !active {
        let message = "You cannot deactivate the default configuration.";
        return Err(ApiError::invalid("active", message));
    }
    let mut changed = changed(call, world, held)?;
    changed.active = active;
    world.update_portal_configuration(id, |held| *held = changed);
    Ok(())
}

/// A configuration with what the form says of it.
fn changed(
    call: &Call<'_>,
    world: &World,
    mut of: PortalConfiguration,
) -> Result<PortalConfiguration, ApiError> {
    let form = &call.form;
    if let Some(url) = form.text("default_return_url") {
        of.default_return_url = address("default_return_url", url)?;
    }
    let profile = form.inner("business_profile");
    profile.only(&["headline", "privacy_policy_url", "terms_of_service_url"])?;
    if let Some(text) = profile.text("headline") {
        of.headline = (!text.is_empty()).then(|| text.to_owned());
    }
    if let Some(url) = profile.text("privacy_policy_url") {
        of.privacy_policy_url = address("business_profile[privacy_policy_url]", url)?;
    }
    if let Some(url) = profile.text("terms_of_service_url") {
        of.terms_of_service_url = address("business_profile[terms_of_service_url]", url)?;
    }
    let login = form.inner("login_page");
    login.only(&["enabled"])?;
    of.login_page = login.boolean("enabled")?.unwrap_or(of.login_page);
    if let Some(name) = form.text("name") {
        of.name = (!name.is_empty()).then(|| name.to_owned());
    }
    if form.text("metadata") == Some("") {
        of.metadata.clear();
    }
    merge_metadata(&mut of.metadata, &form.map("metadata"));
    features(call, world, &form.inner("features"), &mut of.features)?;
    Ok(of)
}

/// An address, or none where it is empty.
fn address(name: &str, url: &str) -> Result<Option<String>, ApiError> {
    if url.is_empty() {
        return Ok(None);
    }
    check_url(name, url)?;
    Ok(Some(url.to_owned()))
}

fn features(
    call: &Call<'_>,
    world: &World,
    form: &Form,
    of: &mut Features,
) -> Result<(), ApiError> {
    let pause: &[&str] =
        if call.version.has(since::PORTAL_PAUSE) { &["subscription_pause"] } else { &[] };
    let known = [
        "customer_update",
        "invoice_history",
        "payment_method_update",
        "subscription_cancel",
        "subscription_update",
    ];
    form.only(&[&known, pause].concat())?;
    let customer = form.inner("customer_update");
    customer.only(&["allowed_updates", "enabled"])?;
    if let Some(enabled) = customer.boolean("enabled")? {
        of.customer_update = enabled;
    }
    let updates = ["address", "email", "name", "phone", "shipping", "tax_id"];
    if let Some(allowed) = choices(&customer, "allowed_updates", &updates)? {
        of.customer_updates = allowed;
    }
    let invoices = form.inner("invoice_history");
    invoices.only(&["enabled"])?;
    of.invoice_history = invoices.boolean("enabled")?.unwrap_or(of.invoice_history);
    let method = form.inner("payment_method_update");
    method.only(&["enabled"])?;
    of.payment_method_update = method.boolean("enabled")?.unwrap_or(of.payment_method_update);
    let paused = form.inner("subscription_pause");
    paused.only(&["enabled"])?;
    of.pause = paused.boolean("enabled")?.unwrap_or(of.pause);
    cancel(&form.inner("subscription_cancel"), &mut of.cancel)?;
    subscription_update(&form.inner("subscription_update"), world, &mut of.update)
}

/// The values of an array that may hold only some; an empty text empties it.
fn choices(form: &Form, name: &str, known: &[&str]) -> Result<Option<Vec<String>>, ApiError> {
    let given = form.values(name);
    if let Some(wrong) = given.iter().find(|value| !known.contains(value)) {
        let message = format!("Invalid {name}: {wrong} must be one of {}", known.join(", "));
        return Err(ApiError::invalid(name, &message));
    }
    let emptied = form.text(name) == Some("");
    Ok((emptied || !given.is_empty()).then(|| given.into_iter().map(str::to_owned).collect()))
}

const PRORATIONS: &[&str] = &["always_invoice", "create_prorations", "none"];

fn cancel(form: &Form, of: &mut CancelFeature) -> Result<(), ApiError> {
    form.only(&["cancellation_reason", "enabled", "mode", "proration_behavior"])?;
    of.enabled = form.boolean("enabled")?.unwrap_or(of.enabled);
    if let Some(mode) = form.choice("mode", &["at_period_end", "immediately"])? {
        of.at_period_end = mode == "at_period_end";
    }
    if let Some(proration) = form.choice("proration_behavior", PRORATIONS)? {
        proration.clone_into(&mut of.proration_behavior);
    }
    let reason = form.inner("cancellation_reason");
    reason.only(&["enabled", "options"])?;
    of.reason_enabled = reason.boolean("enabled")?.unwrap_or(of.reason_enabled);
    if let Some(options) = choices(&reason, "options", FEEDBACK)? {
        of.reason_options = options;
    }
    Ok(())
}

fn subscription_update(form: &Form, world: &World, of: &mut UpdateFeature) -> Result<(), ApiError> {
    form.only(&[
        "billing_cycle_anchor",
        "default_allowed_updates",
        "enabled",
        "products",
        "proration_behavior",
        "schedule_at_period_end",
        "trial_update_behavior",
    ])?;
    of.enabled = form.boolean("enabled")?.unwrap_or(of.enabled);
    if let Some(anchor) = form.choice("billing_cycle_anchor", &["now", "unchanged"])? {
        of.billing_cycle_anchor = Some(anchor.to_owned());
    }
    let updates = ["price", "promotion_code", "quantity"];
    if let Some(allowed) = choices(form, "default_allowed_updates", &updates)? {
        of.allowed = allowed;
    }
    if let Some(proration) = form.choice("proration_behavior", PRORATIONS)? {
        proration.clone_into(&mut of.proration_behavior);
    }
    if let Some(trial) = form.choice("trial_update_behavior", &["continue_trial", "end_trial"])? {
        trial.clone_into(&mut of.trial_update_behavior);
    }
    let schedule = form.inner("schedule_at_period_end");
    schedule.only(&["conditions"])?;
    let conditions = schedule.list("conditions");
    if !conditions.is_empty() || schedule.text("conditions") == Some("") {
        let kinds = ["decreasing_item_amount", "shortening_interval"];
        of.schedule_at_period_end = conditions
            .iter()
            .map(|one| {
                let kind = one.choice("type", &kinds)?;
                kind.map(str::to_owned).ok_or_else(|| ApiError::missing_parameter("type"))
            })
            .collect::<Result<_, _>>()?;
    }
    let products = form.list("products");
    if !products.is_empty() || form.text("products") == Some("") {
        of.products = products.iter().map(|one| product(one, world)).collect::<Result<_, _>>()?;
    }
    if of.enabled && (of.products.is_empty() || of.allowed.is_empty()) {
        let missing = if of.products.is_empty() { "products" } else { "default_allowed_updates" };
        let name = format!("features[subscription_update][{missing}]");
        return Err(ApiError::missing_parameter(&name));
    }
    Ok(())
}

fn product(form: &Form, world: &World) -> Result<PortalProduct, ApiError> {
    form.only(&["adjustable_quantity", "prices", "product"])?;
    let id = form.required("product")?;
    let missing = |kind: &str, id: &str, name: &str| {
        let mut error = ApiError::missing(kind, id, name);
        error.status = StatusCode::BAD_REQUEST;
        error
    };
    let name = "features[subscription_update][products]";
    world
        .products
        .get(id)
        .filter(|held| !held.deleted)
        .ok_or_else(|| missing("product", id, name))?;
    let mut prices = Vec::new();
    for price in form.values("prices") {
        let held = world.prices.get(price).ok_or_else(|| missing("price", price, name))?;
        if held.product != id {
            let message = format!("The price {price} does not belong to the product {id}.");
            return Err(ApiError::invalid(name, &message));
        }
        prices.push(price.to_owned());
    }
    if prices.is_empty() {
        return Err(ApiError::missing_parameter(&format!("{name}[prices]")));
    }
    let limits = form.inner("adjustable_quantity");
    limits.only(&["enabled", "maximum", "minimum"])?;
    let adjustable = AdjustableQuantity {
        enabled: limits.boolean("enabled")?.unwrap_or(false),
        maximum: limits.integer("maximum")?,
        minimum: limits.integer("minimum")?.unwrap_or(1),
    };
    Ok(PortalProduct { adjustable, prices, product: id.to_owned() })
}
