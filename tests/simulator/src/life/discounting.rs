//! How much a discount takes off each line: pure, exact, and never more than there is.
//!
//! A percentage is taken of the sum and rounded half up once; the parts of the lines follow their
//! amounts, and what rounding leaves over goes to the largest remainders, the earlier line first.

/// What is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// So much of the minor unit, altogether.
    Amount(i64),
    /// Hundredths of a per cent.
    Percent(i64),
}

const WHOLE: i128 = 10_000;

/// What is taken off each of these amounts; nothing is taken off an amount that is not positive.
pub(super) fn take_off(terms: Terms, amounts: &[i64]) -> Vec<i64> {
    let open: Vec<i128> = amounts.iter().map(|amount| i128::from((*amount).max(0))).collect();
    let sum: i128 = open.iter().sum();
    let total = match terms {
        Terms::Amount(amount) => i128::from(amount.max(0)),
        Terms::Percent(hundredths) => {
            (sum * i128::from(hundredths.max(0)) * 2 + WHOLE) / (2 * WHOLE)
        }
    }
    .min(sum);
    if sum == 0 {
        return vec![0; amounts.len()];
    }
    let mut parts: Vec<i128> = open.iter().map(|amount| total * amount / sum).collect();
    let mut left = total - parts.iter().sum::<i128>();
    let mut places: Vec<usize> = (0..open.len()).collect();
    places.sort_by_key(|place| {
        let remainder = open.get(*place).map_or(0, |amount| total * amount % sum);
        (std::cmp::Reverse(remainder), *place)
    });
    for place in places {
        if let (Some(part), true) = (parts.get_mut(place), left > 0) {
            *part += 1;
            left -= 1;
        }
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Terms, take_off};

    #[test]
    fn parts_add_up_to_the_whole() {
        let check = |terms: Terms, amounts: &[i64], expected: &[i64]| {
            assert_eq!(take_off(terms, amounts), expected, "{terms:?} of {amounts:?}");
        };
        check(Terms::Percent(1_000), &[1_000], &[100]);
        check(Terms::Percent(1_250), &[999], &[125]);
        check(Terms::Percent(3_333), &[100, 100, 100], &[34, 33, 33]);
        check(Terms::Percent(10_000), &[7, 0, 5], &[7, 0, 5]);
        check(Terms::Percent(5_000), &[1], &[1]);
        check(Terms::Amount(500), &[1_000, 1_000], &[250, 250]);
        check(Terms::Amount(5), &[1, 1], &[1, 1]);
        check(Terms::Amount(1), &[10, 20], &[0, 1]);
        check(Terms::Amount(100), &[-50, 200], &[0, 100]);
        check(Terms::Amount(100), &[0, 0], &[0, 0]);
        check(Terms::Amount(100), &[], &[]);
        check(Terms::Amount(i64::MAX), &[i64::MAX, i64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]);
    }
}
