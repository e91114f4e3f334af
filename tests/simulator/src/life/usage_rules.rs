//! Settings of meters and usage, and the switches for what Stripe's public text leaves open about
//! them.

use serde::{Deserialize, Serialize};

/// When an event is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// Before the call is answered, which a bad event is refused by.
    AtOnce,
    /// After the call is answered; a bad event turns up in an error report.
    Later,
}

/// Which values a meter event may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterValues {
    /// Whole numbers above zero, as the text of version 2 demands.
    #[default]
    PositiveWhole,
    /// Whole numbers from zero on.
    Whole,
    /// Decimals from zero on.
    Decimal,
    /// Decimals of either sign.
    SignedDecimal,
}

/// What becomes of usage that is dated in a period whose invoice is final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateUsage {
    /// It is on no invoice.
    #[default]
    Dropped,
    /// It is on the invoice of the next period.
    NextInvoice,
}

/// From when on an alert looks at usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertsFrom {
    /// From the second it was made or activated in.
    #[default]
    Activation,
    /// All there ever was.
    Ever,
}

/// How the account meters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageRules {
    /// Simulated seconds from the receipt of an event until it counts, or a cancellation until it
    /// takes effect.
    pub counted_after_seconds: i64,
    /// How long an identifier is remembered, in simulated seconds.
    pub identifier_seconds: i64,
    /// Unverified: the longest identifier, in characters.
    pub identifier_length_max: usize,
    /// Unverified: when version 1 checks an event's meter, customer and value.
    pub contents_checked: Checked,
    /// Unverified: when version 1 checks that an event is at most 35 days old and 5 minutes ahead.
    pub timestamps_checked: Checked,
    /// Unverified: which values count.
    pub values: MeterValues,
    /// Unverified: how many digits a value may have; of them at most 12 behind the point.
    pub value_digits_max: usize,
    /// The windows that rejected events are reported by, in simulated seconds.
    pub report_window_seconds: i64,
    /// Unverified: how many simulated seconds after the end of its window a report comes.
    pub reported_after_seconds: i64,
    /// Unverified: how many rejected events of one kind a report names.
    pub report_samples_max: usize,
    /// Unverified: whether summaries show windows without any usage.
    pub empty_summaries: bool,
    /// Unverified: what becomes of usage that comes too late for its invoice.
    pub late: LateUsage,
    /// Unverified: from when on an alert looks at usage.
    pub alerts_from: AlertsFrom,
    /// Unverified: whether meter event streams take events, which may be so in live mode only.
    pub stream_is_open: bool,
    /// Unverified: whether ids of meters, alerts, grants and their transactions begin as in test
    /// mode, with `mtr_test_` instead of `mtr_`.
    pub test_mode_ids: bool,
}

impl Default for UsageRules {
    fn default() -> Self {
        Self {
            counted_after_seconds: 5,
            identifier_seconds: 86_400,
            identifier_length_max: 100,
            contents_checked: Checked::Later,
            timestamps_checked: Checked::AtOnce,
            values: MeterValues::default(),
            value_digits_max: 15,
            report_window_seconds: 10,
            reported_after_seconds: 2,
            report_samples_max: 5,
            empty_summaries: true,
            late: LateUsage::default(),
            alerts_from: AlertsFrom::default(),
            stream_is_open: true,
            test_mode_ids: true,
        }
    }
}
