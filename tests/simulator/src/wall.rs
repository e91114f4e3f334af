//! The machine's clocks, injected, so that nothing else in the simulator reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Reads the clocks of the machine. Tests give their own to hold the wall clock still.
pub trait Wall: Send + Sync + 'static {
    /// Microseconds since 1970-01-01 UTC.
    fn unix_micros(&self) -> i64;

    /// Time since some fixed moment; never goes back. Waits between delivery attempts are
    /// measured with it.
    fn monotonic(&self) -> Duration;
}

/// The clocks of this machine.
#[derive(Debug)]
pub struct MachineWall {
    started: Instant,
}

impl MachineWall {
    /// A monotonic reading that begins at zero now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the simulator reads the machine's monotonic clock"
    )]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for MachineWall {
    fn default() -> Self {
        Self::new()
    }
}

impl Wall for MachineWall {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the simulator reads the machine's wall clock"
    )]
    fn unix_micros(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}
