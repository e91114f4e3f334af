//! What becomes of everything that was sighted of one object, given what is held of it.
//!
//! The one rule by which events, refetches and sweeps enter the mirror. Pure: who calls it holds
//! the object's lock, and writes what wins. Safe to repeat, since what was written once is a
//! duplicate or superseded the next time.

use std::collections::BTreeMap;

use crate::freshness::{self, Digest, Sighting, Verdict, Witness};
use crate::mirror::Projection;

/// What is held of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The sighting that stands in the mirror.
    pub sighting: Sighting,
    /// Whether it was of the object's deletion or absence.
    pub deleted: bool,
}

/// One sighting of the object.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// When, and what it said in short.
    pub sighting: Sighting,
    /// What it means. `None` where it only names the object, as thin events do.
    pub projection: Option<&'a Projection>,
    /// Whether Stripe answered it when it was asked, and no event told it.
    pub asked: bool,
}

/// What becomes of one sighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is the newest, and is to be written unless a later one of the same batch is.
    Apply,
    /// A later one is held, or is in the batch.
    Superseded,
    /// What it says is held already, of the same second.
    Duplicate,
    /// Stripe must be asked, for this reason. What it shows may be written nonetheless.
    Ask(&'static str),
}

/// The rulings on all sightings of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// One for each sighting, in their order.
    pub rulings: Vec<Ruling>,
    /// The place of the sighting to be written.
    pub write: Option<usize>,
}

/// Its order within the second cannot be told.
pub const UNKNOWN_ORDER: &str = "its order within the second is unknown";
/// A list of its children was cut.
pub const CHILDREN_CUT: &str = "not all of its children were shown";
/// Its children are shown on request only.
pub const CHILDREN_HIDDEN: &str = "its children are shown on request only";
/// It shows an object that is held as deleted, under an id that is never given again.
pub const DELETED_BEFORE: &str = "it shows what was deleted before";
/// The event shows nothing of it.
pub const NOTHING_SHOWN: &str = "the event names its object without showing it";

/// Rules on the sightings of one object, in the order of their seconds. `witnesses` holds what the
/// events of a second prove, for the seconds in which contents differ (see [`tied_seconds`]).
/// `may_ask` says whether Stripe can be asked for what is shown on request only.
///
/// What is deleted stays so whatever events tell, where its id is Stripe's own: the answer that
/// found it gone is dated before Stripe had read it, and an event of the second in between is no
/// proof that it came back. Only Stripe, when asked, can say that the answer was wrong.
#[must_use]
pub fn rule(
    held: Option<Held>,
    seen: &[Seen<'_>],
    witnesses: &BTreeMap<i64, Vec<Witness>>,
    may_ask: bool,
) -> Ruled {
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_by_key(|place| seen[*place].sighting.second.unix_seconds());
    let mut gone = held.is_some_and(|it| it.deleted);
    let mut held = held.map(|it| it.sighting);
    let mut rulings = vec![Ruling::Superseded; seen.len()];
    let mut write = None;
    for place in order {
        let it = &seen[place];
        let Some(projection) = it.projection else {
            let later = held
                .is_some_and(|held| held.second.unix_seconds() > it.sighting.second.unix_seconds());
            rulings[place] = if later { Ruling::Superseded } else { Ruling::Ask(NOTHING_SHOWN) };
            continue;
        };
        let verdict = verdict(held, it.sighting, seen, witnesses);
        let deletes = projection.change.is_deletion();
        if verdict == Verdict::Apply
            && gone
            && !deletes
            && !it.asked
            && !projection.kind.ids_may_return()
        {
            rulings[place] = Ruling::Ask(DELETED_BEFORE);
            continue;
        }
        if verdict == Verdict::Apply {
            held = Some(it.sighting);
            gone = deletes;
            write = Some(place);
        }
        rulings[place] = match verdict {
            // Two that show the same may differ in what neither shows.
            Verdict::Apply | Verdict::Duplicate if !projection.is_complete() => {
                Ruling::Ask(CHILDREN_CUT)
            }
            Verdict::Apply if projection.hidden && may_ask => Ruling::Ask(CHILDREN_HIDDEN),
            Verdict::Apply => Ruling::Apply,
            Verdict::Superseded => Ruling::Superseded,
            Verdict::Duplicate => Ruling::Duplicate,
            Verdict::Tie => Ruling::Ask(UNKNOWN_ORDER),
        };
    }
    Ruled { rulings, write }
}

/// A tie is settled by all that is known of its second; where that proves another content last, the
/// sighting is older than it.
fn verdict(
    held: Option<Sighting>,
    it: Sighting,
    seen: &[Seen<'_>],
    witnesses: &BTreeMap<i64, Vec<Witness>>,
) -> Verdict {
    match freshness::judge(held, it) {
        Verdict::Tie => {
            let known = witnesses.get(&it.second.unix_seconds());
            match known.and_then(|known| freshness::last_of(known)) {
                Some(last) if last == it.digest => Verdict::Apply,
                Some(last) if held.is_some_and(|held| held.digest == last) => Verdict::Superseded,
                Some(last) if shown(seen).any(|other| other.digest == last) => Verdict::Superseded,
                Some(_) | None => Verdict::Tie,
            }
        }
        settled @ (Verdict::Apply | Verdict::Superseded | Verdict::Duplicate) => settled,
    }
}

/// The seconds in which the sightings of an object differ from each other or from what is held.
#[must_use]
pub fn tied_seconds(held: Option<Held>, seen: &[Seen<'_>]) -> Vec<i64> {
    let mut contents: BTreeMap<i64, Vec<Digest>> = BTreeMap::new();
    for it in held.iter().map(|it| it.sighting).chain(shown(seen)) {
        let known = contents.entry(it.second.unix_seconds()).or_default();
        if !known.contains(&it.digest) {
            known.push(it.digest);
        }
    }
    contents.into_iter().filter(|(_, it)| it.len() > 1).map(|(second, _)| second).collect()
}

fn shown<'a>(seen: &'a [Seen<'_>]) -> impl Iterator<Item = Sighting> + 'a {
    seen.iter().filter(|it| it.projection.is_some()).map(|it| it.sighting)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::mirror::{Change, ObjectKind, Owner, Row, Table};
    use crate::timestamp::Timestamp;

    fn sighting(text: &str) -> Sighting {
        let (second, content) = text.split_once(' ').unwrap();
        let mut bytes = [0; 16];
        bytes[..content.len()].copy_from_slice(content.as_bytes());
        let second = Timestamp::from_unix_seconds(second.parse().unwrap()).unwrap();
        Sighting { second, digest: Digest::from_bytes(bytes) }
    }

    static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
        name: "customers",
        parent: None,
        owner: Owner::Itself,
        columns: Vec::new(),
    });

    fn projection(kind: ObjectKind, text: &str) -> Projection {
        let digest = sighting(text).digest;
        let (id, hidden) = ("cus_1".to_owned(), text.ends_with('?'));
        let row = Row { table: &TABLE, id: id.clone(), values: Vec::new() };
        Projection {
            kind,
            id,
            change: if text.contains("gone") { Change::Gone } else { Change::Present(row) },
            children: Vec::new(),
            hidden,
            digest,
        }
    }

    /// Sightings are written as `SECOND CONTENT`; a content in brackets is only named, one with a
    /// question mark hides its children, one that begins with `asked-` was asked for, and `gone` is
    /// the object's deletion.
    #[track_caller]
    fn check_of(
        kind: ObjectKind,
        held: &str,
        seen: &[&str],
        expected: &[Ruling],
        write: Option<usize>,
    ) {
        let held = (held != "-")
            .then(|| Held { sighting: sighting(held), deleted: held.contains("gone") });
        let projections: Vec<Option<Projection>> =
            seen.iter().map(|it| (!it.contains('[')).then(|| projection(kind, it))).collect();
        let seen: Vec<Seen<'_>> = seen
            .iter()
            .zip(&projections)
            .map(|(it, projection)| Seen {
                sighting: sighting(it),
                projection: projection.as_ref(),
                asked: it.contains("asked-"),
            })
            .collect();
        let ruled = rule(held, &seen, &BTreeMap::new(), true);
        assert_eq!((ruled.rulings.as_slice(), ruled.write), (expected, write));
    }

    #[track_caller]
    fn check(held: &str, seen: &[&str], expected: &[Ruling], write: Option<usize>) {
        check_of(ObjectKind::Customer, held, seen, expected, write);
    }

    #[test]
    fn the_latest_second_is_written_in_whatever_order_it_came() {
        use Ruling::{Apply, Duplicate, Superseded};
        check("-", &["10 a"], &[Apply], Some(0));
        check("10 a", &["12 c", "11 b"], &[Apply, Apply], Some(0));
        check("12 c", &["11 b", "12 c"], &[Superseded, Duplicate], None);
    }

    #[test]
    fn what_cannot_be_ordered_is_asked_for_and_writes_nothing_more() {
        use Ruling::{Apply, Ask};
        check("-", &["10 a", "10 b"], &[Apply, Ask(UNKNOWN_ORDER)], Some(0));
        check("10 a", &["10 b"], &[Ask(UNKNOWN_ORDER)], None);
    }

    #[test]
    fn an_event_that_only_names_its_object_asks_unless_something_later_is_held() {
        check("10 a", &["10 [x]"], &[Ruling::Ask(NOTHING_SHOWN)], None);
        check("11 a", &["10 [x]"], &[Ruling::Superseded], None);
        check("-", &["10 [x]"], &[Ruling::Ask(NOTHING_SHOWN)], None);
    }

    #[test]
    fn what_is_deleted_comes_back_by_an_answer_alone() {
        use Ruling::{Apply, Ask, Superseded};
        check("10 gone", &["11 a"], &[Ask(DELETED_BEFORE)], None);
        check("10 gone", &["9 a"], &[Superseded], None);
        check("10 gone", &["11 asked-a"], &[Apply], Some(0));
        check("10 gone", &["12 gone"], &[Apply], Some(0));
        check("-", &["10 gone", "11 a"], &[Apply, Ask(DELETED_BEFORE)], Some(0));
        check("10 a", &["11 gone", "12 b"], &[Apply, Ask(DELETED_BEFORE)], Some(0));
        // A product's id is the caller's to give again.
        check_of(ObjectKind::Product, "10 gone", &["11 a"], &[Apply], Some(0));
    }

    #[test]
    fn what_hides_its_children_is_written_and_asked_for() {
        check("-", &["10 a?"], &[Ruling::Ask(CHILDREN_HIDDEN)], Some(0));
        let hidden = projection(ObjectKind::Customer, "10 a?");
        let seen = [Seen { sighting: sighting("10 a?"), projection: Some(&hidden), asked: false }];
        assert_eq!(rule(None, &seen, &BTreeMap::new(), false).rulings, [Ruling::Apply]);
    }
}
