//! A renewal is announced some days ahead: `invoice.upcoming` shows the invoice as it would be by
//! then, which has no id and is kept nowhere.

use crate::model::subscription::Status;
use crate::render::Object;
use crate::world::World;
use serde_json::Value;

impl World {
    pub(crate) fn announce_renewal(&mut self, id: &str) {
        let renews = self.subscriptions.get(id).is_some_and(|held| match held.status {
            Status::Trialing | Status::Active | Status::PastDue => {
                held.cancel_at.is_none_or(|at| at > held.period().1)
            }
            Status::Incomplete
            | Status::IncompleteExpired
            | Status::Canceled
            | Status::Unpaid
            | Status::Paused => false,
        });
        let customer = self.subscriptions.get(id).map(|held| held.customer.clone());
        let Some(customer) = customer.filter(|_| renews) else {
            return;
        };
        let preview = self.rehearse(&customer, |stage| stage.preview_renewal(id));
        // Where there is nothing to bill there is nothing to tell of.
        let Ok(preview) = preview else {
            return;
        };
        self.emit_by("invoice.upcoming", |world, view| {
            let mut shown = preview.render(world, view);
            if let Value::Object(fields) = &mut shown {
                fields.remove("id");
            }
            shown
        });
    }
}
