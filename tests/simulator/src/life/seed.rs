//! Many subscriptions at once, for whoever measures how lists are read.
//!
//! They are there as if they had been made before the history began: no event tells of them, they
//! have no invoices and their customers no payment methods. From then on they live like any other.

use super::LifeError;
use super::orders::{NewCustomer, NewItem, NewSubscription};
use crate::agenda::Task;
use crate::calendar::next_boundary;
use crate::model::subscription::{Status, Subscription};
use crate::world::World;
use serde::{Deserialize, Serialize};

/// Subscriptions to be there at once, one for each of as many customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeding {
    /// How many.
    pub subscriptions: u32,
    /// The recurring price of each.
    pub price: String,
    /// How many seconds back the first was made; the others follow evenly until now.
    pub made_within_seconds: u32,
}

/// More subscriptions at once than any list is measured with.
const SEEDED_MAX: u32 = 5_000_000;

impl World {
    /// Has many subscriptions be there, which only an account without customers allows: objects
    /// are kept in the order of their making.
    pub(crate) fn seed(&mut self, seeding: &Seeding) -> Result<(), LifeError> {
        self.sellable_price(&seeding.price)?;
        if !self.customers.rows().is_empty() {
            return Err(LifeError::NotNow {
                code: None,
                message: "Only an account without customers can be seeded.".to_owned(),
            });
        }
        if seeding.subscriptions > SEEDED_MAX {
            return Err(LifeError::Invalid {
                param: "subscriptions",
                message: format!("There can be at most {SEEDED_MAX}."),
            });
        }
        let now = self.now;
        let first = now - i64::from(seeding.made_within_seconds);
        for number in 0..seeding.subscriptions {
            let passed = u64::from(seeding.made_within_seconds) * u64::from(number);
            let passed = passed / u64::from(seeding.subscriptions.max(1));
            self.now = first + i64::try_from(passed).unwrap_or(0);
            self.seed_one(&seeding.price, number, now);
        }
        self.now = now;
        Ok(())
    }

    fn seed_one(&mut self, price: &str, number: u32, now: i64) {
        let customer = self.insert_customer(NewCustomer {
            email: Some(format!("customer-{number}@example.com")),
            ..NewCustomer::default()
        });
        let (interval, count) = self.rhythm(price);
        let anchor = self.now;
        let period_end = next_boundary(anchor, interval, count, now);
        let item = self.new_item(price, Some(1), (anchor, period_end));
        let wish = NewSubscription {
            customer,
            items: vec![NewItem { price: price.to_owned(), ..NewItem::default() }],
            ..NewSubscription::default()
        };
        let id = self.seed_subscription(&wish, vec![item]);
        self.edit::<Subscription>(&id, |held| {
            held.status = Status::Active;
            for item in &mut held.items {
                item.current_period_start = last_boundary(anchor, period_end, |after| {
                    next_boundary(anchor, interval, count, after)
                });
            }
        });
        self.agenda.plan(period_end, Task::PeriodEnd { subscription: id });
    }
}

/// The start of the period that ends at `end`, of periods that begin at `anchor`.
fn last_boundary(anchor: i64, end: i64, next: impl Fn(i64) -> i64) -> i64 {
    let mut start = anchor;
    loop {
        let following = next(start);
        if following >= end {
            return start;
        }
        start = following;
    }
}
