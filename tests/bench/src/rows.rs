//! The rows of the table, one file each.

mod event_to_row;
mod full_diff;
mod ingest_closed;
mod ingest_open;
mod simulator_lists;
mod worker;

use counterfoil_bus::Line;
use counterfoil_domain::Lane;
use counterfoil_service::Clock;
use counterfoil_support::Queues;

use crate::options::{Plan, RowName};
use crate::output;
use crate::report::Row;

/// Where the events of the load go: a changed subscription can change what its customer may use.
const LINE: Line = Line::Events(Lane::Access);

/// Measures one row.
pub async fn run(row: RowName, plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    match row {
        RowName::IngestClosed => ingest_closed::run(plan, clock).await,
        RowName::IngestOpen => ingest_open::run(plan, clock).await,
        RowName::EventToRow => event_to_row::run(plan, clock).await,
        RowName::Worker => worker::run(plan, clock).await,
        RowName::FullDiff => full_diff::run(plan, clock).await,
        RowName::SimulatorLists => simulator_lists::run(plan, clock).await,
    }
}

/// Whether the ceiling goes first in this round. They take turns in that, too: what the first
/// leaves behind at the broker slows the second.
fn ceiling_first(round: u32) -> bool {
    round.is_multiple_of(2)
}

/// Empties the queue, so that no measurement works on top of the one before.
async fn empty(queues: &Queues) -> anyhow::Result<()> {
    counterfoil_bus::purge(&queues.options, &queues.options.topology.queue(LINE)).await?;
    Ok(())
}

/// Removes the queues. What was measured is not lost over it.
async fn remove(queues: &Queues) {
    if let Err(error) = queues.remove().await {
        output::say(&format!("The queues {}.* are left behind: {error:#}", queues.prefix));
    }
}
