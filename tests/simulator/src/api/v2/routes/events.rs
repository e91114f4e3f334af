//! `/v2/core/events` (STRIPE.md 2.5 and section 3): thin events with their data.

use super::Resource;
use crate::api::error::ApiError;
use crate::api::routes::Verb;
use crate::api::v2::list::{PAGING, Rows, page};
use crate::api::v2::params::Params;
use crate::api::v2::{Answered, Call};
use crate::model::event::EVENTS_KEPT_SECONDS;
use crate::model::thin_event::ThinEvent;
use crate::render::thin_event::fetched;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["core", "events"], own_credential: false, route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => retrieve(call, world, id),
        _ => return None,
    })
}

/// How many types can be asked for at once.
const TYPES_MAX: usize = 20;

fn retrieve(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.params.only(&[])?;
    world
        .thin_event(id)
        .filter(|event| event.created >= world.now - EVENTS_KEPT_SECONDS)
        .map(fetched)
        .ok_or_else(|| ApiError::missing("event", id, "id"))
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    let params = &call.params;
    params.only(&[PAGING, &["created", "object_id", "types"]].concat())?;
    let object = params.text("object_id")?;
    let types = params.texts("types")?.unwrap_or_default();
    if types.len() > TYPES_MAX {
        let message = format!("Invalid value for types: at most {TYPES_MAX} can be given.");
        return Err(ApiError::invalid("types", &message));
    }
    let created = params.inner("created")?.map(|range| bounds(&range)).transpose()?;
    let (from, to) = created.unwrap_or((i64::MIN, i64::MAX));
    let from = from.max(world.now - EVENTS_KEPT_SECONDS);
    let rows = Rows {
        oldest_first: &world.thin_events,
        place: &|id| world.thin_places.get(id).copied(),
        id: |event| &event.id,
    };
    let keep = |event: &ThinEvent| {
        (from..=to).contains(&event.created)
            && object.is_none_or(|wanted| is_about(event, wanted))
            && (types.is_empty() || types.contains(&event.kind))
    };
    page(&rows, call, keep, fetched)
}

fn is_about(event: &ThinEvent, object: &str) -> bool {
    event.related.as_ref().is_some_and(|related| related.id.as_deref() == Some(object))
}

/// The first and the last second of a range.
fn bounds(range: &Params) -> Result<(i64, i64), ApiError> {
    range.only(&["gt", "gte", "lt", "lte"])?;
    let gt = range.second("gt")?.map(|second| second.saturating_add(1));
    let lt = range.second("lt")?.map(|second| second.saturating_sub(1));
    let from = gt.max(range.second("gte")?).unwrap_or(i64::MIN);
    let to = lt.unwrap_or(i64::MAX).min(range.second("lte")?.unwrap_or(i64::MAX));
    Ok((from, to))
}
