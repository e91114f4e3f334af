//! Prices. Amount, currency and interval never change once a price is made.

use super::Metadata;

/// The unit of a billing period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A month by the calendar.
    Month,
    /// A year by the calendar.
    Year,
}

impl Interval {
    /// The interval as Stripe writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Parses what [`Interval::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year]
            .into_iter()
            .find(|interval| interval.as_str() == text)
    }
}

/// How often a price recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recurring {
    pub(crate) interval: Interval,
    pub(crate) interval_count: i64,
    /// The meter that counts the usage; a price with one is metered, any other licensed.
    pub(crate) meter: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) currency: String,
    pub(crate) lookup_key: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) nickname: Option<String>,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) unit_amount: i64,
}

impl Price {
    /// A metered price is billed by usage and its items have no quantity.
    pub(crate) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|recurring| recurring.meter.is_some())
    }
}
