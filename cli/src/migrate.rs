//! `counterfoil migrate`.

use counterfoil_service::config::{Config, Need, Sources};

use crate::output;
use crate::services::open_store;

pub(crate) async fn run(sources: &Sources) -> anyhow::Result<()> {
    let config = Config::load(sources, &[Need::Store])?;
    let store = open_store(config.store()?, "counterfoil migrate")?;
    let count = store.migrate().await?;
    output::line(&format!("The schema is up to date ({count} migrations)."));
    store.close().await;
    Ok(())
}
