//! Everything that the accounts told, and what the product's own code reads in it: envelopes,
//! meanings and witnesses, each body once however often it is delivered.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use counterfoil_domain::endpoint::{Expectation, scope_of};
use counterfoil_domain::freshness::{Digest, Witness};
use counterfoil_domain::mirror::{ObjectKind, Projection};
use counterfoil_domain::{Lane, Timestamp};
use counterfoil_projection::{self as projection, coverage, witness_of};
use counterfoil_simulator::Told;
use counterfoil_stripe_wire::event::Event;

use crate::temper::Temper;

/// An object of the mirror.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) kind: ObjectKind,
    pub(crate) id: String,
    pub(crate) account: usize,
}

/// What a body means.
#[derive(Debug)]
pub(crate) enum Meaning {
    Sighting(Rc<Projection>),
    Ask {
        kind: ObjectKind,
        id: String,
    },
    Nothing,
    /// A person must look at it, which no body of the simulator calls for.
    Park(String),
}

/// One body, read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) body: Bytes,
    pub(crate) created: Timestamp,
    pub(crate) meaning: Meaning,
    pub(crate) key: Option<Key>,
    witness: OnceCell<Option<Witness>>,
}

impl Read {
    pub(crate) fn witness(&self) -> Option<Witness> {
        *self.witness.get_or_init(|| witness_of(&self.body))
    }

    pub(crate) fn projection(&self) -> Option<&Rc<Projection>> {
        match &self.meaning {
            Meaning::Sighting(it) => Some(it),
            Meaning::Ask { .. } | Meaning::Nothing | Meaning::Park(_) => None,
        }
    }

    pub(crate) fn hides(&self) -> bool {
        self.projection().is_some_and(|it| it.hidden)
    }
}

/// An event, as it was told.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) account: usize,
    pub(crate) told: Told,
    pub(crate) lane: Lane,
    reads: Vec<OnceCell<Rc<Read>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) all: Vec<Fact>,
    /// The events that show an object, by their seconds, in the order in which they happened.
    pub(crate) of: BTreeMap<(Key, i64), Vec<usize>>,
}

/// The name of an account.
pub(crate) fn account_name(account: usize) -> String {
    format!("acct_{account}")
}

/// What the endpoint of an account expects.
pub(crate) fn expectation(account: usize) -> Expectation {
    Expectation { account: Some(account_name(account)), livemode: Some(false), connect: false }
}

impl Facts {
    pub(crate) fn add(&mut self, account: usize, told: Told, temper: &Temper) -> usize {
        let place = self.all.len();
        let lane = coverage::lane_of(&told.kind);
        let reads = told.bodies.iter().map(|_| OnceCell::new()).collect();
        self.all.push(Fact { account, told, lane, reads });
        let read = self.read(place, 0, temper);
        if let (Some(key), Some(_)) = (&read.key, read.projection()) {
            let second = read.created.unix_seconds();
            self.of.entry((key.clone(), second)).or_default().push(place);
        }
        place
    }

    pub(crate) fn versions(&self, fact: usize) -> usize {
        self.all[fact].reads.len()
    }

    pub(crate) fn read(&self, fact: usize, version: usize, temper: &Temper) -> Rc<Read> {
        let it = &self.all[fact];
        let version = version.min(it.reads.len() - 1);
        let body = &it.told.bodies[version];
        Rc::clone(it.reads[version].get_or_init(|| Rc::new(read(body, it.account, temper))))
    }

    /// The last event that shows an object.
    pub(crate) fn last_of(&self, key: &Key) -> Option<usize> {
        let from = (key.clone(), i64::MIN);
        let to = (key.clone(), i64::MAX);
        self.of.range(from..=to).next_back().and_then(|(_, facts)| facts.last().copied())
    }

    /// What an event shows, in each version.
    pub(crate) fn digests(&self, fact: usize, temper: &Temper) -> Vec<Digest> {
        (0..self.versions(fact))
            .filter_map(|version| self.read(fact, version, temper).projection().map(|it| it.digest))
            .collect()
    }
}

/// The same steps as the worker's: envelope, scope, meaning.
fn read(body: &Bytes, account: usize, temper: &Temper) -> Read {
    let parked = |why: &str| (Timestamp::EPOCH, Meaning::Park(why.to_owned()), None);
    let (created, meaning, key) = match Event::read(body) {
        Err(error) => parked(&error.to_string()),
        Ok(event) => {
            match scope_of(&expectation(account), event.account.as_deref(), event.livemode) {
                Err(misdirected) => parked(misdirected.as_str()),
                Ok(scope) => {
                    let meaning = match projection::meaning_of(&event) {
                        Ok(projection::Meaning::Sighting(it))
                            if temper.always_ask.contains(&it.kind) =>
                        {
                            Meaning::Ask { kind: it.kind, id: it.id }
                        }
                        Ok(projection::Meaning::Sighting(it)) => Meaning::Sighting(Rc::new(*it)),
                        Ok(projection::Meaning::Ask { kind, id }) => Meaning::Ask { kind, id },
                        Ok(projection::Meaning::Nothing(_)) => Meaning::Nothing,
                        Err(error) => Meaning::Park(error.to_string()),
                    };
                    let object = match &meaning {
                        Meaning::Sighting(it) => Some((it.kind, it.id.clone())),
                        Meaning::Ask { kind, id } => Some((*kind, id.clone())),
                        Meaning::Nothing | Meaning::Park(_) => None,
                    };
                    let account =
                        if scope.account == account_name(account) { account } else { usize::MAX };
                    let key = object.map(|(kind, id)| Key { kind, id, account });
                    (event.created, meaning, key)
                }
            }
        }
    };
    Read { body: body.clone(), created, meaning, key, witness: OnceCell::new() }
}
