//! Test clocks.

use super::{Object, View, deleted};
use crate::model::table::Table;
use crate::model::test_clock::{ClockStatus, TestClock};
use crate::world::World;
use serde_json::{Value, json};

impl Object for TestClock {
    const KIND: &'static str = "test_helpers.test_clock";
    const PLURAL: &'static str = "test_helpers/test_clocks";

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
        &world.test_clocks
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.test_clocks
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        if self.deleted {
            return deleted(Self::KIND, &self.id);
        }
        let (status, details) = match self.status {
            ClockStatus::Ready => ("ready", json!({})),
            ClockStatus::InternalFailure => ("internal_failure", json!({})),
            ClockStatus::Advancing { to, .. } => {
                ("advancing", json!({ "advancing": { "target_frozen_time": to } }))
            }
        };
        json!({
            "id": self.id,
            "object": Self::KIND,
            "created": self.created,
            "deletes_after": self.deletes_after,
            "frozen_time": self.frozen_time,
            "livemode": false,
            "name": self.name,
            "status": status,
            "status_details": details,
        })
    }
}
