//! `/v1/webhook_endpoints` (STRIPE.md 2.4): every destination of snapshot events, whoever set it
//! up. The secret is shown once, by the call that makes the endpoint.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::delivery::endpoint::Payload;
use crate::destinations::{DestinationChange, NewDestination, OWN_EVENTS};
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::render::{Object, deleted};
use crate::world::World;
use serde_json::Value;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["webhook_endpoints"], kind: WebhookEndpoint::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Post, []) => create(call, world),
        (_, [id]) => known(world, id).and_then(|()| match call.verb {
            Verb::Get => call.retrieve::<WebhookEndpoint>(world, id),
            Verb::Post => update(call, world, id),
            Verb::Delete => delete(call, world, id),
        }),
        _ => return None,
    })
}

/// Destinations of thin events are unknown here.
fn known(world: &World, id: &str) -> Result<(), ApiError> {
    match world.live_destination(id)?.payload {
        Payload::Snapshot => Ok(()),
        Payload::Thin => Err(ApiError::missing("webhook endpoint", id, "id")),
    }
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(PAGING)?;
    call.list::<WebhookEndpoint>(world, |held| held.payload == Payload::Snapshot)
}

/// Makes an endpoint and shows it with its secret.
fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    form.only(&["api_version", "connect", "description", "enabled_events", "metadata", "url"])?;
    let url = form.required("url")?.to_owned();
    let enabled_events =
        events(form)?.ok_or_else(|| ApiError::missing_parameter("enabled_events"))?;
    let of_others = form.boolean("connect")?.unwrap_or(false);
    let new = NewDestination {
        api_version: form.owned("api_version").filter(|version| !version.is_empty()),
        description: form.owned("description"),
        enabled_events,
        events_from: vec![if of_others { "@accounts" } else { OWN_EVENTS }.to_owned()],
        metadata: form.map("metadata"),
        name: url.clone(),
        payload: Payload::Snapshot,
        url,
    };
    let (id, secret) = world.make_destination(new, call.courier)?;
    let mut shown = call.show::<WebhookEndpoint>(world, &id)?;
    if let Value::Object(fields) = &mut shown {
        fields.insert("secret".to_owned(), Value::from(secret));
    }
    Ok(shown)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let form = &call.form;
    form.only(&["description", "disabled", "enabled_events", "metadata", "url"])?;
    let change = DestinationChange {
        description: form.owned("description"),
        enabled: form.boolean("disabled")?.map(|disabled| !disabled),
        enabled_events: events(form)?,
        metadata: form.map("metadata"),
        name: None,
        url: form.owned("url"),
    };
    world.change_destination(id, change, call.courier)?;
    call.show::<WebhookEndpoint>(world, id)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_destination(id, call.courier)?;
    Ok(deleted(WebhookEndpoint::KIND, id))
}

/// The types of events that are asked for; none where the parameter is absent.
fn events(form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let given = form.values("enabled_events");
    if given.iter().any(|kind| kind.is_empty()) {
        return Err(ApiError::invalid("enabled_events", "Invalid enabled_events"));
    }
    let kinds = given.into_iter().map(str::to_owned).collect::<Vec<_>>();
    Ok(Some(kinds).filter(|kinds| !kinds.is_empty()))
}
