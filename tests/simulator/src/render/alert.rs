//! Alerts, and what tells that one was triggered.

use super::{Object, View};
use crate::model::alert::{Alert, AlertStatus};
use crate::model::decimal::Decimal;
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Alert {
    const KIND: &'static str = "billing.alert";
    const PLURAL: &'static str = "billing/alerts";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.alerts
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.alerts
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        let status = match self.status {
            AlertStatus::Active => "active",
            AlertStatus::Inactive => "inactive",
            AlertStatus::Archived => "archived",
        };
        let filters = self
            .customer
            .as_ref()
            .map(|customer| json!([{ "customer": customer, "type": "customer" }]));
        json!({
            "id": self.id,
            "object": Self::KIND,
            "alert_type": "usage_threshold",
            "livemode": false,
            "status": status,
            "title": self.title,
            "usage_threshold": {
                "filters": filters.unwrap_or_else(|| json!([])),
                "gte": self.gte,
                "meter": self.meter,
                "recurrence": "one_time",
            },
        })
    }
}

/// That an alert was triggered for a customer by its usage, which is shown in whole units.
pub(crate) fn triggered(
    alert: &Alert,
    customer: &str,
    used: Decimal,
    created: i64,
    world: &World,
    view: View<'_>,
) -> Value {
    json!({
        "object": "billing.alert_triggered",
        "alert": alert.render(world, view),
        "created": created,
        "customer": customer,
        "livemode": false,
        "value": used.truncated(),
    })
}
