//! Ingest as fast as it goes: signed 4 KiB events, 256 at once, answered after the confirm of a
//! quorum queue. Beside it a bare publisher with 256 outstanding confirms on the same queue.

use anyhow::Context;
use counterfoil_service::Clock;
use counterfoil_support::Queues;
use serde_json::json;

use super::{LINE, ceiling_first, empty, remove};
use crate::ceiling::publisher::{self, Bare};
use crate::load::{Target, closed, request::BODY_BYTES};
use crate::options::Plan;
use crate::output;
use crate::product::{Listening, SECRET};
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::{Spread, number};

/// Senders, and confirms outstanding at once.
const AT_ONCE: usize = 256;
/// The least that the product must reach of what the ceiling does.
const BAR: f64 = 0.75;

/// Measures the row on queues of its own.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let queues = Queues::choose()?;
    let row = measured(plan, clock, &queues).await;
    remove(&queues).await;
    row
}

async fn measured(plan: &Plan, clock: &Clock, queues: &Queues) -> anyhow::Result<Row> {
    let topology = &queues.options.topology;
    let bare = Bare {
        url: queues.url.clone(),
        exchange: topology.exchange(),
        queue: topology.queue(LINE),
        body_bytes: BODY_BYTES,
        outstanding: AT_ONCE,
    };
    let ingest = Listening::ingest(queues).await?;
    let target = Target::new(ingest.address, SECRET, clock);
    let (mut product, mut ceiling) = (Vec::new(), Vec::new());
    let (mut accepted, cpu_before) = (0, ingest.used()?.cpu_seconds);
    for round in 0..plan.rounds {
        for turn in [false, true] {
            if ceiling_first(round) == turn {
                let (window, counts) = closed::measure(&target, AT_ONCE, plan.warm_up, plan.span)
                    .context("ingest could not be measured")?;
                anyhow::ensure!(counts.refused == 0, "ingest refused {} events", counts.refused);
                accepted += counts.accepted;
                product.push(window.per_second());
            } else {
                let window = publisher::measure(&bare, plan.warm_up, plan.span, clock)
                    .context("the bare publisher could not be measured")?;
                ceiling.push(window.per_second());
            }
            empty(queues).await?;
        }
        if let (Some(product), Some(ceiling)) = (product.last(), ceiling.last()) {
            output::say(&format!(
                "  ingest, closed loop, round {} of {}: {product:.0}/s of {ceiling:.0}/s",
                round + 1,
                plan.rounds
            ));
        }
    }
    let used = ingest.used()?;
    ingest.end().await?;
    let micros = (used.cpu_seconds - cpu_before) * 1e6 / number(accepted.max(1));
    Ok(row(&Spread::of(product), &Spread::of(ceiling), micros, used.peak_mib))
}

fn row(product: &Spread, ceiling: &Spread, cpu_micros: f64, peak_mib: f64) -> Row {
    let ratio = Spread::ratio(product, ceiling);
    Row {
        name: "ingest-closed",
        lines: vec![Line {
            what: "ingest, closed loop: signed 4 KiB events, 256 at once".to_owned(),
            bar: format!("ratio ≥ {BAR}"),
            unit: Unit::PerSecond,
            verdict: Verdict::of(ratio.median() >= BAR),
            product: product.clone(),
            ceiling: Some(ceiling.clone()),
            ratio: Some(ratio),
        }],
        notes: vec![
            "ceiling: a bare publisher with 256 outstanding confirms into the same quorum queue. \
             The product's rounds also pay for 256 senders, their signatures and HTTP on the same \
             machine; the ceiling's do not."
                .to_owned(),
            format!(
                "ingest used {cpu_micros:.1} µs of processor time an event, and {peak_mib:.0} MiB \
                 at most."
            ),
        ],
        profile: "ingest",
        figures: json!({
            "ingest_cpu_micros_per_event": cpu_micros,
            "ingest_peak_mib": peak_mib,
            "at_once": AT_ONCE,
            "body_bytes": BODY_BYTES,
        }),
    }
}
