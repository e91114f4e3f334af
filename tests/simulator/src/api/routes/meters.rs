//! `/v1/billing/meters`.

use super::meter_summaries;
use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::life::NewMeter;
use crate::model::meter::{Formula, Meter, Window};
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["billing", "meters"],
    kind: Meter::KIND,
    inner: &[("event_summaries", "billing.meter_event_summary")],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<Meter>(world, id),
        (Verb::Get, [id, "event_summaries"]) => meter_summaries::list(call, world, id),
        (Verb::Post, []) => create(world, &call.form).and_then(|id| call.show::<Meter>(world, &id)),
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Meter>(world, id))
        }
        (Verb::Post, [id, "deactivate"]) => set_active(call, world, id, false),
        (Verb::Post, [id, "reactivate"]) => set_active(call, world, id, true),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["status"]].concat())?;
    let status = call.form.text("status");
    if let Some(other) = status.filter(|text| !["active", "inactive"].contains(text)) {
        return Err(ApiError::invalid("status", &not_among("status", other, "active or inactive")));
    }
    call.list::<Meter>(world, |held| {
        fits(status, if held.deactivated_at.is_some() { "inactive" } else { "active" })
    })
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[
        "customer_mapping",
        "default_aggregation",
        "display_name",
        "event_name",
        "event_time_window",
        "value_settings",
    ])?;
    let display_name = form.required("display_name")?.to_owned();
    let event_name = form.required("event_name")?.to_owned();
    Ok(world.create_meter(NewMeter {
        customer_key: customer_key(form)?,
        event_time_window: window(form, "event_time_window")?,
        formula: formula(form)?,
        value_key: key(form, "value_settings", &[], "value")?,
        ..NewMeter { display_name, ..NewMeter::summing(&event_name) }
    })?)
}

fn formula(form: &Form) -> Result<Formula, ApiError> {
    let aggregation = form.inner("default_aggregation");
    aggregation.only(&["formula"])?;
    let text = aggregation.required("formula")?;
    Formula::parse(text).ok_or_else(|| {
        let name = "default_aggregation[formula]";
        ApiError::invalid(name, &not_among(name, text, "count, last, or sum"))
    })
}

fn customer_key(form: &Form) -> Result<String, ApiError> {
    let mapping = form.inner("customer_mapping");
    if !mapping.is_empty() {
        let text = mapping.required("type")?;
        if text != "by_id" {
            let name = "customer_mapping[type]";
            return Err(ApiError::invalid(name, &not_among(name, text, "by_id")));
        }
    }
    key(form, "customer_mapping", &["type"], "stripe_customer_id")
}

/// The key of a payload that a group of parameters names.
fn key(form: &Form, group: &str, more: &[&str], usual: &str) -> Result<String, ApiError> {
    let group = form.inner(group);
    if group.is_empty() {
        return Ok(usual.to_owned());
    }
    group.only(&[&["event_payload_key"], more].concat())?;
    Ok(group.required("event_payload_key")?.to_owned())
}

/// A window of time, where one is named.
pub(super) fn window(form: &Form, name: &'static str) -> Result<Option<Window>, ApiError> {
    form.text(name)
        .filter(|text| !text.is_empty())
        .map(|text| {
            Window::parse(text)
                .ok_or_else(|| ApiError::invalid(name, &not_among(name, text, "day or hour")))
        })
        .transpose()
}

fn not_among(name: &str, value: &str, known: &str) -> String {
    format!("Invalid {name}: must be one of {known}. You passed {value}.")
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["display_name"])?;
    let name = form.owned("display_name");
    if name.as_deref() == Some("") {
        return Err(ApiError::empty("display_name"));
    }
    Ok(world.rename_meter(id, name)?)
}

fn set_active(call: &Call<'_>, world: &mut World, id: &str, active: bool) -> Answered {
    call.form.only(&[])?;
    world.set_meter_active(id, active)?;
    call.show::<Meter>(world, id)
}
