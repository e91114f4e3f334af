//! `/v1/events` (STRIPE.md section 3).

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::list::{Rows, Within, page};
use crate::model::event::{EVENTS_KEPT_SECONDS, Event};
use crate::world::World;
use serde_json::Value;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["events"], kind: "event", inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => retrieve(call, world, id),
        _ => return None,
    })
}

/// An event as it was rendered for the account, with the deliveries that are still pending.
fn retrieve(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(&[])?;
    let pending = |event: &str| call.courier.pending(event);
    world
        .event_places
        .get(id)
        .and_then(|place| world.events.get(*place))
        .filter(|event| event.created >= world.now - EVENTS_KEPT_SECONDS)
        .map(|event| shown(world, event, &pending))
        .ok_or_else(|| ApiError::missing("event", id, "id"))
}

/// How many types can be asked for at once.
const TYPES_MAX: usize = 20;

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["type", "types", "delivery_success"])?;
    let form = &call.form;
    let pending = |event: &str| call.courier.pending(event);
    let created = Within::parse(form, "created")?;
    let oldest = world.now - EVENTS_KEPT_SECONDS;
    let types = form.values("types");
    let delivered = form.boolean("delivery_success")?;
    if form.text("type").is_some() && !types.is_empty() {
        let message = "You may only specify one of these parameters: type, types.";
        return Err(ApiError::invalid("types", message));
    }
    if types.len() > TYPES_MAX {
        let message = format!("You may only specify up to {TYPES_MAX} types.");
        return Err(ApiError::invalid("types", &message));
    }
    let place = |id: &str| world.event_places.get(id).copied();
    let rows = Rows::new(&world.events, &place, "event");
    let keep = |event: &Event| {
        event.created >= oldest
            && created.holds(event.created)
            && form.text("type").is_none_or(|wanted| kind_fits(wanted, &event.kind))
            && (types.is_empty() || types.iter().any(|wanted| kind_fits(wanted, &event.kind)))
            && delivered.is_none_or(|wanted| wanted == call.courier.is_acknowledged(&event.id))
    };
    page(&rows, form, "/v1/events", keep, |event| shown(world, event, &pending))
}

/// `invoice.*` fits every type that begins with `invoice.`.
fn kind_fits(wanted: &str, kind: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == kind, |prefix| kind.starts_with(prefix))
}

fn shown(world: &World, event: &Event, pending: &impl Fn(&str) -> usize) -> Value {
    let body = event.body(&world.account_version());
    let mut body: Value =
        body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    if let Value::Object(fields) = &mut body {
        fields.insert("pending_webhooks".to_owned(), Value::from(pending(&event.id)));
    }
    body
}
