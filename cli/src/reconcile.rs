//! `counterfoil reconcile`: running a job now, how the jobs stand, and what a run did.

pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod status;

use counterfoil_store::Run;
use serde_json::{Value, json};

/// Reads the name of a job.
pub(crate) fn job_of(name: &str) -> Result<counterfoil_reconciler::Job, String> {
    counterfoil_reconciler::Job::parse(name).ok_or_else(|| {
        let names: Vec<&str> =
            counterfoil_reconciler::Job::ALL.iter().map(|it| it.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

/// A run for machines.
pub(crate) fn run_json(run: &Run) -> Value {
    json!({
        "run": run.id,
        "job": run.job,
        "account": run.scope.account,
        "livemode": run.scope.livemode,
        "dry_run": run.dry_run,
        "state": run.state.as_str(),
        "phase": run.phase,
        "started_at": run.started_at.to_string(),
        "ended_at": run.ended_at.map(|it| it.to_string()),
        "cause": run.cause,
        "done": run.tally,
    })
}

/// What a run did, in a line.
pub(crate) fn done_line(run: &Run) -> String {
    let shown: Vec<String> = run
        .tally
        .iter()
        .filter(|(_, count)| **count != 0)
        .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
        .collect();
    if shown.is_empty() { "nothing to do".to_owned() } else { shown.join(", ") }
}
