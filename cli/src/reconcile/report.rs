//! `counterfoil reconcile report`: what a run compared, found and changed.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_store::RunState;
use serde_json::json;

use super::run_json;
use crate::args::ReportArguments;
use crate::output;
use crate::services::open_store;

pub(crate) async fn run(arguments: ReportArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil reconcile")?;
    let run = match arguments.run {
        Some(id) => store.run(id).await?.with_context(|| format!("there is no run {id}"))?,
        None => store.runs(None, None, 1).await?.pop().context("no job was run yet")?,
    };
    let compared = store.compared(run.id).await?;
    let found = store.findings_of_run(run.id).await?;
    let proofs = store.proofs(&run.scope).await?;
    store.close().await;
    if arguments.json {
        let mut json = run_json(&run);
        json["compared"] = compared
            .iter()
            .map(|(kind, pages, objects)| json!({ "kind": kind, "pages": pages, "objects": objects }))
            .collect();
        json["found"] =
            found.iter().map(|(found, count)| json!({ "type": found, "count": count })).collect();
        json["oldest_proof"] = proofs
            .first()
            .map_or(json!(null), |it| json!({ "kind": it.kind, "since": it.since.to_string() }));
        output::line(&json.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let dry = if run.dry_run { ", a dry run" } else { "" };
    output::line(&format!("Run {} of {} in {}{dry}", run.id, run.job, run.scope));
    let ended = match run.ended_at {
        Some(ended) => {
            let took = ended.since(run.started_at);
            format!("{} after {} s", run.state.as_str(), took.as_secs())
        }
        None => format!("{}, {}", run.state.as_str(), run.phase),
    };
    output::line(&format!("began {}, {ended}", run.started_at));
    if let Some(cause) = &run.cause {
        output::line(cause);
    }
    output::line("");
    let done: Vec<Vec<String>> = run
        .tally
        .iter()
        .map(|(name, count)| vec![name.replace('_', " "), count.to_string()])
        .collect();
    output::table(&["DONE", "COUNT"], &done);
    if !compared.is_empty() {
        output::line("");
        let rows: Vec<Vec<String>> = compared
            .iter()
            .map(|(kind, pages, objects)| {
                vec![kind.clone(), objects.to_string(), pages.to_string()]
            })
            .collect();
        output::table(&["KIND", "OBJECTS", "PAGES"], &rows);
    }
    output::line("");
    let drift = run.tally.get("drift").copied().unwrap_or(0);
    if found.is_empty() {
        output::line(&match run.state {
            // A dry run records nothing, and a later run may have seen the same.
            _ if drift > 0 => {
                format!("{drift} differences were seen; no finding stands as this run's.")
            }
            RunState::Completed => "No drift was seen.".to_owned(),
            RunState::Running | RunState::Failed | RunState::Braked => {
                "It did not come to its end, and says nothing about drift.".to_owned()
            }
        });
    } else {
        let rows: Vec<Vec<String>> =
            found.iter().map(|(found, count)| vec![found.clone(), count.to_string()]).collect();
        output::table(&["DRIFT", "FINDINGS"], &rows);
    }
    if let Some(oldest) = proofs.first() {
        output::line(&format!(
            "The oldest proof is that of {}: compared as of {}.",
            oldest.kind, oldest.since
        ));
    }
    Ok(ExitCode::SUCCESS)
}
