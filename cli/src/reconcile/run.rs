//! `counterfoil reconcile run JOB`: takes a turn of a job now, as the reconciler would.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_reconciler::{How, Job, ReconcilerMetrics, Turn, turn};
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_service::{Clock, Shutdown};
use counterfoil_store::{RunState, Store, Verdict};
use prometheus::Registry;
use serde_json::json;

use super::{done_line, run_json};
use crate::args::RunArguments;
use crate::output;
use crate::services::{open_store, reconciler_context};

/// Lines of a plan that are printed, unless all are asked for.
const LINES: u32 = 50;
/// Lines of a plan that are read at once.
const PAGE: u32 = 500;

pub(crate) async fn run(arguments: RunArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let job = arguments.job;
    let needs: &[Need] =
        if job.asks_stripe() { &[Need::Store, Need::StripeKey] } else { &[Need::Store] };
    let config = Config::load(sources, needs)?;
    let store = open_store(config.store()?, "counterfoil reconcile")?;
    let clock = Clock::system();
    let shutdown = Shutdown::new();
    shutdown.watch_signals().context("the signals of this process cannot be watched")?;
    let metrics = ReconcilerMetrics::register(&Registry::new())?;
    let context = reconciler_context(&config, store.clone(), clock.clone(), shutdown, metrics)?;
    let how = How {
        dry_run: arguments.dry_run,
        since: arguments.since.map(|it| it.at(clock.now())),
        limit: arguments.limit,
        repairs_max: arguments.repairs_max,
        progress: Some(&output::progress),
    };
    let taken = turn(&context, job, how).await;
    output::progress_end();
    let run = match taken? {
        Turn::Ended(run) => run,
        Turn::Busy => {
            output::say(&format!(
                "{job} is being run by another process; `counterfoil reconcile status` shows how \
                 far it is."
            ));
            return Ok(ExitCode::FAILURE);
        }
    };
    if arguments.json {
        let mut json = run_json(&run);
        if run.dry_run && job == Job::Objects {
            json["plan"] = plan(&store, run.id, None).await?.iter().map(line_json).collect();
        }
        output::line(&json.to_string());
    } else {
        output::line(&format!("Run {} of {job}: {}.", run.id, run.state.as_str()));
        output::line(&done_line(&run));
        if let Some(cause) = &run.cause {
            output::line(cause);
        }
        // Without its weighing there is no plan, and nothing says that nothing differs.
        let weighed = ["weighing", "mending"].contains(&run.phase.as_str());
        if run.dry_run && job == Job::Objects && weighed {
            show_plan(&store, run.id, arguments.all).await?;
        }
        if run.dry_run {
            output::line("Nothing was written but this plan.");
        }
    }
    store.close().await;
    Ok(if run.state == RunState::Completed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a run would change, in order: the same order every time.
async fn plan(store: &Store, run: i64, limit: Option<u32>) -> anyhow::Result<Vec<Verdict>> {
    let mut all: Vec<Verdict> = Vec::new();
    loop {
        let behind = all.last().map(|it| (it.kind.as_str().to_owned(), it.id.clone()));
        let (kind, id) = behind.unwrap_or_default();
        let size = limit.map_or(PAGE, |it| it.min(PAGE));
        let page = store.suspects_page(run, (&kind, &id), size).await?;
        let last = page.len() < usize::try_from(size).unwrap_or(usize::MAX);
        all.extend(page);
        if last || limit.is_some() {
            return Ok(all);
        }
    }
}

fn line_json(it: &Verdict) -> serde_json::Value {
    json!({
        "type": it.found.map(|it| it.0.as_str()),
        "severity": it.found.map(|it| it.1.as_str()),
        "kind": it.kind.as_str(),
        "id": it.id,
        "differences": it.differences,
    })
}

async fn show_plan(store: &Store, run: i64, all: bool) -> anyhow::Result<()> {
    let limit = (!all).then_some(LINES);
    let plan = plan(store, run, limit).await?;
    if plan.is_empty() {
        output::line("Nothing differs.");
        return Ok(());
    }
    let columns = |it: &Verdict| {
        let names = it.differences.as_object().into_iter().flatten();
        names.map(|it| it.0.as_str()).collect::<Vec<_>>().join(", ")
    };
    let line = |it: &Verdict| {
        vec![
            it.found.map_or(String::new(), |it| it.0.to_string()),
            it.found.map_or(String::new(), |it| it.1.to_string()),
            it.kind.as_str().to_owned(),
            it.id.clone(),
            columns(it),
        ]
    };
    output::table(
        &["TYPE", "SEVERITY", "KIND", "ID", "DIFFERS IN"],
        &plan.iter().map(line).collect::<Vec<_>>(),
    );
    if plan.len() == usize::try_from(LINES).unwrap_or(usize::MAX) && !all {
        output::line("… --all prints the rest.");
    }
    Ok(())
}
