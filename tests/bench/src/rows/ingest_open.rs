//! Ingest at a steady 5,000 events a second: how long a sender waits. Beside it a server that only
//! reads the body.

use anyhow::Context;
use counterfoil_service::Clock;
use counterfoil_support::Queues;
use serde_json::json;

use super::{ceiling_first, empty, remove};
use crate::load::{Target, open, request::BODY_BYTES};
use crate::options::Plan;
use crate::output;
use crate::product::{Listening, SECRET};
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::Spread;

/// Events in a second.
const PER_SECOND: u32 = 5_000;
/// Connections that take turns.
const CONNECTIONS: u32 = 256;
/// What is reported: thousandths, name, and the bound in milliseconds where there is one.
const QUANTILES: [(usize, &str, Option<f64>); 5] = [
    (500, "p50", Some(1.0)),
    (900, "p90", None),
    (990, "p99", Some(4.0)),
    (999, "p99.9", None),
    (1_000, "max", None),
];

/// Measures the row on queues of its own.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let queues = Queues::choose()?;
    let row = measured(plan, clock, &queues).await;
    remove(&queues).await;
    row
}

async fn measured(plan: &Plan, clock: &Clock, queues: &Queues) -> anyhow::Result<Row> {
    let (ingest, echo) = (Listening::ingest(queues).await?, Listening::echo(0).await?);
    let schedule = open::Schedule {
        per_second: PER_SECOND,
        connections: CONNECTIONS,
        warm_up: plan.warm_up,
        span: plan.span,
    };
    let to_ingest = Target::new(ingest.address, SECRET, clock);
    let to_echo = Target::new(echo.address, SECRET, clock);
    let (mut product, mut ceiling) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        for turn in [false, true] {
            let (target, outcomes, name) = if ceiling_first(round) == turn {
                (&to_ingest, &mut product, "ingest")
            } else {
                (&to_echo, &mut ceiling, "bare server")
            };
            let outcome = open::run(target, schedule)
                .with_context(|| format!("the {name} could not be measured"))?;
            anyhow::ensure!(outcome.refused == 0, "the {name} refused {}", outcome.refused);
            output::say(&format!(
                "  ingest, open loop, round {} of {}, {name}: p50 {:.2} ms, p99 {:.2} ms, \
                 {:.0}/s; sent late by p50 {:.2} ms, p99 {:.2} ms",
                round + 1,
                plan.rounds,
                outcome.latencies.quantile_ms(500),
                outcome.latencies.quantile_ms(990),
                outcome.per_second,
                outcome.lateness.quantile_ms(500),
                outcome.lateness.quantile_ms(990),
            ));
            outcomes.push(outcome);
            empty(queues).await?;
        }
    }
    ingest.end().await?;
    echo.kill().await?;
    Ok(row(&product, &ceiling))
}

fn row(product: &[open::Outcome], ceiling: &[open::Outcome]) -> Row {
    let latency = |of: &[open::Outcome], per_mille| {
        Spread::of(of.iter().map(|it| it.latencies.quantile_ms(per_mille)))
    };
    let lateness = |of: &[open::Outcome], per_mille| {
        Spread::of(of.iter().map(|it| it.lateness.quantile_ms(per_mille)))
    };
    let rate = |of: &[open::Outcome]| Spread::of(of.iter().map(|it| it.per_second));
    let mut lines: Vec<Line> = QUANTILES
        .map(|(per_mille, name, bar)| {
            let (product, ceiling) = (latency(product, per_mille), latency(ceiling, per_mille));
            Line {
                what: format!("ingest, open loop at 5,000/s: {name}"),
                bar: bar.map_or(String::new(), |it| format!("< {it} ms")),
                unit: Unit::Milliseconds,
                verdict: bar.map_or(Verdict::None, |it| Verdict::of(product.median() < it)),
                ratio: Some(Spread::ratio(&product, &ceiling)),
                product,
                ceiling: Some(ceiling),
            }
        })
        .into();
    lines.push(Line {
        what: "ingest, open loop at 5,000/s: rate reached".to_owned(),
        bar: String::new(),
        unit: Unit::PerSecond,
        verdict: Verdict::None,
        product: rate(product),
        ceiling: Some(rate(ceiling)),
        ratio: Some(Spread::ratio(&rate(product), &rate(ceiling))),
    });
    Row {
        name: "ingest-open",
        lines,
        notes: vec![
            "latencies are from the time an event was due, whether it was sent on time or not; \
             ceiling: a server that reads the body and answers 200."
                .to_owned(),
            format!(
                "of that, senders were late by (product, ceiling): p50 {:.2} and {:.2} ms, p99 \
                 {:.2} and {:.2} ms.",
                lateness(product, 500).median(),
                lateness(ceiling, 500).median(),
                lateness(product, 990).median(),
                lateness(ceiling, 990).median(),
            ),
        ],
        profile: "ingest",
        figures: json!({
            "connections": CONNECTIONS,
            "body_bytes": BODY_BYTES,
            "lateness_p99_ms": lateness(product, 990).to_json(),
            "ceiling_lateness_p99_ms": lateness(ceiling, 990).to_json(),
        }),
    }
}
