//! Exact amounts of usage: decimals with twelve places, never a float.

use serde_json::Value;
use std::fmt;

const PLACES: usize = 12;
const ONE: i128 = 1_000_000_000_000;

/// Why a text is no amount of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoQuantity {
    NotANumber,
    TooManyDigits,
}

/// An amount of usage, in units of 10⁻¹².
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(i128);

impl Quantity {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) fn whole(count: i64) -> Self {
        Self(i128::from(count) * ONE)
    }

    /// Parses a decimal of at most so many digits: no exponent, no blanks, no plus. Zeros that
    /// tell nothing are not counted.
    pub(crate) fn parse(text: &str, digits_max: usize) -> Result<Self, NoQuantity> {
        let (negative, number) = match text.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, text),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(part) {
            return Err(NoQuantity::NotANumber);
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if part.len() > PLACES || whole.len() + part.len() > digits_max {
            return Err(NoQuantity::TooManyDigits);
        }
        let units = format!("0{whole}{part:0<PLACES$}");
        let units: i128 = units.parse().map_err(|_| NoQuantity::TooManyDigits)?;
        Ok(Self(if negative { -units } else { units }))
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub(crate) fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// The whole part, towards zero.
    pub(crate) fn whole_part(self) -> i64 {
        let whole = self.0 / ONE;
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount as a JSON number; what JSON readers take for a float has a float's precision.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.to_string()).unwrap_or_default()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, one) = (self.0.unsigned_abs(), ONE.unsigned_abs());
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", units / one)?;
        let part = format!("{:0>PLACES$}", units % one);
        match part.trim_end_matches('0') {
            "" => Ok(()),
            part => write!(f, ".{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NoQuantity, Quantity};

    #[test]
    fn quantities_are_read_and_written_exactly() {
        let check = |text: &str, expected: Result<&str, NoQuantity>| {
            let read = Quantity::parse(text, 15).map(|quantity| quantity.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        };
        check("0", Ok("0"));
        check("25", Ok("25"));
        check("007", Ok("7"));
        check("-0", Ok("0"));
        check("-2.50", Ok("-2.5"));
        check("0.000000000001", Ok("0.000000000001"));
        check("123456789012.345", Ok("123456789012.345"));
        check("123456789012345", Ok("123456789012345"));
        check("1234567890123456", Err(NoQuantity::TooManyDigits));
        check("0.0000000000001", Err(NoQuantity::TooManyDigits));
        for wrong in ["", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "0x1", "१", "NaN", "--1"]
        {
            check(wrong, Err(NoQuantity::NotANumber));
        }
    }

    #[test]
    fn sums_are_exact_and_json_numbers_are_whole_where_they_can_be() {
        let tenth = Quantity::parse("0.1", 15).unwrap();
        let sum = (0..30).fold(Quantity::ZERO, |sum, _| sum.plus(tenth));
        assert_eq!(sum, Quantity::whole(3));
        assert!(sum.is_whole() && !tenth.is_whole());
        assert_eq!(sum.json().to_string(), "3");
        assert_eq!(tenth.json().to_string(), "0.1");
        assert_eq!(Quantity::parse("-2.9", 15).unwrap().whole_part(), -2);
    }
}
