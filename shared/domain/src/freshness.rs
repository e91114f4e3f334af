//! Which of two sightings wins.
//!
//! Events come twice and out of order, and Stripe dates them in whole seconds (STRIPE.md section
//! 2.2). A later second wins. Within one second neither `<` nor `<=` is right: the order is taken
//! from what the events of that second prove together, and where they prove nothing the answer is
//! to ask Stripe again. Being wrong here locks out a paying customer, so the rule never guesses:
//! once every event of a second has arrived, either the last one is held or Stripe is being asked.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::timestamp::Timestamp;

/// The content of a sighting: two sightings with one digest say the same about our rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The first half of a SHA-256 over the canonical form of the rows.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// As it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One look at one object: what it said, and the second at which Stripe showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// An event's `created`, or the `Date` of the answer to a fetch.
    pub second: Timestamp,
    /// What it said.
    pub digest: Digest,
}

/// The second as of which a fetched answer is to be taken. Stripe dates it when it is written, and
/// may have read the object before: anything that changed meanwhile must count as later, so the
/// whole time the call took is taken off.
#[must_use]
pub fn seen_at(date: Timestamp, took: Duration) -> Timestamp {
    date.minus(took).whole_second()
}

/// What the seconds say of a sighting, given the one that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is newer: write it.
    Apply,
    /// It is older than what is held.
    Superseded,
    /// It says what is held already, of the same second.
    Duplicate,
    /// Same second, different content: [`last_of`] may know, else Stripe must be asked.
    Tie,
}

/// Judges a sighting against the one that is held, by their seconds.
#[must_use]
pub fn judge(held: Option<Sighting>, seen: Sighting) -> Verdict {
    let Some(held) = held else { return Verdict::Apply };
    match seen.second.unix_seconds().cmp(&held.second.unix_seconds()) {
        Ordering::Greater => Verdict::Apply,
        Ordering::Less => Verdict::Superseded,
        Ordering::Equal if seen.digest == held.digest => Verdict::Duplicate,
        Ordering::Equal => Verdict::Tie,
    }
}

/// Where in an object's life an event stands by its type alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `*.created`: nothing about the object comes before it.
    First,
    /// Anything else, and every fetch that found the object.
    Between,
    /// `*.deleted`, and a fetch that found nothing: only a new creation comes after it.
    Last,
    /// The same, of an object whose id is never given again: nothing comes after it.
    End,
}

/// What one sighting proves about its order among the sightings of its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// What the object was.
    pub digest: Digest,
    /// Where the event stands in the object's life.
    pub place: Place,
    /// How far a status that only moves forward has come (an invoice never returns to draft, a
    /// canceled subscription never revives). `None` where the kind has none, or the value is unknown.
    pub progress: Option<u8>,
    /// What the object was just before: the body with `previous_attributes` put back. `None` where
    /// the event does not say.
    pub before: Option<Digest>,
}

impl Witness {
    /// A witness of nothing but its content, or of the object's absence, as every fetch is.
    #[must_use]
    pub fn of_content(digest: Digest, deleted: bool) -> Self {
        let place = if deleted { Place::Last } else { Place::Between };
        Self { digest, place, progress: None, before: None }
    }
}

/// The last content of one second, if all that is known of that second proves it.
///
/// In turn: a deletion is last, unless there is a creation too and the id is the caller's to give,
/// so that it may be given again; a creation is last only if alone; a status that only moves forward
/// leaves the furthest; and among those left, each event's past must link all contents into one
/// chain in which none comes twice. An object that went there and back within a second proves
/// nothing, nor does a content of unknown origin in mid-chain.
#[must_use]
pub fn last_of(witnesses: &[Witness]) -> Option<Digest> {
    let gone: Vec<&Witness> =
        witnesses.iter().filter(|it| matches!(it.place, Place::Last | Place::End)).collect();
    if !gone.is_empty() {
        let born = witnesses.iter().any(|it| it.place == Place::First);
        let ended = gone.iter().any(|it| it.place == Place::End);
        return if born && !ended { None } else { only_content(&gone) };
    }
    let later: Vec<&Witness> = witnesses.iter().filter(|it| it.place != Place::First).collect();
    if later.is_empty() {
        return only_content(&witnesses.iter().collect::<Vec<_>>());
    }
    let furthest = furthest(later);
    only_content(&furthest).or_else(|| end_of_chain(&furthest, witnesses))
}

fn only_content(witnesses: &[&Witness]) -> Option<Digest> {
    let (first, rest) = witnesses.split_first()?;
    rest.iter().all(|it| it.digest == first.digest).then_some(first.digest)
}

fn furthest(witnesses: Vec<&Witness>) -> Vec<&Witness> {
    let progress: Option<Vec<u8>> = witnesses.iter().map(|it| it.progress).collect();
    let Some(most) = progress.and_then(|it| it.into_iter().max()) else { return witnesses };
    witnesses.into_iter().filter(|it| it.progress == Some(most)).collect()
}

/// Where a content came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Creation,
    From(Digest),
}

/// The end of the one chain that links the contents of `candidates`. A creation among `all` is an
/// origin too: what was created and came back has two.
fn end_of_chain(candidates: &[&Witness], all: &[Witness]) -> Option<Digest> {
    let mut origins: BTreeMap<Digest, Option<Origin>> =
        candidates.iter().map(|it| (it.digest, None)).collect();
    let creations =
        all.iter().filter(|it| it.place == Place::First).map(|it| (it.digest, Origin::Creation));
    let changes =
        candidates.iter().filter_map(|it| it.before.map(|past| (it.digest, Origin::From(past))));
    for (content, origin) in creations.chain(changes) {
        if let Some(known) = origins.get_mut(&content) {
            if known.is_some_and(|other| other != origin) {
                return None; // It was this content twice.
            }
            *known = Some(origin);
        }
    }
    let mut successors: BTreeMap<Digest, Digest> = BTreeMap::new();
    for (content, origin) in &origins {
        if let Some(Origin::From(past)) = origin
            && successors.insert(*past, *content).is_some()
        {
            return None; // Two different changes of one content: it was that content twice.
        }
    }
    let unclear = |it: &&&Witness| it.place == Place::Between && it.before.is_none();
    if candidates.iter().filter(unclear).any(|it| successors.contains_key(&it.digest)) {
        return None; // It may be the content before the change, or the same content again.
    }
    let start = only(origins.iter().filter(|(_, origin)| match origin {
        Some(Origin::From(past)) => !origins.contains_key(past),
        Some(Origin::Creation) | None => true,
    }))?;
    let mut end = *start.0;
    let mut length = 1;
    while let Some(next) = successors.get(&end) {
        end = *next;
        length += 1;
    }
    (length == origins.len()).then_some(end)
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(word: &str) -> Digest {
        let mut bytes = [0; 16];
        bytes[..word.len()].copy_from_slice(word.as_bytes());
        Digest::from_bytes(bytes)
    }

    fn sighting(text: &str) -> Option<Sighting> {
        let (second, content) = text.split_once(' ')?;
        let second = Timestamp::from_unix_seconds(second.parse().unwrap()).unwrap();
        Some(Sighting { second, digest: digest(content) })
    }

    #[track_caller]
    fn check(held: &str, seen: &str, expected: Verdict) {
        assert_eq!(judge(sighting(held), sighting(seen).unwrap()), expected);
    }

    #[test]
    fn the_second_decides_where_it_can() {
        check("-", "10 active", Verdict::Apply);
        check("10 active", "11 past_due", Verdict::Apply);
        check("10 active", "11 active", Verdict::Apply);
        check("10 active", "9 trialing", Verdict::Superseded);
        check("10 active", "9 active", Verdict::Superseded);
        check("10 active", "10 active", Verdict::Duplicate);
        check("10 active", "10 past_due", Verdict::Tie);
    }

    #[test]
    fn what_changed_while_stripe_answered_counts_as_later() {
        let second = |at| Timestamp::from_unix_seconds(at).unwrap();
        for (took, seen) in [(0, 20), (1, 19), (1_000, 19), (1_001, 18), (30_000, -10)] {
            let seen_then = seen_at(second(20), Duration::from_millis(took));
            assert_eq!(seen_then, second(seen), "{took} ms");
        }
    }

    /// A witness written as `CONTENT [first|last|end] [+PROGRESS] [after CONTENT]`.
    fn witness(text: &str) -> Witness {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut it = Witness::of_content(digest(words[0]), false);
        for (at, word) in words.iter().enumerate().skip(1) {
            match *word {
                "first" => it.place = Place::First,
                "last" => it.place = Place::Last,
                "end" => it.place = Place::End,
                "after" => it.before = Some(digest(words[at + 1])),
                _ if word.starts_with('+') => it.progress = word[1..].parse().ok(),
                _ => assert_eq!(words[at - 1], "after", "{text}"),
            }
        }
        it
    }

    #[track_caller]
    fn check_last(witnesses: &[&str], expected: Option<&str>) {
        let witnesses: Vec<Witness> = witnesses.iter().map(|it| witness(it)).collect();
        assert_eq!(last_of(&witnesses), expected.map(digest));
        let reversed: Vec<Witness> = witnesses.into_iter().rev().collect();
        assert_eq!(last_of(&reversed), expected.map(digest), "the order of arrival changed it");
    }

    #[test]
    fn created_is_first_and_deleted_is_last() {
        check_last(&["incomplete first", "active"], Some("active"));
        check_last(&["active", "gone last"], Some("gone"));
        check_last(&["active", "changed after active", "gone last"], Some("gone"));
        check_last(&["new first"], Some("new"));
        check_last(&["new first", "other first"], None);
        check_last(&["gone last", "other last"], None);
    }

    #[test]
    fn an_id_may_be_given_again_so_creation_and_deletion_prove_nothing_together() {
        check_last(&["new first", "gone last"], None);
        check_last(&["new first", "changed after new", "gone last"], None);
    }

    #[test]
    fn an_id_of_stripes_own_never_returns() {
        check_last(&["new first", "gone end"], Some("gone"));
        check_last(&["new first", "changed after new", "gone end"], Some("gone"));
        check_last(&["gone last", "gone end", "new first"], Some("gone"));
    }

    #[test]
    fn a_status_that_only_moves_forward_decides() {
        check_last(&["draft +0", "open +1"], Some("open"));
        check_last(&["paid +3", "open +1", "draft +0 first"], Some("paid"));
        check_last(&["open +1", "other +1"], None);
        check_last(&["open +1", "strange"], None);
        check_last(&["open +1 first", "draft +0"], Some("draft"));
        check_last(&["open +1 after draft", "late +1 after open", "draft +0"], Some("late"));
    }

    #[test]
    fn the_pasts_link_a_chain() {
        check_last(&["a after x", "b after a"], Some("b"));
        check_last(&["c after b", "a first", "b after a"], Some("c"));
        check_last(&["a after x", "b after a", "a after x"], Some("b"));
    }

    #[test]
    fn a_gap_proves_nothing() {
        check_last(&["a", "b"], None);
        check_last(&["a after x", "c after b"], None);
    }

    #[test]
    fn a_content_of_unknown_origin_may_be_the_same_again() {
        check_last(&["a", "b after a"], None);
        check_last(&["b", "b after a", "a first"], Some("b"));
    }

    #[test]
    fn there_and_back_proves_nothing() {
        check_last(&["b after a", "a after b"], None);
        check_last(&["a first", "b after a", "a after b"], None);
        check_last(&["a after x", "b after a", "a after b"], None);
        check_last(&["a after b", "c after a", "a first"], None);
        check_last(&["b after a", "c after a"], None);
    }

    #[test]
    fn nothing_proves_nothing() {
        check_last(&[], None);
    }

    /// Every history of up to five states in one second, delivered in every order: what is held at
    /// the end is the last state, or the last word was to ask Stripe.
    #[test]
    fn no_order_of_delivery_ends_in_the_past() {
        let mut proven = 0;
        for created in [true, false] {
            for history in histories(&["a", "b", "c", "d"], 5) {
                for order in permutations(history.len()) {
                    proven += usize::from(ends_proven(&history, created, &order));
                }
            }
        }
        assert!(proven > 500, "only {proven} histories were decided at all");
    }

    fn ends_proven(history: &[&str], created: bool, order: &[usize]) -> bool {
        let second = Timestamp::from_unix_seconds(10).unwrap();
        let mut held: Option<Sighting> = None;
        let mut witnesses = Vec::new();
        let mut asked = false;
        for &at in order {
            let origin = match at {
                0 if created => "first".to_owned(),
                0 => "after x".to_owned(),
                _ => format!("after {}", history[at - 1]),
            };
            let witness = witness(&format!("{} {origin}", history[at]));
            witnesses.push(witness);
            let seen = Sighting { second, digest: witness.digest };
            match judge(held, seen) {
                Verdict::Apply => held = Some(seen),
                Verdict::Superseded | Verdict::Duplicate => {}
                Verdict::Tie => match last_of(&witnesses) {
                    Some(last) if last == seen.digest => held = Some(seen),
                    Some(last) if Some(last) == held.map(|it| it.digest) => {}
                    Some(_) | None => asked = true,
                },
            }
        }
        let last = digest(history[history.len() - 1]);
        let right = held.map(|it| it.digest) == Some(last);
        assert!(asked || right, "{history:?} delivered as {order:?} ended as {held:?}");
        !asked
    }

    fn histories<'a>(states: &[&'a str], length: usize) -> Vec<Vec<&'a str>> {
        let mut all: Vec<Vec<&str>> = states.iter().map(|it| vec![*it]).collect();
        let mut longest = all.clone();
        for _ in 1..length {
            longest = longest
                .iter()
                .flat_map(|history| {
                    states.iter().filter(|it| history.last() != Some(*it)).map(|state| {
                        let mut next = history.clone();
                        next.push(*state);
                        next
                    })
                })
                .collect();
            all.extend(longest.clone());
        }
        all
    }

    fn permutations(length: usize) -> Vec<Vec<usize>> {
        if length == 0 {
            return vec![Vec::new()];
        }
        permutations(length - 1)
            .iter()
            .flat_map(|shorter| {
                (0..length).map(|at| {
                    let mut next = shorter.clone();
                    next.insert(at, length - 1);
                    next
                })
            })
            .collect()
    }
}
