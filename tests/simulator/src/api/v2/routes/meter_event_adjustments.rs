//! `/v2/billing/meter_event_adjustments`: an event that was reported by mistake is taken back.

use super::Resource;
use crate::api::error::ApiError;
use crate::api::routes::Verb;
use crate::api::v2::{Answered, Call};
use crate::render;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["billing", "meter_event_adjustments"], own_credential: false, route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => create(call, world),
        _ => return None,
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let params = &call.params;
    params.only(&["cancel", "event_name", "type"])?;
    let event_name = params.required("event_name")?;
    let kind = params.required("type")?;
    if kind != "cancel" {
        return Err(ApiError::invalid("type", "Invalid value for type: it must be cancel."));
    }
    let cancel = params.inner("cancel")?;
    let cancel = cancel.ok_or_else(|| ApiError::missing_parameter("cancel"))?;
    cancel.only(&["identifier"])?;
    let identifier = cancel.required("identifier")?;
    let complete = world.cancel_usage(event_name, identifier)?;
    let id = world.ids.long("mtrea_test_");
    Ok(render::usage::adjustment_v2(&id, world.now, event_name, identifier, complete))
}
