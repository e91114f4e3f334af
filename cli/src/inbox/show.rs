//! `counterfoil inbox show`.

use std::process::ExitCode;

use counterfoil_service::config::Sources;
use counterfoil_store::{Filter, InboxRow};

use super::{json_of, store};
use crate::args::ShowArguments;
use crate::output;

/// The same id under another account or mode is another event; there are never many.
const ROWS_MAX: u16 = 100;

pub(crate) async fn run(arguments: ShowArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let (_, store) = store(sources)?;
    let filter = Filter { id: Some(arguments.id.clone()), ..Filter::default() };
    let rows = store.inbox(&filter, None, ROWS_MAX).await?;
    if rows.is_empty() {
        output::say(&format!(
            "The inbox holds no event {}. Stripe may not have sent it, or not to this endpoint.",
            arguments.id
        ));
        return Ok(ExitCode::FAILURE);
    }
    for row in &rows {
        let payload = store.payloads(&[&row.key]).await?.into_iter().next().map(|it| it.body);
        let body = payload.as_deref().map(String::from_utf8_lossy);
        if arguments.json {
            let mut json = json_of(row);
            if arguments.body {
                json["body"] = body.as_deref().into();
            }
            output::line(&json.to_string());
            continue;
        }
        print(row);
        match (&payload, arguments.body) {
            (None, _) => output::line("body         no longer kept"),
            (Some(bytes), false) => {
                output::line(&format!("body         {} bytes; --body prints them", bytes.len()));
            }
            (Some(_), true) => output::line(&format!("body\n{}", body.unwrap_or_default())),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(row: &InboxRow) {
    let none = || "-".to_owned();
    for (name, value) in [
        ("event", row.key.id.clone()),
        ("account", row.key.scope.to_string()),
        ("endpoint", row.endpoint.clone()),
        ("type", row.event_type.clone()),
        ("version", row.api_version.clone().unwrap_or_else(none)),
        ("object", row.object_id.clone().unwrap_or_else(none)),
        ("customer", row.customer.clone().unwrap_or_else(none)),
        ("created", row.created.to_string()),
        ("received", row.received_at.to_string()),
        ("settled", row.settled_at.to_string()),
        ("outcome", row.outcome.to_string()),
        ("why", row.reason.clone().unwrap_or_else(none)),
        ("repeats", row.repeats.to_string()),
        ("replayed", row.replayed_at.map_or_else(none, |it| it.to_string())),
    ] {
        output::line(&format!("{name:<13}{value}"));
    }
}
