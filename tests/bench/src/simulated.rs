//! The simulator in a process of its own, with many subscriptions in it.
//!
//! It says where it listens in the form of the product's log lines, once everything is there.

use anyhow::Context;
use counterfoil_simulator::{
    ClockMode, Interval, NewPrice, NewProduct, Options, Seeding, Simulator,
};
use serde_json::json;

use crate::output;

/// The message of the line that says where it listens.
pub const LISTENS: &str = "simulator listens";
/// 2026-01-10 00:00 UTC.
const NOW: i64 = 1_768_003_200;
/// How far back the subscriptions begin.
const MADE_WITHIN_SECONDS: u32 = 300 * 86_400;

/// Serves until the process is ended.
pub async fn serve(subscriptions: u32) -> anyhow::Result<()> {
    let options = Options { clock: ClockMode::Manual(NOW), ..Options::default() };
    let simulator = Simulator::start(options).await?;
    let product = NewProduct { name: "Plan".to_owned(), ..NewProduct::default() };
    let product = simulator.create_product(product)?;
    let price = simulator.create_price(NewPrice {
        currency: "usd".to_owned(),
        product,
        recurring: Some((Interval::Month, 1)),
        unit_amount: 1_000,
        ..NewPrice::default()
    })?;
    simulator.seed_subscriptions(&Seeding {
        subscriptions,
        price,
        made_within_seconds: MADE_WITHIN_SECONDS,
    })?;
    let address = simulator.address().to_string();
    output::say(&json!({ "message": LISTENS, "address": address }).to_string());
    tokio::signal::ctrl_c().await.context("the signal to end cannot be waited for")
}
