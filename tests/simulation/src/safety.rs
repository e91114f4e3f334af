//! What must hold at every commit, whatever goes wrong. It is checked against what really happened,
//! which no worker knows: the order in which the accounts told their events.

use std::collections::BTreeSet;

use counterfoil_domain::freshness::Digest;
use counterfoil_domain::outcome::Outcome;

use crate::course::Course;
use crate::facts::Key;
use crate::store::{Row, Source, Winner};

impl Course {
    /// Writes what has won, unless that breaks a promise.
    pub(crate) fn write(&mut self, winner: &Winner) -> Result<(), String> {
        self.is_own(winner)?;
        if let Some(held) = self.store.rows.get(&winner.key).cloned() {
            self.is_newer(&held, winner)?;
        }
        self.trace.say(self.now, || {
            format!(
                "{:?} written from {:?} as of {}: {:?}",
                winner.key,
                winner.source,
                winner.second.unix_seconds(),
                winner.projection.digest
            )
        });
        if winner.projection.change.is_deletion() {
            self.tally.add("deletions written");
        }
        self.store.write(winner);
        Ok(())
    }

    /// One account's events never write another's rows.
    fn is_own(&self, winner: &Winner) -> Result<(), String> {
        let account = match winner.source {
            Source::Event { fact, .. } => self.facts.all[fact].account,
            Source::Fetched => winner.key.account,
        };
        if account == winner.key.account && account < self.histories.len() {
            Ok(())
        } else {
            Err(format!("{:?} is written by account {account}", winner.key))
        }
    }

    fn is_newer(&mut self, held: &Row, winner: &Winner) -> Result<(), String> {
        let key = &winner.key;
        let (before, after) = (held.sighting.second.unix_seconds(), winner.second.unix_seconds());
        if after < before {
            return Err(format!("{key:?} goes back from second {before} to {after}"));
        }
        let digest = winner.projection.digest;
        if after == before && digest == held.sighting.digest && winner.source != Source::Fetched {
            return Err(format!(
                "{key:?} is written twice with the same content of second {after}"
            ));
        }
        if held.deleted && !winner.projection.change.is_deletion() {
            if key.kind.ids_may_return() {
                self.tally.add("ids given again");
            } else {
                return Err(format!("{key:?} is deleted, and comes back to life"));
            }
        }
        if after > before {
            return Ok(());
        }
        match (held.source, winner.source) {
            // Only what happened later takes the place of what happened in the same second.
            (Source::Event { .. }, Source::Event { .. }) => {
                self.tally.add("contents replaced within a second");
                let contents = self.contents(key, after, winner.source);
                let place = |digest| contents.iter().position(|it| *it == digest);
                // Where a content came twice, what is known so far may prove another order than
                // the one that was; once all is known, that is looked at again.
                let distinct: BTreeSet<_> = contents.iter().collect();
                if distinct.len() < contents.len() || place(digest) > place(held.sighting.digest) {
                    Ok(())
                } else if place(held.sighting.digest).is_none() {
                    // It was shown by another version.
                    Ok(())
                } else {
                    Err(format!("{key:?} takes an older content of second {after}"))
                }
            }
            // An answer of the same second is a tie, which writes nothing.
            (_, Source::Fetched) if digest != held.sighting.digest => {
                Err(format!("{key:?} takes an answer of the very second {after}"))
            }
            (Source::Fetched, Source::Event { .. }) | (_, Source::Fetched) => Ok(()),
        }
    }

    /// What an object was before a second and then in it, as the version of a source shows it.
    fn contents(&self, key: &Key, second: i64, source: Source) -> Vec<Digest> {
        let version = match source {
            Source::Event { version, .. } => version,
            Source::Fetched => 0,
        };
        let from = (key.clone(), i64::MIN);
        let until = (key.clone(), second);
        let before = self.facts.of.range(&from..&until).next_back();
        let before = before.and_then(|(_, facts)| facts.last());
        let within = self.facts.of.get(&until).into_iter().flatten();
        let mut contents: Vec<Digest> = before
            .into_iter()
            .chain(within)
            .filter_map(|fact| {
                let read = self.facts.read(*fact, version, &self.temper);
                read.projection().map(|it| it.digest)
            })
            .collect();
        contents.dedup();
        contents
    }

    /// Once every event of the second that is held has come, and none is open, the last one is held.
    pub(crate) fn is_settled_rightly(&mut self, key: &Key) -> Result<(), String> {
        let Some(row) = self.store.rows.get(key) else { return Ok(()) };
        let second = row.sighting.second.unix_seconds();
        let Source::Event { .. } = row.source else { return Ok(()) };
        let Some(all) = self.facts.of.get(&(key.clone(), second)) else { return Ok(()) };
        let is_settled = |fact: &usize| {
            let entry = self.store.inbox.get(fact);
            entry.is_some_and(|it| !matches!(it.outcome, Outcome::Refetching | Outcome::Parked))
        };
        if !all.iter().all(is_settled) || self.is_open(key) {
            return Ok(());
        }
        let Some(last) = all.last().copied() else { return Ok(()) };
        if self.facts.digests(last, &self.temper).contains(&row.sighting.digest) {
            self.tally.add("seconds settled");
            return Ok(());
        }
        Err(format!(
            "{key:?}: all {} events of second {second} are settled, and {} was the last, but {:?} is held",
            all.len(),
            self.facts.all[last].told.id,
            row.source
        ))
    }

    /// Whether Stripe is still to be asked about an object.
    fn is_open(&self, key: &Key) -> bool {
        self.store
            .open()
            .iter()
            .any(|fact| self.store.inbox.get(fact).and_then(|it| it.object.as_ref()) == Some(key))
    }
}
