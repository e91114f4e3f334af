//! Versions of Stripe's API, as the list names them.

/// A version: its day. Trains add nothing to that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(String);

impl Version {
    /// Reads `2025-03-31` or `2025-03-31.basil`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day = text.split('.').next()?;
        let is_day = day.len() == 10 && day.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        is_day.then(|| Self(day.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_days() {
        let basil = Version::parse("2025-03-31.basil");
        assert!(basil > Version::parse("2025-02-24.acacia"));
        assert_eq!(basil, Version::parse("2025-03-31"));
        assert_eq!(Version::parse("latest"), None);
    }
}
