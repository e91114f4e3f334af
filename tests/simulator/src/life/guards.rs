//! Limits on one subscription: how often it may be invoiced by request, and how often its
//! quantities may change (STRIPE.md 5.2).

use super::LifeError;
use super::orders::ItemChange;
use crate::model::subscription::{Item, Subscription};
use crate::world::World;

const INVOICES_A_MINUTE: usize = 10;
const INVOICES_A_DAY: usize = 20;
const QUANTITIES_AN_HOUR: usize = 200;

impl World {
    /// Refuses one invoice more than a subscription may have made.
    pub(super) fn guard_invoices(&self, subscription: &str) -> Result<(), LifeError> {
        if !self.rules.subscriptions.guards {
            return Ok(());
        }
        let all = self.invoices_of.get(subscription).map(Vec::as_slice).unwrap_or_default();
        let since = |seconds: i64| {
            let made = all.iter().rev().filter_map(|id| self.invoices.get(id));
            made.take_while(|held| held.created > self.now - seconds).count()
        };
        if since(60) >= INVOICES_A_MINUTE || since(86_400) >= INVOICES_A_DAY {
            return Err(LifeError::TooMany {
                message: "This subscription has generated too many invoices. Try again later."
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Refuses one change of quantities more than a subscription may have.
    pub(super) fn guard_quantities(
        &self,
        held: &Subscription,
        changes: &[ItemChange],
    ) -> Result<(), LifeError> {
        if !self.rules.subscriptions.guards || changes.iter().all(|it| it.quantity.is_none()) {
            return Ok(());
        }
        let noted = self.quantity_changes.get(&held.id).map(Vec::as_slice).unwrap_or_default();
        let recent = noted.iter().filter(|second| **second > self.now - 3_600).count();
        if recent >= QUANTITIES_AN_HOUR {
            return Err(LifeError::TooMany {
                message: "The quantity of this subscription has been updated too many times \
                          within an hour. Try again later."
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Keeps in mind that quantities changed.
    pub(super) fn note_quantities(&mut self, held: &Subscription, after: &[Item]) {
        let quantities = |items: &[Item]| -> Vec<Option<i64>> {
            items.iter().map(|item| item.quantity).collect()
        };
        if quantities(&held.items) == quantities(after) {
            return;
        }
        let hour_ago = self.now - 3_600;
        let noted = self.quantity_changes.entry(held.id.clone()).or_default();
        noted.retain(|second| *second > hour_ago);
        noted.push(self.now);
    }
}
