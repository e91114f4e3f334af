//! A database whose connections break in mid-flight: the worker pauses and goes on, no event is
//! parked for it, and nothing is lost.

use counterfoil_simulator::Play;
use counterfoil_support::{Stack, until};

use crate::setup::{DEADLINE, rough, settings};

#[tokio::test]
async fn a_database_that_cuts_its_connections_costs_nothing_but_time() -> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec!["ingest"], rough())).await?;
    stack.simulator.play(Play { customers: 40, months: 3, seed: 12 }, |_| ()).await?;
    assert!(stack.simulator.settled(DEADLINE).await, "ingest needs no worker");
    let worker = stack.run("worker").await?;
    stack.programs.push(worker);
    // Each cut falls into work: between two of them something was written.
    let mut before = 0;
    for _ in 0..5 {
        before = until("the worker has written something", DEADLINE, async || {
            let rows: i64 = sqlx::query_scalar("select count(*) from counterfoil.inbox")
                .fetch_one(&stack.database.pool)
                .await?;
            Ok((rows > before).then_some(rows))
        })
        .await?;
        sqlx::query(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and application_name like 'counterfoil%'",
        )
        .execute(&stack.database.pool)
        .await?;
        let events = i64::try_from(stack.simulator.counters().events_made)?;
        if before == events {
            break;
        }
    }
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    let events = i64::try_from(stack.simulator.counters().events_made)?;
    let (rows, parked): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where outcome = 'parked') from counterfoil.inbox",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    assert_eq!((rows, parked), (events, 0));
    stack.finish().await
}
