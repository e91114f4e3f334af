//! When a run must stop instead of repairing: what would change is more than a healthy system ever
//! misses, or nothing that is held was shown at all.

use std::fmt;

/// How much one run may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    /// Objects that it may change at most.
    pub repairs_max: u64,
}

/// What the list of one kind showed, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// Shown objects that are held.
    pub known: u64,
    /// Held objects that were not shown.
    pub unseen: u64,
}

/// What a run would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planned {
    /// Objects that would change.
    pub repairs: u64,
}

/// Why a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Braked {
    /// More would change than allowed.
    TooMany {
        /// What would change, as far as is known.
        repairs: u64,
        /// What is allowed.
        repairs_max: u64,
    },
    /// Not one of the held objects was shown.
    NothingKnown {
        /// Held objects that were not shown.
        unseen: u64,
    },
}

impl fmt::Display for Braked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { repairs, repairs_max } => write!(
                f,
                "{repairs} objects would change, and one run may change {repairs_max}; look at the \
                 plan with --dry-run, and allow more with --repairs-max if it is right"
            ),
            Self::NothingKnown { unseen } => write!(
                f,
                "Stripe lists none of the {unseen} objects that are held; the key may be another \
                 account's, or the list broken"
            ),
        }
    }
}

/// Objects that are asked for by themselves, for each that may be changed.
const ASKED_PER_REPAIR: u64 = 4;
/// So many are asked for whatever may be changed.
const ASKED_MIN: u64 = 10_000;

/// So many objects of a kind may all be gone at once, where others of the account are known: each is
/// asked for, and Stripe's answer about it is believed.
const HANDFUL: u64 = 5;

impl Brake {
    /// Objects that a run may look at more closely. They are more than it may change: what no list
    /// shows may be there all the same, such as a price that was made for one invoice, or what lives
    /// by a test clock, and only the answer tells.
    #[must_use]
    pub fn asked_max(self) -> u64 {
        ASKED_MIN.max(self.repairs_max.saturating_mul(ASKED_PER_REPAIR))
    }

    /// Looks at the lists of all kinds, once a run has been through them. A handful of objects may be
    /// all that there was of a kind, and be gone; all of more at once are not.
    pub fn after_lists(self, kinds: &[Listed]) -> Result<(), Braked> {
        let known: u64 = kinds.iter().map(|it| it.known).sum();
        let unseen: u64 = kinds.iter().map(|it| it.unseen).sum();
        if known == 0 && unseen > 0 {
            return Err(Braked::NothingKnown { unseen });
        }
        if let Some(it) = kinds.iter().find(|it| it.known == 0 && it.unseen > HANDFUL) {
            return Err(Braked::NothingKnown { unseen: it.unseen });
        }
        // Each is asked for, which costs a call.
        if unseen > self.asked_max() {
            let Self { repairs_max } = self;
            return Err(Braked::TooMany { repairs: unseen, repairs_max });
        }
        Ok(())
    }

    /// Looks at what would change.
    pub fn before_repairs(self, planned: Planned) -> Result<(), Braked> {
        if planned.repairs > self.repairs_max {
            let Self { repairs_max } = self;
            return Err(Braked::TooMany { repairs: planned.repairs, repairs_max });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_stops_before_it_takes_away_what_it_cannot_have_seen() {
        let brake = Brake { repairs_max: 3 };
        let check = |kinds: &[(u64, u64)], expected| {
            let kinds: Vec<Listed> = kinds
                .iter()
                .map(|(known, unseen)| Listed { known: *known, unseen: *unseen })
                .collect();
            assert_eq!(brake.after_lists(&kinds), expected, "{kinds:?}");
        };
        check(&[(5, 0), (0, 0)], Ok(()));
        check(&[(5, 3)], Ok(()));
        check(&[(5, 2), (0, 1)], Ok(()));
        check(&[(5, 0), (0, 5)], Ok(()));
        check(&[], Ok(()));
        // Another account's key, however little is held.
        check(&[(0, 1)], Err(Braked::NothingKnown { unseen: 1 }));
        check(&[(0, 1), (0, 1)], Err(Braked::NothingKnown { unseen: 2 }));
        // One list that came back empty.
        check(&[(90, 0), (0, 6)], Err(Braked::NothingKnown { unseen: 6 }));
        // What is not shown may be there.
        check(&[(90, 4)], Ok(()));
        check(&[(90, 10_000)], Ok(()));
        check(&[(90, 10_001)], Err(Braked::TooMany { repairs: 10_001, repairs_max: 3 }));
        assert_eq!(
            brake.before_repairs(Planned { repairs: 4 }),
            Err(Braked::TooMany { repairs: 4, repairs_max: 3 })
        );
        assert_eq!(brake.before_repairs(Planned { repairs: 3 }), Ok(()));
    }

    #[test]
    fn the_reason_says_what_to_do() {
        let text = Braked::TooMany { repairs: 9, repairs_max: 3 }.to_string();
        assert!(text.contains("9 objects") && text.contains("--repairs-max"), "{text}");
    }
}
