//! Meters.

use super::{Object, View};
use crate::model::meter::{Meter, Window};
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Meter {
    const KIND: &'static str = "billing.meter";
    const PLURAL: &'static str = "billing/meters";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.meters
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.meters
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "created": self.created,
            "customer_mapping": { "event_payload_key": self.customer_key, "type": "by_id" },
            "default_aggregation": { "formula": self.formula.as_str() },
            "display_name": self.display_name,
            "event_name": self.event_name,
            "event_time_window": self.event_time_window.map(Window::as_str),
            "livemode": false,
            "status": if self.deactivated_at.is_some() { "inactive" } else { "active" },
            "status_transitions": { "deactivated_at": self.deactivated_at },
            "updated": self.updated,
            "value_settings": { "event_payload_key": self.value_key },
        })
    }
}
