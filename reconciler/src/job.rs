//! The jobs there are.

use std::fmt;

/// A job of the reconciler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    /// Fetches the events that never arrived from Stripe's list of events.
    GapFill,
    /// Compares every object that can be listed with what is held.
    Objects,
    /// Looks whether Stripe's webhook endpoints are as they should be.
    Endpoints,
    /// Looks after what should have moved on by now.
    Janitors,
    /// Makes the coming partitions of payloads, and drops what retention no longer keeps.
    Payloads,
}

impl Job {
    /// All jobs.
    pub const ALL: [Self; 5] =
        [Self::GapFill, Self::Objects, Self::Endpoints, Self::Janitors, Self::Payloads];

    /// The name in settings, metrics, logs and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GapFill => "gap_fill",
            Self::Objects => "objects",
            Self::Endpoints => "endpoints",
            Self::Janitors => "janitors",
            Self::Payloads => "payloads",
        }
    }

    /// The job of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether it asks Stripe, and so needs a key.
    #[must_use]
    pub fn asks_stripe(self) -> bool {
        match self {
            Self::GapFill | Self::Objects | Self::Endpoints => true,
            // The janitors ask where they can, and do the rest without.
            Self::Janitors | Self::Payloads => false,
        }
    }

    /// Whether a process that never saw it run runs it at its start. A first full pass over a large
    /// account is a person's to begin: it fills the mirror.
    #[must_use]
    pub fn runs_at_first_start(self) -> bool {
        self != Self::Objects
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for job in Job::ALL {
            assert_eq!(Job::parse(job.as_str()), Some(job));
        }
        assert_eq!(Job::parse("usage"), None);
    }
}
