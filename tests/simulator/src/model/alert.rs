//! Alerts on the usage of a meter.

use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlertStatus {
    Active,
    Inactive,
    /// Gone from the API, for good.
    Archived,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The only customer it looks at; every customer where there is none.
    pub(crate) customer: Option<String>,
    pub(crate) gte: i64,
    pub(crate) meter: String,
    /// From when on it looks at usage: when it was made or activated last.
    pub(crate) since: i64,
    pub(crate) status: AlertStatus,
    pub(crate) title: String,
    /// The customers it was triggered for since then.
    pub(crate) triggered_for: BTreeSet<String>,
}
