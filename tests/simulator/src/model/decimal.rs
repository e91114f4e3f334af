//! Exact decimal numbers with at most twelve places, as Stripe writes amounts and quantities.
//! Nothing here is a floating-point number, and nothing is rounded before it is asked for.

use std::fmt;

/// How many of the smallest step make one.
const ONE: i128 = 1_000_000_000_000;
/// More than any invoice is ever about; thousands of such amounts still have a sum.
const MONEY_MAX: i128 = 1_000_000_000_000_000;
/// Decimal places.
const PLACES: usize = 12;

/// A number with twelve decimal places: of an amount, so many minor units of the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self(i128::from(number) * ONE)
    }

    /// Parses digits with an optional sign and at most twelve decimal places, such as `-0.05`;
    /// none for anything else and for what lies beyond 64 bits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = !(whole.is_empty() && places.is_empty())
            && places.len() <= PLACES
            && is_number(whole)
            && is_number(places);
        if !fits {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let places: i128 = format!("{places:0<PLACES$}").parse().ok()?;
        let value = i128::from(whole) * ONE + places;
        Some(Self(if negative { -value } else { value }))
    }

    /// The number, if it is whole.
    #[must_use]
    pub fn as_whole(self) -> Option<i64> {
        if self.0 % ONE == 0 { i64::try_from(self.0 / ONE).ok() } else { None }
    }

    /// The number without its decimal places.
    #[must_use]
    pub fn truncated(self) -> i64 {
        narrowed(self.0 / ONE)
    }

    /// The amount of money it is: the nearest whole number, where a half goes away from zero. What
    /// exceeds 10^15 is held there, so that amounts can be added up.
    #[must_use]
    pub fn rounded(self) -> i64 {
        money(divided(self.0, ONE))
    }

    /// This many of `unit`; what lies beyond the twelfth place is cut off. What exceeds
    /// 10^14 is held there or thereabouts: no invoice is ever so high.
    pub(crate) fn times(self, unit: Self) -> Self {
        Self(self.0.saturating_mul(unit.0) / ONE)
    }

    /// What one of so many costs if they cost this together, to the twelfth place; none of none.
    pub(crate) fn per_unit(amount: i64, quantity: Self) -> Option<Self> {
        let amount = i128::from(amount).saturating_mul(ONE).saturating_mul(ONE);
        (quantity.0 > 0).then(|| Self(divided(amount, quantity.0)))
    }

    /// The share `part / whole` of it as an amount of money; `whole` is positive.
    pub(crate) fn share(self, part: i64, whole: i64) -> i64 {
        let parts = self.0.saturating_mul(i128::from(part));
        money(divided(parts, ONE.saturating_mul(i128::from(whole.max(1)))))
    }

    /// How many whole packages of `size` this fills, with the last one counted or not.
    pub(crate) fn packages(self, size: i64, count_last: bool) -> Self {
        let size = i128::from(size.max(1)) * ONE;
        let full = self.0.div_euclid(size);
        let begun = if count_last && self.0.rem_euclid(size) != 0 { full + 1 } else { full };
        Self(begun.saturating_mul(ONE))
    }

    /// What remains above `other`; nothing when that is more.
    pub(crate) fn above(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// The sum of two.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// `number / by` as the nearest whole number, a half away from zero; `by` is positive.
pub(crate) fn divided(number: i128, by: i128) -> i128 {
    let half = if number < 0 { -(by / 2) } else { by / 2 };
    number.saturating_add(half) / by
}

fn money(number: i128) -> i64 {
    narrowed(number.clamp(-MONEY_MAX, MONEY_MAX))
}

fn narrowed(number: i128) -> i64 {
    let bound = if number < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(number).unwrap_or(bound)
}

impl fmt::Display for Decimal {
    /// Without needless zeros: `0.5`, `12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let (whole, places) = (size / one, size % one);
        if places == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{places:0PLACES$}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, divided};

    #[test]
    fn decimals_are_read_and_written_exactly() {
        let check = |text: &str, written: Option<&str>| {
            let parsed = Decimal::parse(text).map(|decimal| decimal.to_string());
            assert_eq!(parsed.as_deref(), written, "{text}");
        };
        check("0", Some("0"));
        check("12", Some("12"));
        check("12.50", Some("12.5"));
        check("-0.05", Some("-0.05"));
        check(".5", Some("0.5"));
        check("5.", Some("5"));
        check("0.000000000001", Some("0.000000000001"));
        check("0.0000000000001", None);
        check("9223372036854775807", Some("9223372036854775807"));
        check("9223372036854775808", None);
        check("", None);
        check(".", None);
        check("-", None);
        check("+1", None);
        check("1e3", None);
        check("1,5", None);
        check(" 1", None);
    }

    #[test]
    fn halves_go_away_from_zero() {
        let check = |text: &str, expected: i64| {
            assert_eq!(Decimal::parse(text).unwrap().rounded(), expected, "{text}");
        };
        check("0.4", 0);
        check("0.5", 1);
        check("1.499999999999", 1);
        check("-0.5", -1);
        check("-1.4", -1);
        assert_eq!((divided(5, 3), divided(4, 3), divided(-5, 3)), (2, 1, -2));
        assert_eq!((divided(3, 2), divided(-3, 2)), (2, -2));
    }

    #[test]
    fn so_many_of_a_unit_are_rounded_once() {
        let check = |quantity: &str, unit: &str, expected: i64| {
            let (quantity, unit) = (Decimal::parse(quantity), Decimal::parse(unit));
            assert_eq!(quantity.unwrap().times(unit.unwrap()).rounded(), expected);
        };
        check("3", "0.5", 2);
        check("1000000", "0.000001", 1);
        check("1000000000", "0.05", 50_000_000);
        check("2.5", "1.25", 3);
        check("-3", "0.5", -2);
        let per_unit = |amount: i64, quantity: i64| {
            Decimal::per_unit(amount, Decimal::whole(quantity)).map(|unit| unit.to_string())
        };
        assert_eq!(per_unit(-1_000, 2).as_deref(), Some("-500"));
        assert_eq!(per_unit(38, 11).as_deref(), Some("3.454545454545"));
        assert_eq!(per_unit(5, 0), None);
        assert_eq!(Decimal::whole(7).packages(5, true), Decimal::whole(2));
        assert_eq!(Decimal::whole(7).packages(5, false), Decimal::whole(1));
        assert_eq!(Decimal::whole(10).packages(5, true), Decimal::whole(2));
        assert_eq!(Decimal::parse("2.9").unwrap().truncated(), 2);
        assert_eq!(Decimal::parse("2.9").unwrap().as_whole(), None);
    }
}
