//! A worker's transaction over a batch of events, step by step: take, look into the inbox, lock and
//! read what is held, judge, commit, publish what is open, acknowledge. It may die between any two.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::absorb::{Ruling, Seen, UNKNOWN_ORDER, rule, tied_seconds};
use counterfoil_domain::freshness::{Digest, Sighting, Witness};
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::retry::Rung;

use crate::course::{Course, Line, Message, absorbing_hand};
use crate::facts::{Key, Meaning};
use crate::store::{Entry, Row, Source, Winner};

/// How far a worker is with a batch.
#[derive(Debug, Default)]
pub(crate) enum Absorbing {
    #[default]
    Idle,
    Taken(Batch),
    Found(Batch, BTreeSet<usize>),
    Locked(Batch, BTreeMap<Key, Object>),
    Judged(Batch, Judged),
    Committed(Batch, Vec<Settlement>),
    Published(Batch),
}

/// Messages in hand.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    line: Line,
    messages: Vec<Message>,
    round: u32,
}

/// An object of a batch: what was held when it was locked, and the events about it.
#[derive(Debug, Default)]
pub(crate) struct Object {
    held: Option<Row>,
    events: Vec<(usize, usize)>,
}

#[derive(Debug, Default)]
pub(crate) struct Judged {
    winners: Vec<Winner>,
    outcomes: BTreeMap<usize, Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    Done,
    Onward,
    Later,
}

/// The store judges so often before the queue takes over.
const ROUNDS_MAX: u32 = 5;

impl Absorbing {
    /// Its name where something is in hand.
    pub(crate) fn step(&self) -> Option<&'static str> {
        match self {
            Self::Idle => None,
            Self::Taken(_) => Some("after taking"),
            Self::Found(..) => Some("before locking"),
            Self::Locked(..) => Some("before judging"),
            Self::Judged(..) => Some("before the commit"),
            Self::Committed(..) => Some("after the commit"),
            Self::Published(_) => Some("before the acknowledgement"),
        }
    }

    pub(crate) fn in_hand(&self) -> (Line, &[Message]) {
        match self {
            Self::Idle => (Line::Record, &[]),
            Self::Taken(batch)
            | Self::Found(batch, _)
            | Self::Locked(batch, _)
            | Self::Judged(batch, ..)
            | Self::Committed(batch, _)
            | Self::Published(batch) => (batch.line, &batch.messages),
        }
    }
}

impl Course {
    /// One step of a worker; whether there was one to take.
    pub(crate) fn absorb(&mut self, worker: usize) -> Result<bool, String> {
        let before = std::mem::take(&mut self.workers[worker].absorbing);
        let idle = matches!(before, Absorbing::Idle);
        let (after, moved) = match before {
            Absorbing::Idle => (self.take_events(), true),
            Absorbing::Taken(batch) => {
                let facts = batch.messages.iter().map(|it| it.fact);
                let known = facts.filter(|it| self.store.inbox.contains_key(it)).collect();
                (Absorbing::Found(batch, known), true)
            }
            Absorbing::Found(batch, known) => self.lock(worker, batch, known),
            Absorbing::Locked(batch, objects) => {
                let judged = self.judge(&objects);
                (Absorbing::Judged(batch, judged), true)
            }
            Absorbing::Judged(batch, judged) => (self.commit(worker, batch, &judged)?, true),
            Absorbing::Committed(batch, settlements) => {
                self.publish(&batch, &settlements);
                (Absorbing::Published(batch), true)
            }
            Absorbing::Published(_) => (Absorbing::Idle, true),
        };
        let moved = moved && !(idle && matches!(after, Absorbing::Idle));
        self.workers[worker].absorbing = after;
        Ok(moved)
    }

    fn take_events(&mut self) -> Absorbing {
        let lines = if self.chance.hits(500) {
            [Line::Access, Line::Record]
        } else {
            [Line::Record, Line::Access]
        };
        for line in lines {
            let messages = self.take(line);
            if !messages.is_empty() {
                return Absorbing::Taken(Batch { line, messages, round: 0 });
            }
        }
        Absorbing::Idle
    }

    /// The first copy of each event that is new, or that a person wants judged again.
    fn fresh(&self, batch: &Batch, known: &BTreeSet<usize>) -> Vec<(usize, usize)> {
        let mut firsts: BTreeMap<&str, &Message> = BTreeMap::new();
        for message in &batch.messages {
            let id = self.facts.all[message.fact].told.id.as_str();
            let first = firsts.entry(id).or_insert(message);
            if message.replay {
                *first = message;
            }
        }
        let fresh = firsts.values().filter(|it| it.replay || !known.contains(&it.fact));
        fresh.map(|it| (it.fact, it.version)).collect()
    }

    fn lock(&mut self, worker: usize, batch: Batch, known: BTreeSet<usize>) -> (Absorbing, bool) {
        let mut objects: BTreeMap<Key, Object> = BTreeMap::new();
        let fresh = self.fresh(&batch, &known);
        for (fact, version) in fresh {
            let read = self.facts.read(fact, version, &self.temper);
            if let Some(key) = &read.key {
                objects.entry(key.clone()).or_default().events.push((fact, version));
            }
        }
        if !self.store.lock(absorbing_hand(worker), objects.keys()) {
            self.tally.add("waits for a lock");
            return (Absorbing::Found(batch, known), false);
        }
        for (key, object) in &mut objects {
            object.held = self.store.rows.get(key).cloned();
        }
        // What is known was read before the lock, as a transaction does.
        self.workers[worker].known = known;
        (Absorbing::Locked(batch, objects), true)
    }

    fn judge(&mut self, objects: &BTreeMap<Key, Object>) -> Judged {
        let mut judged = Judged::default();
        for (key, object) in objects {
            self.judge_object(key, object, &mut judged);
        }
        judged
    }

    fn judge_object(&mut self, key: &Key, object: &Object, judged: &mut Judged) {
        let reads: Vec<_> = object
            .events
            .iter()
            .map(|(fact, version)| self.facts.read(*fact, *version, &self.temper))
            .collect();
        let nothing = Digest::from_bytes([0; 16]);
        let seen: Vec<Seen<'_>> = reads
            .iter()
            .map(|read| {
                let projection = read.projection().map(|it| &**it);
                let digest = projection.map_or(nothing, |it| it.digest);
                Seen {
                    sighting: Sighting { second: read.created, digest },
                    projection,
                    asked: false,
                }
            })
            .collect();
        let held = object.held.as_ref().map(Row::as_rule);
        let mut witnesses: BTreeMap<i64, Vec<Witness>> = BTreeMap::new();
        let tied = tied_seconds(held, &seen);
        for second in &tied {
            witnesses.insert(*second, self.witnesses(key, object, *second));
        }
        let ruled = rule(held, &seen, &witnesses, true);
        for ((place, (fact, _)), ruling) in object.events.iter().enumerate().zip(&ruled.rulings) {
            let is_tied = tied.contains(&seen[place].sighting.second.unix_seconds());
            let outcome = match ruling {
                Ruling::Apply => Outcome::Applied,
                Ruling::Superseded => Outcome::Superseded,
                Ruling::Duplicate => Outcome::Duplicate,
                Ruling::Ask(why) => {
                    self.tally.add(&format!("asked: {why}"));
                    Outcome::Refetching
                }
            };
            if is_tied {
                let asked = matches!(ruling, Ruling::Ask(UNKNOWN_ORDER));
                self.tally.add(if asked { "ties asked" } else { "ties proven" });
            }
            judged.outcomes.insert(*fact, outcome);
        }
        if let Some(place) = ruled.write
            && let Some(projection) = reads[place].projection()
        {
            let (fact, version) = object.events[place];
            judged.winners.push(Winner {
                key: key.clone(),
                second: reads[place].created,
                projection: std::rc::Rc::clone(projection),
                source: Source::Event { fact, version },
                held: object.held.is_some(),
            });
        }
    }

    /// All that is known of a second: the batch, the bodies that are kept, and what is held.
    fn witnesses(&self, key: &Key, object: &Object, second: i64) -> Vec<Witness> {
        let earlier = self.store.bodies(key, second, self.now);
        let of_batch = object.events.iter().copied();
        let mut known: Vec<Witness> = earlier
            .into_iter()
            .chain(of_batch)
            .map(|(fact, version)| self.facts.read(fact, version, &self.temper))
            .filter(|read| read.created.unix_seconds() == second)
            .filter_map(|read| read.witness())
            .collect();
        if let Some(held) = &object.held
            && held.sighting.second.unix_seconds() == second
            && !known.iter().any(|it| it.digest == held.sighting.digest)
        {
            known.push(Witness::of_content(held.sighting.digest, held.deleted));
        }
        known
    }

    fn commit(
        &mut self,
        worker: usize,
        mut batch: Batch,
        judged: &Judged,
    ) -> Result<Absorbing, String> {
        let known = std::mem::take(&mut self.workers[worker].known);
        let fresh = self.fresh(&batch, &known);
        let is_new = |fact: &usize| !known.contains(fact);
        let overtaken =
            fresh.iter().any(|(fact, _)| is_new(fact) && self.store.inbox.contains_key(fact));
        if overtaken || self.store.conflicts(&judged.winners) {
            self.store.unlock(absorbing_hand(worker));
            self.tally.add("batches judged anew");
            batch.round += 1;
            if batch.round < ROUNDS_MAX {
                return Ok(Absorbing::Taken(batch));
            }
            let settlements = vec![Settlement::Later; batch.messages.len()];
            return Ok(Absorbing::Committed(batch, settlements));
        }
        for winner in &judged.winners {
            self.write(winner)?;
        }
        for (fact, version) in &fresh {
            self.settle(*fact, *version, judged);
        }
        self.store.unlock(absorbing_hand(worker));
        let touched: BTreeSet<Key> = fresh
            .iter()
            .filter_map(|(fact, version)| {
                self.facts.read(*fact, *version, &self.temper).key.clone()
            })
            .collect();
        for key in &touched {
            self.is_settled_rightly(key)?;
        }
        let repeats = batch.messages.len() - fresh.len();
        self.tally.add_many("repeats settled", repeats as u64);
        self.tally.add("batches committed");
        self.trace.say(self.now, || format!("worker {worker} commits {:?}", judged.outcomes));
        let settlements = batch.messages.iter().map(|it| match self.store.inbox.get(&it.fact) {
            Some(entry) if entry.outcome.is_settled() => Settlement::Done,
            Some(_) | None => Settlement::Onward,
        });
        let settlements = settlements.collect();
        Ok(Absorbing::Committed(batch, settlements))
    }

    fn settle(&mut self, fact: usize, version: usize, judged: &Judged) {
        let read = self.facts.read(fact, version, &self.temper);
        let outcome = match (&read.meaning, judged.outcomes.get(&fact)) {
            (Meaning::Nothing, _) => Outcome::Ignored,
            (Meaning::Park(reason), _) => {
                self.tally.add(&format!("parked: {reason}"));
                Outcome::Parked
            }
            (Meaning::Sighting(_) | Meaning::Ask { .. }, Some(outcome)) => *outcome,
            (Meaning::Sighting(_) | Meaning::Ask { .. }, None) => Outcome::Refetching,
        };
        self.tally.add(&format!("events {outcome}"));
        if let Some(held) = self.store.inbox.get_mut(&fact) {
            use Outcome::{Applied, Duplicate, Superseded};
            let stands = matches!(held.outcome, Applied | Superseded | Duplicate)
                && matches!(outcome, Superseded | Duplicate);
            if !stands {
                held.outcome = outcome;
            }
            return;
        }
        let entry = Entry {
            outcome,
            object: read.key.clone(),
            created: read.created,
            version,
            kept_at: self.now,
        };
        self.store.settle(fact, entry);
    }

    fn publish(&mut self, batch: &Batch, settlements: &[Settlement]) {
        for (message, settlement) in batch.messages.iter().zip(settlements) {
            match settlement {
                Settlement::Done => {}
                Settlement::Onward => {
                    let onward =
                        Message { tries: 0, again: true, replay: false, ..message.clone() };
                    self.lines[Line::Refetches as usize].push_back(onward);
                }
                Settlement::Later => {
                    let tries = message.tries + 1;
                    let message = Message { tries, ..message.clone() };
                    self.put_on_ladder(Rung::after(tries), batch.line, message);
                }
            }
        }
    }
}
