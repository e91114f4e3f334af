//! Where the broker is and how we behave towards it.

use std::fmt;
use std::time::Duration;

use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};

use crate::metrics::BusMetrics;
use crate::topology::Topology;

/// The broker's address with its credentials: `amqp://user:password@host:port/vhost`, or `amqps`.
/// Neither its `Debug` form nor any error shows it.
#[derive(Clone)]
pub struct AmqpUrl(SecretString);

/// A text that is no broker's address. The text itself is not shown, it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker's address is not of the form amqp://user:password@host:port/vhost")]
pub struct AmqpUrlError;

impl AmqpUrl {
    /// Takes an address after checking its form.
    pub fn new(url: SecretString) -> Result<Self, AmqpUrlError> {
        let it = Self(url);
        it.parsed().map(|_| it)
    }

    pub(crate) fn parsed(&self) -> Result<AMQPUri, AmqpUrlError> {
        self.0.expose_secret().parse::<AMQPUri>().map_err(|_| AmqpUrlError)
    }
}

impl fmt::Debug for AmqpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AmqpUrl(hidden)")
    }
}

/// What every user of the bus says about itself and the broker.
#[derive(Debug, Clone)]
pub struct BusOptions {
    /// The broker's address.
    pub url: AmqpUrl,
    /// The names and arguments of the exchanges and queues.
    pub topology: Topology,
    /// The name that the broker shows for our connections.
    pub connection_name: String,
    /// How long a publish waits for its confirm before its receipt is unknown.
    pub confirm_timeout: Duration,
    /// How many publishes may be without their confirm at once; more are refused at once, so that
    /// a broker that stopped answering does not fill our memory.
    pub outstanding_max: usize,
    /// How many messages that wait at the same moment may travel in one; 1 for none.
    pub pack_max: usize,
    /// The longest silence on a connection before it counts as broken, in whole seconds.
    pub heartbeat: Duration,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// Whether a publisher declares the topology each time it connects, so that a broker that was
    /// replaced by an empty one is ready again by itself.
    pub declare: bool,
    /// Where chance begins; processes should differ in it. It spreads retries over time.
    pub seed: u64,
    /// Where the numbers go.
    pub metrics: BusMetrics,
}

impl BusOptions {
    /// The options with their defaults, for the broker at this address.
    #[must_use]
    pub fn new(url: AmqpUrl) -> Self {
        Self {
            url,
            topology: Topology::default(),
            connection_name: "counterfoil".to_owned(),
            confirm_timeout: Duration::from_secs(5),
            outstanding_max: 8_192,
            pack_max: 16,
            heartbeat: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            declare: true,
            seed: 0,
            metrics: BusMetrics::unregistered(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_checked_and_never_shown() {
        let check = |url: &str, ok: bool| {
            let made = AmqpUrl::new(url.into());
            assert_eq!(made.is_ok(), ok, "{url}");
            let shown = format!("{made:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        };
        check("amqp://me:hunter2@localhost:5672/%2f", true);
        check("amqps://me:hunter2@broker.internal/vhost", true);
        check("amqp://localhost", true);
        check("http://me:hunter2@localhost", false);
        check("me:hunter2@localhost", false);
        check("", false);
    }
}
