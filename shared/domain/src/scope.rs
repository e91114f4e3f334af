//! Whose rows these are.

use std::fmt;

/// One Stripe account in one mode. Every row we hold belongs to exactly one scope, and an event of
/// one scope can never write another's rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The account's id (`acct_…`), or [`Scope::OWN`] where the endpoint names none.
    pub account: String,
    /// Live mode moves money; test mode does not.
    pub livemode: bool,
}

impl Scope {
    /// The name under which rows are kept while no account id is configured.
    pub const OWN: &str = "self";
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.account, if self.livemode { "live" } else { "test" })
    }
}
