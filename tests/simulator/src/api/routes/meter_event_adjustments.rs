//! `/v1/billing/meter_event_adjustments`: an event that was reported by mistake is taken back.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::render;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["billing", "meter_event_adjustments"],
    kind: "billing.meter_event_adjustment",
    inner: &[],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => create(call, world),
        _ => return None,
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    form.only(&["cancel", "event_name", "type"])?;
    let event_name = form.required("event_name")?;
    let kind = form.required("type")?;
    if kind != "cancel" {
        let message = format!("Invalid type: must be cancel. You passed {kind}.");
        return Err(ApiError::invalid("type", &message));
    }
    let cancel = form.inner("cancel");
    cancel.only(&["identifier"])?;
    let identifier = cancel.required("identifier")?;
    let complete = world.cancel_usage(event_name, identifier)?;
    Ok(render::usage::adjustment(event_name, identifier, complete))
}
