//! A broker that stops while events arrive: 503s, no crash, and all of them arrive in the end.

use std::path::{Path, PathBuf};

use anyhow::Context;
use counterfoil_simulator::Play;
use counterfoil_support::{Queues, Stack, http, until};
use tokio::process::Command;

use crate::setup::{DEADLINE, binary, rough, settings};

/// A broker of this test's own, started by the project's script.
struct Broker {
    folder: PathBuf,
}

impl Broker {
    async fn start() -> anyhow::Result<(Self, String)> {
        // Beside the program under test: below target/, wherever that is.
        let target =
            binary().parent().and_then(Path::parent).context("no target folder")?.to_owned();
        let broker = Self { folder: target.join("services-outage") };
        let printed = broker.order("start").await?;
        let url = printed
            .lines()
            .find_map(|it| it.strip_prefix("export AMQP_URL="))
            .context("the script names no AMQP_URL")?;
        Ok((broker, url.trim_matches(['\'', '"']).to_owned()))
    }

    async fn order(&self, order: &str) -> anyhow::Result<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/local/services");
        let output = Command::new(script)
            .arg(order)
            .arg("--dir")
            .arg(&self.folder)
            .args(["--only", "rabbitmq"])
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "`services {order}` failed: {said}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

#[tokio::test]
async fn a_broker_that_stops_and_comes_back_loses_nothing() -> anyhow::Result<()> {
    let (broker, url) = Broker::start().await?;
    let outcome = outage(&broker, url).await;
    broker.order("clean").await?;
    outcome
}

async fn outage(broker: &Broker, url: String) -> anyhow::Result<()> {
    let stack =
        Stack::start_with(settings(vec!["ingest", "worker"], rough()), Queues::at(url)?).await?;
    let play = Play { customers: 60, months: 3, seed: 13 };
    let simulator = stack.simulator.clone();
    let playing = tokio::spawn(async move { simulator.play(play, |_| ()).await });
    until("events arrive", DEADLINE, async || {
        Ok((stack.simulator.counters().acknowledged > 100).then_some(()))
    })
    .await?;
    broker.order("stop").await?;
    let refused = stack.simulator.counters().attempts_failed;
    until("deliveries are refused", DEADLINE, async || {
        Ok((stack.simulator.counters().attempts_failed > refused + 20).then_some(()))
    })
    .await?;
    let answer = http::request(&stack.ingest, "POST /webhooks/stripe", &[], b"{}").await?;
    assert_eq!(answer.status, 400, "ingest still answers");
    broker.order("start").await?;
    playing.await??;
    stack.settled(DEADLINE).await?;
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}
