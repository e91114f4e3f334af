//! A simulator with a catalogue, and how tests look at what it did.

use counterfoil_simulator::{
    Card, ClockMode, Interval, NewCustomer, NewItem, NewPrice, NewProduct, NewSubscription,
    Options, Simulator,
};
use serde_json::Value;
use std::time::Duration;

/// 2026-01-10 00:00 UTC.
pub(crate) const START: i64 = 1_768_003_200;
pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
/// Longer than anything a test waits for should take.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) monthly: String,
    pub(crate) bigger: String,
    pub(crate) yearly: String,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let options = Options { clock: ClockMode::Manual(START), ..options };
        let simulator = Simulator::start(options).await.unwrap();
        let product = NewProduct { name: "Plan".to_owned(), ..NewProduct::default() };
        let product = simulator.create_product(product).unwrap();
        let price = |unit_amount, interval| {
            simulator
                .create_price(NewPrice {
                    currency: "usd".to_owned(),
                    product: product.clone(),
                    recurring: Some((interval, 1)),
                    unit_amount,
                    ..NewPrice::default()
                })
                .unwrap()
        };
        let monthly = price(1_000, Interval::Month);
        let bigger = price(3_000, Interval::Month);
        let yearly = price(10_000, Interval::Year);
        Self { simulator, monthly, bigger, yearly }
    }

    pub(crate) fn customer(&self, card: Card) -> String {
        self.simulator.create_customer(NewCustomer { card, ..NewCustomer::default() })
    }

    pub(crate) fn wish(&self, customer: &str) -> NewSubscription {
        NewSubscription {
            customer: customer.to_owned(),
            items: vec![NewItem {
                price: self.monthly.clone(),
                quantity: Some(2),
                ..NewItem::default()
            }],
            ..NewSubscription::default()
        }
    }

    pub(crate) fn truth(&self, kind: &str, id: &str) -> Value {
        self.simulator.truth().object(kind, id).cloned().unwrap_or_default()
    }

    /// What `work` made: the types of its events, and the events.
    pub(crate) fn events_of<R>(&self, work: impl FnOnce() -> R) -> (Vec<String>, Vec<Value>) {
        let before = self.simulator.history().len();
        work();
        let events = events(&self.simulator).split_off(before);
        (kinds(&events), events)
    }
}

pub(crate) fn events(simulator: &Simulator) -> Vec<Value> {
    simulator.history().iter().map(|body| serde_json::from_slice(body).unwrap()).collect()
}

pub(crate) fn kinds(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// Checks the set of types, with how often each came.
pub(crate) fn same_set(found: &[String], expected: &[&str]) {
    let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}
