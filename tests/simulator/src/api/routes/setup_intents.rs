//! `/v1/setup_intents`.

use super::payment_intents::{automatic_methods, payer, types_parameter};
use super::payment_methods::method_of;
use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::payments::{NewSetup, SetupChange};
use crate::model::setup_intent::SetupIntent;
use crate::render::Object;
use crate::version::since;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["setup_intents"], kind: SetupIntent::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let form = &call.form;
    let shown = |world: &World, id: &str| call.show::<SetupIntent>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => form.only(&["client_secret"]).and_then(|()| shown(world, id)),
        (Verb::Post, []) => create(call, world).and_then(|id| shown(world, &id)),
        (Verb::Post, [id]) => update(world, id, form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "confirm"]) => confirm(world, id, form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "cancel"]) => cancel(world, id, form).and_then(|()| shown(world, id)),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "payment_method"])?;
    let (customer, method) = (call.form.text("customer"), call.form.text("payment_method"));
    call.list::<SetupIntent>(world, |held| {
        let owner = held.customer.as_deref().unwrap_or_default();
        (customer.is_some() || clock_of(world, owner).is_none())
            && fits(customer, owner)
            && fits(method, held.method.as_deref().unwrap_or_default())
    })
}

const SETUP: &[&str] =
    &["customer", "description", "metadata", "payment_method", "payment_method_data"];

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    let types = types_parameter(call.version);
    let more = [
        "automatic_payment_methods",
        "confirm",
        "mandate_data",
        "return_url",
        "usage",
        "use_stripe_sdk",
        types,
    ];
    form.only(&[SETUP, &more].concat())?;
    let customer = payer(world, form)?;
    let usage = form.owned("usage");
    if usage.as_deref().is_some_and(|usage| !["on_session", "off_session"].contains(&usage)) {
        return Err(ApiError::invalid("usage", "Invalid usage: must be on_session or off_session"));
    }
    let named: Vec<String> = form.values(types).into_iter().map(str::to_owned).collect();
    let by_default = call.version.has(since::AUTOMATIC_METHODS) && named.is_empty();
    let automatic_methods = automatic_methods(form, by_default)?;
    let confirms = form.boolean("confirm")?.unwrap_or(false);
    let method = method_of(world, form)?;
    let id = world.create_setup_intent(NewSetup {
        allowed_types: (!named.is_empty()).then(|| named.clone()),
        automatic_methods,
        customer,
        description: form.owned("description"),
        metadata: form.map("metadata"),
        method,
        method_types: named,
        usage,
        ..NewSetup::default()
    });
    if confirms {
        world.confirm_setup_intent(&id, None, form.owned("return_url"))?;
    }
    Ok(id)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(SETUP)?;
    world.known_setup(id)?;
    let customer = payer(world, form)?;
    let method = method_of(world, form)?;
    let change = SetupChange {
        customer,
        description: form.owned("description"),
        metadata: form.map("metadata"),
        method,
    };
    Ok(world.update_setup_intent(id, change)?)
}

fn confirm(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&[
        "client_secret",
        "mandate_data",
        "payment_method",
        "payment_method_data",
        "return_url",
        "use_stripe_sdk",
    ])?;
    world.known_setup(id)?;
    let method = method_of(world, form)?;
    Ok(world.confirm_setup_intent(id, method, form.owned("return_url"))?)
}

fn cancel(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["cancellation_reason"])?;
    let reason = form.text("cancellation_reason");
    let known = ["abandoned", "duplicate", "requested_by_customer"];
    if reason.is_some_and(|reason| !known.contains(&reason)) {
        return Err(ApiError::invalid("cancellation_reason", "Invalid cancellation_reason"));
    }
    Ok(world.cancel_setup_intent(id, reason)?)
}
