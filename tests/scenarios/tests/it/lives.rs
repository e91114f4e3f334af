//! Customers' lives end in equal halves.

use counterfoil_simulator::{ApiVersion, Play};
use counterfoil_support::Stack;

use crate::setup::{DEADLINE, rough, settings};

const PLAY: Play = Play { customers: 40, months: 3, seed: 7 };

#[tokio::test]
async fn months_of_customers_end_in_equal_halves() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], rough())).await?;
    stack.simulator.play(PLAY, |_| ()).await?;
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    assert!(tally.objects["invoice_lines"] > 50, "{:?}", tally.objects);
    stack.finish().await
}

/// An endpoint that was made years ago renders bodies by its own version for ever.
#[tokio::test]
async fn bodies_of_before_basil_end_in_the_same_rows() -> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec!["worker"], rough())).await?;
    stack.serve("ingest").await?;
    let old = stack.endpoint()?.with_version(ApiVersion::before_basil());
    let _id = stack.simulator.add_endpoint(old);
    stack.simulator.play(PLAY, |_| ()).await?;
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}

/// Three times the same worker, on the same queues.
#[tokio::test]
async fn several_workers_share_the_work() -> anyhow::Result<()> {
    let stack =
        Stack::start(settings(vec!["ingest", "worker", "worker", "worker"], rough())).await?;
    stack.simulator.play(PLAY, |_| ()).await?;
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}
