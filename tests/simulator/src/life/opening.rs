//! What a new subscription begins with: its items and their first periods, the anchor they go by,
//! and what its first invoice asks for. What is wrong with a wish is found here, before anything
//! is made.

use super::LifeError;
use super::orders::{CancelAt, NewItem, NewSubscription, ProrationBehavior};
use super::pending::Rest;
use crate::calendar::{next_boundary, previous_boundary};
use crate::model::price::{Interval, Price};
use crate::model::subscription::Item;
use crate::world::World;

/// How many subscriptions of a customer may be live (STRIPE.md 5.2).
const LIVE_MAX: usize = 500;
const ITEMS_MAX: usize = 20;

/// What a new subscription begins with.
pub(super) struct Opening {
    pub(super) anchor: i64,
    pub(super) items: Vec<Item>,
    pub(super) trial_end: Option<i64>,
    /// What its first invoice will be about.
    pub(super) due: i64,
    /// Whether there is a first invoice at all.
    pub(super) invoices: bool,
}

impl World {
    /// What the first invoice would come to, before the customer's balance. Whatever would be in
    /// the way of beginning is in the way here too.
    pub(super) fn first_due(&mut self, new: &NewSubscription) -> Result<i64, LifeError> {
        self.check_room(&new.customer)?;
        self.check_extras(&new.add_invoice_items)?;
        self.check_discounts(new)?;
        Ok(self.opening(new)?.due)
    }

    /// What a quantity of a price costs until a billing cycle that begins at `anchor`.
    pub(super) fn cost_until(&self, price: &str, quantity: Option<i64>, anchor: i64) -> i64 {
        let item = Item {
            id: String::new(),
            created: self.now,
            current_period_start: self.now,
            current_period_end: self.boundary_after(price, anchor, self.now),
            discounts: Vec::new(),
            metadata: crate::model::Metadata::new(),
            price: price.to_owned(),
            quantity,
        };
        self.first_cost(&item, anchor, &NewSubscription::default())
    }

    pub(super) fn check_room(&self, customer: &str) -> Result<(), LifeError> {
        let all = self.subscriptions_of.get(customer).map(Vec::as_slice).unwrap_or_default();
        let live = all.iter().filter_map(|id| self.subscriptions.get(id));
        let live = live.filter(|held| !held.status.has_ended()).count();
        let clocked = self.clock_of(customer).is_some();
        let full = match self.rules.clocks.subscriptions_max.filter(|_| clocked) {
            Some(most) => live >= most,
            None => live >= LIVE_MAX,
        };
        if full {
            return Err(LifeError::NotNow {
                code: Some("customer_max_subscriptions"),
                message: "The maximum number of subscriptions for this customer has been \
                          reached."
                    .to_owned(),
            });
        }
        Ok(())
    }

    pub(super) fn opening(&mut self, new: &NewSubscription) -> Result<Opening, LifeError> {
        let now = self.now;
        let trial_end = new.trial_end.filter(|end| *end > now);
        self.check_first_items(&new.items)?;
        if new.backdate_start_date.is_some_and(|start| start > now) {
            return Err(LifeError::Invalid {
                param: "backdate_start_date",
                message: "`backdate_start_date` must be in the past.".to_owned(),
            });
        }
        if let Some(anchor) = new.billing_cycle_anchor {
            self.check_anchor(anchor, trial_end.unwrap_or(now), &new.items)?;
        }
        if let Some(CancelAt::At(at)) = new.cancel_at
            && at <= now
        {
            return Err(LifeError::Invalid {
                param: "cancel_at",
                message: "`cancel_at` must be a timestamp in the future.".to_owned(),
            });
        }
        let anchor = new.billing_cycle_anchor;
        let end = |world: &Self, price: &str| match (trial_end, anchor) {
            (Some(end), _) => end,
            (None, Some(anchor)) => world.boundary_after(price, anchor, now),
            (None, None) => world.period_end(price, now),
        };
        let items = new.items.iter().map(|item| {
            let end = end(self, &item.price);
            let mut made = self.new_item(&item.price, item.quantity, (now, end));
            made.metadata.clone_from(&item.metadata);
            made
        });
        let items: Vec<Item> = items.collect();
        let mut opening = Opening {
            anchor: anchor.or(trial_end).unwrap_or(now),
            items,
            trial_end,
            due: 0,
            invoices: true,
        };
        let charged = trial_end.is_none();
        let first = |item: &Item| self.first_cost(item, opening.anchor, new);
        let periods = opening.items.iter().filter(|_| charged);
        let periods = periods.map(|item| (item.price.as_str(), first(item)));
        let extras = new.add_invoice_items.iter();
        let extras = extras.map(|item| (item.price.as_str(), self.extra_cost(item)));
        let costs: Vec<(&str, i64)> = periods.chain(extras).collect();
        let currency = self.currency_of(&opening.items);
        let left = self.left_by_discounts(&new.customer, &new.discounts, &currency, &costs);
        let waiting = self.waiting(&new.customer, &currency, None);
        let waiting: Vec<i64> = waiting.into_iter().map(|item| item.amount).collect();
        opening.due = (left + waiting.iter().sum::<i64>()).max(0);
        let licensed = opening.items.iter().any(|item| item.quantity.is_some());
        opening.invoices = licensed
            || !new.billing_mode.is_flexible()
            || !new.add_invoice_items.is_empty()
            || !waiting.is_empty();
        Ok(opening)
    }

    /// What the first invoice bills for an item: what has passed since a day in the past, and its
    /// first period or the part of it that is left.
    fn first_cost(&self, item: &Item, anchor: i64, new: &NewSubscription) -> i64 {
        let past = match new.backdate_start_date {
            Some(start) if new.proration != ProrationBehavior::None => {
                self.past_cost(item, start, self.now)
            }
            Some(_) | None => 0,
        };
        past + match self.first_rest(item, anchor) {
            None => self.advance_cost(item),
            Some(_) if new.proration == ProrationBehavior::None => 0,
            Some(rest) => rest.share(self.cost(item, &self.currency_of_price(&item.price))),
        }
    }

    /// The part of a whole period that an item's first period is; none if it is a whole one.
    pub(super) fn first_rest(&self, item: &Item, anchor: i64) -> Option<Rest> {
        let (interval, count) = self.rhythm(&item.price);
        let (start, end) = (item.current_period_start, item.current_period_end);
        let begun = previous_boundary(anchor, interval, count, end);
        (begun < start).then_some(Rest { start, end, length: end - begun })
    }

    /// What an item costs from one second to another, in periods counted from the first.
    pub(super) fn past_cost(&self, item: &Item, from: i64, to: i64) -> i64 {
        let (interval, count) = self.rhythm(&item.price);
        let cost = self.cost(item, &self.currency_of_price(&item.price));
        let (mut begun, mut sum) = (from, 0);
        while begun < to {
            let end = next_boundary(from, interval, count, begun);
            sum += Rest { start: begun, end: end.min(to), length: end - begun }.share(cost);
            begun = end;
        }
        sum
    }

    pub(super) fn check_first_items(&self, wanted: &[NewItem]) -> Result<(), LifeError> {
        let invalid =
            |message: &str| LifeError::Invalid { param: "items", message: message.to_owned() };
        if wanted.is_empty() {
            return Err(invalid("at least one item is needed"));
        }
        if wanted.len() > ITEMS_MAX {
            return Err(invalid("A subscription can have at most 20 items."));
        }
        let mut currency = None;
        for item in wanted {
            let price = self.sellable_price(&item.price)?;
            if *currency.get_or_insert_with(|| price.currency.clone()) != price.currency {
                return Err(invalid("all prices of a subscription have one currency"));
            }
        }
        Ok(())
    }

    /// An anchor lies ahead, but no further than a whole period would end.
    fn check_anchor(&self, anchor: i64, from: i64, items: &[NewItem]) -> Result<(), LifeError> {
        let natural = items.iter().map(|item| self.period_end(&item.price, from)).max();
        let invalid = |message: &str| LifeError::Invalid {
            param: "billing_cycle_anchor",
            message: message.to_owned(),
        };
        if anchor <= self.now {
            return Err(invalid("`billing_cycle_anchor` must be a timestamp in the future."));
        }
        if natural.is_some_and(|natural| anchor > natural) {
            return Err(invalid(
                "`billing_cycle_anchor` cannot be later than the next natural billing date.",
            ));
        }
        Ok(())
    }

    /// A price that a subscription item may name.
    pub(super) fn sellable_price(&self, id: &str) -> Result<&Price, LifeError> {
        let price = self.known_price(id, "items")?;
        let fault = match (price.active, &price.recurring) {
            (true, Some(_)) => return Ok(price),
            (false, _) => format!("The price specified is inactive: {id}."),
            (true, None) => format!("The price specified is set to `type=one_time`: {id}."),
        };
        Err(LifeError::Invalid { param: "items", message: fault })
    }

    /// The end of the first period of a price that is begun at `anchor`.
    pub(super) fn period_end(&self, price: &str, anchor: i64) -> i64 {
        self.boundary_after(price, anchor, anchor)
    }

    /// The end of the period of a price that a second falls into.
    pub(super) fn boundary_after(&self, price: &str, anchor: i64, second: i64) -> i64 {
        let (interval, count) = self.rhythm(price);
        next_boundary(anchor, interval, count, second)
    }

    /// How often a price recurs.
    pub(super) fn rhythm(&self, price: &str) -> (Interval, i64) {
        self.prices
            .get(price)
            .and_then(|price| price.recurring.as_ref())
            .map_or((Interval::Month, 1), |rhythm| (rhythm.interval, rhythm.interval_count))
    }

    fn currency_of_price(&self, price: &str) -> String {
        self.prices.get(price).map_or_else(|| "usd".to_owned(), |price| price.currency.clone())
    }

    pub(super) fn currency_of(&self, items: &[Item]) -> String {
        self.currency_of_price(items.first().map_or("", |item| item.price.as_str()))
    }
}
