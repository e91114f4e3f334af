//! The full diff: every subscription that is listed, 100 to a page, against a mirror that is right,
//! as in a healthy system. Beside it a program that reads the same pages with as many cursors and
//! does nothing with them.
//!
//! The lister and the database share the machine with the product, so the product's own work is
//! counted apart: the processor time of the reconciler and of its own connections' servers.

use std::time::Duration;

use anyhow::Context;
use counterfoil_service::Clock;
use counterfoil_service::wait::pause;
use counterfoil_support::{Database, http};
use serde_json::json;

use super::simulator_lists::Pages;
use crate::load::window::Window;
use crate::options::Plan;
use crate::output;
use crate::product::{Listening, migrate, used_by};
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::{Spread, number};

/// Subscriptions for each second of a measurement.
const SUBSCRIPTIONS_PER_SECOND: u64 = 10_000;
/// Objects that a second of the product's own processor time must be enough for.
const BAR: f64 = 200_000.0;
/// How long filling the mirror, or comparing it, may take.
const PATIENCE: Duration = Duration::from_mins(20);
/// How often it is looked whether a run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The default of `reconciler.parallel`.
const CURSORS: usize = 4;

/// What one run took.
struct Ran {
    wall: f64,
    own: f64,
}

/// Measures the row.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let subscriptions = u32::try_from(plan.span.as_secs().max(1) * SUBSCRIPTIONS_PER_SECOND)?;
    let database = Database::create().await?;
    migrate(&database.url).await?;
    let simulator = Listening::simulator(subscriptions).await?;
    let reconciler = Listening::reconciler(&database.url, simulator.address).await?;
    // The first run fills the mirror.
    ended(&database, 1, clock).await?;
    let filled = reconciler.used()?.peak_mib;
    // What was sighted in the second of the list says nothing.
    let line = "POST /_simulator/clock/advance";
    let json = [("content-type", "application/json")];
    let address = simulator.address.to_string();
    let answer = http::request(&address, line, &json, b"{\"seconds\":5}").await?;
    anyhow::ensure!(answer.status == 200, "the simulator's clock does not move");
    let at_first = i64::from(runs(&database).await?) + 1;
    ended(&database, at_first, clock).await?;
    let (mut wall, mut own, mut ceiling) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        let ran = measured(&database, &reconciler, clock).await?;
        wall.push(f64::from(subscriptions) / ran.wall);
        own.push(f64::from(subscriptions) / ran.own);
        // Nothing runs by the clock while the ceiling is measured: the reconciler is held up.
        let bare = bare(&database, &simulator, clock).await?;
        ceiling.push(bare * 100.0);
        output::say(&format!(
            "  full diff, round {} of {}: {:.0}/s of {:.0}/s, {:.0}/s of own work",
            round + 1,
            plan.rounds,
            wall[wall.len() - 1],
            ceiling[ceiling.len() - 1],
            own[own.len() - 1]
        ));
    }
    let peak = reconciler.used()?.peak_mib;
    let drift: Option<i64> = sqlx::query_scalar(
        "select sum((tally ->> 'drift')::bigint)::bigint from counterfoil.runs where id > 1",
    )
    .fetch_one(&database.pool)
    .await?;
    anyhow::ensure!(drift.unwrap_or(0) == 0, "a mirror that is right showed drift");
    reconciler.end().await?;
    simulator.kill().await?;
    database.remove().await?;
    Ok(row(
        &Spread::of(wall),
        &Spread::of(own),
        &Spread::of(ceiling),
        subscriptions,
        (filled, peak),
    ))
}

async fn runs(database: &Database) -> anyhow::Result<i32> {
    let count: i64 =
        sqlx::query_scalar("select count(*) from counterfoil.runs where state = 'completed'")
            .fetch_one(&database.pool)
            .await?;
    Ok(i32::try_from(count)?)
}

/// Waits until so many runs have ended.
async fn ended(database: &Database, count: i64, clock: &Clock) -> anyhow::Result<()> {
    let given_up = clock.monotonic() + PATIENCE;
    while i64::from(runs(database).await?) < count {
        anyhow::ensure!(clock.monotonic() < given_up, "a run does not end");
        pause(LOOK_EVERY).await;
    }
    Ok(())
}

/// One run, from its own record, and what it used.
async fn measured(
    database: &Database,
    reconciler: &Listening,
    clock: &Clock,
) -> anyhow::Result<Ran> {
    let before = i64::from(runs(database).await?);
    ended(database, before + 1, clock).await?;
    let used = own_seconds(database, reconciler).await?;
    ended(database, before + 2, clock).await?;
    let own = own_seconds(database, reconciler).await? - used;
    let wall: f64 = sqlx::query_scalar(
        "select extract(epoch from ended_at - started_at)::float8 from counterfoil.runs \
         where state = 'completed' order by id desc limit 1",
    )
    .fetch_one(&database.pool)
    .await?;
    Ok(Ran { wall, own })
}

/// Processor time of the reconciler and of the servers of its connections.
async fn own_seconds(database: &Database, reconciler: &Listening) -> anyhow::Result<f64> {
    let servers: Vec<i32> = sqlx::query_scalar(
        "select pid from pg_stat_activity \
         where application_name = 'counterfoil reconciler' and datname = current_database()",
    )
    .fetch_all(&database.pool)
    .await?;
    let mut all = reconciler.used()?.cpu_seconds;
    for pid in servers {
        all += used_by(u32::try_from(pid)?).context("is Postgres on this machine?")?.cpu_seconds;
    }
    Ok(all)
}

/// Pages in a second that as many cursors read, while the job's lock keeps the reconciler from its
/// own run.
async fn bare(database: &Database, simulator: &Listening, clock: &Clock) -> anyhow::Result<f64> {
    let mut lock = database.pool.acquire().await?;
    let name = "counterfoil.job objects self (test)";
    loop {
        let taken: bool =
            sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))")
                .bind(name)
                .fetch_one(&mut *lock)
                .await?;
        if taken {
            break;
        }
        pause(LOOK_EVERY).await;
    }
    let mut walks = Vec::new();
    for _ in 0..CURSORS {
        walks.push(Pages::of(simulator).await?);
    }
    let span = Duration::from_secs(4);
    let read = walks.iter_mut().map(|it| it.read_for(span, clock));
    let windows = futures_util::future::try_join_all(read).await?;
    sqlx::query("select pg_advisory_unlock_all()").execute(&mut *lock).await?;
    Ok(windows.into_iter().map(Window::per_second).sum())
}

fn row(
    wall: &Spread,
    own: &Spread,
    ceiling: &Spread,
    subscriptions: u32,
    (filled, peak): (f64, f64),
) -> Row {
    Row {
        name: "full-diff",
        lines: vec![
            Line {
                what: "full diff: subscriptions a second of the product's own processor time"
                    .to_owned(),
                bar: format!("≥ {BAR:.0}/s"),
                unit: Unit::PerSecond,
                verdict: Verdict::of(own.median() >= BAR),
                product: own.clone(),
                ceiling: None,
                ratio: None,
            },
            Line {
                what: "full diff: subscriptions a second, lister and database beside it".to_owned(),
                bar: String::new(),
                unit: Unit::PerSecond,
                verdict: Verdict::None,
                product: wall.clone(),
                ceiling: Some(ceiling.clone()),
                ratio: Some(Spread::ratio(wall, ceiling)),
            },
        ],
        notes: vec![
            format!(
                "{subscriptions} subscriptions, all as they are held; the ceiling reads the same \
                 pages with {CURSORS} cursors and does nothing with them."
            ),
            format!(
                "the reconciler held {filled:.0} MiB at most when it filled the mirror, and \
                 {peak:.0} MiB in all."
            ),
        ],
        profile: "reconciler",
        figures: json!({
            "subscriptions": number(u64::from(subscriptions)),
            "peak_mib_filling": filled,
            "peak_mib": peak,
        }),
    }
}
