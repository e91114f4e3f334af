//! How a simulator is started.

use crate::clock::ClockMode;
use crate::delivery::faults::Faults;
use crate::delivery::retry::Retries;
use crate::life::rules::Rules;
use crate::version::ApiVersion;
use crate::wall::{MachineWall, Wall};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Everything a simulator is started with. The default listens on a free port of the loopback
/// interface, follows the wall clock and does nothing wrong.
#[derive(Clone)]
pub struct Options {
    /// The account's API version, used where a request or an endpoint names none.
    pub api_version: ApiVersion,
    /// How simulated time passes.
    pub clock: ClockMode,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// How many deliveries are in flight at once.
    pub in_flight_max: usize,
    /// Where the API listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The base of the URLs of its pages, where callers reach it by another address than the one
    /// it listens on; without a slash at its end.
    pub public_url: Option<String>,
    /// When failed deliveries are sent again.
    pub retries: Retries,
    /// How the account bills.
    pub rules: Rules,
    /// What ids and chance follow from.
    pub seed: u64,
    /// The machine's clocks.
    pub wall: Arc<dyn Wall>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_version: ApiVersion::newest(),
            clock: ClockMode::Wall,
            faults: Faults::default(),
            in_flight_max: 32,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            retries: Retries::default(),
            rules: Rules::default(),
            seed: 1,
            wall: Arc::new(MachineWall::new()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("api_version", &self.api_version)
            .field("clock", &self.clock)
            .field("faults", &self.faults)
            .field("in_flight_max", &self.in_flight_max)
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("retries", &self.retries)
            .field("rules", &self.rules)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
