//! One history as endpoints of six API versions hear it: what each version moved (STRIPE.md 5.6)
//! is where it belongs in every body, and everything else is the same.

mod customer;
mod envelope;
mod product;
mod subscription;

use crate::receiver::{Receiver, SECRET};
use crate::stage::{DEADLINE, Stage};
use counterfoil_simulator::{ApiVersion, Endpoint};
use serde_json::Value;

/// The versions, oldest first: two from before the release trains, and the first of four trains.
pub(crate) const VERSIONS: [&str; 6] = [
    "2020-08-27",
    "2022-11-15",
    "2024-09-30.acacia",
    "2025-03-31.basil",
    "2025-09-30.clover",
    "2026-09-30.endive",
];

/// A stage with one endpoint for each version.
pub(crate) struct Heard {
    pub(crate) stage: Stage,
    sinks: Vec<Receiver>,
}

impl Heard {
    pub(crate) async fn start() -> Self {
        Self::on(Stage::start().await).await
    }

    pub(crate) async fn on(stage: Stage) -> Self {
        let mut sinks = Vec::new();
        for version in VERSIONS {
            let sink = Receiver::start(|_| 200).await;
            let version = ApiVersion::parse(version).unwrap();
            let endpoint = Endpoint::new(&sink.url(), SECRET).unwrap().with_version(version);
            let _ = stage.simulator.add_endpoint(endpoint);
            sinks.push(sink);
        }
        Self { stage, sinks }
    }

    /// Everything that each version heard, in the order of the versions.
    pub(crate) async fn all(&self) -> Vec<Vec<Value>> {
        assert!(self.stage.simulator.settled(DEADLINE).await);
        let events = |sink: &Receiver| {
            sink.received().iter().map(crate::receiver::Received::event).collect()
        };
        self.sinks.iter().map(events).collect()
    }

    /// The last event of a type as each version heard it, with the version. They are one event.
    pub(crate) async fn last(&self, kind: &str) -> Vec<(&'static str, Value)> {
        let made = crate::stage::events(&self.stage.simulator);
        let of_kind = made.iter().rfind(|event| event["type"] == kind);
        let id = &of_kind.unwrap_or_else(|| panic!("{kind} was made"))["id"];
        let bodies = self.all().await.into_iter().map(|events| {
            let same = events.into_iter().find(|event| event["id"] == *id);
            same.unwrap_or_else(|| panic!("every version heard of {kind}"))
        });
        VERSIONS.into_iter().zip(bodies).collect()
    }
}

/// Whether what came with the version of a date (`2025-03-31`) is in another.
pub(crate) fn has(version: &str, since: &str) -> bool {
    version.get(..10).is_some_and(|date| date >= since)
}
