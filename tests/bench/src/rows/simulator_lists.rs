//! The simulator itself: a million subscriptions listed page by page, 100 to a page, as a sweep
//! reads them, with two cursors. It must never be what another row measures. Beside it a server that
//! answers as many bytes with no work between.

use anyhow::Context;
use bytes::Bytes;
use counterfoil_service::Clock;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpStream;

use super::ceiling_first;
use crate::load::window::Window;
use crate::options::Plan;
use crate::output;
use crate::product::Listening;
use crate::report::{Line, Row, Unit, Verdict};
use crate::stats::Spread;

/// Subscriptions that are listed.
const SUBSCRIPTIONS: u32 = 1_000_000;
/// Pages a second that the simulator must reach.
const BAR_PAGES: f64 = 2_000.0;
/// The most memory it may hold, in MiB.
const BAR_MIB: f64 = 4_096.0;

/// Measures the row.
pub(super) async fn run(plan: &Plan, clock: &Clock) -> anyhow::Result<Row> {
    let started = clock.monotonic();
    let simulator = Listening::simulator(SUBSCRIPTIONS).await?;
    let seeding = clock.monotonic().saturating_sub(started);
    let mut pages = [Pages::of(&simulator).await?, Pages::of(&simulator).await?];
    let bytes = pages[0].read().await?;
    let echo = Listening::echo(bytes).await?;
    let mut bare = [Pages::of(&echo).await?, Pages::of(&echo).await?];
    let (mut product, mut ceiling) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        for turn in [false, true] {
            if ceiling_first(round) == turn {
                product.push(over(&mut pages, plan, clock).await?);
            } else {
                ceiling.push(over(&mut bare, plan, clock).await?);
            }
        }
        if let (Some(product), Some(ceiling)) = (product.last(), ceiling.last()) {
            output::say(&format!(
                "  simulator, lists, round {} of {}: {product:.0}/s of {ceiling:.0}/s",
                round + 1,
                plan.rounds
            ));
        }
    }
    let peak_mib = simulator.used()?.peak_mib;
    simulator.kill().await?;
    echo.kill().await?;
    Ok(row(&Spread::of(product), &Spread::of(ceiling), seeding, peak_mib, bytes))
}

fn row(product: &Spread, ceiling: &Spread, seeding: Duration, peak_mib: f64, bytes: usize) -> Row {
    let reached = product.median() >= BAR_PAGES && peak_mib < BAR_MIB;
    Row {
        name: "simulator-lists",
        lines: vec![Line {
            what: "simulator: pages of 100 out of a million subscriptions".to_owned(),
            bar: format!("≥ {BAR_PAGES:.0}/s in {BAR_MIB:.0} MiB"),
            unit: Unit::PerSecond,
            verdict: Verdict::of(reached),
            product: product.clone(),
            ceiling: Some(ceiling.clone()),
            ratio: Some(Spread::ratio(product, ceiling)),
        }],
        notes: vec![
            format!(
                "a page has {bytes} bytes; the ceiling is a server that answers as many, with no \
                 work between. Two readers, each on a connection of its own, one page at a time."
            ),
            format!(
                "seeding took {:.1} s, start of the process included; the simulator held {peak_mib:.0} \
                 MiB at most.",
                seeding.as_secs_f64()
            ),
        ],
        profile: "simulator",
        figures: json!({
            "subscriptions": SUBSCRIPTIONS,
            "page_bytes": bytes,
            "seeding_seconds": seeding.as_secs_f64(),
            "simulator_peak_mib": peak_mib,
        }),
    }
}

/// Reads with both cursors for one measurement; the pages in a second.
async fn over(walks: &mut [Pages; 2], plan: &Plan, clock: &Clock) -> anyhow::Result<f64> {
    let [one, other] = walks;
    tokio::try_join!(one.read_for(plan.warm_up, clock), other.read_for(plan.warm_up, clock))?;
    let (one, other) =
        tokio::try_join!(one.read_for(plan.span, clock), other.read_for(plan.span, clock))?;
    Ok(one.per_second() + other.per_second())
}

/// A walk over pages, one request after another on one connection.
pub(super) struct Pages {
    after: Option<String>,
    host: String,
    sender: SendRequest<Empty<Bytes>>,
}

impl Pages {
    pub(super) async fn of(server: &Listening) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { after: None, host: server.address.to_string(), sender })
    }

    pub(super) async fn read_for(
        &mut self,
        span: Duration,
        clock: &Clock,
    ) -> anyhow::Result<Window> {
        let started = clock.monotonic();
        let mut count = 0;
        loop {
            self.read().await?;
            count += 1;
            let took = clock.monotonic().saturating_sub(started);
            if took >= span {
                return Ok(Window { count, took });
            }
        }
    }

    /// Reads the next page, and the first again behind the last; how many bytes it has.
    async fn read(&mut self) -> anyhow::Result<usize> {
        let cursor = self.after.take().map(|id| format!("&starting_after={id}"));
        let path = format!(
            "/v1/subscriptions?status=all&limit=100{}",
            cursor.as_deref().unwrap_or_default()
        );
        let request = Request::get(path)
            .header("host", &self.host)
            .header("authorization", "Bearer sk_test_bench")
            .body(Empty::new())?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        anyhow::ensure!(answer.status() == 200, "a page was answered {}", answer.status());
        let body = answer.into_body().collect().await?.to_bytes();
        self.after = last_id(&body)?;
        Ok(body.len())
    }
}

/// The id to go on after; none on the last page, and none on a page of the ceiling.
fn last_id(body: &[u8]) -> anyhow::Result<Option<String>> {
    const START: &str = "{\"id\":\"sub_";
    let text = std::str::from_utf8(body).context("a page is no text")?;
    if !text.contains("\"has_more\":true,\"url\":\"/v1/subscriptions\"") {
        return Ok(None);
    }
    let (_, rest) = text.rsplit_once(START).context("a page shows no subscription")?;
    let (digits, _) = rest.split_once('"').context("a page breaks off")?;
    Ok(Some(format!("sub_{digits}")))
}

#[cfg(test)]
mod tests {
    use super::last_id;

    #[test]
    fn a_walk_goes_on_after_the_last_id() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(last_id(body.as_bytes()).unwrap().as_deref(), expected, "{body}");
        };
        let more =
            r#"{"data":[{"id":"sub_1"},{"id":"sub_2"}],"has_more":true,"url":"/v1/subscriptions"}"#;
        check(more, Some("sub_2"));
        check(&more.replace("true", "false"), None);
        check("    ", None);
        assert!(last_id(&[0xff]).is_err());
    }
}
