//! Postgres, as far as the rule needs it: rows under locks that last from judging to commit, an
//! inbox and rows whose insertion conflicts, payloads, and the questions that processes share.
//! What is judged and written is decided by the product's own rule, never here.

use std::collections::BTreeMap;
use std::rc::Rc;

use counterfoil_domain::Timestamp;
use counterfoil_domain::absorb::Held;
use counterfoil_domain::freshness::Sighting;
use counterfoil_domain::mirror::{self, Projection};
use counterfoil_domain::outcome::Outcome;

use crate::facts::Key;

/// Where a row's content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Event { fact: usize, version: usize },
    Fetched,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) sighting: Sighting,
    pub(crate) deleted: bool,
    pub(crate) source: Source,
}

impl Row {
    pub(crate) fn as_rule(&self) -> Held {
        Held { sighting: self.sighting, deleted: self.deleted }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) parent: String,
    pub(crate) deleted: bool,
    pub(crate) row: mirror::Row,
}

/// What became of an event.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) outcome: Outcome,
    pub(crate) object: Option<Key>,
    pub(crate) created: Timestamp,
    /// The version of the body that was kept.
    pub(crate) version: usize,
    pub(crate) kept_at: i64,
}

/// What has won.
#[derive(Debug, Clone)]
pub(crate) struct Winner {
    pub(crate) key: Key,
    pub(crate) second: Timestamp,
    pub(crate) projection: Rc<Projection>,
    pub(crate) source: Source,
    /// Whether the object had a row when it was judged.
    pub(crate) held: bool,
}

/// Bodies are kept for 35 days.
const BODIES_KEPT_MILLIS: i64 = 35 * 86_400_000;

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) rows: BTreeMap<Key, Row>,
    /// By account, table and id.
    pub(crate) children: BTreeMap<(usize, &'static str, String), Child>,
    pub(crate) inbox: BTreeMap<usize, Entry>,
    /// Events by account, object and second: an object of another kind may have the same id.
    about: BTreeMap<(usize, String, i64), Vec<usize>>,
    locks: BTreeMap<Key, usize>,
    /// Until when an object is asked for by somebody.
    questions: BTreeMap<Key, i64>,
}

impl Store {
    /// Locks the rows that are there, unless somebody else has one of them.
    pub(crate) fn lock<'a>(
        &mut self,
        owner: usize,
        keys: impl Iterator<Item = &'a Key> + Clone,
    ) -> bool {
        if keys.clone().any(|key| self.locks.get(key).is_some_and(|it| *it != owner)) {
            return false;
        }
        for key in keys.filter(|key| self.rows.contains_key(key)) {
            self.locks.insert(key.clone(), owner);
        }
        true
    }

    pub(crate) fn unlock(&mut self, owner: usize) {
        self.locks.retain(|_, it| *it != owner);
    }

    /// The events about an object from one second whose bodies are still kept.
    pub(crate) fn bodies(&self, key: &Key, second: i64, now: i64) -> Vec<(usize, usize)> {
        let place = (key.account, key.id.clone(), second);
        let facts = self.about.get(&place).map(Vec::as_slice).unwrap_or_default();
        let entries = facts.iter().filter_map(|fact| Some((*fact, self.inbox.get(fact)?)));
        entries
            .filter(|(_, entry)| now - entry.kept_at < BODIES_KEPT_MILLIS)
            .map(|(fact, entry)| (fact, entry.version))
            .collect()
    }

    pub(crate) fn settle(&mut self, fact: usize, entry: Entry) {
        if let Some(key) = &entry.object {
            let place = (key.account, key.id.clone(), entry.created.unix_seconds());
            let about = self.about.entry(place).or_default();
            if !about.contains(&fact) {
                about.push(fact);
            }
        }
        self.inbox.insert(fact, entry);
    }

    /// Whether a row is there now that was not when its object was judged.
    pub(crate) fn conflicts(&self, winners: &[Winner]) -> bool {
        winners.iter().any(|it| !it.held && self.rows.contains_key(&it.key))
    }

    /// Writes what has won, with its children; those no longer shown are flagged.
    pub(crate) fn write(&mut self, winner: &Winner) {
        let Winner { key, projection, .. } = winner;
        let deleted = projection.change.is_deletion();
        let sighting = Sighting { second: winner.second, digest: projection.digest };
        self.rows.insert(key.clone(), Row { sighting, deleted, source: winner.source });
        for list in &projection.children {
            if winner.held && list.whole {
                let shown: Vec<&str> = list.rows.iter().map(|it| it.id.as_str()).collect();
                for ((account, table, id), child) in &mut self.children {
                    let is_own = *account == key.account
                        && *table == list.table.name
                        && child.parent == key.id;
                    if is_own && !shown.contains(&id.as_str()) {
                        child.deleted = true;
                    }
                }
            }
            for row in &list.rows {
                let place = (key.account, list.table.name, row.id.clone());
                let child = Child { parent: key.id.clone(), deleted, row: row.clone() };
                self.children.insert(place, child);
            }
        }
    }

    /// Closes the events about an object that wait for an answer and are older than this one.
    pub(crate) fn close(&mut self, key: &Key, second: Timestamp) -> usize {
        let from = (key.account, key.id.clone(), i64::MIN);
        let to = (key.account, key.id.clone(), second.unix_seconds());
        let facts: Vec<usize> = self.about.range(from..to).flat_map(|it| it.1.clone()).collect();
        let mut closed = 0;
        for fact in facts {
            if let Some(entry) = self.inbox.get_mut(&fact)
                && entry.outcome == Outcome::Refetching
                && entry.object.as_ref().is_some_and(|it| it.kind == key.kind)
            {
                entry.outcome = Outcome::Superseded;
                closed += 1;
            }
        }
        closed
    }

    /// Notes that an object is asked for, unless somebody else does so already.
    pub(crate) fn claim(&mut self, key: &Key, until: i64, now: i64) -> bool {
        if self.questions.get(key).is_some_and(|asked_until| *asked_until > now) {
            return false;
        }
        self.questions.insert(key.clone(), until);
        true
    }

    pub(crate) fn release(&mut self, key: &Key) {
        self.questions.remove(key);
    }

    pub(crate) fn open(&self) -> Vec<usize> {
        let open = self.inbox.iter().filter(|(_, it)| it.outcome == Outcome::Refetching);
        open.map(|(fact, _)| *fact).collect()
    }
}
