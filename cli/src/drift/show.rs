//! `counterfoil drift show FINDING`.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_service::config::{Config, Need, Sources};
use serde_json::{Value, json};

use super::{finding_json, state_of};
use crate::args::FindingArguments;
use crate::output;
use crate::services::open_store;

pub(crate) async fn run(
    arguments: FindingArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil drift")?;
    let id = arguments.finding;
    let it = store.finding(id).await?.with_context(|| format!("there is no finding {id}"))?;
    let audit = store.audit_of(id).await?;
    store.close().await;
    if arguments.json {
        let mut json = finding_json(&it);
        json["audit"] = audit
            .iter()
            .map(|it| {
                json!({
                    "at": it.at.to_string(), "actor": it.actor, "action": it.action,
                    "reason": it.reason,
                })
            })
            .collect();
        output::line(&json.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("Finding {id}: {}, {}, {}", it.found, it.severity, state_of(&it)));
    output::line(&format!("{} {} in {}", it.kind, it.object_id, it.scope));
    output::line(&format!(
        "first seen {}, last seen {}, {} times",
        it.first_seen, it.last_seen, it.times_seen
    ));
    if let (Some(at), Some(by)) = (it.corrected_at, &it.corrected_by) {
        output::line(&format!("corrected {at} by {by}"));
    }
    if let (Some(at), Some(by)) = (it.dismissed_at, &it.dismissed_by) {
        let because = it.dismissed_because.as_deref().unwrap_or("-");
        output::line(&format!("dismissed {at} by {by}: {because}"));
    }
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(it) => it.clone(),
        other => other.to_string(),
    };
    let rows: Vec<Vec<String>> = it
        .differences
        .as_object()
        .into_iter()
        .flatten()
        .map(|(column, both)| match both.get("stripe") {
            Some(stripe) => {
                vec![column.clone(), text(&both["held"]), text(stripe)]
            }
            None => vec![column.clone(), String::new(), text(both)],
        })
        .collect();
    if !rows.is_empty() {
        output::line("");
        output::table(&["COLUMN", "WE HELD", "STRIPE SAYS"], &rows);
    }
    if !audit.is_empty() {
        output::line("");
        let rows: Vec<Vec<String>> = audit
            .into_iter()
            .map(|it| vec![it.at.to_string(), it.actor, it.action, it.reason.unwrap_or_default()])
            .collect();
        output::table(&["AT", "WHO", "WHAT", "WHY"], &rows);
    }
    Ok(ExitCode::SUCCESS)
}
