//! Changes to a running subscription: items, quantities, prices, its end, its metadata.

use super::LifeError;
use super::customers::set_text;
use super::orders::{ItemChange, ProrationBehavior, SubscriptionChange};
use super::pending::Rest;
use crate::agenda::Task;
use crate::model::invoice::BillingReason;
use crate::model::merge_metadata;
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

/// An item as it was and as it will be; one of the two may be absent.
struct Swap {
    before: Option<Item>,
    after: Option<Item>,
}

impl World {
    pub(crate) fn update_subscription(
        &mut self,
        id: &str,
        change: SubscriptionChange,
    ) -> Result<(), LifeError> {
        let held = self.live_subscription(id)?.clone();
        self.check_items(&held, &change.items)?;
        self.check_redeem(&held, change.discounts.as_deref().unwrap_or_default())?;
        let swaps = self.swap_items(&held, &change.items);
        let items = items_after(&held, &swaps);
        if items.is_empty() {
            return Err(LifeError::Invalid {
                param: "items",
                message: "A subscription must have at least one active plan.".to_owned(),
            });
        }
        let changed = !swaps.is_empty();
        let restarts = swaps.iter().any(|swap| self.changes_rhythm(swap));
        let prorates = changed && change.proration != ProrationBehavior::None;
        let at_once =
            prorates && (restarts || change.proration == ProrationBehavior::AlwaysInvoice);
        let invoice = at_once.then(|| self.ids.long("in_"));
        let before = self.portrait::<Subscription>(id);
        let items = if restarts { self.restart_periods(items) } else { items };
        let now = self.now;
        self.edit::<Subscription>(id, |held| {
            held.items = items;
            if restarts {
                held.billing_cycle_anchor = now;
            }
            if let Some(invoice) = &invoice {
                held.latest_invoice = Some(invoice.clone());
            }
            set_text(&mut held.description, change.description);
            merge_metadata(&mut held.metadata, &change.metadata);
            set_end(held, change.cancel_at_period_end, change.cancel_at, now);
        });
        self.emit_updated::<Subscription>("customer.subscription.updated", id, &before);
        if let Some(wishes) = &change.discounts {
            self.replace_discounts(id, wishes)?;
        }
        self.plan_end(id, restarts);
        if prorates && held.status != Status::Trialing {
            self.prorate_swaps(&held, &swaps, restarts);
        }
        if let Some(invoice) = invoice {
            self.invoice_change(id, &invoice, restarts);
        }
        Ok(())
    }

    fn check_items(&self, held: &Subscription, changes: &[ItemChange]) -> Result<(), LifeError> {
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
        Ok(())
    }

    fn swap_items(&mut self, held: &Subscription, changes: &[ItemChange]) -> Vec<Swap> {
        let mut swaps = Vec::new();
        for change in changes {
            let before = change
                .id
                .as_ref()
                .and_then(|id| held.items.iter().find(|item| item.id == *id))
                .cloned();
            let after = match (&before, change.deleted) {
                (_, true) => None,
                (Some(item), false) => {
                    let mut item = item.clone();
                    if let Some(price) = &change.price {
                        item.price.clone_from(price);
                    }
                    if change.quantity.is_some() {
                        item.quantity = change.quantity;
                    }
                    Some(item)
                }
                (None, false) => {
                    let (start, end) = held.period();
                    let price = change.price.clone().unwrap_or_default();
                    let start = start.max(self.now.min(end));
                    Some(self.new_item(&price, change.quantity, (start, end)))
                }
            };
            let same = match (&before, &after) {
                (Some(before), Some(after)) => {
                    before.price == after.price && before.quantity == after.quantity
                }
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if !same {
                swaps.push(Swap { before, after });
            }
        }
        swaps
    }

    /// A change of the interval begins a new period at once.
    fn changes_rhythm(&self, swap: &Swap) -> bool {
        match (&swap.before, &swap.after) {
            (Some(before), Some(after)) => self.rhythm(&before.price) != self.rhythm(&after.price),
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }

    fn restart_periods(&self, items: Vec<Item>) -> Vec<Item> {
        items
            .into_iter()
            .map(|mut item| {
                item.current_period_start = self.now;
                item.current_period_end = self.period_end(&item.price, self.now);
                item
            })
            .collect()
    }

    fn plan_end(&mut self, id: &str, restarted: bool) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        let first_end = held.items.iter().map(|item| item.current_period_end).min();
        let cancel_at = held.cancel_at.filter(|_| !held.cancel_at_period_end);
        if let Some(end) = first_end.filter(|_| restarted) {
            self.agenda.plan(end, Task::PeriodEnd { subscription: id.to_owned() });
        }
        if let Some(at) = cancel_at {
            self.agenda.plan(at, Task::CancelAt { subscription: id.to_owned() });
        }
    }

    fn prorate_swaps(&mut self, held: &Subscription, swaps: &[Swap], restarts: bool) {
        let now = self.now;
        let rest_of = |item: &Item| Rest {
            start: now,
            end: item.current_period_end,
            length: item.current_period_end - item.current_period_start,
        };
        if restarts {
            // Every item begins a new period, which a line of its own bills whole.
            for item in &held.items {
                self.prorate(held, item, rest_of(item), -1);
            }
            return;
        }
        for swap in swaps {
            if let Some(item) = &swap.before {
                self.prorate(held, item, rest_of(item), -1);
            }
            if let Some(item) = &swap.after {
                let (start, end) = held.period();
                let rest = match &swap.before {
                    Some(before) => rest_of(before),
                    None => Rest { start: now, end, length: end - start },
                };
                self.prorate(held, item, rest, 1);
            }
        }
    }

    fn invoice_change(&mut self, id: &str, invoice: &str, restarts: bool) {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return;
        };
        let mut lines = self.take_pending_lines(&held);
        if restarts {
            for item in &held.items {
                lines.extend(self.advance_lines(&held, item, false));
            }
        }
        let period = (self.now, self.now);
        self.make_invoice(&held, invoice.to_owned(), BillingReason::Update, lines, period);
        self.finalize(invoice);
        self.collect(invoice, true);
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

/// Sets or takes back the end of a subscription.
fn set_end(held: &mut Subscription, at_period_end: Option<bool>, at: Option<i64>, now: i64) {
    let end = match (at_period_end, at) {
        (Some(true), _) => Some((true, Some(held.period().1))),
        (_, Some(0)) | (Some(false), None) => Some((false, None)),
        (_, Some(at)) => Some((false, Some(at))),
        (None, None) => None,
    };
    let Some((at_period_end, cancel_at)) = end else {
        return;
    };
    let ends = cancel_at.is_some();
    if held.cancel_at_period_end == at_period_end && held.cancel_at == cancel_at {
        return;
    }
    held.cancel_at_period_end = at_period_end;
    held.cancel_at = cancel_at;
    held.canceled_at = ends.then_some(now);
    held.cancellation_reason = ends.then_some("cancellation_requested");
}
