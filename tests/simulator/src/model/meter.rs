//! Meters. Their event name, their formula and the keys they read never change.

/// How a meter makes one number of many events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formula {
    /// The sum of their values.
    #[default]
    Sum,
    /// How many there are.
    Count,
    /// The value of the latest.
    Last,
}

impl Formula {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Last => "last",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Sum, Self::Count, Self::Last].into_iter().find(|it| it.as_str() == text)
    }
}

/// A window of time by the UTC calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Window {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Hour, Self::Day].into_iter().find(|it| it.as_str() == text)
    }

    pub(crate) fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meter {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The key in an event's payload that names the customer.
    pub(crate) customer_key: String,
    /// Set while the meter is inactive.
    pub(crate) deactivated_at: Option<i64>,
    pub(crate) display_name: String,
    pub(crate) event_name: String,
    /// Events are sums of such a window already: only the latest in each counts.
    pub(crate) event_time_window: Option<Window>,
    pub(crate) formula: Formula,
    pub(crate) updated: i64,
    /// The key in an event's payload that holds the value.
    pub(crate) value_key: String,
}
