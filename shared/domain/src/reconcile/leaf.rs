//! One part of a list against the rows that should be in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::timestamp::Timestamp;

/// An object as a list showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownHead<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whether all that was shown of it is held so, column by column and child by child. What is held
    /// may have been changed by others than us, so that what we noted when we wrote it proves nothing.
    pub alike: bool,
    /// Whether all its children were shown.
    pub complete: bool,
}

/// An object as it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldHead<'a> {
    /// Its id.
    pub id: &'a str,
    /// The second of its last sighting.
    pub second: Timestamp,
    /// Whether it is held as deleted.
    pub deleted: bool,
}

/// Why an object is looked at more closely. It is no finding yet: what differs may be on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// The list shows it otherwise than it is held, or it is not held.
    Shown,
    /// The list shows it otherwise than it is held, and only some of its children.
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
    /// Whether nothing differs at all, be it explained or not: what was shown says what is held.
    pub equal: bool,
}

/// Compares what one part of a list shows with what is held of these objects and what else is held
/// that should be in that part. What was sighted in the list's own second or later is left out: it
/// is newer than the list, or as new, and the list says nothing about it.
#[must_use]
pub fn compare_leaf(shown: &[ShownHead<'_>], held: &[HeldHead<'_>], listed_at: Timestamp) -> Leaf {
    let by_id: BTreeMap<&str, &HeldHead<'_>> = held.iter().map(|it| (it.id, it)).collect();
    let newer = |it: &HeldHead<'_>| it.second.unix_seconds() >= listed_at.unix_seconds();
    let mut leaf = Leaf { equal: true, ..Leaf::default() };
    for it in shown {
        let held = by_id.get(it.id);
        leaf.known += u64::from(held.is_some());
        if held.is_some_and(|held| it.alike && !held.deleted) {
            continue;
        }
        leaf.equal = false;
        if held.is_some_and(|held| newer(held)) {
            continue;
        }
        let cut = held.is_some() && !it.complete;
        let why = if cut { Suspicion::Cut } else { Suspicion::Shown };
        leaf.suspects.push((it.id.to_owned(), why));
    }
    let seen: BTreeSet<&str> = shown.iter().map(|it| it.id).collect();
    for it in held.iter().filter(|it| !it.deleted && !seen.contains(it.id)) {
        leaf.equal = false;
        if !newer(it) {
            leaf.suspects.push((it.id.to_owned(), Suspicion::Unseen));
        }
    }
    leaf
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: i64) -> Timestamp {
        Timestamp::from_unix_seconds(at).unwrap()
    }

    fn held(id: &str, at: i64, deleted: bool) -> HeldHead<'_> {
        HeldHead { id, second: second(at), deleted }
    }

    #[test]
    fn only_what_is_alike_is_proven() {
        use Suspicion::{Cut, Shown, Unseen};
        let shown = |id, alike, complete| ShownHead { id, alike, complete };
        let leaf = compare_leaf(
            &[
                shown("same", true, true),
                shown("other", false, true),
                shown("later", false, true),
                shown("new", false, true),
                shown("cut", false, false),
                shown("cut_alike", true, false),
                shown("cut_new", false, false),
                shown("back", true, true),
            ],
            &[
                held("same", 5, false),
                held("other", 5, false),
                held("later", 10, false),
                held("cut", 5, false),
                held("cut_alike", 5, false),
                held("back", 5, true),
                held("gone", 5, false),
                held("gone_later", 10, false),
                held("known_gone", 5, true),
            ],
            second(10),
        );
        let suspects: Vec<_> = leaf.suspects.iter().map(|(id, why)| (id.as_str(), *why)).collect();
        let expected = [
            ("other", Shown),
            ("new", Shown),
            ("cut", Cut),
            ("cut_new", Shown),
            ("back", Shown),
            ("gone", Unseen),
        ];
        assert_eq!(suspects, expected);
        assert_eq!((leaf.known, leaf.equal), (6, false));
    }

    #[test]
    fn what_is_too_new_to_be_suspected_is_not_equal_either() {
        let equal = |shown: &[ShownHead<'_>], held: &[HeldHead<'_>]| {
            let leaf = compare_leaf(shown, held, second(10));
            assert_eq!(leaf.suspects, []);
            leaf.equal
        };
        let shown = |alike| ShownHead { id: "it", alike, complete: true };
        assert!(equal(&[shown(true)], &[held("it", 12, false), held("gone", 5, true)]));
        assert!(!equal(&[shown(false)], &[held("it", 12, false)]));
        assert!(!equal(&[shown(true)], &[held("it", 12, true)]));
        assert!(!equal(&[], &[held("it", 12, false)]));
        assert!(equal(&[], &[]));
    }
}
