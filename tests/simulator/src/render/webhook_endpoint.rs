//! Webhook endpoints, and the event destinations of version 2. The secret is no part of them: only the answer to their making shows it.

use super::{Object, View, deleted};
use crate::delivery::endpoint::Payload;
use crate::model::table::Table;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::moment::rfc3339;
use crate::world::World;
use serde_json::{Value, json};

impl Object for WebhookEndpoint {
    const KIND: &'static str = "webhook_endpoint";
    const PLURAL: &'static str = "webhook_endpoints";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn table(world: &World) -> &Table<Self> {
        &world.webhook_endpoints
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.webhook_endpoints
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        if self.deleted {
            return deleted(Self::KIND, &self.id);
        }
        json!({
            "id": self.id,
            "object": Self::KIND,
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.enabled { "enabled" } else { "disabled" },
            "url": self.url,
        })
    }
}

/// The value of `object` of an event destination.
pub(crate) const DESTINATION: &str = "v2.core.event_destination";

/// What is shown of a destination only to who asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Included {
    pub(crate) secret: Option<String>,
    pub(crate) url: bool,
}

/// A destination as version 2 of the API shows it.
pub(crate) fn destination(held: &WebhookEndpoint, included: &Included) -> Value {
    let payload = match held.payload {
        Payload::Snapshot => "snapshot",
        Payload::Thin => "thin",
    };
    let (status, details) = if held.enabled {
        ("enabled", Value::Null)
    } else {
        ("disabled", json!({ "disabled": { "reason": "user" } }))
    };
    let shows = included.url || included.secret.is_some();
    let endpoint = shows.then(|| {
        json!({
            "signing_secret": included.secret,
            "url": included.url.then_some(held.url.as_str()),
        })
    });
    json!({
        "id": held.id,
        "object": DESTINATION,
        "amazon_eventbridge": null,
        "azure_event_grid": null,
        "created": rfc3339(held.created),
        "description": held.description.as_deref().unwrap_or_default(),
        "enabled_events": held.enabled_events,
        "event_payload": payload,
        "events_from": held.events_from,
        "livemode": false,
        "metadata": held.metadata,
        "name": held.name,
        "snapshot_api_version": held.api_version,
        "status": status,
        "status_details": details,
        "type": "webhook_endpoint",
        "updated": rfc3339(held.updated),
        "webhook_endpoint": endpoint,
    })
}
