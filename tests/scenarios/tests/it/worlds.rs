//! Two hundred seeded histories in one account, through a real broker and a real Postgres, while
//! workers are killed, deliveries come twice, late, out of order, in two versions or not at all, and
//! Stripe answers slowly, with 429, or with 500 after it has done what was asked.

use std::collections::BTreeSet;

use counterfoil_simulation::History;
use counterfoil_simulator::{
    ApiVersion, DeliveryState, Endpoint, Fault, FaultRate, Faults, Play, RateLimit,
};
use counterfoil_support::{Program, Stack, stack, until};

use crate::setup::{DEADLINE, settings};

const SEEDS: u64 = 200;
/// A worker is killed after so many.
const SEEDS_PER_KILL: u64 = 10;
const ACTS: u32 = 8;

/// What a seed's deliveries suffer. Some seeds lose events, which are sent again in the end.
fn faults(seed: u64) -> Faults {
    let of = |every: u64, rate: f64| if seed.is_multiple_of(every) { rate } else { 0.0 };
    Faults {
        delayed_rate: of(3, 0.2),
        delay_millis: 400,
        drop_first_rate: of(2, 0.1),
        duplicate_rate: of(2, 0.3),
        lost_rate: of(4, 0.2),
        malformed_header_rate: of(5, 0.05),
        redelivered_rate: of(3, 0.1),
        reorder_window_millis: 50 * (seed % 7),
        second_id_rate: of(3, 0.1),
        stale_time_rate: of(5, 0.05),
        unknown_type_rate: of(5, 0.05),
        v0_only_rate: of(5, 0.05),
        ..Faults::default()
    }
}

fn faults_of_calls() -> anyhow::Result<Vec<FaultRate>> {
    let all = [
        (Fault::SlowAnswer { millis: 1_200 }, 0.1),
        (Fault::RateLimited { limit: RateLimit::GlobalRate }, 0.02),
        (Fault::ErrorAfterEffect, 0.05),
        (Fault::CutAfterEffect, 0.01),
    ];
    all.into_iter()
        .map(|(fault, rate)| Ok(FaultRate { on: "GET /v1/**".parse()?, fault, rate }))
        .collect()
}

async fn count(stack: &Stack, what: &str) -> anyhow::Result<i64> {
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from counterfoil.inbox where {what}"));
    Ok(sqlx::query_scalar(sql).fetch_one(&stack.database.pool).await?)
}

#[tokio::test]
async fn two_hundred_histories_end_in_equal_halves() -> anyhow::Result<()> {
    // Stripe sends again only what is younger than 30 days, so nothing of the play is lost for good.
    let at_first = Faults { lost_rate: 0.0, ..faults(0) };
    let mut stack = Stack::start(settings(vec!["ingest"], at_first)).await?;
    let url = format!("http://{}/webhooks/stripe", stack.ingest);
    let old = Endpoint::new(&url, stack::SECRET)?.with_version(ApiVersion::before_clover());
    let _id = stack.simulator.add_endpoint(old);
    anyhow::ensure!(stack.simulator.set_call_fault_rates(faults_of_calls()?));
    // Renewals and failed payments of months, which all have happened by now.
    stack.simulator.play(Play { customers: 20, months: 3, seed: 3 }, |_| ()).await?;
    let mut workers: Vec<Program> = vec![stack.run("worker").await?, stack.run("worker").await?];
    let mut kills = 0;
    for seed in 0..SEEDS {
        anyhow::ensure!(stack.simulator.set_faults(faults(seed)));
        let mut history = History::of(stack.simulator.clone(), seed, ACTS);
        while !history.is_over() {
            history.act();
            tokio::task::yield_now().await;
        }
        if (seed + 1).is_multiple_of(SEEDS_PER_KILL) {
            // It dies at work: what it wrote last is not acknowledged yet, as a rule.
            let before = count(&stack, "true").await?;
            let made = i64::try_from(stack.simulator.counters().events_made)?;
            until("a worker has written something", DEADLINE, async || {
                let rows = count(&stack, "true").await?;
                Ok((rows > before || rows == made).then_some(()))
            })
            .await?;
            let victim = usize::from(seed % 20 > 10);
            workers[victim].kill().await?;
            workers[victim] = stack.run("worker").await?;
            kills += 1;
        }
    }
    stack.programs.extend(workers);

    // Faults off. What was lost at every endpoint is sent again.
    anyhow::ensure!(stack.simulator.set_faults(Faults::default()));
    stack.simulator.clear_call_faults();
    anyhow::ensure!(stack.simulator.settled(DEADLINE).await, "deliveries are left");
    let deliveries = stack.simulator.deliveries();
    let arrived: BTreeSet<&str> = deliveries
        .iter()
        .filter(|it| it.state == DeliveryState::Acknowledged)
        .map(|it| it.event_id.as_str())
        .collect();
    let lost: Vec<_> =
        deliveries.iter().filter(|it| !arrived.contains(it.event_id.as_str())).collect();
    assert!(!lost.is_empty(), "nothing was lost");
    for it in &lost {
        anyhow::ensure!(stack.simulator.resend(&it.event_id, it.endpoint), "{}", it.event_id);
    }
    anyhow::ensure!(stack.simulator.settled(DEADLINE).await, "deliveries are left");
    let made = i64::try_from(stack.simulator.counters().events_made)?;
    until("every event is settled", DEADLINE, async || {
        let settled = count(&stack, "outcome <> 'refetching'").await?;
        anyhow::ensure!(settled == made, "{settled} of {made} are settled");
        Ok(Some(()))
    })
    .await?;
    stack.queues.drained(DEADLINE).await?;

    let tally = stack.tally().await?;
    // What the older version cannot say: how an account bills, a line's quantity as a decimal, and
    // why an invoice is given up or a subscription paused.
    let unsaid = ["billing_mode_type is null", "quantity_decimal is null", "status_details_"];
    let differing: Vec<_> = tally
        .differences
        .iter()
        .filter(|it| !unsaid.iter().any(|unsaid| it.what.starts_with(unsaid)))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    let (asked, repeats) = (
        count(&stack, "reason = 'settled by asking Stripe'").await?,
        count(&stack, "repeats > 0").await?,
    );
    assert!(asked > 0 && repeats > 0 && kills > 0, "{asked} asked, {repeats} repeats");
    println!("{made} events, {} lost at first, {asked} asked, {kills} kills", lost.len());
    stack.finish().await
}
