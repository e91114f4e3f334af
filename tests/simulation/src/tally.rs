//! What a run has exercised, and how a failed one is told.

use std::collections::BTreeMap;
use std::fmt;

/// How often each thing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<String, u64>);

impl Tally {
    pub(crate) fn add(&mut self, what: &str) {
        self.add_many(what, 1);
    }

    pub(crate) fn add_many(&mut self, what: &str, times: u64) {
        match self.0.get_mut(what) {
            Some(held) => *held += times,
            None => {
                self.0.insert(what.to_owned(), times);
            }
        }
    }

    /// How often this happened.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// Adds what another run exercised.
    pub fn join(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            self.add_many(what, *times);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, times)| writeln!(f, "{times:>12} {what}"))
    }
}

/// A seed whose world did not end as it must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed, which shows it again.
    pub seed: u64,
    /// What was broken.
    pub what: String,
    /// The steps that led there; empty unless they were asked for.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

impl std::error::Error for Failure {}

/// The steps of a run, kept only where somebody wants to read them.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) wanted: bool,
    pub(crate) lines: Vec<String>,
}

impl Trace {
    pub(crate) fn say(&mut self, now: i64, line: impl FnOnce() -> String) {
        if self.wanted {
            let line = line();
            self.lines.push(format!("{now:>15} {line}"));
        }
    }
}
