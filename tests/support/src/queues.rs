//! Queues of one's own, on a broker that others use too.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use counterfoil_bus::{AmqpUrl, BusOptions, QueueDepth, Role, Topology, delete_topology, depths};

use crate::database::setting;
use crate::until::until;

/// A prefix that nobody else uses, on the broker that `AMQP_URL` names.
#[derive(Debug, Clone)]
pub struct Queues {
    /// The broker's address.
    pub url: String,
    /// What the names of the queues begin with.
    pub prefix: String,
    /// The same, for the bus.
    pub options: BusOptions,
}

impl Queues {
    /// Chooses a prefix; nothing is declared yet.
    pub fn choose() -> anyhow::Result<Self> {
        Self::at(setting("AMQP_URL")?)
    }

    /// The same at a broker of one's own.
    pub fn at(url: String) -> anyhow::Result<Self> {
        let prefix = unique();
        let mut options = BusOptions::new(AmqpUrl::new(url.clone().into())?);
        options.topology = Topology::new(&prefix)?;
        Ok(Self { url, prefix, options })
    }

    /// How many messages wait in each queue.
    pub async fn depths(&self) -> anyhow::Result<Vec<QueueDepth>> {
        Ok(depths(&self.options).await?)
    }

    /// Waits until nothing is left to be worked on or tried again; what is parked stays.
    pub async fn drained(&self, deadline: Duration) -> anyhow::Result<()> {
        until("the queues are empty", deadline, async || {
            let depths = self.depths().await?;
            let waiting: Vec<String> = depths
                .iter()
                .filter(|it| it.messages > 0 && it.role != Role::Parked)
                .map(|it| format!("{}: {}", it.name, it.messages))
                .collect();
            anyhow::ensure!(waiting.is_empty(), "{}", waiting.join(", "));
            Ok(Some(()))
        })
        .await
    }

    /// Removes them with all that is in them.
    pub async fn remove(&self) -> anyhow::Result<()> {
        Ok(delete_topology(&self.options).await?)
    }
}

/// A name that no other test, in this process or another, has chosen.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // A process id comes again; the time at which it came before does not.
    #[expect(clippy::disallowed_methods, reason = "names in tests need the clock, rules do not")]
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |it| it.as_micros());
    format!("cf_{}_{now:x}_{count}", std::process::id())
}
