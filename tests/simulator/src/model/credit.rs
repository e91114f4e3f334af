//! Credit grants, and the transactions that say where their amount went.

use super::Metadata;

/// What credits were given for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreditCategory {
    /// They were bought.
    #[default]
    Paid,
    /// They were a present.
    Promotional,
}

impl CreditCategory {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Promotional => "promotional",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Paid, Self::Promotional].into_iter().find(|it| it.as_str() == text)
    }
}

/// What credits pay for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CreditScope {
    /// Every metered price.
    #[default]
    Metered,
    /// These prices.
    Prices(Vec<String>),
}

impl CreditScope {
    /// Whether usage of a price is paid for.
    pub(crate) fn holds(&self, price: &str) -> bool {
        match self {
            Self::Metered => true,
            Self::Prices(prices) => prices.iter().any(|one| one == price),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreditGrant {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    /// Whether anything of it ever paid for anything.
    pub(crate) applied: bool,
    pub(crate) category: CreditCategory,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) effective_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) priority: i64,
    /// What is left; nothing once it expired or was voided.
    pub(crate) remaining: i64,
    pub(crate) scope: CreditScope,
    pub(crate) updated: i64,
    pub(crate) voided_at: Option<i64>,
}

impl CreditGrant {
    /// Whether it can still pay for anything, now or later.
    pub(crate) fn is_live(&self, now: i64) -> bool {
        self.voided_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }

    /// Whether it can pay for something now.
    pub(crate) fn is_effective(&self, now: i64) -> bool {
        self.is_live(now) && self.effective_at <= now
    }
}

/// The line of an invoice that credits paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreditedLine {
    pub(crate) invoice: String,
    pub(crate) line: String,
}

/// What happened to an amount of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CreditMove {
    Granted,
    /// It came back from a line of an invoice that was voided.
    Returned(CreditedLine),
    Applied(CreditedLine),
    Expired,
    Voided,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreditTransaction {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) effective_at: i64,
    pub(crate) grant: String,
    pub(crate) what: CreditMove,
}
