//! Stripe's half against ours: what was lost is found, mended and told; what must not be believed is
//! not.

mod brake;
mod day;
mod endpoints;
mod gaps;
mod janitors;
mod killed;
mod lists;
mod others;
mod soak;

use counterfoil_simulator::{ClockMode, Faults, Simulator};
use counterfoil_support::{Settings, Stack, until};
use serde_json::Value;

use crate::setup::{DEADLINE, settings};

/// Nothing runs by itself, nothing is on its way, and Stripe may be called as fast as it answers.
const BY_HAND: &[(&str, &str)] = &[
    ("COUNTERFOIL_RECONCILER_PAYLOADS", "off"),
    ("COUNTERFOIL_RECONCILER_GRACE", "0s"),
    ("COUNTERFOIL_STRIPE_CALLS_PER_SECOND", "10000"),
];

/// These services, with the reconciler at hand, and time that passes when it is told to.
fn by_hand(services: Vec<&'static str>, begins: i64) -> Settings {
    let mut settings = settings(services, Faults::default());
    settings.simulator.clock = ClockMode::Manual(begins);
    let by_hand = BY_HAND.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    settings.environment.extend(by_hand);
    settings
}

/// A second at the beginning of a day that is past: the worker asks for nothing that is of the second
/// in which it lives, or of a later one.
const MORNING: i64 = 1_790_812_800;

/// A worker on a migrated database, in the morning, and the reconciler at hand.
async fn started() -> anyhow::Result<Stack> {
    let stack = Stack::start(by_hand(vec!["worker"], MORNING)).await?;
    stack.order(&["migrate"]).await?.well()?;
    Ok(stack)
}

/// Runs a job and answers what it said to machines.
async fn run(stack: &Stack, arguments: &[&str]) -> anyhow::Result<Value> {
    let all = [&["reconcile", "run", "--json"], arguments].concat();
    let said = stack.order(&all).await?;
    let json = serde_json::from_str(said.out.trim());
    json.map_err(|error| anyhow::anyhow!("{error}: {said:?}"))
}

/// Waits until no event waits for Stripe's answer.
async fn answered(stack: &Stack) -> anyhow::Result<()> {
    until("nothing waits for an answer", DEADLINE, async || {
        let open: i64 = sqlx::query_scalar(
            "select count(*) from counterfoil.inbox where outcome = 'refetching'",
        )
        .fetch_one(&stack.database.pool)
        .await?;
        Ok((open == 0).then_some(()))
    })
    .await
}

/// What a run did of one sort.
fn done(run: &Value, what: &str) -> i64 {
    run["done"][what].as_i64().unwrap_or(0)
}

/// How often a path was asked.
fn calls(simulator: &Simulator, call: &str) -> u64 {
    let seen = simulator.calls_seen();
    seen.iter().filter(|it| it.call == call).flat_map(|it| it.answered.values()).sum()
}

/// Fails with the differences where the halves differ.
async fn equal(stack: &Stack) -> anyhow::Result<()> {
    let tally = stack.tally().await?;
    anyhow::ensure!(tally.is_equal(), "{:#?}", tally.differences);
    Ok(())
}
