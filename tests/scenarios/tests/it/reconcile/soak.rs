//! A healthy system under load is compared over and over, and nothing of what is on its way is taken
//! for drift.

use std::time::Duration;

use counterfoil_simulation::History;
use counterfoil_support::database::setting;
use counterfoil_support::{Stack, until};

use crate::setup::{DEADLINE, rough, settings};

/// How long things happen: ten minutes in `make soak`, and long enough for a few runs otherwise.
fn span() -> Duration {
    let seconds = setting("COUNTERFOIL_SOAK_SECONDS").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(40))
}

/// What is asked of Stripe because its order is open waits for the ladder's first rung.
const GRACE: &str = "15s";
/// Between two doings.
const PAUSE: Duration = Duration::from_millis(25);

#[expect(clippy::disallowed_methods, reason = "a pace is kept, and nothing is waited for")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

async fn count(stack: &Stack, sql: &'static str) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(sql).fetch_one(&stack.database.pool).await?)
}

#[tokio::test]
async fn what_is_on_its_way_is_never_drift() -> anyhow::Result<()> {
    let mut settings = settings(vec!["ingest", "worker", "reconciler"], rough());
    let environment = [
        ("COUNTERFOIL_RECONCILER_GRACE", GRACE),
        ("COUNTERFOIL_RECONCILER_GAP_FILL", "*/5 * * * * *"),
        ("COUNTERFOIL_RECONCILER_OBJECTS", "* * * * * *"),
        ("COUNTERFOIL_RECONCILER_ENDPOINTS", "*/10 * * * * *"),
        ("COUNTERFOIL_RECONCILER_JANITORS", "*/10 * * * * *"),
        ("COUNTERFOIL_RECONCILER_REPAIRS_MAX", "1000000"),
        ("COUNTERFOIL_STRIPE_CALLS_PER_SECOND", "10000"),
    ];
    settings.environment =
        environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let stack = Stack::start(settings).await?;
    let ends = tokio::time::Instant::now() + span();
    let mut seeds = 0..;
    while tokio::time::Instant::now() < ends {
        let Some(seed) = seeds.next() else { break };
        let mut history = History::of(stack.simulator.clone(), seed, 12);
        while !history.is_over() {
            history.act();
            pause().await;
        }
    }
    // One run that began when all was done, and one that was at work meanwhile.
    let sql = "select count(*) from counterfoil.runs where job = 'objects' and state = 'completed'";
    let runs = count(&stack, sql).await?;
    until("another run has ended", DEADLINE, async || {
        Ok((count(&stack, sql).await? >= runs + 2).then_some(()))
    })
    .await?;
    stack.settled(DEADLINE).await?;
    let looked: i64 = count(
        &stack,
        "select coalesce(sum((tally ->> 'looked_at_closely')::bigint), 0)::bigint \
         from counterfoil.runs",
    )
    .await?;
    let filled = count(
        &stack,
        "select count(*) from counterfoil.runs where job = 'gap_fill' and state = 'completed'",
    )
    .await?;
    let compared = count(
        &stack,
        "select coalesce(sum((tally ->> 'objects')::bigint), 0)::bigint from counterfoil.runs",
    )
    .await?;
    let runs = count(&stack, sql).await?;
    println!(
        "{} events, {runs} full passes over {compared} objects, {filled} gap fills, {looked} looked \
         at closely",
        stack.simulator.counters().events_made
    );
    let found = stack.order(&["drift", "list", "--json"]).await?.well()?;
    assert_eq!(found.trim(), "", "nothing was drift");
    assert!(looked > 0, "nothing was on its way, so nothing was proven");
    let braked =
        count(&stack, "select count(*) from counterfoil.runs where state in ('braked', 'failed')")
            .await?;
    assert_eq!(braked, 0);
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}
