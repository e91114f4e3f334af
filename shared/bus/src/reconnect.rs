//! The waiting between tries to reach a broker, and between tries of a batch whose other side is
//! away.
//!
//! The waits grow from a tenth of a second to five seconds and never end: whoever waits here has
//! nothing else to do, and after an outage the first to be back should not be minutes late. They
//! are spread at random, so that many processes do not knock at once.

use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that grow until something succeeds.
pub(crate) struct Waits(ExponentialBackoff);

impl Waits {
    pub(crate) fn new() -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(FIRST)
                .with_multiplier(2.0)
                .with_max_interval(LONGEST)
                .with_max_elapsed_time(None)
                .build(),
        )
    }

    /// Begins again with the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.0.reset();
    }

    /// Waits, each time longer than the last.
    #[expect(
        clippy::disallowed_methods,
        reason = "the retry queues live on the broker that is being waited for"
    )]
    pub(crate) async fn wait(&mut self) {
        // Without a bound on the whole there is always a next one.
        tokio::time::sleep(self.0.next_backoff().unwrap_or(LONGEST)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_stay_bounded_for_ever() {
        let mut waits = Waits::new();
        let first = waits.0.next_backoff().unwrap();
        assert!(first <= FIRST * 2);
        for _ in 0..100 {
            assert!(waits.0.next_backoff().unwrap() <= LONGEST * 2);
        }
        assert!(waits.0.next_backoff().unwrap() >= LONGEST / 2);
        waits.reset();
        assert!(waits.0.next_backoff().unwrap() <= FIRST * 2);
    }
}
