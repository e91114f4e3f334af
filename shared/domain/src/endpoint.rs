//! Which account and mode an event belongs to, judged by the endpoint it came through.

use crate::scope::Scope;

/// What an endpoint is configured to receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The account the endpoint belongs to, where it is configured.
    pub account: Option<String>,
    /// The mode the endpoint is for; `None` takes either.
    pub livemode: Option<bool>,
    /// Whether it is a Connect endpoint, which receives the events of other accounts.
    pub connect: bool,
}

/// Why an event does not belong to the endpoint it came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misdirected {
    /// The event names an account that is not the endpoint's.
    #[error("the event belongs to another account than its endpoint")]
    Account,
    /// The event's mode is not the endpoint's.
    #[error("the event belongs to the other mode than its endpoint")]
    Mode,
}

impl Misdirected {
    /// The reason that is recorded.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account mismatch",
            Self::Mode => "mode mismatch",
        }
    }
}

/// Whose rows an event may write. `account` and `livemode` are the event's own; only events of
/// Connect name an account (STRIPE.md section 2.3).
pub fn scope_of(
    expected: &Expectation,
    account: Option<&str>,
    livemode: Option<bool>,
) -> Result<Scope, Misdirected> {
    let scope = claimed_scope(expected, account, livemode);
    if expected.livemode.is_some_and(|mode| mode != scope.livemode) {
        return Err(Misdirected::Mode);
    }
    match (&expected.account, account) {
        (Some(ours), Some(theirs)) if ours != theirs && !expected.connect => {
            Err(Misdirected::Account)
        }
        _ => Ok(scope),
    }
}

/// The scope an event claims, right or wrong: where it is recorded when it is set aside.
#[must_use]
pub fn claimed_scope(
    expected: &Expectation,
    account: Option<&str>,
    livemode: Option<bool>,
) -> Scope {
    Scope {
        account: account.or(expected.account.as_deref()).unwrap_or(Scope::OWN).to_owned(),
        livemode: livemode.or(expected.livemode).unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        (account, livemode, connect): (Option<&str>, Option<bool>, bool),
        event: (Option<&str>, Option<bool>),
        expected: Result<(&str, bool), Misdirected>,
    ) {
        let endpoint = Expectation { account: account.map(str::to_owned), livemode, connect };
        let found = scope_of(&endpoint, event.0, event.1);
        assert_eq!(
            found.map(|it| (it.account, it.livemode)),
            expected.map(|(a, m)| (a.to_owned(), m))
        );
    }

    #[test]
    fn the_endpoint_decides_where_the_event_is_silent() {
        check((None, None, false), (None, Some(true)), Ok(("self", true)));
        check((None, None, false), (None, None), Ok(("self", false)));
        check((Some("acct_1"), Some(true), false), (None, None), Ok(("acct_1", true)));
        check((None, None, false), (Some("acct_2"), Some(false)), Ok(("acct_2", false)));
    }

    #[test]
    fn one_account_never_writes_anothers_rows() {
        check((Some("acct_1"), None, false), (Some("acct_1"), None), Ok(("acct_1", false)));
        check((Some("acct_1"), None, false), (Some("acct_2"), None), Err(Misdirected::Account));
        check((Some("acct_1"), None, true), (Some("acct_2"), None), Ok(("acct_2", false)));
    }

    #[test]
    fn one_mode_never_writes_the_others_rows() {
        check((None, Some(true), false), (None, Some(false)), Err(Misdirected::Mode));
        check((None, Some(false), false), (None, Some(true)), Err(Misdirected::Mode));
        check((None, Some(false), false), (None, Some(false)), Ok(("self", false)));
    }
}
