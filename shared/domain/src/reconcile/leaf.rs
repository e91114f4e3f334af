//! One part of a list against the rows that should be in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::freshness::{Digest, Sighting};
use crate::timestamp::Timestamp;

/// An object as a list showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownHead<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it says, in short.
    pub digest: Digest,
    /// Whether all its children were shown, so that the digest can be compared.
    pub complete: bool,
}

/// An object as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldHead {
    /// Its id.
    pub id: String,
    /// What was last seen of it, and when.
    pub sighting: Sighting,
    /// Whether it is held as deleted.
    pub deleted: bool,
}

/// Why an object is looked at more closely. It is no finding yet: what differs may be on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// The list shows it otherwise than it is held, or it is not held.
    Shown,
    /// The list shows only some of its children.
    Cut,
    /// It is held, and the list does not show it.
    Unseen,
}

/// What came of comparing one part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaf {
    /// What is to be looked at more closely.
    pub suspects: Vec<(String, Suspicion)>,
    /// How many of the shown objects are held, alike or not.
    pub known: u64,
}

/// Compares what one part of a list shows with what is held of these objects and what else is held
/// that should be in that part. What was sighted in the list's own second or later is left out: it
/// is newer than the list, or as new, and the list says nothing about it.
#[must_use]
pub fn compare_leaf(shown: &[ShownHead<'_>], held: &[HeldHead], listed_at: Timestamp) -> Leaf {
    let by_id: BTreeMap<&str, &HeldHead> = held.iter().map(|it| (it.id.as_str(), it)).collect();
    let newer = |it: &HeldHead| it.sighting.second.unix_seconds() >= listed_at.unix_seconds();
    let mut leaf = Leaf::default();
    for it in shown {
        match by_id.get(it.id) {
            None => leaf.suspects.push((it.id.to_owned(), Suspicion::Shown)),
            Some(held) => {
                leaf.known += 1;
                let alike = !held.deleted && held.sighting.digest == it.digest;
                if newer(held) || (alike && it.complete) {
                    continue;
                }
                let why = if it.complete { Suspicion::Shown } else { Suspicion::Cut };
                leaf.suspects.push((it.id.to_owned(), why));
            }
        }
    }
    let seen: BTreeSet<&str> = shown.iter().map(|it| it.id).collect();
    for it in held {
        if !it.deleted && !newer(it) && !seen.contains(it.id.as_str()) {
            leaf.suspects.push((it.id.clone(), Suspicion::Unseen));
        }
    }
    leaf
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::from_bytes([byte; 16])
    }

    fn second(at: i64) -> Timestamp {
        Timestamp::from_unix_seconds(at).unwrap()
    }

    fn held(id: &str, at: i64, byte: u8, deleted: bool) -> HeldHead {
        let sighting = Sighting { second: second(at), digest: digest(byte) };
        HeldHead { id: id.to_owned(), sighting, deleted }
    }

    #[test]
    fn only_what_is_alike_and_shown_is_proven() {
        use Suspicion::{Cut, Shown, Unseen};
        let shown = |id, byte, complete| ShownHead { id, digest: digest(byte), complete };
        let leaf = compare_leaf(
            &[
                shown("same", 1, true),
                shown("other", 2, true),
                shown("later", 2, true),
                shown("new", 1, true),
                shown("cut", 1, false),
                shown("back", 1, true),
            ],
            &[
                held("same", 5, 1, false),
                held("other", 5, 1, false),
                held("later", 10, 1, false),
                held("cut", 5, 1, false),
                held("back", 5, 1, true),
                held("gone", 5, 1, false),
                held("gone_later", 10, 1, false),
                held("known_gone", 5, 1, true),
            ],
            second(10),
        );
        let suspects: Vec<_> = leaf.suspects.iter().map(|(id, why)| (id.as_str(), *why)).collect();
        assert_eq!(
            suspects,
            [("other", Shown), ("new", Shown), ("cut", Cut), ("back", Shown), ("gone", Unseen)]
        );
        assert_eq!(leaf.known, 5);
    }
}
