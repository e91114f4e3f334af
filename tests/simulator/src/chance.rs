//! Seeded chance. Each use has a stream of its own, so that switching one fault on does not
//! change what another, or the history itself, draws.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

/// What the drawn numbers are for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// When and in which copies events are delivered.
    Delivery = 1,
    /// Which changes get a second event id.
    SecondId = 2,
    /// What the customers of a play do.
    Play = 3,
    /// Which calls of the API go wrong.
    Calls = 4,
    /// Which deliveries are delayed, lost, sent again or wrongly signed.
    Mischief = 5,
    /// Which changes get no event.
    NeverGenerated = 6,
    /// Which events have a `status` that nobody has heard of.
    UnknownEnum = 7,
    /// Which events have a field that nobody has heard of.
    UnknownField = 8,
    /// Which meter events are rejected for no reason of their own.
    Usage = 20,
    /// Which changes get an event of a type that nobody has heard of.
    UnknownType = 9,
    /// Which events could not be made, which is told of later.
    GenerationFailed = 10,
}

/// A seeded generator of one stream.
#[derive(Debug)]
pub(crate) struct Chance {
    numbers: ChaCha8Rng,
}

impl Chance {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream as u64);
        Self { numbers }
    }

    /// True with this probability. A rate of zero draws nothing.
    pub(crate) fn hits(&mut self, rate: f64) -> bool {
        rate > 0.0 && self.numbers.random_bool(rate.min(1.0))
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.numbers.random_range(low..=high) }
    }

    /// A time from zero up to `longest`.
    pub(crate) fn within(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        if micros == 0 {
            return Duration::ZERO;
        }
        Duration::from_micros(self.numbers.random_range(0..=micros))
    }

    /// One of the values, by weight; none when there is none.
    pub(crate) fn pick<T: Copy>(&mut self, weighted: &[(i64, T)]) -> Option<T> {
        let total: i64 = weighted.iter().map(|(weight, _)| weight).sum();
        let mut left = self.between(1, total);
        for (weight, value) in weighted {
            left -= weight;
            if left <= 0 {
                return Some(*value);
            }
        }
        None
    }
}
