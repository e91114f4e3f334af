//! Senders of signed events.
//!
//! They share the machine with what they measure, so they do as little as can be done: raw
//! connections, one buffer per sender in which an id, a time and a signature change from request to
//! request. What must not be spared is not: every request is a new event with a signature made for
//! it, over all of its bytes.

pub mod answer;
pub mod closed;
pub mod open;
pub mod request;
pub mod subscriptions;
pub mod window;

use std::net::SocketAddr;
use std::sync::Arc;

use counterfoil_service::Clock;

use request::{Ids, Request};

/// Whom to send to, and how to sign.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The endpoint's secret.
    pub secret: String,
    /// The time, for signatures and for latencies.
    pub clock: Clock,
    ids: Arc<Ids>,
}

impl Target {
    /// A target whose events have ids that no other target's have.
    #[must_use]
    pub fn new(address: SocketAddr, secret: &str, clock: &Clock) -> Self {
        let ids = Arc::new(Ids::starting(clock.now()));
        Self { address, secret: secret.to_owned(), clock: clock.clone(), ids }
    }

    /// A request to be made new for each event.
    pub(crate) fn request(&self) -> anyhow::Result<Request> {
        Request::new(self.address, &self.secret, Arc::clone(&self.ids))
    }
}
