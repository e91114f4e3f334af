//! The worker: subscription events that wait in the queue, into the mirror, with their payloads
//! kept. Beside it a program that writes the same rows by hand.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use counterfoil_bus::{Bound, EventMessage, Publisher, Receipt};
use counterfoil_domain::Timestamp;
use counterfoil_service::Clock;
use counterfoil_service::wait::pause;
use counterfoil_support::{Database, Queues};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{LINE, ceiling_first, remove};
use crate::ceiling::unnest;
use crate::load::subscriptions::{Sample, events};
use crate::options::Plan;
use crate::output;
use crate::product::{Listening, Used};
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::{Spread, number};

/// The least that the product must reach of what the ceiling does.
const BAR: f64 = 0.5;
/// Subscriptions for each second of a measurement; each has two events.
const SUBSCRIPTIONS_PER_SECOND: u64 = 5_000;
/// Publishes without their confirm, as a busy ingest has them.
const OUTSTANDING: usize = 256;
/// The default of `bus.queue_length_max`.
const QUEUE_LENGTH_MAX: i64 = 10_000_000;
/// How often it is looked how many events are there.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long all events may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Measures the row; each round has databases and queues of its own.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let subscriptions = usize::try_from(plan.span.as_secs().max(1) * SUBSCRIPTIONS_PER_SECOND)?;
    let all = events(subscriptions);
    let (mut product, mut ceiling) = (Vec::new(), Vec::new());
    let mut used = Vec::new();
    for round in 0..plan.rounds {
        for turn in [false, true] {
            if ceiling_first(round) == turn {
                let (rate, of_worker) = worked(&all, clock).await?;
                product.push(rate);
                used.push(of_worker);
            } else {
                let database = Database::create().await?;
                let rate = written(&database, &all, clock).await;
                database.remove().await?;
                ceiling.push(rate.context("the rows could not be written by hand")?);
            }
        }
        if let (Some(product), Some(ceiling)) = (product.last(), ceiling.last()) {
            output::say(&format!(
                "  worker, round {} of {}: {product:.0}/s of {ceiling:.0}/s",
                round + 1,
                plan.rounds
            ));
        }
    }
    Ok(row(&Spread::of(product), &Spread::of(ceiling), &used, all.len()))
}

/// The ceiling, in a database with the product's schema.
async fn written(database: &Database, all: &[Sample], clock: &Clock) -> anyhow::Result<f64> {
    migrated(database).await?;
    unnest::measure(&database.pool, all, clock).await
}

/// The product: a worker that starts when everything waits already.
async fn worked(all: &[Sample], clock: &Clock) -> anyhow::Result<(f64, Used)> {
    let (database, queues) = (Database::create().await?, Queues::choose()?);
    let outcome = drained(&database, &queues, all, clock).await;
    remove(&queues).await;
    database.remove().await?;
    outcome.context("the worker could not be measured")
}

async fn drained(
    database: &Database,
    queues: &Queues,
    all: &[Sample],
    clock: &Clock,
) -> anyhow::Result<(f64, Used)> {
    migrated(database).await?;
    publish(queues, all, clock.now()).await?;
    let worker = Listening::worker(&database.url, queues).await?;
    // The first tenth is left out: a program that starts is not one that works.
    let (first, last) = (all.len() / 10, all.len());
    let given_up = clock.monotonic() + PATIENCE;
    let count = async |least: usize| loop {
        let count: i64 = sqlx::query_scalar("select count(*) from counterfoil.inbox")
            .fetch_one(&database.pool)
            .await?;
        let (count, now) = (usize::try_from(count)?, clock.monotonic());
        if count >= least {
            return anyhow::Ok((count, now));
        }
        anyhow::ensure!(now < given_up, "only {count} of {least} events came to the inbox");
        // Counting costs the server too, so it is not asked often.
        pause(LOOK_EVERY).await;
    };
    let (before, began) = count(first).await?;
    let (after, ended) = count(last).await?;
    let used = worker.used()?;
    worker.end().await?;
    let applied: i64 =
        sqlx::query_scalar("select count(*) from counterfoil.inbox where outcome = 'applied'")
            .fetch_one(&database.pool)
            .await?;
    anyhow::ensure!(
        usize::try_from(applied)? == all.len(),
        "{applied} of {} events were applied",
        all.len()
    );
    let rate = number(u64::try_from(after - before)?) / ended.saturating_sub(began).as_secs_f64();
    Ok((rate, used))
}

/// The events wait as a busy ingest publishes them.
async fn publish(queues: &Queues, all: &[Sample], now: Timestamp) -> anyhow::Result<()> {
    let mut options = queues.options.clone();
    // Queues as the programs declare them, which would refuse others.
    options.topology = options.topology.with_bound(Bound::Messages(QUEUE_LENGTH_MAX));
    let publisher = Publisher::connect(options).await;
    publisher.connected().await;
    let messages = all.iter().map(|it| {
        EventMessage {
            id: it.id.clone(),
            event_type: Some(it.event_type.to_owned()),
            endpoint: "stripe".to_owned(),
            account: None,
            livemode: None,
            connect: false,
            api_version: Some("2025-10-29.clover".to_owned()),
            expected_version: None,
            received_at: now,
            traceparent: None,
            park: None,
            replay: false,
            body: Bytes::from(it.body.clone()),
        }
        .into_message()
    });
    let receipts: Vec<Receipt> = stream::iter(messages)
        .map(|message| publisher.publish(LINE, message))
        .buffered(OUTSTANDING)
        .collect()
        .await;
    publisher.close().await;
    anyhow::ensure!(
        receipts.iter().all(|it| *it == Receipt::Confirmed),
        "the broker did not take all events"
    );
    Ok(())
}

async fn migrated(database: &Database) -> anyhow::Result<()> {
    crate::product::migrate(&database.url).await
}

fn row(product: &Spread, ceiling: &Spread, used: &[Used], events: usize) -> Row {
    let ratio = Spread::ratio(product, ceiling);
    let events = number(u64::try_from(events).unwrap_or(u64::MAX));
    let cpu = Spread::of(used.iter().map(|it| it.cpu_seconds * 1e6 / events));
    let memory = Spread::of(used.iter().map(|it| it.peak_mib));
    Row {
        name: "worker",
        lines: vec![Line {
            what: "worker: waiting subscription events into the mirror, payload kept".to_owned(),
            bar: format!("ratio ≥ {BAR}"),
            unit: Unit::PerSecond,
            verdict: Verdict::of(ratio.median() >= BAR),
            product: product.clone(),
            ceiling: Some(ceiling.clone()),
            ratio: Some(ratio),
        }],
        notes: vec![
            "ceiling: two connections that write the same rows in batches of 200 from memory, \
             without broker, reading or judging."
                .to_owned(),
            format!(
                "the worker used {:.1} µs of processor time an event, and {:.0} MiB at most.",
                cpu.median(),
                memory.max()
            ),
        ],
        profile: "worker",
        figures: json!({
            "events": events,
            "worker_cpu_micros_per_event": cpu.to_json(),
            "worker_peak_mib": memory.to_json(),
        }),
    }
}
