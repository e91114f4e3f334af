//! Points in time, as values.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, as finely as Postgres keeps it.
///
/// Always between the years 0 and 9999, so that every value can be written and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A number that is no point in time that can be written or stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no time between the years 0 and 9999")]
pub struct OutOfRange(i64);

const MICROS: i64 = 1_000_000;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const SECONDS_MIN: i64 = -62_167_219_200;
const SECONDS_MAX: i64 = 253_402_300_799;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Whole seconds since the epoch, the form of every v1 time of Stripe.
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, OutOfRange> {
        if (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) {
            Ok(Self(seconds * MICROS))
        } else {
            Err(OutOfRange(seconds))
        }
    }

    /// Microseconds since the epoch.
    pub fn from_unix_micros(micros: i64) -> Result<Self, OutOfRange> {
        if (SECONDS_MIN..=SECONDS_MAX).contains(&micros.div_euclid(MICROS)) {
            Ok(Self(micros))
        } else {
            Err(OutOfRange(micros))
        }
    }

    /// An RFC 3339 text, the form of every v2 time of Stripe. `None` when it is none.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let micros = i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
        Self::from_unix_micros(micros).ok()
    }

    /// The second this time lies in, counted since the epoch.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub fn unix_micros(self) -> i64 {
        self.0
    }

    /// The start of the second this time lies in: Stripe's events know no finer order.
    #[must_use]
    pub fn whole_second(self) -> Self {
        Self(self.unix_seconds() * MICROS)
    }

    /// This much later, held at the end of the range.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(wait).min(SECONDS_MAX * MICROS))
    }

    /// This much earlier, held at the start of the range.
    #[must_use]
    pub fn minus(self, wait: Duration) -> Self {
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(wait).max(SECONDS_MIN * MICROS))
    }

    /// How long since `earlier`; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(it: Timestamp) -> Self {
        // The range is held by every constructor, so the fallback is never taken.
        Self::from_unix_timestamp_nanos(i128::from(it.0) * 1_000).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = OutOfRange;

    fn try_from(it: OffsetDateTime) -> Result<Self, OutOfRange> {
        let micros = it.unix_timestamp_nanos().div_euclid(1_000);
        Self::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from(*self).format(&Rfc3339) {
            Ok(text) => f.write_str(&text),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_held_by_every_constructor() {
        for (seconds, ok) in [
            (0, true),
            (SECONDS_MIN, true),
            (SECONDS_MIN - 1, false),
            (SECONDS_MAX, true),
            (SECONDS_MAX + 1, false),
            (i64::MAX, false),
            (i64::MIN, false),
        ] {
            assert_eq!(Timestamp::from_unix_seconds(seconds).is_ok(), ok, "{seconds}");
        }
        assert!(Timestamp::from_unix_micros(i64::MAX).is_err());
        assert!(Timestamp::from_unix_micros(i64::MIN).is_err());
    }

    #[test]
    fn text_and_back() {
        let it = Timestamp::parse_rfc3339("2026-10-28T12:00:00.123456Z").unwrap();
        assert_eq!(it.to_string(), "2026-10-28T12:00:00.123456Z");
        assert_eq!(it.whole_second().to_string(), "2026-10-28T12:00:00Z");
        assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
        assert_eq!(Timestamp::try_from(OffsetDateTime::from(it)), Ok(it));
    }

    #[test]
    fn time_before_the_epoch_falls_into_the_right_second() {
        let it = Timestamp::from_unix_micros(-1).unwrap();
        assert_eq!(it.unix_seconds(), -1);
        assert_eq!(it.whole_second(), Timestamp::from_unix_seconds(-1).unwrap());
    }
}
