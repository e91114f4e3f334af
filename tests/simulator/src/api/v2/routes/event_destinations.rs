//! `/v2/core/event_destinations` (STRIPE.md 2.4): every destination of events, for snapshots or
//! thin events, whoever set it up. The secret is shown once, by the call that makes a destination,
//! and only when it is asked for; the URL only when it is asked for.

use super::Resource;
use crate::api::error::ApiError;
use crate::api::routes::Verb;
use crate::api::v2::list::{PAGING, Rows, page};
use crate::api::v2::params::Params;
use crate::api::v2::{Answered, Call};
use crate::delivery::endpoint::Payload;
use crate::destinations::{DestinationChange, NewDestination, OWN_EVENTS};
use crate::model::Metadata;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::render::thin_event::fetched;
use crate::render::webhook_endpoint::{DESTINATION, Included, destination};
use crate::world::World;
use serde_json::json;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["core", "event_destinations"], own_credential: false, route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Post, []) => create(call, world),
        (Verb::Get, [id]) => retrieve(call, world, id),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Delete, [id]) => delete(call, world, id),
        (Verb::Post, [id, "disable"]) => switch(call, world, id, false),
        (Verb::Post, [id, "enable"]) => switch(call, world, id, true),
        (Verb::Post, [id, "ping"]) => ping(call, world, id),
        _ => return None,
    })
}

const SECRET: &str = "webhook_endpoint.signing_secret";
const URL: &str = "webhook_endpoint.url";

/// What is asked for beside what is always shown, of what may be.
fn include(params: &Params, known: &[&str]) -> Result<Included, ApiError> {
    let wanted = params.texts("include")?.unwrap_or_default();
    if let Some(other) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        let message = format!("Invalid value for include: '{other}' cannot be included.");
        return Err(ApiError::invalid("include", &message));
    }
    let has = |name: &str| wanted.iter().any(|wanted| wanted == name);
    Ok(Included { secret: has(SECRET).then(String::new), url: has(URL) })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.params.only(&[PAGING, &["include"]].concat())?;
    let included = include(&call.params, &[URL])?;
    let table = &world.webhook_endpoints;
    let rows = Rows {
        oldest_first: table.rows(),
        place: &|id| table.place(id),
        id: |held: &WebhookEndpoint| &held.id,
    };
    page(&rows, call, |held| !held.deleted, |held| destination(held, &included))
}

fn shown(world: &World, id: &str, included: &Included) -> Answered {
    Ok(destination(world.live_destination(id)?, included))
}

fn retrieve(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.params.only(&["include"])?;
    shown(world, id, &include(&call.params, &[URL])?)
}

const NEW: &[&str] = &[
    "amazon_eventbridge",
    "azure_event_grid",
    "description",
    "enabled_events",
    "event_payload",
    "events_from",
    "include",
    "metadata",
    "name",
    "snapshot_api_version",
    "type",
    "webhook_endpoint",
];

const SOURCES: &[&str] =
    &[OWN_EVENTS, "@accounts", "@organization_members", "@organization_members/@accounts"];

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let params = &call.params;
    params.only(NEW)?;
    let mut included = include(params, &[SECRET, URL])?;
    if params.required("type")? != "webhook_endpoint" {
        let message = "Invalid value for type: the simulator has webhook endpoints only.";
        return Err(ApiError::invalid("type", message));
    }
    let payload = match params.required("event_payload")? {
        "snapshot" => Payload::Snapshot,
        "thin" => Payload::Thin,
        _ => {
            let message = "Invalid value for event_payload: it must be snapshot or thin.";
            return Err(ApiError::invalid("event_payload", message));
        }
    };
    let api_version = params.text("snapshot_api_version")?.map(str::to_owned);
    if payload == Payload::Thin && api_version.is_some() {
        let message = "Invalid value for snapshot_api_version: thin events have no version.";
        return Err(ApiError::invalid("snapshot_api_version", message));
    }
    let missing = |name: &str| ApiError::missing_parameter(name);
    let enabled_events = params
        .texts("enabled_events")?
        .filter(|kinds| !kinds.is_empty())
        .ok_or_else(|| missing("enabled_events"))?;
    let events_from = params.texts("events_from")?.unwrap_or_else(|| vec![OWN_EVENTS.to_owned()]);
    if let Some(other) = events_from.iter().find(|from| !SOURCES.contains(&from.as_str())) {
        let message = format!("Invalid value for events_from: '{other}'.");
        return Err(ApiError::invalid("events_from", &message));
    }
    let url = url(params)?.ok_or_else(|| missing("webhook_endpoint"))?;
    let new = NewDestination {
        api_version,
        description: params.text("description")?.map(str::to_owned),
        enabled_events,
        events_from,
        metadata: metadata(params)?,
        name: params.required("name")?.to_owned(),
        payload,
        url,
    };
    let (id, secret) = world.make_destination(new, call.courier)?;
    included.secret = included.secret.map(|_| secret);
    shown(world, &id, &included)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let params = &call.params;
    params.only(&[
        "description",
        "enabled_events",
        "include",
        "metadata",
        "name",
        "webhook_endpoint",
    ])?;
    let included = include(params, &[URL])?;
    let change = DestinationChange {
        description: params.text("description")?.map(str::to_owned),
        enabled: None,
        enabled_events: params.texts("enabled_events")?,
        metadata: metadata(params)?,
        name: params.text("name")?.map(str::to_owned),
        url: url(params)?,
    };
    world.change_destination(id, change, call.courier)?;
    shown(world, id, &included)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.params.only(&[])?;
    world.delete_destination(id, call.courier)?;
    Ok(json!({ "id": id, "object": DESTINATION }))
}

fn switch(call: &Call<'_>, world: &mut World, id: &str, enabled: bool) -> Answered {
    call.params.only(&[])?;
    let change = DestinationChange { enabled: Some(enabled), ..DestinationChange::default() };
    world.change_destination(id, change, call.courier)?;
    shown(world, id, &Included::default())
}

fn ping(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.params.only(&[])?;
    let to = world.live_destination(id)?.sends_to;
    let event = world.ping(id, to);
    Ok(world.thin_event(&event).map(fetched).unwrap_or_default())
}

/// The URL of a webhook endpoint.
fn url(params: &Params) -> Result<Option<String>, ApiError> {
    let Some(inner) = params.inner("webhook_endpoint")? else {
        return Ok(None);
    };
    inner.only(&["url"])?;
    inner.required("url").map(|url| Some(url.to_owned()))
}

/// Metadata as changes are written: an empty value removes its key.
fn metadata(params: &Params) -> Result<Metadata, ApiError> {
    let given = params.map("metadata")?.into_iter();
    Ok(given.map(|(key, value)| (key, value.unwrap_or_default())).collect())
}
