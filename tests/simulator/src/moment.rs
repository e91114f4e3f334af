//! Times as version 2 of the API writes them (RFC 3339), and what it reads as a time.

use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const MILLISECONDS: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A second as a time in UTC with milliseconds, `2026-01-10T00:00:00.000Z`.
pub(crate) fn rfc3339(second: i64) -> String {
    OffsetDateTime::from_unix_timestamp(second)
        .ok()
        .and_then(|moment| moment.format(MILLISECONDS).ok())
        .unwrap_or_default()
}

/// The second of an RFC 3339 time, whatever part of it has passed; `None` for any other text.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::{parse_rfc3339, rfc3339};

    #[test]
    fn times_are_written_with_milliseconds_and_read_in_any_zone() {
        assert_eq!(rfc3339(784_111_777), "1994-11-06T08:49:37.000Z");
        for (text, expected) in [
            ("1994-11-06T08:49:37.000Z", Some(784_111_777)),
            ("1994-11-06T08:49:37Z", Some(784_111_777)),
            ("1994-11-06T09:49:37.9+01:00", Some(784_111_777)),
            ("1994-11-06", None),
            ("784111777", None),
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
    }
}
