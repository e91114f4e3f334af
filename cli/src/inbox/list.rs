//! `counterfoil inbox list`.

use counterfoil_service::Clock;
use counterfoil_service::config::Sources;
use counterfoil_store::InboxRow;

use super::{counts_line, filter_of, json_of, store};
use crate::args::ListArguments;
use crate::output;

/// Rows of one page.
const PAGE: u32 = 1_000;

pub(crate) async fn run(arguments: ListArguments, sources: &Sources) -> anyhow::Result<()> {
    let (_, store) = store(sources)?;
    let filter = filter_of(None, arguments.filter, Clock::system().now());
    let mut left = arguments.limit;
    let mut rows: Vec<InboxRow> = Vec::new();
    while left > 0 {
        let size = u16::try_from(left.min(PAGE)).unwrap_or(u16::MAX);
        let page = store.inbox(&filter, rows.last(), size).await?;
        let full = page.len() == usize::from(size);
        left -= u32::try_from(page.len()).unwrap_or(left);
        rows.extend(page);
        if !full {
            break;
        }
    }
    if arguments.json {
        for row in &rows {
            output::line(&json_of(row).to_string());
        }
        return Ok(());
    }
    if !rows.is_empty() {
        let head = ["RECEIVED", "EVENT", "TYPE", "OBJECT", "OUTCOME", "REPEATS", "WHY"];
        output::table(&head, &rows.iter().map(cells).collect::<Vec<_>>());
        output::line("");
    }
    let counts = store.inbox_counts(&filter).await?;
    output::line(&counts_line(&counts));
    let total: i64 = counts.iter().map(|it| it.1).sum();
    if usize::try_from(total).is_ok_and(|total| total > rows.len()) {
        output::line(&format!("The newest {} are shown; --limit shows more.", rows.len()));
    }
    Ok(())
}

fn cells(row: &InboxRow) -> Vec<String> {
    vec![
        row.received_at.whole_second().to_string(),
        row.key.id.clone(),
        if row.event_type.is_empty() { "-".to_owned() } else { row.event_type.clone() },
        row.object_id.clone().unwrap_or_else(|| "-".to_owned()),
        row.outcome.to_string(),
        row.repeats.to_string(),
        row.reason.clone().unwrap_or_default(),
    ]
}
