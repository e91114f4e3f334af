//! `counterfoil inbox`: what became of every event.

pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod send;
pub(crate) mod show;

use counterfoil_domain::Timestamp;
use counterfoil_domain::outcome::Outcome;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_store::{Filter, InboxRow, Span, Store};
use serde_json::{Value, json};

use crate::args::FilterArguments;
use crate::services::open_store;

/// Reads the name of an outcome.
pub(crate) fn outcome_of(name: &str) -> Result<Outcome, String> {
    Outcome::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Outcome::ALL.iter().map(|it| it.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

fn filter_of(id: Option<String>, arguments: FilterArguments, now: Timestamp) -> Filter {
    Filter {
        id,
        event_type: arguments.event_type,
        customer: arguments.customer,
        object_id: arguments.object,
        outcome: arguments.outcome,
        received: Span {
            from: arguments.since.map(|it| it.at(now)),
            before: arguments.until.map(|it| it.at(now)),
        },
    }
}

fn store(sources: &Sources) -> anyhow::Result<(Config, Store)> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil inbox")?;
    Ok((config, store))
}

/// What is said beside a list that stops before its end, and the whole count.
fn counts_line(counts: &[(Outcome, i64)]) -> String {
    let total: i64 = counts.iter().map(|it| it.1).sum();
    if total == 0 {
        return "No event matches.".to_owned();
    }
    let parts: Vec<String> =
        counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    let events = if total == 1 { "event" } else { "events" };
    format!("{total} {events}: {}", parts.join(", "))
}

fn json_of(row: &InboxRow) -> Value {
    json!({
        "id": row.key.id,
        "account": row.key.scope.account,
        "livemode": row.key.scope.livemode,
        "endpoint": row.endpoint,
        "type": row.event_type,
        "api_version": row.api_version,
        "object": row.object_id,
        "customer": row.customer,
        "created": row.created.to_string(),
        "received_at": row.received_at.to_string(),
        "settled_at": row.settled_at.to_string(),
        "outcome": row.outcome.as_str(),
        "reason": row.reason,
        "repeats": row.repeats,
        "replayed_at": row.replayed_at.map(|it| it.to_string()),
    })
}
