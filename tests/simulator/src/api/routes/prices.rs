//! `/v1/prices`.

use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{NewPrice, PriceChange};
use crate::model::price::{Interval, Price};
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["prices"], kind: Price::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Price>(world),
        (Verb::Get, [id]) => call.retrieve::<Price>(world, id),
        (Verb::Post, []) => create(world, &call.form).and_then(|id| call.show::<Price>(world, &id)),
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Price>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["active", "product", "type", "currency", "lookup_keys"])?;
    let form = &call.form;
    let active = form.boolean("active")?;
    let keys = form.values("lookup_keys");
    call.list::<Price>(world, |held| {
        let kind = if held.recurring.is_some() { "recurring" } else { "one_time" };
        active.is_none_or(|active| active == held.active)
            && fits(form.text("product"), &held.product)
            && fits(form.text("type"), kind)
            && fits(form.text("currency"), &held.currency)
            && (keys.is_empty()
                || held.lookup_key.as_deref().is_some_and(|key| keys.contains(&key)))
    })
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[
        "currency",
        "lookup_key",
        "metadata",
        "nickname",
        "product",
        "recurring",
        "unit_amount",
    ])?;
    let recurring = form.inner("recurring");
    recurring.only(&["interval", "interval_count", "meter", "usage_type"])?;
    let rhythm = if recurring.is_empty() {
        None
    } else {
        let interval = recurring.required("interval")?;
        let interval = Interval::parse(interval)
            .ok_or_else(|| ApiError::invalid("recurring[interval]", "Invalid interval"))?;
        Some((interval, recurring.integer("interval_count")?.unwrap_or(1)))
    };
    let unit_amount =
        form.integer("unit_amount")?.ok_or_else(|| ApiError::missing_parameter("unit_amount"))?;
    Ok(world.create_price(NewPrice {
        currency: form.required("currency")?.to_lowercase(),
        recurring: rhythm,
        lookup_key: form.owned("lookup_key"),
        metadata: form.map("metadata"),
        meter: recurring.owned("meter"),
        nickname: form.owned("nickname"),
        product: form.required("product")?.to_owned(),
        unit_amount,
    })?)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "lookup_key", "metadata", "nickname"])?;
    Ok(world.update_price(
        id,
        PriceChange {
            active: form.boolean("active")?,
            lookup_key: form.owned("lookup_key"),
            metadata: form.map("metadata"),
            nickname: form.owned("nickname"),
        },
    )?)
}
