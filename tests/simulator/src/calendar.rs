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

/// The beginning of the period that ends at `end`, which is a boundary itself.
pub(crate) fn previous_boundary(anchor: i64, interval: Interval, count: i64, end: i64) -> i64 {
    let count = count.max(1);
    let longest = match interval {
        Interval::Day => count,
        Interval::Week => 7 * count,
        Interval::Month => 31 * count,
        Interval::Year => 366 * count,
    };
    let mut start = next_boundary(anchor, interval, count, end - longest * SECONDS_PER_DAY - 1);
    loop {
        let next = next_boundary(anchor, interval, count, start);
        if next >= end {
            return start.min(end);
        }
        start = next;
    }
}

/// The next second after `now` on a day of the month, of one month only where that is given. Of
/// the time of day, what is not given is as it is now. A month that has no such day has its last.
pub(crate) fn next_day_of_month(
    now: i64,
    month: Option<i64>,
    day: i64,
    (hour, minute, second): (Option<i64>, Option<i64>, Option<i64>),
) -> i64 {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(now) else {
        return now;
    };
    let time = |given: Option<i64>, present: u8| given.unwrap_or(i64::from(present));
    let in_day = time(hour, moment.hour()) * 3_600
        + time(minute, moment.minute()) * 60
        + time(second, moment.second());
    let midnight = now.div_euclid(SECONDS_PER_DAY) * SECONDS_PER_DAY;
    // The first of this month at the time of day.
    let first = midnight - (i64::from(moment.day()) - 1) * SECONDS_PER_DAY + in_day;
    (0..=24)
        .filter_map(|months| {
            let first = add_months(first, months);
            let date = OffsetDateTime::from_unix_timestamp(first).ok()?.date();
            if month.is_some_and(|month| month != i64::from(u8::from(date.month()))) {
                return None;
            }
            let last = i64::from(date.month().length(date.year()));
            Some(first + (day.min(last) - 1) * SECONDS_PER_DAY)
        })
        .find(|second| *second > now)
        .unwrap_or(now)
}

fn next_month_boundary(anchor: i64, months: i64, after: i64) -> i64 {
    // A month has 28 to 31 days, so this guess is never past the answer.
    let days = if after < anchor { 28 } else { 31 };
    let mut periods = (after - anchor).div_euclid(months * days * SECONDS_PER_DAY);
    loop {
        // Beyond the years of the calendar a month has 31 days.
        let Some(boundary) = months_later(anchor, periods * months) else {
            return after + months * 31 * SECONDS_PER_DAY;
        };
        if boundary > after {
            return boundary;
        }
        periods += 1;
    }
}

/// The same day and time `months` later, or the last day of that month if it is shorter. What is
/// beyond the years of the calendar stays where it is.
pub(crate) fn add_months(second: i64, months: i64) -> i64 {
    months_later(second, months).unwrap_or(second)
}

fn months_later(second: i64, months: i64) -> Option<i64> {
    let moment = OffsetDateTime::from_unix_timestamp(second).ok()?;
    let date = moment.date();
    let zero_based = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(zero_based.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(zero_based.rem_euclid(12) + 1).ok()?).ok()?;
    // Only a year that the calendar has has a first of January.
    Date::from_calendar_date(year, Month::January, 1).ok()?;
    let day = date.day().min(month.length(year));
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(moment.replace_date(date).unix_timestamp())
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
    use super::{add_months, next_boundary, next_day_of_month, previous_boundary};
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
        let november = datetime!(2025-11-30 10:00 UTC).unix_timestamp();
        assert_eq!(next_boundary(anchor, Interval::Month, 1, november - 1), november);
        assert_eq!(previous_boundary(anchor, Interval::Month, 1, march), february);
        assert_eq!(previous_boundary(anchor, Interval::Month, 2, anchor), november);
        assert_eq!(previous_boundary(anchor, Interval::Week, 1, anchor), anchor - 7 * 86_400);
        assert_eq!(next_boundary(0, Interval::Week, 2, 0), 14 * 86_400);
        assert_eq!(next_boundary(0, Interval::Day, 1, 86_399), 86_400);
        let beyond = 900_000_000_000;
        assert_eq!(next_boundary(beyond, Interval::Month, 1, beyond), beyond + 31 * 86_400);
        assert_eq!(next_boundary(-beyond, Interval::Year, 1, 0), 12 * 31 * 86_400);
        assert!(next_boundary(0, Interval::Month, 1, beyond) > beyond);
        assert_eq!(add_months(march, -3), datetime!(2025-12-31 10:00 UTC).unix_timestamp());
    }

    #[test]
    fn a_day_of_the_month_is_the_next_that_there_is() {
        let now = datetime!(2026-01-31 10:00 UTC).unix_timestamp();
        let check = |month, day, time, expected: time::OffsetDateTime| {
            let found = next_day_of_month(now, month, day, time);
            assert_eq!(found, expected.unix_timestamp(), "{month:?} {day} {time:?}");
        };
        let any = (None, None, None);
        check(None, 1, any, datetime!(2026-02-01 10:00 UTC));
        check(None, 31, any, datetime!(2026-02-28 10:00 UTC));
        check(None, 31, (Some(12), None, None), datetime!(2026-01-31 12:00 UTC));
        check(None, 31, (Some(9), Some(30), Some(1)), datetime!(2026-02-28 09:30:01 UTC));
        check(Some(1), 31, any, datetime!(2027-01-31 10:00 UTC));
        check(Some(2), 30, any, datetime!(2026-02-28 10:00 UTC));
    }
}
