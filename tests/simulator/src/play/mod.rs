//! A play: customers who come over simulated months, subscribe, renew, fail to pay, change their
//! minds and leave. It follows from the simulator's seed and its own, and ends at the wall clock's
//! now, so that nothing in it lies in the future.

mod script;

use crate::calendar::add_months;
use crate::simulator::Simulator;
use script::Script;
use std::time::Duration;
use thiserror::Error;

/// How many copies may wait before the play waits for them; bounds what is kept in memory.
const UNDERWAY_MAX: u64 = 2_000;
/// How long the play waits for deliveries before it goes on regardless.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Play {
    /// How many customers come.
    pub customers: u32,
    /// How many months before now the first comes.
    pub months: u32,
    /// What the customers' doings follow from.
    pub seed: u64,
}

/// How far a play has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events acknowledged so far, over all endpoints.
    pub acknowledged: u64,
    /// Customers that have come so far.
    pub customers: u32,
    /// Events made so far.
    pub events: u64,
    /// The simulated second.
    pub now: i64,
    /// Simulated seconds from the beginning so far.
    pub played_seconds: i64,
    /// Simulated seconds from beginning to end.
    pub total_seconds: i64,
}

/// Why a play could not begin.
#[derive(Debug, Error)]
pub enum PlayError {
    /// Time cannot be turned back once something has happened.
    #[error("the simulator has a history already; play on a fresh one")]
    History,
}

pub(crate) async fn run(
    simulator: &Simulator,
    play: Play,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Progress, PlayError> {
    let end = simulator.wall_second();
    let start = add_months(end, -i64::from(play.months));
    if !simulator.begin_history_at(start) {
        return Err(PlayError::History);
    }
    let mut script = Script::new(play, start, end);
    let total_seconds = end - start;
    let report = |now: i64, customers: u32| {
        let counters = simulator.counters();
        Progress {
            acknowledged: counters.acknowledged,
            customers,
            events: counters.events_made,
            now,
            played_seconds: now - start,
            total_seconds,
        }
    };
    let mut stuck_at = None;
    while let Some(second) = script.next_second() {
        simulator.advance_to(second);
        simulator.with_world(|world| script.perform(world));
        progress(report(second, script.customers_come()));
        // Deliveries run on the same machine: they get their turn even while none is late.
        tokio::task::yield_now().await;
        // An endpoint that takes nothing is waited for once, then again when it takes something.
        let acknowledged = simulator.counters().acknowledged;
        if stuck_at != Some(acknowledged) {
            let caught_up = simulator.underway_at_most(UNDERWAY_MAX, PATIENCE).await;
            stuck_at = (!caught_up).then_some(acknowledged);
        }
    }
    simulator.advance_to(end);
    simulator.follow_wall();
    let done = report(end, script.customers_come());
    progress(done);
    Ok(done)
}
