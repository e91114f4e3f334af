//! `counterfoil reconcile status`: how each job stands, and since when everything is proven.

use std::process::ExitCode;

use counterfoil_reconciler::Job;
use counterfoil_service::config::{Config, Need, Sources};
use serde_json::json;

use super::{done_line, run_json};
use crate::args::StatusArguments;
use crate::output;
use crate::scope::scope_of;
use crate::services::open_store;

pub(crate) async fn run(arguments: StatusArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil reconcile")?;
    let scope = scope_of(arguments.scope, &config);
    let proofs = store.proofs(&scope).await?;
    let mut open = store.open_findings().await?;
    open.retain(|it| it.scope == scope);
    let mut rows = Vec::new();
    let mut runs = Vec::new();
    for job in Job::ALL {
        let last = store.runs(Some(job.as_str()), Some(&scope), 1).await?.pop();
        let schedule = config.reconciler.schedules.iter().find(|it| it.0 == job.as_str());
        let schedule = schedule.map_or("off", |it| it.1.as_str()).to_owned();
        match &last {
            None => rows.push(vec![job.to_string(), schedule, "never".to_owned()]),
            Some(run) => rows.push(vec![
                job.to_string(),
                schedule,
                run.state.as_str().to_owned(),
                run.id.to_string(),
                run.started_at.to_string(),
                run.ended_at.map_or_else(|| format!("({})", run.phase), |it| it.to_string()),
                done_line(run),
            ]),
        }
        runs.extend(last.as_ref().map(run_json));
    }
    store.close().await;
    if arguments.json {
        let open: Vec<_> = open
            .iter()
            .map(|it| json!({ "type": it.found, "severity": it.severity, "count": it.count }))
            .collect();
        let proven: Vec<_> = proofs
            .iter()
            .map(|it| json!({ "kind": it.kind, "since": it.since.to_string() }))
            .collect();
        output::line(&json!({ "runs": runs, "open": open, "proven": proven }).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    output::table(&["JOB", "WHEN", "LAST", "RUN", "BEGAN", "ENDED", "DONE"], &rows);
    let count: i64 = open.iter().map(|it| it.count).sum();
    output::line(&format!("{count} findings are open in {scope}."));
    match proofs.first() {
        Some(oldest) => output::line(&format!(
            "Every kind of object was compared since {}; the oldest proof is that of {}.",
            oldest.since, oldest.kind
        )),
        None => output::line("No full pass was completed yet: nothing is proven."),
    }
    Ok(ExitCode::SUCCESS)
}
