//! `counterfoil inbox show`: what became of an event, every attempt, and what it changed.

use std::process::ExitCode;

use counterfoil_domain::mirror::Projection;
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Timestamp};
use counterfoil_projection::{Difference, Meaning, differences, meaning_of};
use counterfoil_service::config::Sources;
use counterfoil_store::{Attempt, Filter, InboxRow, Store, Unreadable};
use counterfoil_stripe_wire::event::Event;
use serde_json::{Value, json};

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
        let told = Story::of(&store, row).await?;
        if arguments.json {
            output::line(&told.json(row, arguments.body).to_string());
        } else {
            told.print(row, arguments.body);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known of one event beside its row.
struct Story {
    body: Option<Result<Vec<u8>, Unreadable>>,
    attempts: Vec<Attempt>,
    changed: Changed,
}

/// What an event changed in the mirror.
enum Changed {
    /// It was not written.
    Nothing,
    /// It made the row.
    Made,
    /// It removed the object.
    Removed,
    /// It replaced what was held; these columns differ.
    Columns(Vec<Difference>),
    /// It was written, and what stood before is no longer known in full, for this reason.
    Unknown(&'static str),
}

impl Story {
    async fn of(store: &Store, row: &InboxRow) -> anyhow::Result<Self> {
        let body = body_of(store, &row.key).await?;
        Ok(Self {
            attempts: store.attempts(&row.key).await?,
            changed: changed(store, row, body.as_ref()).await?,
            body,
        })
    }

    fn json(&self, row: &InboxRow, with_body: bool) -> Value {
        let mut json = json_of(row);
        let attempt = |it: &Attempt| {
            json!({
                "at": it.at.to_string(), "cause": it.cause.as_str(),
                "outcome": it.outcome.as_str(), "reason": it.reason,
            })
        };
        json["attempts"] = self.attempts.iter().map(attempt).collect();
        json["changed"] = match &self.changed {
            Changed::Nothing => json!("nothing"),
            Changed::Made => json!("made"),
            Changed::Removed => json!("removed"),
            Changed::Unknown(why) => json!({ "unknown": why }),
            Changed::Columns(columns) => {
                columns.iter().map(|it| json!(it.column)).collect::<Value>()
            }
        };
        if with_body && let Some(Ok(body)) = &self.body {
            json["body"] = json!(String::from_utf8_lossy(body));
        }
        json
    }

    fn print(&self, row: &InboxRow, with_body: bool) {
        print_row(row);
        self.print_change(row);
        print_attempts(row, &self.attempts);
        match &self.body {
            None => output::line("body         no longer kept"),
            Some(Err(why)) => output::line(&format!("body         cannot be read: {why}")),
            Some(Ok(bytes)) if with_body => {
                output::line(&format!("body\n{}", String::from_utf8_lossy(bytes)));
            }
            Some(Ok(bytes)) => {
                output::line(&format!("body         {} bytes; --body prints them", bytes.len()));
            }
        }
    }

    fn print_change(&self, row: &InboxRow) {
        let object = row.object_id.as_deref().unwrap_or("its object");
        match &self.changed {
            Changed::Nothing => output::line("changed      nothing in the mirror"),
            Changed::Made => output::line(&format!("changed      {object} was new")),
            Changed::Removed => output::line(&format!("changed      {object} was marked deleted")),
            Changed::Unknown(why) => output::line(&format!("changed      {object}; {why}")),
            Changed::Columns(columns) if columns.is_empty() => {
                output::line("changed      no column; the object was seen as it stood");
            }
            Changed::Columns(columns) => {
                let value = |it: &Difference, value: &Option<String>| match value {
                    Some(_) if it.personal => "(personal)".to_owned(),
                    Some(text) => text.clone(),
                    None => "-".to_owned(),
                };
                let lines: Vec<Vec<String>> = columns
                    .iter()
                    .map(|it| vec![it.column.to_owned(), value(it, &it.held), value(it, &it.shown)])
                    .collect();
                output::line("");
                output::table(&["CHANGED", "FROM", "TO"], &lines);
                output::line("");
            }
        }
    }
}

async fn body_of(
    store: &Store,
    key: &EventKey,
) -> anyhow::Result<Option<Result<Vec<u8>, Unreadable>>> {
    Ok(store.payloads(&[key]).await?.into_iter().next().map(|it| it.body))
}

/// What an event changed, from its body and that of the event whose sighting it replaced.
async fn changed(
    store: &Store,
    row: &InboxRow,
    body: Option<&Result<Vec<u8>, Unreadable>>,
) -> anyhow::Result<Changed> {
    // What was refetched may have been written first, which only what it replaced can tell.
    if row.outcome != Outcome::Applied && row.replaced_at.is_none() {
        return Ok(Changed::Nothing);
    }
    let Some(after) = body.and_then(|it| it.as_ref().ok()).and_then(|it| projected(it)) else {
        return Ok(Changed::Unknown("its body is no longer kept"));
    };
    let Some(now) = after.change.row().filter(|_| !after.change.is_deletion()) else {
        return Ok(Changed::Removed);
    };
    if row.replaced_at.is_none() {
        return Ok(Changed::Made);
    }
    let Some(event) = &row.replaced_event else {
        return Ok(Changed::Unknown("Stripe had been asked before, and answers are not kept"));
    };
    let key = EventKey { id: event.clone(), scope: row.key.scope.clone() };
    let before = body_of(store, &key).await?.and_then(Result::ok);
    let before = before.and_then(|it| projected(&it));
    Ok(match before.as_ref().and_then(|it| it.change.row()) {
        Some(before) => Changed::Columns(differences(before, now)),
        None => Changed::Unknown("the body of the event before it is no longer kept"),
    })
}

fn projected(body: &[u8]) -> Option<Box<Projection>> {
    let event = Event::read(body).ok()?;
    match meaning_of(&event) {
        Ok(Meaning::Sighting(it)) => Some(it),
        Ok(Meaning::Ask { .. } | Meaning::Nothing(_)) | Err(_) => None,
    }
}

fn print_attempts(row: &InboxRow, attempts: &[Attempt]) {
    if attempts.is_empty() {
        return;
    }
    let line = |at: Timestamp, cause: &str, outcome: Option<Outcome>, reason: Option<&str>| {
        let outcome = outcome.map_or_else(|| "-".to_owned(), |it| it.to_string());
        vec![at.to_string(), cause.to_owned(), outcome, reason.unwrap_or_default().to_owned()]
    };
    let mut lines = vec![line(row.received_at, "received", None, None)];
    lines.extend(
        attempts
            .iter()
            .map(|it| line(it.at, it.cause.as_str(), Some(it.outcome), it.reason.as_deref())),
    );
    output::line("");
    output::table(&["AT", "TRIED BECAUSE", "OUTCOME", "WHY"], &lines);
    output::line("");
}

fn print_row(row: &InboxRow) {
    let none = || "-".to_owned();
    let replaced = match (&row.replaced_event, row.replaced_at) {
        (Some(event), Some(at)) => format!("{event}, of {at}"),
        (None, Some(at)) => format!("what Stripe had answered at {at}"),
        (Some(_) | None, None) => none(),
    };
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
        ("replaced", replaced),
        ("repeats", row.repeats.to_string()),
        ("replayed", row.replayed_at.map_or_else(none, |it| it.to_string())),
    ] {
        output::line(&format!("{name:<13}{value}"));
    }
}
