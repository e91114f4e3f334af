//! Seeded chance, a stream for each use, so that one more fault does not change the history.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// What numbers are drawn for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Temper = 1,
    Course = 2,
    History = 3,
}

#[derive(Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// `of` tells several uses of one stream apart.
    pub(crate) fn new(seed: u64, stream: Stream, of: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream as u64 + 16 * of);
        Self(numbers)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn hits(&mut self, of_thousand: u32) -> bool {
        of_thousand > 0 && self.0.random_range(0..1_000) < of_thousand
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// A place in a list of this length, which is not empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        if length < 2 { 0 } else { self.0.random_range(0..length) }
    }

    /// One of these; none of none.
    pub(crate) fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.place(all.len()))
    }

    /// One of these by weight; the last where the weights are used up.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, weighted: &[(u32, T); N]) -> T {
        let total: u32 = weighted.iter().map(|it| it.0).sum();
        let mut left = self.0.random_range(0..total.max(1));
        for (weight, value) in weighted {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        weighted[N - 1].1
    }
}
