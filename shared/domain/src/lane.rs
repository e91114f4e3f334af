//! The lanes of the bus that carry Stripe's events.

use std::fmt;

/// Which queue an event travels in, so that a flood of invoices never delays access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Whatever can change who may use what.
    Access,
    /// The rest: it is kept and mirrored, but nobody is locked out while it waits.
    Record,
}

impl Lane {
    /// Both lanes, the urgent one first.
    pub const ALL: [Self; 2] = [Self::Access, Self::Record];

    /// The lane's name in metrics, logs and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Record => "record",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
