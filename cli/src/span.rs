//! Times as people write them.

use std::time::Duration;

use counterfoil_domain::Timestamp;

/// A time, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    Ago(Duration),
}

impl When {
    /// The time meant, given the present one.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(age) => {
                let micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
                Timestamp::from_unix_micros(now.unix_micros().saturating_sub(micros))
                    .unwrap_or(Timestamp::EPOCH)
            }
        }
    }
}

/// Reads `2026-01-31T12:00:00Z`, `2026-01-31` or an age such as `15m`.
pub(crate) fn parse(text: &str) -> Result<When, String> {
    let day = || Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"));
    if let Some(at) = Timestamp::parse_rfc3339(text).or_else(day) {
        return Ok(When::At(at));
    }
    let wrong =
        || "write a time (2026-01-31T12:00:00Z), a day, or an age (90s, 15m, 2h, 7d)".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).map(|it| When::Ago(Duration::from_secs(it))).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ages() {
        let now = Timestamp::from_unix_seconds(1_000_000).unwrap();
        for (text, expected) in [
            ("90s", Some(999_910)),
            ("15m", Some(999_100)),
            ("2h", Some(992_800)),
            ("7d", Some(395_200)),
            ("1970-01-02", Some(86_400)),
            ("1970-01-01T00:00:05Z", Some(5)),
            ("", None),
            ("m", None),
            ("5", None),
            ("5 m", None),
            ("-5m", None),
            ("5µ", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(parse(text).ok().map(|it| it.at(now).unix_seconds()), expected, "{text}");
        }
    }
}
