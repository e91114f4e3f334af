//! A worker that is killed in mid-batch loses nothing and does nothing twice.

use counterfoil_simulator::Play;
use counterfoil_support::{Stack, until};

use crate::setup::{DEADLINE, rough, settings};

#[tokio::test]
async fn a_worker_killed_in_mid_batch_loses_nothing_and_repeats_nothing() -> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec!["ingest"], rough())).await?;
    stack.simulator.play(Play { customers: 40, months: 3, seed: 11 }, |_| ()).await?;
    assert!(stack.simulator.settled(DEADLINE).await, "ingest needs no worker");
    // Each worker is killed once it is at work, so that batches are in its hands.
    let mut before = 0;
    for round in 0..4 {
        let mut worker = stack.run("worker").await?;
        before = until("the worker has written something", DEADLINE, async || {
            let rows: i64 = sqlx::query_scalar("select count(*) from counterfoil.inbox")
                .fetch_one(&stack.database.pool)
                .await?;
            Ok((rows > before).then_some(rows))
        })
        .await?;
        worker.kill().await?;
        assert!(worker.id().is_none(), "round {round}");
    }
    let worker = stack.run("worker").await?;
    stack.programs.push(worker);
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    let events = i64::try_from(stack.simulator.counters().events_made)?;
    let (rows, payloads): (i64, i64) = sqlx::query_as(
        "select (select count(*) from counterfoil.inbox), \
         (select count(*) from counterfoil.payloads)",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    assert_eq!((rows, payloads), (events, events), "every event once");
    stack.finish().await
}
