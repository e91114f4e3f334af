//! Who comes when, and what becomes of each.

use super::Play;
use crate::calendar::SECONDS_PER_DAY;
use crate::chance::{Chance, Stream};
use crate::life::{
    Cancel, CustomerChange, ItemChange, LifeError, NewCustomer, NewItem, NewPrice, NewProduct,
    NewSubscription, PaymentBehavior, PriceChange, ProductChange, ProrationBehavior, Start,
    SubscriptionChange,
};
use crate::model::card::Card;
use crate::model::price::Interval;
use crate::world::World;
use std::collections::BTreeMap;

/// What becomes of a customer.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Steady,
    FailsAndRecovers,
    FailsAndEnds,
    ChangesQuantity,
    ChangesPlan,
    SwapsItems,
    CancelsAtPeriodEnd,
    CancelsAndReturns,
    CancelsNow,
    IsDeleted,
    NeverPays,
}

/// One thing to be done by, or to, a customer.
#[derive(Clone, Copy, Debug)]
enum Act {
    Come,
    Subscribe(Fate),
    PayFirst,
    LoseCard,
    MendCard,
    ChangeQuantity,
    ChangePlan,
    SwapItems,
    CancelAtPeriodEnd,
    KeepAfterAll,
    CancelNow,
    Delete,
    Edit,
    EditCatalogue,
}

#[derive(Debug, Default)]
struct Person {
    customer: String,
    subscription: String,
}

/// The acts to come, by second and then by the order of planning.
#[derive(Debug)]
pub(super) struct Script {
    acts: BTreeMap<(i64, u64), (usize, Act)>,
    chance: Chance,
    come: u32,
    end: i64,
    people: Vec<Person>,
    planned: u64,
    prices: Vec<String>,
    products: Vec<String>,
}

impl Script {
    pub(super) fn new(play: Play, start: i64, end: i64) -> Self {
        let mut script = Self {
            acts: BTreeMap::new(),
            chance: Chance::new(play.seed, Stream::Play),
            come: 0,
            end,
            people: Vec::new(),
            planned: 0,
            prices: Vec::new(),
            products: Vec::new(),
        };
        // The last customers come some days before the end, so that they get to do something.
        let span = ((end - start) - 2 * SECONDS_PER_DAY).max(1);
        for number in 0..play.customers {
            let place = script.people.len();
            script.people.push(Person::default());
            let share = i64::from(number) * span / i64::from(play.customers.max(1));
            let jitter = script.chance.between(0, SECONDS_PER_DAY / 2).min(span);
            script.plan(start + 60 + share + jitter, place, Act::Come);
        }
        for week in 1..=(span / (7 * SECONDS_PER_DAY)) {
            script.plan(start + week * 7 * SECONDS_PER_DAY, 0, Act::EditCatalogue);
        }
        script
    }

    fn plan(&mut self, second: i64, person: usize, act: Act) {
        if second < self.end {
            self.planned += 1;
            self.acts.insert((second, self.planned), (person, act));
        }
    }

    /// When the next acts are.
    pub(super) fn next_second(&self) -> Option<i64> {
        self.acts.first_key_value().map(|((second, _), _)| *second)
    }

    pub(super) fn customers_come(&self) -> u32 {
        self.come
    }

    /// Does all acts that are due by the world's second.
    pub(super) fn perform(&mut self, world: &mut World) {
        if self.prices.is_empty() {
            // A play that cannot make its catalogue has no prices, and its customers buy nothing.
            let _ = self.make_catalogue(world);
        }
        while let Some(entry) = self.acts.first_entry() {
            if entry.key().0 > world.now {
                return;
            }
            let (person, act) = entry.remove();
            // Some acts come too late, to a subscription that has ended: then nothing happens.
            let _ = world.on_request(None, |world| self.act(world, person, act));
            world.forget_answer();
        }
    }

    fn make_catalogue(&mut self, world: &mut World) -> Result<(), LifeError> {
        let offers = [
            ("Starter", 900, Interval::Month),
            ("Team", 4_900, Interval::Month),
            ("Business", 19_900, Interval::Month),
            ("Team, yearly", 49_000, Interval::Year),
            ("Extra seats", 700, Interval::Month),
        ];
        for (name, unit_amount, interval) in offers {
            let product = world
                .create_product(NewProduct { name: name.to_owned(), ..NewProduct::default() })?;
            self.prices.push(world.create_price(NewPrice {
                currency: "usd".to_owned(),
                product: product.clone(),
                recurring: Some((interval, 1)),
                unit_amount,
                ..NewPrice::default()
            })?);
            self.products.push(product);
        }
        for module in 1..=12 {
            let name = format!("Module {module}");
            let product = world.create_product(NewProduct { name, ..NewProduct::default() })?;
            self.prices.push(world.create_price(NewPrice {
                currency: "usd".to_owned(),
                product: product.clone(),
                recurring: Some((Interval::Month, 1)),
                unit_amount: 100 * module,
                ..NewPrice::default()
            })?);
            self.products.push(product);
        }
        // One that is given up again before anything is sold of it.
        let mistake = NewProduct { name: "Mistake".to_owned(), ..NewProduct::default() };
        let mistake = world.create_product(mistake)?;
        world.delete_product(&mistake)
    }

    fn price(&self, number: usize) -> String {
        self.prices.get(number).cloned().unwrap_or_default()
    }

    fn act(&mut self, world: &mut World, person: usize, act: Act) -> Result<(), LifeError> {
        let (customer, subscription) = self
            .people
            .get(person)
            .map(|held| (held.customer.clone(), held.subscription.clone()))
            .unwrap_or_default();
        match act {
            Act::Come => self.come(world, person),
            Act::Subscribe(fate) => return self.subscribe(world, person, fate),
            Act::PayFirst => {
                let invoice = world
                    .subscriptions
                    .get(&subscription)
                    .and_then(|held| held.latest_invoice.clone())
                    .unwrap_or_default();
                return world.pay_invoice(&invoice, false);
            }
            Act::LoseCard => return world.set_card(&customer, Card::Declining),
            Act::MendCard => return mend_card(world, &customer, &subscription),
            Act::ChangeQuantity => return self.change_quantity(world, &subscription),
            Act::ChangePlan => return self.change_plan(world, &subscription),
            Act::SwapItems => return self.swap_items(world, &subscription),
            Act::CancelAtPeriodEnd => {
                let change = SubscriptionChange {
                    cancel_at_period_end: Some(true),
                    ..SubscriptionChange::default()
                };
                return world.update_subscription(&subscription, change);
            }
            Act::KeepAfterAll => {
                let change = SubscriptionChange {
                    cancel_at_period_end: Some(false),
                    ..SubscriptionChange::default()
                };
                return world.update_subscription(&subscription, change);
            }
            Act::CancelNow => {
                let how =
                    Cancel { feedback: Some("too_expensive".to_owned()), ..Cancel::default() };
                return world.cancel_subscription(&subscription, how);
            }
            Act::Delete => return world.delete_customer(&customer),
            Act::Edit => {
                let change = CustomerChange {
                    name: Some(format!("Customer {person}, renamed")),
                    metadata: BTreeMap::from([("edited".to_owned(), "yes".to_owned())]),
                    ..CustomerChange::default()
                };
                return world.update_customer(&customer, change);
            }
            Act::EditCatalogue => return self.edit_catalogue(world),
        }
        Ok(())
    }

    fn come(&mut self, world: &mut World, person: usize) {
        self.come += 1;
        let fate = self.chance.pick(&[
            (30, Fate::Steady),
            (12, Fate::FailsAndRecovers),
            (8, Fate::FailsAndEnds),
            (10, Fate::ChangesQuantity),
            (10, Fate::ChangesPlan),
            (8, Fate::SwapsItems),
            (7, Fate::CancelsAtPeriodEnd),
            (4, Fate::CancelsAndReturns),
            (5, Fate::CancelsNow),
            (4, Fate::IsDeleted),
            (2, Fate::NeverPays),
        ]);
        let customer = world.create_customer(NewCustomer {
            card: Card::Good,
            email: Some(format!("customer-{person}@example.com")),
            metadata: BTreeMap::from([("external_id".to_owned(), format!("tenant-{person}"))]),
            name: Some(format!("Customer {person}")),
            ..NewCustomer::default()
        });
        if let Some(held) = self.people.get_mut(person) {
            held.customer = customer;
        }
        let soon = world.now + self.chance.between(0, 5);
        self.plan(soon, person, Act::Subscribe(fate.unwrap_or(Fate::Steady)));
        if self.chance.hits(0.2) {
            let later = world.now + self.chance.between(60, 20 * SECONDS_PER_DAY);
            self.plan(later, person, Act::Edit);
        }
    }

    fn subscribe(&mut self, world: &mut World, person: usize, fate: Fate) -> Result<(), LifeError> {
        let plan = self.chance.pick(&[(40, 0), (35, 1), (15, 2), (10, 3)]).unwrap_or(0);
        let mut items =
            vec![NewItem { price: self.price(plan), quantity: Some(1), ..NewItem::default() }];
        if plan != 3 && self.chance.hits(0.3) {
            let seats = self.chance.between(1, 20);
            items.push(NewItem {
                price: self.price(4),
                quantity: Some(seats),
                ..NewItem::default()
            });
        }
        if self.chance.hits(0.05) {
            items.extend(
                (5..17).map(|module| NewItem { price: self.price(module), ..NewItem::default() }),
            );
        }
        let never = matches!(fate, Fate::NeverPays);
        let checkout = !never && self.chance.hits(0.5);
        let trials = !never && self.chance.hits(0.2);
        let trial_days = self.chance.between(3, 14);
        let id = world.subscribe(&NewSubscription {
            customer: self.people.get(person).map(|held| held.customer.clone()).unwrap_or_default(),
            items,
            metadata: BTreeMap::from([("tenant".to_owned(), person.to_string())]),
            payment_behavior: PaymentBehavior::DefaultIncomplete,
            start: if checkout { Start::Checkout } else { Start::Api },
            trial_end: trials.then(|| world.now + trial_days * SECONDS_PER_DAY),
            ..NewSubscription::default()
        })?;
        if let Some(held) = self.people.get_mut(person) {
            held.subscription = id;
        }
        let now = world.now;
        if !checkout && !never {
            let pays = now + self.chance.between(0, 3);
            self.plan(pays, person, Act::PayFirst);
        }
        self.plan_fate(now, person, fate);
        Ok(())
    }

    fn plan_fate(&mut self, now: i64, person: usize, fate: Fate) {
        let day = SECONDS_PER_DAY;
        let later = now + self.chance.between(2 * day, 40 * day);
        let much_later = later + self.chance.between(day, 20 * day);
        match fate {
            Fate::Steady | Fate::NeverPays => {}
            Fate::FailsAndRecovers => {
                let mends = now + self.chance.between(31 * day, 44 * day);
                self.plan(now + 10 * day, person, Act::LoseCard);
                self.plan(mends, person, Act::MendCard);
            }
            Fate::FailsAndEnds => self.plan(now + 10 * day, person, Act::LoseCard),
            Fate::ChangesQuantity => {
                self.plan(later, person, Act::ChangeQuantity);
                self.plan(much_later, person, Act::ChangeQuantity);
            }
            Fate::ChangesPlan => self.plan(later, person, Act::ChangePlan),
            Fate::SwapsItems => self.plan(later, person, Act::SwapItems),
            Fate::CancelsAtPeriodEnd => self.plan(later, person, Act::CancelAtPeriodEnd),
            Fate::CancelsAndReturns => {
                self.plan(later, person, Act::CancelAtPeriodEnd);
                let returns = later + self.time_to_return();
                self.plan(returns, person, Act::KeepAfterAll);
            }
            Fate::CancelsNow => self.plan(later, person, Act::CancelNow),
            Fate::IsDeleted => self.plan(later, person, Act::Delete),
        }
    }

    /// Some take it back in the same second, most within a day.
    fn time_to_return(&mut self) -> i64 {
        if self.chance.hits(0.3) { 0 } else { self.chance.between(1, SECONDS_PER_DAY) }
    }

    fn change_quantity(&mut self, world: &mut World, id: &str) -> Result<(), LifeError> {
        let quantity = self.chance.between(1, 30);
        let item = item_of(world, id, 0);
        let always = self.chance.hits(0.3);
        let change = SubscriptionChange {
            items: vec![ItemChange { id: item, quantity: Some(quantity), ..ItemChange::default() }],
            proration: if always {
                ProrationBehavior::AlwaysInvoice
            } else {
                ProrationBehavior::CreateProrations
            },
            ..SubscriptionChange::default()
        };
        world.update_subscription(id, change)
    }

    fn change_plan(&mut self, world: &mut World, id: &str) -> Result<(), LifeError> {
        let plan = self.chance.pick(&[(1, 0), (1, 1), (1, 2), (1, 3)]).unwrap_or(0);
        let change = SubscriptionChange {
            items: vec![ItemChange {
                id: item_of(world, id, 0),
                price: Some(self.price(plan)),
                ..ItemChange::default()
            }],
            metadata: BTreeMap::from([("plan".to_owned(), plan.to_string())]),
            ..SubscriptionChange::default()
        };
        world.update_subscription(id, change)
    }

    /// Removes the first item and adds others in its place, in one change.
    fn swap_items(&mut self, world: &mut World, id: &str) -> Result<(), LifeError> {
        let module = self.chance.pick(&[(1, 5), (1, 6), (1, 7)]).unwrap_or(5);
        let change = SubscriptionChange {
            items: vec![
                ItemChange { id: item_of(world, id, 0), deleted: true, ..ItemChange::default() },
                ItemChange { price: Some(self.price(2)), ..ItemChange::default() },
                ItemChange {
                    price: Some(self.price(module)),
                    quantity: Some(2),
                    ..ItemChange::default()
                },
            ],
            ..SubscriptionChange::default()
        };
        world.update_subscription(id, change)
    }

    fn edit_catalogue(&mut self, world: &mut World) -> Result<(), LifeError> {
        let number = self.chance.pick(&[(1, 0), (1, 1), (1, 2)]).unwrap_or(0);
        let product = self.products.get(number).cloned().unwrap_or_default();
        let description = Some(format!("As of {}", world.now));
        world
            .update_product(&product, ProductChange { description, ..ProductChange::default() })?;
        let nickname = Some(format!("since {}", world.now));
        let price = self.price(number);
        world.update_price(&price, PriceChange { nickname, ..PriceChange::default() })
    }
}

fn mend_card(world: &mut World, customer: &str, subscription: &str) -> Result<(), LifeError> {
    world.live_customer(customer, "customer")?;
    world.give_card(customer, Card::Good);
    let open = world
        .subscriptions
        .get(subscription)
        .filter(|held| !held.status.has_ended())
        .and_then(|held| held.latest_invoice.clone());
    match open {
        Some(invoice) => world.pay_invoice(&invoice, false),
        None => Ok(()),
    }
}

fn item_of(world: &World, subscription: &str, number: usize) -> Option<String> {
    let held = world.subscriptions.get(subscription)?;
    held.items.get(number).map(|item| item.id.clone())
}
