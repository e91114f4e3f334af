//! `counterfoil tenant`: what concerns one customer.

use std::process::ExitCode;

use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};
use serde_json::{Map, Value, json};

use crate::args::EraseArguments;
use crate::output;
use crate::scope::scope_of;
use crate::services::open_store;

/// Erases a customer's personal data for good, and says what was erased.
pub(crate) async fn erase(
    arguments: EraseArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil tenant")?;
    let scope = scope_of(arguments.scope, &config);
    let customer = arguments.customer;
    if !arguments.yes {
        output::say(&format!(
            "Erasing what is personal of {customer} in {scope} cannot be undone. Amounts, dates and \
             ids stay. Delete the customer at Stripe as well; --yes erases."
        ));
        return Ok(ExitCode::FAILURE);
    }
    let tables: Vec<_> = counterfoil_projection::tables().collect();
    let now = Clock::system().now();
    let erased = store.erase_customer(&tables, &customer, &scope, now).await?;
    store.close().await;
    if arguments.json {
        let rows: Map<String, Value> =
            erased.rows.iter().map(|(table, count)| ((*table).to_owned(), json!(count))).collect();
        let json = json!({
            "customer": customer, "account": scope.account, "livemode": scope.livemode,
            "rows": rows, "bodies": erased.bodies,
        });
        output::line(&json.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if erased.rows.is_empty() && erased.bodies == 0 {
        output::line(&format!("Nothing personal of {customer} is held in {scope}."));
    } else {
        let line =
            |(table, count): &(&str, u64)| vec![format!("stripe.{table}"), count.to_string()];
        let mut lines: Vec<Vec<String>> = erased.rows.iter().map(line).collect();
        lines.push(vec!["bodies of events".to_owned(), erased.bodies.to_string()]);
        output::table(&["ERASED IN", "ROWS"], &lines);
    }
    output::line("It is remembered, so later events do not bring it back.");
    Ok(ExitCode::SUCCESS)
}
