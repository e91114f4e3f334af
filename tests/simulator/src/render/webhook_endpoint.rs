//! Webhook endpoints. The secret is no part of them: only the answer to their making shows it.

use super::{Object, View, deleted};
use crate::model::table::Table;
use crate::model::webhook_endpoint::WebhookEndpoint;
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
