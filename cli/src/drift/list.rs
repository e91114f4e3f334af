//! `counterfoil drift list`.

use std::process::ExitCode;

use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_store::{Finding, FindingFilter};

use super::{finding_json, state_of};
use crate::args::DriftListArguments;
use crate::output;
use crate::services::open_store;

pub(crate) async fn run(
    arguments: DriftListArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil drift")?;
    let filter = FindingFilter {
        open: arguments.open,
        found: arguments.found,
        severity: arguments.severity,
        object_id: arguments.object,
        run: arguments.run,
    };
    let findings = store.findings(&filter, arguments.limit).await?;
    store.close().await;
    if arguments.json {
        for it in &findings {
            output::line(&finding_json(it).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if findings.is_empty() {
        output::line("No findings.");
        return Ok(ExitCode::SUCCESS);
    }
    let row = |it: &Finding| {
        vec![
            it.id.to_string(),
            state_of(it).to_owned(),
            it.severity.clone(),
            it.found.clone(),
            it.kind.clone(),
            it.object_id.clone(),
            it.first_seen.to_string(),
            it.times_seen.to_string(),
        ]
    };
    output::table(
        &["FINDING", "STATE", "SEVERITY", "TYPE", "KIND", "ID", "FIRST SEEN", "TIMES"],
        &findings.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(ExitCode::SUCCESS)
}
