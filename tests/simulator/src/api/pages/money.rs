//! Amounts, prices and times as a page says them.

use crate::model::decimal::Decimal;
use crate::model::price::{Amounts, Interval, Price};
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const DAY: StaticFormatDescription =
    format_description!("[day padding:none] [month repr:long] [year]");
/// Currencies without a minor unit.
const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
    "xaf", "xof", "xpf",
];

/// An amount in the minor unit: `49.00 USD`, `-5 JPY`.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    let code = currency.to_uppercase();
    if ZERO_DECIMAL.contains(&currency) {
        return format!("{minor} {code}");
    }
    let sign = if minor < 0 { "-" } else { "" };
    let whole = minor.unsigned_abs();
    format!("{sign}{}.{:02} {code}", whole / 100, whole % 100)
}

/// How often a price recurs: `per month`, `every 3 months`; empty for a one-time price.
pub(super) fn rhythm(price: &Price) -> String {
    let Some(recurring) = &price.recurring else {
        return String::new();
    };
    let interval = match recurring.interval {
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Year => "year",
    };
    match recurring.interval_count {
        1 => format!("per {interval}"),
        count => format!("every {count} {interval}s"),
    }
}

/// A price for one unit, with its rhythm.
pub(super) fn price(held: &Price) -> String {
    let unit = match &held.amounts {
        Amounts::PerUnit(unit) => exact(*unit, &held.currency),
        Amounts::Tiered { .. } => "priced by how many".to_owned(),
        Amounts::Custom { .. } => "as much as you like".to_owned(),
    };
    let rhythm = rhythm(held);
    if rhythm.is_empty() { unit } else { format!("{unit} {rhythm}") }
}

/// An amount of the minor unit that need not be whole: `0.0005 USD`.
fn exact(minor: Decimal, currency: &str) -> String {
    if let Some(whole) = minor.as_whole() {
        return amount(whole, currency);
    }
    let code = currency.to_uppercase();
    if ZERO_DECIMAL.contains(&currency) {
        return format!("{minor} {code}");
    }
    let written = minor.to_string();
    let (sign, size) = written.strip_prefix('-').map_or(("", written.as_str()), |size| ("-", size));
    let (whole, places) = size.split_once('.').unwrap_or((size, ""));
    let padded = format!("{whole:0>3}");
    let (major, cents) = padded.split_at(padded.len() - 2);
    format!("{sign}{major}.{cents}{places} {code}")
}

/// A second as a day: `7 January 2026`, in UTC.
pub(super) fn day(second: i64) -> String {
    OffsetDateTime::from_unix_timestamp(second)
        .ok()
        .and_then(|moment| moment.format(DAY).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{amount, day, exact};
    use crate::model::decimal::Decimal;

    #[test]
    fn amounts_show_their_currency_s_decimals() {
        let check = |minor: i64, currency: &str, expected: &str| {
            assert_eq!(amount(minor, currency), expected);
        };
        check(4_900, "usd", "49.00 USD");
        check(-5, "eur", "-0.05 EUR");
        check(0, "usd", "0.00 USD");
        check(500, "jpy", "500 JPY");
        check(i64::MIN, "usd", "-92233720368547758.08 USD");
    }

    #[test]
    fn parts_of_a_cent_are_shown() {
        let check = |minor: &str, expected: &str| {
            assert_eq!(exact(Decimal::parse(minor).unwrap(), "usd"), expected);
        };
        check("0.05", "0.0005 USD");
        check("12.5", "0.125 USD");
        check("1234.5", "12.345 USD");
        check("-0.5", "-0.005 USD");
        check("100", "1.00 USD");
    }

    #[test]
    fn a_day_is_said_in_utc() {
        assert_eq!(day(1_768_003_200), "10 January 2026");
    }
}
