//! The items of a subscription as a change makes them: added, replaced, counted anew, removed.

use super::LifeError;
use super::orders::ItemChange;
use crate::model::merge_metadata;
use crate::model::price::Price;
use crate::model::subscription::{Item, Subscription};
use crate::world::World;

/// An item as it was and as it will be; one of the two may be absent.
#[derive(Debug)]
pub(super) struct Swap {
    pub(super) before: Option<Item>,
    pub(super) after: Option<Item>,
}

impl Swap {
    /// Whether it makes a difference to what is billed.
    fn bills_otherwise(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                before.price != after.price || before.quantity != after.quantity
            }
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    }
}

impl World {
    pub(super) fn check_items(
        &self,
        held: &Subscription,
        changes: &[ItemChange],
    ) -> Result<(), LifeError> {
        for change in changes {
            if let Some(price) = &change.price {
                let price = self.sellable_price(price)?;
                if price.currency != held.currency {
                    return Err(LifeError::Invalid {
                        param: "items",
                        message: "all prices of a subscription have one currency".to_owned(),
                    });
                }
            }
            match &change.id {
                Some(id) if !held.items.iter().any(|item| item.id == *id) => {
                    return Err(LifeError::Missing {
                        kind: "subscription item",
                        id: id.clone(),
                        param: "items",
                    });
                }
                None if change.price.is_none() => {
                    return Err(LifeError::Invalid {
                        param: "items",
                        message: "an item without an id needs a price".to_owned(),
                    });
                }
                Some(_) | None => {}
            }
        }
        let removed = |item: &&Item| {
            changes.iter().any(|change| change.deleted && change.id.as_ref() == Some(&item.id))
        };
        let kept = held.items.iter().filter(|item| !removed(item)).count();
        let added = changes.iter().any(|change| change.id.is_none() && !change.deleted);
        if kept == 0 && !added {
            return Err(LifeError::Invalid {
                param: "items",
                message: "A subscription must have at least one active plan.".to_owned(),
            });
        }
        Ok(())
    }

    /// What becomes of each item that a change names, and the items that there are then.
    pub(super) fn swap_items(
        &mut self,
        held: &Subscription,
        changes: &[ItemChange],
    ) -> (Vec<Swap>, Vec<Item>) {
        let mut swaps = Vec::new();
        for change in changes {
            let before = change
                .id
                .as_ref()
                .and_then(|id| held.items.iter().find(|item| item.id == *id))
                .cloned();
            let after = match (&before, change.deleted) {
                (_, true) => None,
                (Some(item), false) => Some(self.changed_item(item, change)),
                (None, false) => Some(self.added_item(held, change)),
            };
            swaps.push(Swap { before, after });
        }
        let items = items_after(held, &swaps);
        swaps.retain(Swap::bills_otherwise);
        (swaps, items)
    }

    fn changed_item(&self, item: &Item, change: &ItemChange) -> Item {
        let mut item = item.clone();
        if let Some(price) = &change.price {
            item.price.clone_from(price);
        }
        let metered = self.prices.get(&item.price).is_some_and(Price::is_metered);
        item.quantity = match (metered, change.quantity.or(item.quantity)) {
            (true, _) => None,
            (false, quantity) => Some(quantity.unwrap_or(1)),
        };
        merge_metadata(&mut item.metadata, &change.metadata);
        item
    }

    /// An item more joins the period that runs, or a period of its own rhythm on the same anchor.
    fn added_item(&mut self, held: &Subscription, change: &ItemChange) -> Item {
        let price = change.price.clone().unwrap_or_default();
        let same = held.items.iter().find(|item| self.rhythm(&item.price) == self.rhythm(&price));
        let (start, end) = match same {
            Some(item) => (item.current_period_start, item.current_period_end),
            None if held.trial_end.is_some_and(|end| end > self.now) => held.period(),
            None => {
                let end = self.boundary_after(&price, held.billing_cycle_anchor, self.now);
                (self.now, end)
            }
        };
        let start = start.max(self.now.min(end));
        let mut item = self.new_item(&price, change.quantity, (start, end));
        merge_metadata(&mut item.metadata, &change.metadata);
        item
    }

    /// A change of the interval begins a new period at once.
    pub(super) fn changes_rhythm(&self, swap: &Swap) -> bool {
        match (&swap.before, &swap.after) {
            (Some(before), Some(after)) => self.rhythm(&before.price) != self.rhythm(&after.price),
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }

    /// Whether items that cost nothing are followed by some that do.
    pub(super) fn begins_to_cost(&self, before: &[Item], after: &[Item]) -> bool {
        let free = |item: &Item| item.quantity.is_some() && self.advance_cost(item) == 0;
        before.iter().all(free) && after.iter().any(|item| self.advance_cost(item) > 0)
    }

    /// The subscription that an item belongs to.
    pub(crate) fn owner_of_item(&self, item: &str) -> Option<&Subscription> {
        let owns = |held: &&Subscription| held.items.iter().any(|one| one.id == item);
        self.subscriptions.rows().iter().rev().find(owns)
    }
}

fn items_after(held: &Subscription, swaps: &[Swap]) -> Vec<Item> {
    let swap_of = |item: &Item| {
        swaps.iter().find(|swap| swap.before.as_ref().is_some_and(|before| before.id == item.id))
    };
    let kept = held.items.iter().filter_map(|item| match swap_of(item) {
        Some(swap) => swap.after.clone(),
        None => Some(item.clone()),
    });
    let added =
        swaps.iter().filter(|swap| swap.before.is_none()).filter_map(|swap| swap.after.clone());
    kept.chain(added).collect()
}
