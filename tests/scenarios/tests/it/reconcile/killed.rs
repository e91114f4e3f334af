//! A full diff that is killed again and again goes on where it was.

use std::time::Duration;

use counterfoil_simulator::Seeding;
use counterfoil_support::database::setting;
use counterfoil_support::{Program, Stack, until};
use serde_json::Value;

use super::{calls, done, run, started};
use crate::setup::{DEADLINE, monthly_price};

const KILLS: u64 = 10;
/// The pages that are asked for at once.
const PARALLEL: u64 = 4;
/// Pages that each of these may have read when it is killed before it noted where it was.
const PAGES_PER_NOTE: u64 = 8;
/// What a process may hold at most.
const MEMORY_KIB_MAX: u64 = 150 * 1_024;

/// How many subscriptions there are: a million for a night, fewer in every run of the tests.
fn subscriptions() -> u32 {
    setting("COUNTERFOIL_DIFF_SUBSCRIPTIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(20_000)
}

/// The most memory that a process has held, as the system counts it.
fn peak_kib(program: &Program) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id().unwrap_or(0)))?;
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap_or_default();
    Ok(line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0))
}

async fn pages(stack: &Stack) -> anyhow::Result<i64> {
    let pages: Option<i64> = sqlx::query_scalar(
        "select (tally ->> 'pages')::bigint from counterfoil.runs \
         where job = 'objects' and state = 'running'",
    )
    .fetch_optional(&stack.database.pool)
    .await?
    .flatten();
    Ok(pages.unwrap_or(0))
}

#[tokio::test]
async fn a_full_diff_that_is_killed_ten_times_asks_for_each_page_about_once() -> anyhow::Result<()>
{
    let mut stack = started().await?;
    let price = monthly_price(&stack.simulator)?;
    let count = subscriptions();
    stack.simulator.seed_subscriptions(&Seeding {
        subscriptions: count,
        price,
        made_within_seconds: count.max(86_400),
    })?;
    stack.simulator.advance(Duration::from_mins(2));
    stack.set("COUNTERFOIL_RECONCILER_KINDS", "subscription");
    stack.set("COUNTERFOIL_RECONCILER_PARALLEL", &PARALLEL.to_string());
    stack.set("COUNTERFOIL_RECONCILER_REPAIRS_MAX", "10000000");
    // The mirror has all of them, but for what is damaged afterwards.
    let filled = run(&stack, &["objects"]).await?;
    assert_eq!(done(&filled, "repaired"), i64::from(count), "{filled}");
    let damaged = sqlx::query(
        "update stripe.subscriptions set status = 'past_due', sighted_digest = decode(repeat('00', 16), 'hex') \
         where id in (select id from stripe.subscriptions order by md5(id) limit 100)",
    )
    .execute(&stack.database.pool)
    .await?;
    assert_eq!(damaged.rows_affected(), 100);
    // What was listed in this very second says nothing of what was seen in it.
    stack.simulator.advance(Duration::from_secs(5));
    let before = calls(&stack.simulator, "GET /v1/subscriptions");

    let all = u64::from(count).div_ceil(100);
    stack.set("COUNTERFOIL_RECONCILER_OBJECTS", "0 0 0 1 1 *");
    sqlx::query(
        "insert into counterfoil.runs (job, account, livemode, dry_run, state, phase, started_at) \
         values ('objects', 'self', false, false, 'running', 'beginning', now())",
    )
    .execute(&stack.database.pool)
    .await?;
    let mut peak = 0;
    for kill in 1..=KILLS {
        let mut reconciler = stack.run("reconciler").await?;
        let aim = i64::try_from(all * kill / (KILLS + 1))?;
        until("the run has come further", DEADLINE * 3, async || {
            Ok((pages(&stack).await? >= aim).then_some(()))
        })
        .await?;
        peak = peak.max(peak_kib(&reconciler)?);
        reconciler.kill().await?;
    }
    let mut reconciler = stack.run("reconciler").await?;
    until("the run has ended", DEADLINE * 5, async || {
        peak = peak.max(peak_kib(&reconciler)?);
        let state: Option<String> = sqlx::query_scalar(
            "select state from counterfoil.runs where job = 'objects' order by id desc limit 1",
        )
        .fetch_optional(&stack.database.pool)
        .await?;
        Ok((state.as_deref() == Some("completed")).then_some(()))
    })
    .await?;
    assert!(reconciler.terminate(DEADLINE).await?.success());
    let report = stack.order(&["reconcile", "report", "--json"]).await?.well()?;
    let report: Value = serde_json::from_str(&report)?;
    let objects = done(&report, "objects");
    assert_eq!((done(&report, "drift"), done(&report, "repaired")), (100, 100), "{report}");
    assert!(objects >= i64::from(count), "{report}");
    let asked = calls(&stack.simulator, "GET /v1/subscriptions") - before;
    // Those lost by kills, those that find where a list is split, and the seconds that pages share.
    let bound = all + KILLS * PARALLEL * PAGES_PER_NOTE + all / 20 + 40;
    println!(
        "{count} subscriptions: {asked} calls for {all} pages, {KILLS} kills, peak {peak} KiB"
    );
    assert!(asked <= bound, "{asked} calls for {all} pages");
    assert!(peak < MEMORY_KIB_MAX, "{peak} KiB");
    stack.finish().await
}
