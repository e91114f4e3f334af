//! `counterfoil payloads`: the kept bodies of events.

use std::collections::BTreeSet;
use std::process::ExitCode;

use counterfoil_service::config::{Config, Need, Sources};
use serde_json::json;

use crate::args::ReencryptArguments;
use crate::output;
use crate::services::open_store;

/// Bodies of one transaction.
const PAGE: u16 = 500;

/// Bears every kept body with the key in use. Safe to stop and to run again.
pub(crate) async fn reencrypt(
    arguments: ReencryptArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil payloads")?;
    let total = store.bodies_to_reencrypt().await?;
    let mut done = 0;
    let mut unknown = BTreeSet::new();
    if !arguments.dry_run {
        let (mut seen, mut after) = (0, None);
        loop {
            let page = store.reencrypt(after.as_ref(), PAGE).await?;
            seen += page.seen;
            done += page.done;
            unknown.extend(page.unknown_keys);
            output::progress(&format!("{seen} bodies seen, {done} of {total} encrypted"));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        output::progress_end();
    }
    if arguments.json {
        let json = json!({ "found": total, "encrypted": done, "unknown_keys": unknown });
        output::line(&json.to_string());
    } else if arguments.dry_run {
        output::line(&format!("{total} kept bodies do not bear the key in use."));
    } else {
        output::line(&format!("{done} of {total} bodies now bear the key in use."));
        for key in &unknown {
            output::line(&format!(
                "Others bear key {key}, which is not among COUNTERFOIL_PAYLOAD_KEYS; add it, and \
                 run this again."
            ));
        }
    }
    store.close().await;
    Ok(if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
