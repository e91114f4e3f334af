//! A stretch of time in which something is counted while it runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counterfoil_service::Clock;

use crate::stats::number;

/// What was counted within a window.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// How much.
    pub count: u64,
    /// In how long.
    pub took: Duration,
}

impl Window {
    /// Waits for the warm-up, then counts for `span`. Holds the thread.
    #[must_use]
    pub fn over(count: &AtomicU64, warm_up: Duration, span: Duration, clock: &Clock) -> Self {
        std::thread::sleep(warm_up);
        let (before, started) = (count.load(Ordering::Relaxed), clock.monotonic());
        std::thread::sleep(span);
        let (after, ended) = (count.load(Ordering::Relaxed), clock.monotonic());
        Self { count: after.saturating_sub(before), took: ended.saturating_sub(started) }
    }

    /// How much came in a second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        number(self.count) / self.took.as_secs_f64()
    }
}
