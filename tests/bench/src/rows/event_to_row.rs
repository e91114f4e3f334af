//! From delivery to row: signed events at a steady pace through ingest, broker and worker, until
//! each is seen in Postgres from outside.
//!
//! Each event is about a subscription of its own. A latency begins when the event was due to be
//! sent and ends when a question to Postgres first shows its inbox row, which is written in the
//! transaction of the mirror's rows. The question is asked every few milliseconds, so latencies
//! read too long by that, never too short.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use counterfoil_service::Clock;
use counterfoil_service::wait::pause;
use counterfoil_support::{Database, Queues};
use serde_json::json;

use super::remove;
use crate::load::Target;
use crate::load::answer::ANSWER_BYTES_MAX;
use crate::load::open::read;
use crate::options::Plan;
use crate::output;
use crate::product::{Listening, SECRET, migrate};
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::{Latencies, Spread};

/// Events in a second.
const PER_SECOND: u32 = 1_000;
/// Connections, which take turns.
const CONNECTIONS: u32 = 16;
/// How often Postgres is asked.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// Ids of one question at most.
const ASKED_MAX: usize = 2_000;
/// How long the last events may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// The longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(30);
/// In per mille, the name, and the bar in milliseconds.
const QUANTILES: [(usize, &str, Option<f64>); 3] =
    [(500, "p50", None), (950, "p95", Some(50.0)), (990, "p99", None)];

/// What was sent and not yet seen, with the time at which it was due.
type Pending = Arc<Mutex<HashMap<String, Duration>>>;

/// What one round brought.
struct Outcome {
    latencies: Latencies,
    sent: usize,
    lost: usize,
}

/// Measures the row; each round has a database and queues of its own.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let mut outcomes = Vec::new();
    for round in 0..plan.rounds {
        let (database, queues) = (Database::create().await?, Queues::choose()?);
        let outcome = measured(plan, clock, &database, &queues).await;
        remove(&queues).await;
        database.remove().await?;
        let outcome = outcome?;
        output::say(&format!(
            "  event to row, round {} of {}: {} sent, {} lost, p95 {:.1} ms",
            round + 1,
            plan.rounds,
            outcome.sent,
            outcome.lost,
            outcome.latencies.quantile_ms(950)
        ));
        outcomes.push(outcome);
    }
    Ok(row(&outcomes))
}

async fn measured(
    plan: &Plan,
    clock: &Clock,
    database: &Database,
    queues: &Queues,
) -> anyhow::Result<Outcome> {
    migrate(&database.url).await?;
    let ingest = Listening::ingest(queues).await?;
    let worker = Listening::worker(&database.url, queues).await?;
    let target = Target::new(ingest.address, SECRET, clock);
    let pending = Pending::default();
    let count = u64::from(PER_SECOND) * plan.span.as_secs();
    let start = clock.monotonic() + plan.warm_up;
    let mut threads = Vec::new();
    for number in 0..CONNECTIONS {
        let (target, pending) = (target.clone(), Arc::clone(&pending));
        let send = move || sent(&target, &pending, start, number, count);
        threads.push(std::thread::Builder::new().spawn(send)?);
    }
    let mut latencies = Vec::new();
    let given_up = start + plan.span + PATIENCE;
    while latencies.len() < usize::try_from(count)? && clock.monotonic() < given_up {
        seen(database, &pending, clock, &mut latencies).await?;
        pause(LOOK_EVERY).await;
    }
    for thread in threads {
        let Ok(ended) = thread.join() else { anyhow::bail!("a sender panicked") };
        ended?;
    }
    ingest.end().await?;
    worker.end().await?;
    let sent = usize::try_from(count)?;
    Ok(Outcome { lost: sent - latencies.len(), latencies: Latencies::new(latencies), sent })
}

/// Asks Postgres which of the events are there by now.
async fn seen(
    database: &Database,
    pending: &Pending,
    clock: &Clock,
    latencies: &mut Vec<u64>,
) -> anyhow::Result<()> {
    let asked: Vec<String> = {
        let pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.keys().take(ASKED_MAX).cloned().collect()
    };
    if asked.is_empty() {
        return Ok(());
    }
    let found: Vec<String> =
        sqlx::query_scalar("select event_id from counterfoil.inbox where event_id = any ($1)")
            .bind(&asked)
            .fetch_all(&database.pool)
            .await?;
    let now = clock.monotonic();
    let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
    for id in found {
        if let Some(due) = pending.remove(&id) {
            latencies.push(u64::try_from(now.saturating_sub(due).as_nanos()).unwrap_or(u64::MAX));
        }
    }
    Ok(())
}

/// Sends the events of one connection, each when it is due.
fn sent(
    target: &Target,
    pending: &Pending,
    start: Duration,
    number: u32,
    count: u64,
) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(target.address).context("ingest does not answer")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER))?;
    let mut request = target.request()?;
    let mut buffer = [0_u8; ANSWER_BYTES_MAX];
    for event in (u64::from(number)..count).step_by(usize::try_from(CONNECTIONS)?) {
        let due = start + Duration::from_micros(event * 1_000_000 / u64::from(PER_SECOND));
        std::thread::sleep(due.saturating_sub(target.clock.monotonic()));
        let bytes = request.renew(target.clock.now()).to_vec();
        let id = format!("evt_{}", request.last_id());
        pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, due);
        stream.write_all(&bytes)?;
        let answer = read(&mut stream, &mut buffer)?;
        anyhow::ensure!(answer.status == 200, "ingest answered {}", answer.status);
    }
    Ok(())
}

fn row(outcomes: &[Outcome]) -> Row {
    let quantile =
        |per_mille| Spread::of(outcomes.iter().map(|it| it.latencies.quantile_ms(per_mille)));
    let lost: usize = outcomes.iter().map(|it| it.lost).sum();
    let sent: usize = outcomes.iter().map(|it| it.sent).sum();
    let lines = QUANTILES.map(|(per_mille, name, bar)| {
        let product = quantile(per_mille);
        Line {
            what: format!("event to row at 1,000/s: {name}"),
            bar: bar.map_or(String::new(), |it| format!("< {it} ms")),
            unit: Unit::Milliseconds,
            verdict: bar
                .map_or(Verdict::None, |it| Verdict::of(product.median() < it && lost == 0)),
            product,
            ceiling: None,
            ratio: None,
        }
    });
    Row {
        name: "event-to-row",
        lines: lines.into(),
        notes: vec![
            format!(
                "{sent} events were sent, each about a subscription of its own; {lost} were lost."
            ),
            "sender, ingest, broker, worker and Postgres share the machine, and so does the one \
             that asks Postgres 250 times a second what is there."
                .to_owned(),
        ],
        profile: "worker",
        figures: json!({ "sent": sent, "lost": lost, "per_second": PER_SECOND }),
    }
}
