//! One object of a batch: what is held of it, what was sighted, and what becomes of each event.

use std::collections::BTreeMap;

use counterfoil_domain::EventKey;
use counterfoil_domain::absorb::{Ruled, Ruling, Seen, rule, tied_seconds};
use counterfoil_domain::freshness::{Digest, Sighting, Witness};
use counterfoil_domain::mirror::Projection;
use counterfoil_domain::outcome::Outcome;

use super::{Meaning, Received};
use crate::inbox::rows::Replaced;
use crate::mirror::Held;

/// One object of a batch.
#[derive(Default)]
pub(crate) struct Object<'a> {
    pub(crate) held: Option<Held>,
    pub(crate) events: Vec<&'a Received>,
    /// What the events of a second prove, for the seconds in which contents differ.
    pub(crate) witnesses: BTreeMap<i64, Vec<Witness>>,
}

/// The verdict on one event.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'static str>,
    pub(crate) replaced: Option<Replaced>,
}

impl<'a> Object<'a> {
    /// Judges every event, and answers the one to be written, if any is.
    pub(crate) fn judge(
        &self,
        may_ask: bool,
        judged: &mut BTreeMap<&'a EventKey, Judged>,
    ) -> Option<(&'a Received, &'a Projection)> {
        let held = self.held.as_ref().map(Held::as_rule);
        let ruled = rule(held, &self.seen(), &self.witnesses, may_ask);
        let mut replaced = self.replaced(&ruled);
        for (place, (event, ruling)) in self.events.iter().zip(&ruled.rulings).enumerate() {
            let (outcome, reason) = match ruling {
                Ruling::Apply => (Outcome::Applied, None),
                Ruling::Superseded => (Outcome::Superseded, None),
                Ruling::Duplicate => (Outcome::Duplicate, None),
                Ruling::Ask(reason) => (Outcome::Refetching, Some(*reason)),
            };
            let replaced = replaced.remove(&place);
            judged.insert(&event.key, Judged { outcome, reason, replaced });
        }
        let event = *self.events.get(ruled.write?)?;
        Some((event, projection_of(event)?))
    }

    /// What each event that was the newest in its turn replaced: what was held before the batch,
    /// then one another.
    fn replaced(&self, ruled: &Ruled) -> BTreeMap<usize, Replaced> {
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order.sort_by_key(|place| self.events[*place].created.unix_seconds());
        let held = self.held.as_ref();
        let mut standing =
            held.map(|it| Replaced { at: it.sighting.second, event: it.event.clone() });
        let mut all = BTreeMap::new();
        for place in order {
            if ruled.rulings[place] == Ruling::Apply || ruled.write == Some(place) {
                let event = self.events[place];
                let now = Replaced { at: event.created, event: Some(event.key.id.clone()) };
                if let Some(before) = standing.replace(now) {
                    all.insert(place, before);
                }
            }
        }
        all
    }

    /// The seconds in which contents differ.
    pub(crate) fn tied_seconds(&self) -> Vec<i64> {
        tied_seconds(self.held.as_ref().map(Held::as_rule), &self.seen())
    }

    fn seen(&self) -> Vec<Seen<'a>> {
        let nothing = Digest::from_bytes([0; 16]);
        let seen = |event: &&'a Received| {
            let projection = projection_of(event);
            let digest = projection.map_or(nothing, |it| it.digest);
            Seen { sighting: Sighting { second: event.created, digest }, projection, asked: false }
        };
        self.events.iter().map(seen).collect()
    }
}

fn projection_of(event: &Received) -> Option<&Projection> {
    match &event.meaning {
        Meaning::Sighting(it) => Some(it),
        Meaning::Ask { .. } | Meaning::Nothing(_) | Meaning::Park(_) => None,
    }
}
