//! Billing periods: months and years by the calendar, counted from the billing anchor, so that a
//! subscription begun on the 31st renews on the last day of shorter months and returns to the 31st.

use crate::model::price::Interval;
use time::{Date, Month, OffsetDateTime};

pub(crate) const SECONDS_PER_DAY: i64 = 86_400;

/// The end of the first period after `after`, for periods of `count` intervals from `anchor`.
pub(crate) fn next_boundary(anchor: i64, interval: Interval, count: i64, after: i64) -> i64 {
    let count = count.max(1);
    let length = match interval {
        Interval::Day => SECONDS_PER_DAY * count,
        Interval::Week => 7 * SECONDS_PER_DAY * count,
        Interval::Month => return next_month_boundary(anchor, count, after),
        Interval::Year => return next_month_boundary(anchor, 12 * count, after),
    };
    let passed = (after - anchor).div_euclid(length);
    anchor + (passed + 1) * length
}

fn next_month_boundary(anchor: i64, months: i64, after: i64) -> i64 {
    // A month has at most 31 days, so this guess is never behind the answer by more than a few.
    let mut periods = ((after - anchor).div_euclid(months * 31 * SECONDS_PER_DAY)).max(0);
    loop {
        let boundary = add_months(anchor, periods * months);
        if boundary > after {
            return boundary;
        }
        periods += 1;
    }
}

/// The same day and time `months` later, or the last day of that month if it is shorter.
pub(crate) fn add_months(second: i64, months: i64) -> i64 {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(second) else {
        return second;
    };
    let date = moment.date();
    let zero_based = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(zero_based.div_euclid(12)).unwrap_or(date.year());
    let month = u8::try_from(zero_based.rem_euclid(12) + 1)
        .ok()
        .and_then(|number| Month::try_from(number).ok())
        .unwrap_or(Month::January);
    let day = date.day().min(month.length(year));
    match Date::from_calendar_date(year, month, day) {
        Ok(date) => moment.replace_date(date).unix_timestamp(),
        Err(_) => second,
    }
}

/// The day of a second, as invoices write it: `5 Jan 2026`.
pub(crate) fn day_of(second: i64) -> String {
    let day = OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let month = day.month().to_string();
    let month = month.get(..3).unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::{add_months, next_boundary};
    use crate::model::price::Interval;
    use time::macros::datetime;

    #[test]
    fn months_keep_the_anchors_day_where_they_can() {
        let anchor = datetime!(2026-01-31 10:00 UTC).unix_timestamp();
        let february = datetime!(2026-02-28 10:00 UTC).unix_timestamp();
        let march = datetime!(2026-03-31 10:00 UTC).unix_timestamp();
        assert_eq!(next_boundary(anchor, Interval::Month, 1, anchor), february);
        assert_eq!(next_boundary(anchor, Interval::Month, 1, february), march);
        assert_eq!(next_boundary(anchor, Interval::Month, 1, february - 1), february);
        assert_eq!(
            next_boundary(anchor, Interval::Year, 1, anchor),
            datetime!(2027-01-31 10:00 UTC).unix_timestamp()
        );
        assert_eq!(next_boundary(0, Interval::Week, 2, 0), 14 * 86_400);
        assert_eq!(next_boundary(0, Interval::Day, 1, 86_399), 86_400);
        assert_eq!(add_months(march, -3), datetime!(2025-12-31 10:00 UTC).unix_timestamp());
    }
}
