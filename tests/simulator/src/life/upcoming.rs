//! A renewal is announced some days ahead: `invoice.upcoming` shows the invoice as it would be by
//! then, which has no id and is kept nowhere.

use crate::model::subscription::Status;
use crate::world::World;

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
        if renews {
            self.emit_raw("invoice.upcoming", &serde_json::Value::Null);
        }
    }
}
