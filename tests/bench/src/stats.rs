//! Medians, spreads and quantiles.

use serde_json::{Value, json};

/// One figure of each round.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The figures in the order of the rounds.
    pub rounds: Vec<f64>,
}

impl Spread {
    /// The figures of all rounds.
    #[must_use]
    pub fn of(rounds: impl IntoIterator<Item = f64>) -> Self {
        Self { rounds: rounds.into_iter().collect() }
    }

    /// The quotient of each round's two figures.
    #[must_use]
    pub fn ratio(of: &Self, to: &Self) -> Self {
        Self::of(of.rounds.iter().zip(&to.rounds).map(|(of, to)| of / to))
    }

    /// The figure in the middle; of two in the middle, their mean. Not a number without rounds.
    #[must_use]
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let upper = sorted.get(sorted.len() / 2);
        let lower = sorted.get(sorted.len().saturating_sub(1) / 2);
        upper.zip(lower).map_or(f64::NAN, |(upper, lower)| f64::midpoint(*upper, *lower))
    }

    /// The smallest figure.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    /// The largest figure.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }

    /// For machines: median, spread, and each round.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "median": self.median(), "min": self.min(), "max": self.max(), "rounds": self.rounds,
        })
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// Latencies of one measurement, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Takes them in any order.
    #[must_use]
    pub fn new(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest latency, in milliseconds, that `per_mille` thousandths of all do not exceed.
    /// Nought where there are none.
    #[must_use]
    pub fn quantile_ms(&self, per_mille: usize) -> f64 {
        let rank = (self.0.len() * per_mille).div_ceil(1_000).saturating_sub(1);
        let nanos = self.0.get(rank).copied().unwrap_or(0);
        number(nanos) / 1e6
    }
}

/// A count as a number to calculate with; exact up to 2⁵³.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nothing that is counted here comes near 2⁵³")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends() {
        for (rounds, median, min, max) in [
            (vec![3.0, 1.0, 2.0], 2.0, 1.0, 3.0),
            (vec![4.0, 1.0, 2.0, 3.0], 2.5, 1.0, 4.0),
            (vec![7.0], 7.0, 7.0, 7.0),
        ] {
            let spread = Spread::of(rounds);
            assert_eq!((spread.median(), spread.min(), spread.max()), (median, min, max));
        }
        assert!(Spread::of([]).median().is_nan());
        let ratio = Spread::ratio(&Spread::of([1.0, 9.0]), &Spread::of([2.0, 3.0]));
        assert_eq!(ratio, Spread::of([0.5, 3.0]));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn quantiles_are_latencies_that_happened() {
        let latencies = Latencies::new((1..=1_000).rev().map(|it| it * 1_000_000).collect());
        for (per_mille, expected) in
            [(500, 500.0), (990, 990.0), (999, 999.0), (1_000, 1_000.0), (0, 1.0)]
        {
            assert_eq!(latencies.quantile_ms(per_mille), expected);
        }
        assert_eq!(Latencies::new(vec![5_000_000]).quantile_ms(990), 5.0);
        assert_eq!(Latencies::default().quantile_ms(500), 0.0);
    }
}
