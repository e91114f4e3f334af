//! Ids as Stripe makes them: a prefix that tells the kind (STRIPE.md 5.1) and letters and digits
//! that tell nothing. They follow from the seed and the order of making alone.

use std::collections::HashMap;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Eleven digits in base 62 hold 64 bits.
const DIGITS_PER_WORD: usize = 11;

/// Makes ids from a seed, each kind with its own count.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: HashMap<&'static str, u64>,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, made: HashMap::new() }
    }

    /// The next id with this prefix, the short form (`cus_`, `prod_`, `si_`: 14 characters).
    pub(crate) fn short(&mut self, prefix: &'static str) -> String {
        self.next(prefix, 14)
    }

    /// The next id with this prefix, the long form (24 characters).
    pub(crate) fn long(&mut self, prefix: &'static str) -> String {
        self.next(prefix, 24)
    }

    /// The id that stands for what is described, the same for the same.
    pub(crate) fn derived(&self, prefix: &str, about: &str) -> String {
        let described = about.bytes().fold(mix(self.seed), |sum, byte| mix(sum ^ u64::from(byte)));
        spelled(prefix, described, 24)
    }

    /// The next text that stands for itself, such as the id of a coupon.
    pub(crate) fn code(&mut self, length: usize) -> String {
        self.next("", length)
    }

    fn next(&mut self, prefix: &'static str, length: usize) -> String {
        let count = self.made.entry(prefix).or_insert(0);
        *count += 1;
        let kind = prefix.bytes().fold(0u64, |sum, byte| mix(sum ^ u64::from(byte)));
        // `mix` is a bijection, so two counts of one kind never meet in one id.
        let first = mix(*count ^ mix(self.seed ^ kind));
        spelled(prefix, first, length)
    }
}

/// A number as the letters and digits of an id.
fn spelled(prefix: &str, first: u64, length: usize) -> String {
    let mut id = String::with_capacity(prefix.len() + length);
    id.push_str(prefix);
    let mut word = first;
    for place in 0..length {
        if place > 0 && place % DIGITS_PER_WORD == 0 {
            word = mix(first.wrapping_add(u64::try_from(place).unwrap_or(0)));
        }
        let digit = usize::try_from(word % 62).unwrap_or(0);
        id.push(char::from(ALPHABET[digit]));
        word /= 62;
    }
    id
}

/// The finaliser of splitmix64: a bijection on 64 bits that scatters its input.
fn mix(input: u64) -> u64 {
    let mut word = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::Ids;
    use std::collections::HashSet;

    #[test]
    fn ids_of_one_seed_repeat_and_never_meet() {
        let mut one = Ids::new(7);
        let mut other = Ids::new(7);
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let id = one.short("cus_");
            assert_eq!(id, other.short("cus_"));
            assert_eq!(id.len(), 18);
            assert!(seen.insert(id));
        }
        assert_ne!(Ids::new(8).long("sub_"), Ids::new(7).long("sub_"));
        assert_eq!(one.long("sub_").len(), 28);
    }
}
