//! `counterfoil drift dismiss FINDING --reason …`: a person says that it is none.

use std::process::ExitCode;

use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};

use super::actor;
use crate::args::DriftDismissArguments;
use crate::output;
use crate::services::open_store;

pub(crate) async fn run(
    arguments: DriftDismissArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil drift")?;
    let (id, by) = (arguments.finding, actor(arguments.by));
    let now = Clock::system().now();
    let dismissed = store.dismiss_finding(id, &by, &arguments.reason, now).await?;
    store.close().await;
    if !dismissed {
        output::say(&format!("finding {id} is not open; `counterfoil drift show {id}` says why"));
        return Ok(ExitCode::FAILURE);
    }
    output::line(&format!(
        "Finding {id} is dismissed. It comes back when the difference looks otherwise."
    ));
    Ok(ExitCode::SUCCESS)
}
