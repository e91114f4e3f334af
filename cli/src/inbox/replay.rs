//! `counterfoil inbox replay`: events go through the bus and the worker again, from their kept
//! bytes. Safe to repeat: the worker judges them like any event.

use std::process::ExitCode;
use std::time::Duration;

use counterfoil_bus::{Publisher, Receipt};
use counterfoil_domain::EventKey;
use counterfoil_reconciler::{Origin, again};
use counterfoil_service::Clock;
use counterfoil_service::config::{Config, EndpointConfig, Mode, Need, Sources};
use counterfoil_service::wait::pause;
use counterfoil_store::{Filter, InboxRow, Store};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use super::{counts_line, filter_of};
use crate::args::ReplayArguments;
use crate::output;
use crate::services::{bus_options, open_store};

/// Events that are shown of what would be replayed.
const SAMPLE: u16 = 10;
/// Events whose bodies are held at once.
const CHUNK: usize = 200;
/// Publishes without their confirm at once.
const OUTSTANDING: usize = 64;
/// Rows of the inbox read at once.
const PAGE: u16 = 1_000;
/// How long the broker may take to answer.
const CONNECT: Duration = Duration::from_secs(15);

pub(crate) async fn run(arguments: ReplayArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store, Need::Bus])?;
    let store = open_store(config.store()?, "counterfoil inbox replay")?;
    let filter = filter_of(arguments.id, arguments.filter, Clock::system().now());
    anyhow::ensure!(
        filter != Filter::default(),
        "say which events are meant: --id, --type, --customer, --object, --outcome, --since or --until"
    );
    let counts = store.inbox_counts(&filter).await?;
    if !arguments.json {
        output::line(&counts_line(&counts));
    }
    let total: i64 = counts.iter().map(|it| it.1).sum();
    if total == 0 || !arguments.yes {
        if arguments.json {
            output::line(&json!({ "matched": total, "replayed": 0 }).to_string());
        } else if total > 0 {
            let first = store.inbox(&filter, None, SAMPLE).await?;
            let line = |it: &InboxRow| {
                vec![it.key.id.clone(), it.event_type.clone(), it.outcome.to_string()]
            };
            output::table(
                &["EVENT", "TYPE", "OUTCOME"],
                &first.iter().map(line).collect::<Vec<_>>(),
            );
            if usize::try_from(total).is_ok_and(|it| it > first.len()) {
                output::line("…");
            }
            output::line("Nothing was replayed yet; --yes replays them.");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let done = replay(&config, &store, &filter, arguments.rate).await?;
    if arguments.json {
        let json = json!({
            "matched": total, "replayed": done.replayed, "gone": done.gone,
            "unreadable": done.unreadable, "failed": done.failed
        });
        output::line(&json.to_string());
    } else {
        output::line(&format!("{} replayed.", done.replayed));
        if done.gone > 0 {
            output::line(&format!("{} can't be: their bodies are no longer kept.", done.gone));
        }
        if done.failed > 0 {
            output::line(&format!("{} were not taken by the broker; run it again.", done.failed));
        }
    }
    Ok(if done.failed == 0 && done.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Done {
    replayed: usize,
    gone: usize,
    unreadable: usize,
    failed: usize,
}

async fn replay(
    config: &Config,
    store: &Store,
    filter: &Filter,
    rate: Option<u32>,
) -> anyhow::Result<Done> {
    let mut rows: Vec<InboxRow> = Vec::new();
    loop {
        let page = store.inbox(filter, rows.last(), PAGE).await?;
        let full = page.len() == usize::from(PAGE);
        rows.extend(page);
        if !full {
            break;
        }
    }
    // The oldest first, so that what follows one another does so again.
    rows.sort_by_key(|it| it.created);
    let publisher = Publisher::connect(bus_options(config, "replay", None)?).await;
    anyhow::ensure!(
        tokio::time::timeout(CONNECT, publisher.connected()).await.is_ok(),
        "the broker of AMQP_URL does not answer; nothing was replayed"
    );
    let mut done = Done::default();
    let clock = Clock::system();
    let begun = clock.monotonic();
    let size = rate.and_then(|it| usize::try_from(it).ok()).map_or(CHUNK, |it| it.clamp(1, CHUNK));
    for (number, chunk) in rows.chunks(size).enumerate() {
        if let Some(rate) = rate {
            // The chunk's turn, whatever the ones before it took.
            let sent = u64::try_from(number.saturating_mul(size)).unwrap_or(u64::MAX);
            let due = Duration::from_millis(sent.saturating_mul(1_000) / u64::from(rate));
            pause(due.saturating_sub(clock.monotonic().saturating_sub(begun))).await;
        }
        let keys: Vec<&EventKey> = chunk.iter().map(|it| &it.key).collect();
        let mut bodies = store.payloads(&keys).await?;
        let mut messages = Vec::with_capacity(chunk.len());
        for row in chunk {
            let body = bodies.iter().position(|it| it.key == row.key);
            match body.map(|at| bodies.swap_remove(at).body) {
                Some(Ok(body)) => messages.push(again(row, body, origin(config, row))),
                Some(Err(error)) => {
                    output::say(&format!("{}: its body cannot be read: {error}", row.key.id));
                    done.unreadable += 1;
                }
                None => done.gone += 1,
            }
        }
        let receipts: Vec<Receipt> = stream::iter(messages)
            .map(|(line, message)| publisher.publish(line, message))
            .buffered(OUTSTANDING)
            .collect()
            .await;
        for receipt in receipts {
            match receipt {
                Receipt::Confirmed => done.replayed += 1,
                Receipt::Returned | Receipt::Nacked | Receipt::Unknown(_) => done.failed += 1,
            }
        }
        output::progress(&format!("{} of {} replayed", done.replayed, rows.len()));
    }
    output::progress_end();
    publisher.close().await;
    Ok(done)
}

/// What the endpoint of an event expects by today's settings; the account and mode it was recorded
/// under where that endpoint is no longer configured.
fn origin(config: &Config, row: &InboxRow) -> Origin {
    let endpoint = config.ingest.endpoints.iter().find(|it| it.name == row.endpoint);
    endpoint.map_or_else(
        || Origin::recorded(&row.key.scope),
        |it| Origin {
            account: it.account.clone(),
            livemode: expected_mode(it),
            connect: it.connect,
            expected_version: it.api_version.clone(),
        },
    )
}

fn expected_mode(endpoint: &EndpointConfig) -> Option<bool> {
    match endpoint.mode {
        Mode::Any => None,
        Mode::Live => Some(true),
        Mode::Test => Some(false),
    }
}
