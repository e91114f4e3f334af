//! The book of deliveries: what waits to be sent, when, and what became of it.

use super::endpoint::{Endpoint, EndpointId};
use super::faults::Faults;
use super::letter::Letter;
use super::record::{Counters, DeliveryRecord, DeliveryState};
use super::retry::Retries;
use super::spoil::Spoil;
use crate::chance::{Chance, Stream};
use crate::mishap::{EventFault, Mishap};
use crate::version::ApiVersion;
use bytes::Bytes;
use http::Uri;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::time::Duration;

/// What a copy is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// To be acknowledged; it is sent again until it is.
    Delivery,
    /// A duplicate on purpose, sent once.
    Duplicate,
    /// By hand, sent once; it ends no automatic retries.
    Resend,
}

/// A copy that is due: everything an attempt needs.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) body: Bytes,
    pub(super) dropped: bool,
    pub(super) purpose: Purpose,
    pub(super) record: usize,
    pub(super) secrets: Vec<String>,
    pub(super) spoil: Option<Spoil>,
    pub(super) url: Uri,
}

/// What the courier does next.
#[derive(Debug)]
pub(super) enum Next {
    Send(Box<Copy>),
    /// Nothing is due before this much time has passed.
    WaitFor(Duration),
    /// Nothing waits at all.
    Idle,
}

/// A delivery that is not acknowledged yet, or has a duplicate to be sent.
#[derive(Debug)]
struct Entry {
    body: Bytes,
    failures: u32,
    first_due: Duration,
    record: DeliveryRecord,
    drop_first: bool,
    /// Whether it is sent once more after it was acknowledged.
    redeliver: bool,
    /// What is wrong with the signature of the first attempt that is sent.
    spoil: Option<Spoil>,
}

#[derive(Debug)]
pub(super) struct Book {
    chance: Chance,
    /// For the faults that came later: they leave what the others draw as it is.
    mischief: Chance,
    counters: Counters,
    endpoints: Vec<Endpoint>,
    entries: Vec<Entry>,
    /// The deliveries of an event stand side by side.
    entries_of: HashMap<String, Range<usize>>,
    faults: Faults,
    retries: Retries,
    /// By due time, then by the order of planning.
    waiting: BinaryHeap<Reverse<(Duration, u64, usize, Purpose)>>,
    planned: u64,
    in_flight: u64,
}

impl Book {
    pub(super) fn new(seed: u64, faults: Faults, retries: Retries) -> Self {
        Self {
            chance: Chance::new(seed, Stream::Delivery),
            mischief: Chance::new(seed, Stream::Mischief),
            counters: Counters::default(),
            endpoints: Vec::new(),
            entries: Vec::new(),
            entries_of: HashMap::new(),
            faults,
            retries,
            waiting: BinaryHeap::new(),
            planned: 0,
            in_flight: 0,
        }
    }

    pub(super) fn add_endpoint(&mut self, endpoint: Endpoint) -> EndpointId {
        self.endpoints.push(endpoint);
        EndpointId(self.endpoints.len() - 1)
    }

    pub(super) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    pub(super) fn endpoint_mut(&mut self, id: EndpointId) -> Option<&mut Endpoint> {
        self.endpoints.get_mut(id.0)
    }

    pub(super) fn set_secrets(&mut self, id: EndpointId, secrets: Vec<String>) -> bool {
        let Some(endpoint) = self.endpoint_mut(id) else {
            return false;
        };
        endpoint.secrets = secrets;
        true
    }

    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    pub(super) fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    pub(super) fn set_retries(&mut self, retries: Retries) {
        self.retries = retries;
    }

    pub(super) fn timeout(&self) -> Duration {
        self.retries.timeout
    }

    /// Takes an event in, for every endpoint that listens for its type.
    pub(super) fn post(&mut self, letter: Letter<'_>, now: Duration) {
        match letter {
            Letter::Snapshot(_) => self.counters.events_made += 1,
            Letter::Thin(_) => self.counters.thin_events_made += 1,
        }
        let first = self.entries.len();
        for place in 0..self.endpoints.len() {
            let endpoint = &self.endpoints[place];
            if !letter.is_for(EndpointId(place), endpoint) {
                continue;
            }
            let version = endpoint.api_version.clone();
            let due = now + self.chance.within(self.faults.reorder_window());
            let drop_first = self.chance.hits(self.faults.drop_first_rate);
            let duplicate = self.chance.hits(self.faults.duplicate_rate);
            let delayed = self.mischief.hits(self.faults.delayed_rate);
            let lost = self.mischief.hits(self.faults.lost_rate);
            let redeliver = self.mischief.hits(self.faults.redelivered_rate);
            let spoil = Spoil::draw(&self.faults, &mut self.mischief);
            let before_basil = self.mischief.hits(self.faults.before_basil_rate);
            let before_clover = self.mischief.hits(self.faults.before_clover_rate);
            // What was decided takes the place of what chance drew.
            let mishap = letter.mishap();
            let drop_first = mishap.happens(EventFault::FirstAttemptDropped, drop_first);
            let duplicate = mishap.happens(EventFault::Duplicated, duplicate);
            let lost = mishap.happens(EventFault::Lost, lost);
            let redeliver = mishap.happens(EventFault::Redelivered, redeliver);
            let spoil = Spoil::decide(mishap, spoil);
            let version = if mishap.happens(EventFault::BeforeBasil, before_basil) {
                ApiVersion::before_basil()
            } else if mishap.happens(EventFault::BeforeClover, before_clover) {
                ApiVersion::before_clover()
            } else {
                version
            };
            let Some(body) = letter.body(&version) else {
                continue;
            };
            let due = match mishap {
                Mishap::LeftToChance if delayed => due + self.faults.delay(),
                Mishap::LeftToChance => due,
                Mishap::Decided(Some(EventFault::Delayed { millis })) => {
                    now + Duration::from_millis(millis)
                }
                Mishap::Decided(_) => now,
            };
            let number = self.entries.len();
            self.entries.push(Entry {
                body,
                failures: 0,
                first_due: due,
                record: DeliveryRecord {
                    acknowledged_at_micros: None,
                    attempts: 0,
                    copies_sent: 0,
                    endpoint: EndpointId(place),
                    event_id: letter.id().to_owned(),
                    first_sent_at_micros: None,
                    kind: letter.kind().to_owned(),
                    resent: false,
                    state: if lost { DeliveryState::GivenUp } else { DeliveryState::Waiting },
                },
                drop_first,
                redeliver,
                spoil,
            });
            if lost {
                self.counters.given_up += 1;
                continue;
            }
            self.plan(due, number, Purpose::Delivery);
            if duplicate {
                let due = due + self.chance.within(self.faults.reorder_window());
                self.plan(due, number, Purpose::Duplicate);
            }
        }
        if first < self.entries.len() {
            self.entries_of.insert(letter.id().to_owned(), first..self.entries.len());
        }
    }

    /// Sends an event to an endpoint once more by hand, whatever types it wants; false when there
    /// is no such endpoint, or it is sent nothing.
    pub(super) fn resend(&mut self, letter: Letter<'_>, to: EndpointId, now: Duration) -> bool {
        let endpoint = self.endpoints.get(to.0).filter(|endpoint| endpoint.enabled);
        let Some(body) = endpoint.and_then(|endpoint| letter.body(&endpoint.api_version)) else {
            return false;
        };
        let number = self.entries.len();
        self.entries.push(Entry {
            body,
            failures: 0,
            first_due: now,
            record: DeliveryRecord {
                acknowledged_at_micros: None,
                attempts: 0,
                copies_sent: 0,
                endpoint: to,
                event_id: letter.id().to_owned(),
                first_sent_at_micros: None,
                kind: letter.kind().to_owned(),
                resent: true,
                state: DeliveryState::Waiting,
            },
            drop_first: false,
            redeliver: false,
            spoil: None,
        });
        self.plan(now, number, Purpose::Resend);
        true
    }

    fn plan(&mut self, due: Duration, entry: usize, purpose: Purpose) {
        self.planned += 1;
        self.waiting.push(Reverse((due, self.planned, entry, purpose)));
    }

    /// The next copy that is due, which is in flight from here on.
    pub(super) fn next(&mut self, now: Duration) -> Next {
        let (number, purpose) = loop {
            let Some(Reverse((due, _, number, purpose))) = self.waiting.peek().copied() else {
                return Next::Idle;
            };
            if due > now {
                return Next::WaitFor(due.saturating_sub(now));
            }
            self.waiting.pop();
            if self.endpoints[self.entries[number].record.endpoint.0].enabled {
                break (number, purpose);
            }
            self.give_up(number);
        };
        self.in_flight += 1;
        let entry = &mut self.entries[number];
        let endpoint = &self.endpoints[entry.record.endpoint.0];
        let first = purpose == Purpose::Delivery;
        let dropped = first && std::mem::take(&mut entry.drop_first);
        Next::Send(Box::new(Copy {
            body: entry.body.clone(),
            dropped,
            purpose,
            record: number,
            secrets: endpoint.secrets.clone(),
            spoil: if first && !dropped { entry.spoil.take() } else { None },
            url: endpoint.url.clone(),
        }))
    }

    /// A copy leaves now.
    pub(super) fn sending(&mut self, copy: &Copy, wall_micros: i64) {
        let record = &mut self.entries[copy.record].record;
        record.copies_sent += 1;
        record.first_sent_at_micros.get_or_insert(wall_micros);
        self.counters.sent += 1;
        if copy.purpose != Purpose::Delivery {
            self.counters.duplicates_sent += 1;
        }
    }

    /// What became of a copy.
    pub(super) fn finished(&mut self, copy: &Copy, ok: bool, now: Duration, wall_micros: i64) {
        self.in_flight -= 1;
        let entry = &mut self.entries[copy.record];
        entry.record.attempts += 1;
        if ok {
            if entry.record.state == DeliveryState::Waiting {
                entry.record.state = DeliveryState::Acknowledged;
                entry.record.acknowledged_at_micros = Some(wall_micros);
                if copy.purpose != Purpose::Resend {
                    self.counters.acknowledged += 1;
                }
            }
        } else {
            self.counters.attempts_failed += 1;
        }
        if ok && std::mem::take(&mut entry.redeliver) {
            self.plan(now, copy.record, Purpose::Duplicate);
            return;
        }
        match copy.purpose {
            _ if ok => return,
            Purpose::Delivery => {}
            Purpose::Duplicate => return,
            Purpose::Resend => {
                entry.record.state = DeliveryState::GivenUp;
                return;
            }
        }
        entry.failures += 1;
        let due = now + self.retries.wait_after(entry.failures);
        let too_often = self.retries.retries_max.is_some_and(|most| entry.failures > most);
        if too_often || due > entry.first_due + self.retries.give_up_after {
            self.give_up(copy.record);
            return;
        }
        self.plan(due, copy.record, Purpose::Delivery);
    }

    fn give_up(&mut self, number: usize) {
        let record = &mut self.entries[number].record;
        if record.state == DeliveryState::Waiting {
            record.state = DeliveryState::GivenUp;
            self.counters.given_up += 1;
        }
    }

    pub(super) fn underway(&self) -> u64 {
        self.in_flight + u64::try_from(self.waiting.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn counters(&self) -> Counters {
        Counters { underway: self.underway(), ..self.counters }
    }

    pub(super) fn records(&self) -> Vec<DeliveryRecord> {
        self.entries.iter().map(|entry| entry.record.clone()).collect()
    }

    /// Whether every endpoint that an event was for has acknowledged it.
    pub(super) fn is_acknowledged(&self, event: &str) -> bool {
        let entries = self.entries_of.get(event).and_then(|range| self.entries.get(range.clone()));
        let acknowledged = |entry: &Entry| entry.record.state == DeliveryState::Acknowledged;
        entries.is_none_or(|entries| entries.iter().all(acknowledged))
    }

    /// How many deliveries of an event are not acknowledged, given up or not.
    pub(super) fn pending(&self, event: &str) -> usize {
        let entries = self.entries_of.get(event).and_then(|range| self.entries.get(range.clone()));
        entries.map_or(0, |entries| {
            entries.iter().filter(|entry| entry.record.state != DeliveryState::Acknowledged).count()
        })
    }
}
