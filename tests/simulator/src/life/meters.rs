//! Meters: made, renamed, deactivated and reactivated.

use super::LifeError;
use crate::model::meter::{Formula, Meter, Window};
use crate::world::World;

/// A meter to make.
#[derive(Clone, Debug)]
pub struct NewMeter {
    /// The key in an event's payload that names the customer.
    pub customer_key: String,
    /// A name for people.
    pub display_name: String,
    /// The name that events are reported under; no other meter may have it.
    pub event_name: String,
    /// The window that events are sums of already, if they are: only the latest in each counts.
    pub event_time_window: Option<Window>,
    /// How one number is made of many events.
    pub formula: Formula,
    /// The key in an event's payload that holds the value.
    pub value_key: String,
}

impl NewMeter {
    /// A meter that sums `value` by `stripe_customer_id`.
    #[must_use]
    pub fn summing(event_name: &str) -> Self {
        Self {
            customer_key: "stripe_customer_id".to_owned(),
            display_name: event_name.to_owned(),
            event_name: event_name.to_owned(),
            event_time_window: None,
            formula: Formula::Sum,
            value_key: "value".to_owned(),
        }
    }
}

impl World {
    pub(crate) fn create_meter(&mut self, new: NewMeter) -> Result<String, LifeError> {
        if self.meter_named(&new.event_name).is_some() {
            return Err(LifeError::Invalid {
                param: "event_name",
                message: format!(
                    "A meter already exists with the event name `{}`.",
                    new.event_name
                ),
            });
        }
        let id = self.ids.long(self.test_prefix("mtr_", "mtr_test_"));
        let meter = Meter {
            id: id.clone(),
            created: self.now,
            customer_key: new.customer_key,
            deactivated_at: None,
            display_name: new.display_name,
            event_name: new.event_name,
            event_time_window: new.event_time_window,
            formula: new.formula,
            updated: self.now,
            value_key: new.value_key,
        };
        self.meters.insert(&id, meter);
        self.emit::<Meter>("billing.meter.created", &id);
        Ok(id)
    }

    pub(crate) fn rename_meter(
        &mut self,
        id: &str,
        display_name: Option<String>,
    ) -> Result<(), LifeError> {
        self.known_meter(id, "id")?;
        let now = self.now;
        self.update::<Meter>("billing.meter.updated", id, |held| {
            if let Some(name) = display_name.filter(|name| *name != held.display_name) {
                held.display_name = name;
                held.updated = now;
            }
        });
        Ok(())
    }

    /// Deactivates or reactivates a meter.
    pub(crate) fn set_meter_active(&mut self, id: &str, active: bool) -> Result<(), LifeError> {
        let is_active = self.known_meter(id, "id")?.deactivated_at.is_none();
        if is_active == active {
            let state = if active { "active" } else { "inactive" };
            return Err(LifeError::NotNow {
                code: None,
                message: format!("This meter is already {state}."),
            });
        }
        let now = self.now;
        self.edit::<Meter>(id, |held| {
            held.deactivated_at = (!active).then_some(now);
            held.updated = now;
        });
        let kind = if active { "billing.meter.reactivated" } else { "billing.meter.deactivated" };
        self.emit::<Meter>(kind, id);
        Ok(())
    }

    pub(crate) fn known_meter(&self, id: &str, param: &'static str) -> Result<&Meter, LifeError> {
        self.meters.get(id).ok_or_else(|| LifeError::Missing {
            kind: "billing.meter",
            id: id.to_owned(),
            param,
        })
    }

    /// The meter that a new price names, which must be active.
    pub(super) fn check_meter_of_price(&self, id: &str) -> Result<(), LifeError> {
        let param = "recurring[meter]";
        if self.known_meter(id, param)?.deactivated_at.is_none() {
            return Ok(());
        }
        let message = "You can't attach an inactive meter to a price.".to_owned();
        Err(LifeError::Invalid { param, message })
    }

    pub(super) fn meter_named(&self, event_name: &str) -> Option<&Meter> {
        self.meters.rows().iter().find(|meter| meter.event_name == event_name)
    }

    /// The prefix of an id as the account writes it.
    pub(super) fn test_prefix(&self, live: &'static str, test: &'static str) -> &'static str {
        if self.rules.usage.test_mode_ids { test } else { live }
    }
}
