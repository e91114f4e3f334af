//! The one place that reads the machine's clocks.
//!
//! Rules take `now` as an argument; services hold a [`Clock`] and pass its readings on, so that a
//! test can hold time still and move it by hand. A wall clock that runs outside the years 0 to
//! 9999 reads as the epoch: every signature is then refused as too far from now, and nothing is
//! accepted by mistake.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counterfoil_domain::Timestamp;

/// A source of the present time. Clones show the same time.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System { started: Instant },
    Fixed { start: Timestamp, advanced_micros: AtomicU64 },
}

impl Clock {
    /// The machine's own clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn system() -> Self {
        Self(Arc::new(Source::System { started: Instant::now() }))
    }

    /// A clock for tests that stands at `start` until it is advanced.
    #[must_use]
    pub fn fixed(start: Timestamp) -> Self {
        Self(Arc::new(Source::Fixed { start, advanced_micros: AtomicU64::new(0) }))
    }

    /// Moves a fixed clock and all its clones forward. The system's clock cannot be moved: there
    /// this does nothing.
    pub fn advance(&self, by: Duration) {
        match &*self.0 {
            Source::System { .. } => {}
            Source::Fixed { advanced_micros, .. } => {
                let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
                advanced_micros.fetch_add(by, Ordering::SeqCst);
            }
        }
    }

    /// The time of day. May jump when the machine's clock is set.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::System { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let micros = i64::try_from(since.as_micros()).unwrap_or(0);
                Timestamp::from_unix_micros(micros).unwrap_or(Timestamp::EPOCH)
            }
            Source::Fixed { start, advanced_micros } => {
                start.plus(Duration::from_micros(advanced_micros.load(Ordering::SeqCst)))
            }
        }
    }

    /// Time since this clock was made. Never goes backwards: for measuring how long a thing took.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &*self.0 {
            Source::System { started } => started.elapsed(),
            Source::Fixed { advanced_micros, .. } => {
                Duration::from_micros(advanced_micros.load(Ordering::SeqCst))
            }
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Source::System { .. } => f.write_str("Clock::system"),
            Source::Fixed { .. } => write!(f, "Clock::fixed({})", self.now()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_its_clones_move_with_it() {
        let start = Timestamp::from_unix_seconds(1_700_000_000).unwrap();
        let clock = Clock::fixed(start);
        let other = clock.clone();
        assert_eq!((clock.now(), clock.monotonic()), (start, Duration::ZERO));
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(other.now().since(start), Duration::from_millis(1_500));
        assert_eq!(other.monotonic(), Duration::from_millis(1_500));
    }

    #[test]
    fn the_system_clock_shows_a_time_after_this_was_written_and_is_not_moved() {
        let clock = Clock::system();
        clock.advance(Duration::from_hours(1_000_000));
        assert!(clock.now() > Timestamp::from_unix_seconds(1_750_000_000).unwrap());
        assert!(clock.now() < Timestamp::from_unix_seconds(4_000_000_000).unwrap());
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first && first < Duration::from_hours(1));
    }
}
