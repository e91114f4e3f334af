//! Judging the sightings of one object that arrived together. Pure.

use std::collections::BTreeMap;

use counterfoil_domain::EventKey;
use counterfoil_domain::freshness::{self, Sighting, Verdict, Witness};
use counterfoil_domain::mirror::Projection;
use counterfoil_domain::outcome::Outcome;

use super::Received;
use crate::mirror::Held;

/// One object of a batch: what is held of it, and what was sighted.
#[derive(Default)]
pub(crate) struct Object<'a> {
    pub(crate) held: Option<Held>,
    pub(crate) sightings: Vec<(&'a Received, &'a Projection)>,
    /// What the events of a second prove, for the seconds in which contents differ.
    pub(crate) witnesses: BTreeMap<i64, Vec<Witness>>,
}

/// The verdict on one event.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'static str>,
}

/// Judges every sighting of an object, in the order of their seconds, and answers the one to be
/// written, if any wins.
pub(crate) fn judge<'a>(
    object: &Object<'a>,
    judged: &mut BTreeMap<&'a EventKey, Judged>,
) -> Option<(&'a Received, &'a Projection)> {
    let mut held = object.held.as_ref().map(|it| it.sighting);
    let mut last = None;
    for (event, projection) in in_order(object) {
        let seen = Sighting { second: event.created, digest: projection.digest };
        let verdict = verdict(object, held, seen);
        if verdict == Verdict::Apply {
            held = Some(seen);
            last = Some((event, projection));
        }
        let (outcome, reason) = match verdict {
            // Two that show the same may differ in what neither shows.
            Verdict::Apply | Verdict::Duplicate if !projection.complete => {
                (Outcome::Refetching, Some("not all of its children were shown"))
            }
            Verdict::Apply => (Outcome::Applied, None),
            Verdict::Superseded => (Outcome::Superseded, None),
            Verdict::Duplicate => (Outcome::Duplicate, None),
            Verdict::Tie => (Outcome::Refetching, Some("its order within the second is unknown")),
        };
        judged.insert(&event.key, Judged { outcome, reason });
    }
    last
}

fn in_order<'a>(object: &Object<'a>) -> Vec<(&'a Received, &'a Projection)> {
    let mut sightings = object.sightings.clone();
    sightings.sort_by_key(|(event, _)| event.created.unix_seconds());
    sightings
}

/// A tie is settled by all that is known of its second; where that proves another content last, the
/// sighting is older than it.
fn verdict(object: &Object<'_>, held: Option<Sighting>, seen: Sighting) -> Verdict {
    match freshness::judge(held, seen) {
        Verdict::Tie => {
            let known = object.witnesses.get(&seen.second.unix_seconds());
            match known.and_then(|it| freshness::last_of(it)) {
                Some(last) if last == seen.digest => Verdict::Apply,
                Some(last) if held.is_some_and(|it| it.digest == last) => Verdict::Superseded,
                Some(last) if object.sightings.iter().any(|(_, it)| it.digest == last) => {
                    Verdict::Superseded
                }
                Some(_) | None => Verdict::Tie,
            }
        }
        settled => settled,
    }
}

/// The seconds in which the sightings of an object differ from each other or from what is held.
pub(crate) fn tied_seconds(object: &Object<'_>) -> Vec<i64> {
    let mut contents: BTreeMap<i64, Vec<freshness::Digest>> = BTreeMap::new();
    let held = object.held.iter().map(|it| it.sighting);
    let seen = object
        .sightings
        .iter()
        .map(|(event, it)| Sighting { second: event.created, digest: it.digest });
    for it in held.chain(seen) {
        let known = contents.entry(it.second.unix_seconds()).or_default();
        if !known.contains(&it.digest) {
            known.push(it.digest);
        }
    }
    contents.into_iter().filter(|(_, it)| it.len() > 1).map(|(second, _)| second).collect()
}
