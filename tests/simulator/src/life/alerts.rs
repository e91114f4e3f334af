//! Alerts: triggered once for each customer whose usage of a meter reaches a threshold.

use super::LifeError;
use super::usage_rules::AlertsFrom;
use crate::model::alert::{Alert, AlertStatus};
use crate::model::decimal::Decimal;
use crate::render;
use crate::world::World;
use std::collections::BTreeSet;

/// An alert to make.
#[derive(Clone, Debug)]
pub(crate) struct NewAlert {
    pub(crate) customer: Option<String>,
    pub(crate) gte: i64,
    pub(crate) meter: String,
    pub(crate) title: String,
}

impl World {
    pub(crate) fn create_alert(&mut self, new: NewAlert) -> Result<String, LifeError> {
        self.known_meter(&new.meter, "usage_threshold[meter]")?;
        if let Some(customer) = &new.customer {
            self.live_customer(customer, "usage_threshold[filters][0][customer]")?;
        }
        let id = self.ids.long(self.test_prefix("alrt_", "alrt_test_"));
        let alert = Alert {
            id: id.clone(),
            created: self.now,
            customer: new.customer,
            gte: new.gte,
            meter: new.meter,
            since: self.now,
            status: AlertStatus::Active,
            title: new.title,
            triggered_for: BTreeSet::new(),
        };
        self.alerts.insert(&id, alert);
        Ok(id)
    }

    pub(crate) fn set_alert_status(
        &mut self,
        id: &str,
        status: AlertStatus,
    ) -> Result<(), LifeError> {
        self.live_alert(id)?;
        let now = self.now;
        self.edit::<Alert>(id, |held| {
            if status == AlertStatus::Active && held.status != status {
                held.since = now;
                held.triggered_for.clear();
            }
            held.status = status;
        });
        Ok(())
    }

    pub(crate) fn live_alert(&self, id: &str) -> Result<&Alert, LifeError> {
        let live = |held: &&Alert| held.status != AlertStatus::Archived;
        self.alerts.get(id).filter(live).ok_or_else(|| LifeError::Missing {
            kind: "billing.alert",
            id: id.to_owned(),
            param: "id",
        })
    }

    /// Triggers the alerts whose threshold the usage of a customer has reached.
    pub(super) fn watch_usage(&mut self, meter: &str, customer: &str) {
        let from = self.rules.usage.alerts_from;
        let reached: Vec<(String, Decimal)> = self
            .alerts
            .rows()
            .iter()
            .filter(|alert| {
                alert.status == AlertStatus::Active
                    && alert.meter == meter
                    && alert.customer.as_deref().is_none_or(|only| only == customer)
                    && !alert.triggered_for.contains(customer)
            })
            .map(|alert| {
                let since = match from {
                    AlertsFrom::Activation => alert.since,
                    AlertsFrom::Ever => i64::MIN,
                };
                (alert, self.usage_between(meter, customer, since, i64::MAX))
            })
            .filter(|(alert, used)| *used >= Decimal::whole(alert.gte))
            .map(|(alert, used)| (alert.id.clone(), used))
            .collect();
        for (id, used) in reached {
            self.edit::<Alert>(&id, |held| {
                held.triggered_for.insert(customer.to_owned());
            });
            let created = self.now;
            self.emit_by("billing.alert.triggered", |world, view| {
                world.alerts.get(&id).map_or(serde_json::Value::Null, |alert| {
                    render::alert::triggered(alert, customer, used, created, world, view)
                })
            });
        }
    }
}
