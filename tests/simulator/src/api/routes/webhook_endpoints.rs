//! `/v1/webhook_endpoints` (STRIPE.md 2.4): endpoints set up by a client of the API. The secret is
//! shown once, by the call that makes the endpoint. Endpoints that the library or the control API
//! added are not among them.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::delivery::endpoint::{Endpoint, Kinds};
use crate::life::LifeError;
use crate::model::merge_metadata;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::render::{Object, deleted};
use crate::version::ApiVersion;
use crate::world::World;
use serde_json::Value;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["webhook_endpoints"], kind: WebhookEndpoint::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<WebhookEndpoint>(world, id),
        (Verb::Post, []) => create(call, world),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(PAGING)?;
    call.list::<WebhookEndpoint>(world, |_| true)
}

/// Makes an endpoint and shows it with its secret.
fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let (form, courier) = (&call.form, call.courier);
    form.only(&["api_version", "description", "enabled_events", "metadata", "url"])?;
    let url = form.required("url")?;
    let enabled_events =
        events(form)?.ok_or_else(|| ApiError::missing_parameter("enabled_events"))?;
    let api_version = form.owned("api_version").filter(|version| !version.is_empty());
    let version = match &api_version {
        None => world.account_version(),
        Some(text) => ApiVersion::parse(text)
            .ok_or_else(|| ApiError::invalid("api_version", "Invalid API version"))?,
    };
    let secret = world.ids.long("whsec_");
    let mut endpoint = Endpoint::new(url, secret.clone())
        .map_err(|_| ApiError::invalid("url", "Not a valid URL"))?
        .with_version(version);
    endpoint.kinds = kinds(&enabled_events);
    let sends_to = courier.add_endpoint(endpoint);
    world.listen(courier.listeners());
    let id = world.ids.long("we_");
    let held = WebhookEndpoint {
        id: id.clone(),
        created: world.now,
        api_version,
        deleted: false,
        description: form.owned("description"),
        enabled: true,
        enabled_events,
        metadata: form.map("metadata"),
        sends_to,
        url: url.to_owned(),
    };
    world.webhook_endpoints.insert(&id, held);
    let mut shown = call.show::<WebhookEndpoint>(world, &id)?;
    if let Value::Object(fields) = &mut shown {
        fields.insert("secret".to_owned(), Value::from(secret));
    }
    Ok(shown)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let (form, courier) = (&call.form, call.courier);
    form.only(&["description", "disabled", "enabled_events", "metadata", "url"])?;
    let url = form.owned("url");
    let parsed = url
        .as_deref()
        .map(|url| Endpoint::new(url, "").map_err(|_| ApiError::invalid("url", "Not a valid URL")))
        .transpose()?;
    let events = events(form)?;
    let enabled = form.boolean("disabled")?.map(|disabled| !disabled);
    let sends_to = live(world, id)?.sends_to;
    world.edit::<WebhookEndpoint>(id, |held| {
        if let Some(description) = form.owned("description") {
            held.description = Some(description).filter(|text| !text.is_empty());
        }
        held.url = url.unwrap_or_else(|| held.url.clone());
        held.enabled = enabled.unwrap_or(held.enabled);
        if let Some(events) = &events {
            held.enabled_events.clone_from(events);
        }
        merge_metadata(&mut held.metadata, &form.map("metadata"));
    });
    let change = |endpoint: &mut Endpoint| {
        endpoint.enabled = enabled.unwrap_or(endpoint.enabled);
        if let Some(parsed) = &parsed {
            endpoint.url = parsed.url.clone();
        }
        if let Some(events) = &events {
            endpoint.kinds = kinds(events);
        }
    };
    courier.change_endpoint(sends_to, change);
    world.listen(courier.listeners());
    call.show::<WebhookEndpoint>(world, id)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    let courier = call.courier;
    let sends_to = live(world, id)?.sends_to;
    world.edit::<WebhookEndpoint>(id, |held| held.deleted = true);
    courier.change_endpoint(sends_to, |endpoint| endpoint.enabled = false);
    world.listen(courier.listeners());
    Ok(deleted(WebhookEndpoint::KIND, id))
}

fn live<'a>(world: &'a World, id: &str) -> Result<&'a WebhookEndpoint, ApiError> {
    let held = world.webhook_endpoints.get(id).filter(|held| !held.deleted);
    let missing =
        || LifeError::Missing { kind: "webhook endpoint", id: id.to_owned(), param: "id" };
    held.ok_or_else(|| missing().into())
}

/// The types of events that are asked for; none where the parameter is absent.
fn events(form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let given = form.values("enabled_events");
    if given.is_empty() {
        return Ok(None);
    }
    if given.iter().any(|kind| kind.is_empty()) {
        return Err(ApiError::invalid("enabled_events", "Invalid enabled_events"));
    }
    Ok(Some(given.into_iter().map(str::to_owned).collect()))
}

fn kinds(enabled: &[String]) -> Kinds {
    if enabled.iter().any(|kind| kind == "*") {
        Kinds::All
    } else {
        Kinds::Only(enabled.iter().cloned().collect())
    }
}
