//! What became of an event: the vocabulary of the inbox.

use std::fmt;

/// What became of an event. Kept for ever, one per event, in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Its sighting was the newest of its object and now stands in the mirror.
    Applied,
    /// A later sighting of the same object was already held.
    Superseded,
    /// The same sighting was already held: another event told the same.
    Duplicate,
    /// Counterfoil keeps nothing of this type of event; the reason says why.
    Ignored,
    /// Its order could not be decided from the events; Stripe is asked again. Still open.
    Refetching,
    /// Set aside with a reason, for a person.
    Parked,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [
        Self::Applied,
        Self::Superseded,
        Self::Duplicate,
        Self::Ignored,
        Self::Refetching,
        Self::Parked,
    ];

    /// The name in the inbox's column, in metrics and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Superseded => "superseded",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Refetching => "refetching",
            Self::Parked => "parked",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether the event is finished: only a person's replay changes it from here.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            Self::Applied | Self::Superseded | Self::Duplicate | Self::Ignored | Self::Parked => {
                true
            }
            Self::Refetching => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
        assert_eq!(Outcome::parse("done"), None);
    }
}
