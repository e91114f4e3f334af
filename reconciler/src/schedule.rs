//! When jobs run: texts as cron has them, with seconds before the minutes.

use chrono::DateTime;
use counterfoil_domain::Timestamp;
use croner::Cron;
use croner::parser::{CronParser, Seconds};

/// When a job runs.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    text: String,
}

/// A text that says no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no schedule: write six fields (second, minute, hour, day, month, weekday), such as \
     0 */5 * * * *, or off"
)]
pub struct ScheduleError {
    text: String,
}

/// What says that a job never runs by itself.
const OFF: &str = "off";

impl Schedule {
    /// Reads a schedule. `None` for `off`.
    pub fn parse(text: &str) -> Result<Option<Self>, ScheduleError> {
        if text.trim() == OFF {
            return Ok(None);
        }
        let cron = CronParser::builder().seconds(Seconds::Required).build().parse(text);
        let cron = cron.map_err(|_| ScheduleError { text: text.to_owned() })?;
        Ok(Some(Self { cron, text: text.trim().to_owned() }))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after `last`. `None` where there is none any more.
    #[must_use]
    pub fn after(&self, last: Timestamp) -> Option<Timestamp> {
        let last = DateTime::from_timestamp(last.unix_seconds(), 0)?;
        let next = self.cron.find_next_occurrence(&last, false).ok()?;
        Timestamp::from_unix_seconds(next.timestamp()).ok()
    }

    /// Whether a run that should have begun since `last` did not.
    #[must_use]
    pub fn is_missed(&self, last: Timestamp, now: Timestamp) -> bool {
        self.after(last).is_some_and(|it| it <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_next_time_and_whether_it_was_missed() {
        let daily = Schedule::parse("0 30 3 * * *").unwrap().unwrap();
        assert_eq!(daily.after(at("2026-11-30T03:30:00Z")), Some(at("2026-12-01T03:30:00Z")));
        assert!(!daily.is_missed(at("2026-11-30T03:30:00Z"), at("2026-12-01T03:29:59Z")));
        assert!(daily.is_missed(at("2026-11-30T03:30:00Z"), at("2026-12-01T03:30:00Z")));
        assert!(daily.is_missed(at("2026-11-30T03:30:00Z"), at("2027-12-01T00:00:00Z")));
    }

    #[test]
    fn texts_that_say_no_times() {
        assert!(Schedule::parse("off").unwrap().is_none());
        for text in ["", "*/5 * * * *", "0 99 * * * *", "hourly?"] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }
}
