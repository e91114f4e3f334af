//! The full diff: every subscription that is listed, 100 to a page, against a mirror that is right,
//! as in a healthy system. Beside it a program that reads the same pages with as many cursors and
//! does nothing with them.
//!
//! The lister and the database share the machine with the product, so the product's own work is
//! counted apart: the processor time of the reconciler, less what the bare cursors use for reading the
//! same pages. With the database's it is shown beside it, against the same bar.

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
use crate::product::{Listening, migrate, used_by, used_by_family_of};
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

/// What runs took, in seconds for each object.
#[derive(Debug, Clone, Copy)]
struct Ran {
    wall: f64,
    process: f64,
    database: f64,
}

/// What the bare cursors did: objects in a second, and processor time for each.
#[derive(Debug, Clone, Copy)]
struct Bare {
    rate: f64,
    process: f64,
}

/// What the rounds showed, objects in a second.
#[derive(Debug, Default)]
struct Rates {
    wall: Vec<f64>,
    own: Vec<f64>,
    with_database: Vec<f64>,
    ceiling: Vec<f64>,
    parts: Vec<(Ran, Bare)>,
}

/// Runs that are measured together, so that a hundredth of a second of processor time is little.
const RUNS: i64 = 4;

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
    // Two find where pages end and that they are as they are held.
    let at_first = runs(&database).await? + 2;
    ended(&database, at_first, clock).await?;
    let mut rates = Rates::default();
    for round in 0..plan.rounds {
        let ran = measured(&database, &reconciler, (subscriptions, clock)).await?;
        // Nothing runs by the clock while the ceiling is measured: the reconciler is held up.
        let bare = bare(&database, &simulator, clock).await?;
        let own = ran.process - bare.process;
        anyhow::ensure!(own > 0.0, "comparing took less than reading: {ran:?}, {bare:?}");
        rates.wall.push(1.0 / ran.wall);
        rates.own.push(1.0 / own);
        rates.with_database.push(1.0 / (own + ran.database));
        rates.ceiling.push(bare.rate);
        rates.parts.push((ran, bare));
        output::say(&format!(
            "  full diff, round {} of {}: {:.0}/s of {:.0}/s; {:.0}/s of own work, {:.0}/s with the \
             database's",
            round + 1,
            plan.rounds,
            1.0 / ran.wall,
            bare.rate,
            1.0 / own,
            1.0 / (own + ran.database),
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
    Ok(row(rates, subscriptions, (filled, peak)))
}

async fn runs(database: &Database) -> anyhow::Result<i64> {
    let sql = "select count(*) from counterfoil.runs where state = 'completed'";
    Ok(sqlx::query_scalar(sql).fetch_one(&database.pool).await?)
}

/// Waits until so many runs have ended.
async fn ended(database: &Database, count: i64, clock: &Clock) -> anyhow::Result<()> {
    let given_up = clock.monotonic() + PATIENCE;
    while runs(database).await? < count {
        anyhow::ensure!(clock.monotonic() < given_up, "a run does not end");
        pause(LOOK_EVERY).await;
    }
    Ok(())
}

/// Some runs, from their own records, and what they used.
async fn measured(
    database: &Database,
    reconciler: &Listening,
    (subscriptions, clock): (u32, &Clock),
) -> anyhow::Result<Ran> {
    let before = runs(database).await?;
    // Begins where a run ends.
    ended(database, before + 1, clock).await?;
    let began = (reconciler.used()?.cpu_seconds, servers(database).await?);
    let first: i64 = sqlx::query_scalar("select max(id) from counterfoil.runs")
        .fetch_one(&database.pool)
        .await?;
    ended(database, before + 1 + RUNS, clock).await?;
    let process = reconciler.used()?.cpu_seconds - began.0;
    let database_time = servers(database).await? - began.1;
    let wall: f64 = sqlx::query_scalar(
        "select sum(extract(epoch from ended_at - started_at))::float8 from ( \
            select ended_at, started_at from counterfoil.runs \
            where state = 'completed' and id >= $1 order by id limit $2) as runs",
    )
    .bind(first)
    .bind(RUNS)
    .fetch_one(&database.pool)
    .await?;
    let objects = f64::from(subscriptions) * f64::from(i32::try_from(RUNS)?);
    Ok(Ran { wall: wall / objects, process: process / objects, database: database_time / objects })
}

/// Processor time of the whole database server, which does nothing else meanwhile.
async fn servers(database: &Database) -> anyhow::Result<f64> {
    let one: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&database.pool).await?;
    used_by_family_of(u32::try_from(one)?).context("is Postgres on this machine?")
}

/// What as many cursors do with the pages, while the job's lock keeps the reconciler from its own run.
async fn bare(database: &Database, simulator: &Listening, clock: &Clock) -> anyhow::Result<Bare> {
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
    let before = used_by(std::process::id())?.cpu_seconds;
    let read = walks.iter_mut().map(|it| it.read_for(span, clock));
    let windows = futures_util::future::try_join_all(read).await?;
    let used = used_by(std::process::id())?.cpu_seconds - before;
    sqlx::query("select pg_advisory_unlock_all()").execute(&mut *lock).await?;
    let rate = windows.into_iter().map(Window::per_second).sum::<f64>() * 100.0;
    Ok(Bare { rate, process: used / (rate * span.as_secs_f64()) })
}

fn row(rates: Rates, subscriptions: u32, (filled, peak): (f64, f64)) -> Row {
    let micros = |part: fn(&(Ran, Bare)) -> f64| {
        Spread::of(rates.parts.iter().map(|it| part(it) * 1e6).collect::<Vec<f64>>()).median()
    };
    let (process, database) = (micros(|it| it.0.process), micros(|it| it.0.database));
    let reading = micros(|it| it.1.process);
    let [wall, own, with_database, ceiling] =
        [rates.wall, rates.own, rates.with_database, rates.ceiling].map(Spread::of);
    let at_the_bar = |what: &str, product: Spread| Line {
        what: what.to_owned(),
        bar: format!("≥ {BAR:.0}/s"),
        unit: Unit::PerSecond,
        verdict: Verdict::of(product.median() >= BAR),
        product,
        ceiling: None,
        ratio: None,
    };
    Row {
        name: "full-diff",
        lines: vec![
            at_the_bar("full diff: subscriptions a second of our own work", own),
            at_the_bar("full diff: the same with the database's work", with_database),
            Line {
                what: "full diff: subscriptions a second, lister and database beside it".to_owned(),
                bar: String::new(),
                unit: Unit::PerSecond,
                verdict: Verdict::None,
                ratio: Some(Spread::ratio(&wall, &ceiling)),
                product: wall,
                ceiling: Some(ceiling),
            },
        ],
        notes: vec![
            format!(
                "{subscriptions} subscriptions, all as they are held; the ceiling reads the same \
                 pages with {CURSORS} cursors and does nothing with them."
            ),
            format!(
                "our own work is processor time: {process:.1} µs of the process and {database:.1} µs \
                 of the database for each object, less the {reading:.1} µs for which \
                 the bare cursors read it."
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
            "process_micros": process,
            "database_micros": database,
            "reading_micros": reading,
        }),
    }
}
