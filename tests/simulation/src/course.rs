//! The course of one seed: histories go on, events are told and delivered, workers work and die, in
//! an order that follows from the seed alone. First with all faults; then no more happens, what is
//! left is delivered and worked off, and both halves must be equal.

use std::collections::VecDeque;

use counterfoil_domain::Timestamp;
use counterfoil_domain::retry::Rung;
use counterfoil_simulator::{Account, Faults};

use crate::absorbing::Absorbing;
use crate::asking::Asking;
use crate::chance::{Chance, Stream};
use crate::facts::Facts;
use crate::history::History;
use crate::post::{Copy, Letters};
use crate::store::Store;
use crate::tally::{Failure, Tally, Trace};
use crate::temper::Temper;

/// What a queue holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) fact: usize,
    pub(crate) version: usize,
    pub(crate) tries: u32,
    pub(crate) again: bool,
    pub(crate) replay: bool,
}

/// The queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Access,
    Record,
    Refetches,
}

#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) absorbing: Absorbing,
    /// The events of its batch that the inbox had already.
    pub(crate) known: std::collections::BTreeSet<usize>,
    pub(crate) asking: Asking,
}

pub(crate) struct Course {
    pub(crate) seed: u64,
    pub(crate) temper: Temper,
    pub(crate) chance: Chance,
    /// Stripe's clock, in milliseconds.
    pub(crate) now: i64,
    pub(crate) histories: Vec<History<Account>>,
    pub(crate) facts: Facts,
    pub(crate) letters: Letters,
    pub(crate) lines: [VecDeque<Message>; 3],
    /// Messages on the retry ladder, by the time at which they come back.
    pub(crate) ladder: Vec<(i64, Line, Message)>,
    pub(crate) store: Store,
    pub(crate) workers: Vec<Worker>,
    /// Until when nobody calls Stripe.
    pub(crate) paused_until: i64,
    /// Whether anything goes wrong.
    pub(crate) faulty: bool,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
}

/// The longest that an event waits; shorter than bodies are kept.
const WAITED_MILLIS_MAX: i64 = 34 * 86_400_000;
/// 2026-01-10T00:00:00Z.
const START: i64 = 1_768_003_200;
/// More steps than any world takes that comes to an end.
const STEPS_MAX: usize = 200_000;

#[derive(Clone, Copy, Debug)]
enum Next {
    Act,
    Deliver,
    Work,
    Crash,
    Replay,
    Wait,
}

impl Course {
    pub(crate) fn new(seed: u64, traced: bool) -> Self {
        let temper = Temper::of(seed);
        let accounts = u64::try_from(temper.accounts).unwrap_or(1);
        let mut histories: Vec<History<Account>> = (0..accounts)
            .map(|number| History::begin(seed, number, START, temper.acts, &temper.versions))
            .collect();
        let rate = |of_thousand: u32| f64::from(of_thousand) / 1_000.0;
        for history in &mut histories {
            history.account.set_faults(Faults {
                second_id_rate: rate(temper.second_ids),
                unknown_type_rate: 0.01,
                unknown_field_rate: 0.02,
                never_generated_rate: rate(temper.lost) / 4.0,
                ..Faults::default()
            });
        }
        Self {
            seed,
            chance: Chance::new(seed, Stream::Course, 0),
            now: START * 1_000,
            histories,
            facts: Facts::default(),
            letters: Letters::new(temper.accounts),
            lines: Default::default(),
            ladder: Vec::new(),
            store: Store::default(),
            workers: (0..temper.workers).map(|_| Worker::default()).collect(),
            paused_until: 0,
            faulty: true,
            tally: Tally::default(),
            trace: Trace { wanted: traced, lines: Vec::new() },
            temper,
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(&mut self) -> Result<(), Failure> {
        let done =
            self.with_faults().and_then(|()| self.come_to_rest()).and_then(|()| self.ends_well());
        done.map_err(|what| Failure {
            seed: self.seed,
            what,
            trace: std::mem::take(&mut self.trace.lines),
        })
    }

    pub(crate) fn into_tally(mut self) -> (Tally, Vec<String>) {
        self.tally.add("worlds");
        (self.tally, self.trace.lines)
    }

    /// Our clock, as a worker reads it.
    pub(crate) fn our_now(&self) -> Timestamp {
        let micros = (self.now + self.temper.skew_millis) * 1_000;
        Timestamp::from_unix_micros(micros).unwrap_or(Timestamp::EPOCH)
    }

    fn with_faults(&mut self) -> Result<(), String> {
        let mut steps = 0;
        while self.histories.iter().any(|it| !it.is_over()) {
            steps += 1;
            if steps > STEPS_MAX {
                return Err("the world does not come to an end".to_owned());
            }
            self.now += self.chance.between(0, self.temper.step_millis);
            self.come_back();
            // Much must happen between Stripe's reading of an object and the date of its answer.
            let next =
                if self.is_read() && self.chance.hits(150) { Next::Act } else { self.next() };
            match next {
                Next::Act => self.act(),
                Next::Deliver => {
                    self.deliver()?;
                }
                Next::Work => {
                    let worker = self.chance.place(self.workers.len());
                    if self.chance.hits(600) {
                        self.absorb(worker)?;
                    } else {
                        self.ask(worker)?;
                    }
                }
                Next::Crash => self.crash(),
                Next::Replay => self.replay(),
                Next::Wait => self.now += self.chance.between(0, 3_000),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Next {
        self.chance.pick(&[
            (self.temper.haste, Next::Act),
            (300, Next::Deliver),
            (600, Next::Work),
            (self.temper.crashes, Next::Crash),
            (self.temper.replays, Next::Replay),
            (20, Next::Wait),
        ])
    }

    /// Whether Stripe has read an object for somebody whom it has not answered yet.
    fn is_read(&self) -> bool {
        self.workers.iter().any(|it| it.asking.is_read())
    }

    /// No more faults: everything that is left is delivered and worked off.
    fn come_to_rest(&mut self) -> Result<(), String> {
        self.faulty = false;
        self.trace.say(self.now, || "the faults end".to_owned());
        for _ in 0..STEPS_MAX {
            self.now += 1;
            self.come_back();
            let mut moved = self.deliver()?;
            for worker in 0..self.workers.len() {
                moved |= self.absorb(worker)?;
                moved |= self.ask(worker)?;
            }
            if moved {
                continue;
            }
            let Some(next) = self.next_moment() else { return Ok(()) };
            self.now = self.now.max(next);
        }
        Err("what is left is never worked off".to_owned())
    }

    /// When something happens by itself again.
    fn next_moment(&self) -> Option<i64> {
        let ladder = self.ladder.iter().map(|it| it.0);
        let waking = self.workers.iter().filter_map(|it| it.asking.wakes_at());
        ladder.chain(waking).chain(self.letters.next_due()).min()
    }

    fn act(&mut self) {
        let open: Vec<usize> =
            (0..self.histories.len()).filter(|it| !self.histories[*it].is_over()).collect();
        let Some(account) = self.chance.one(&open).copied() else { return };
        // Much happens within one second, some things a month apart.
        let soon = [(55, 0), (60, 1), (0, 2), (0, 3), (0, 4)];
        let any = [(55, 0), (20, 1), (8, 2), (12, 3), (5, 4)];
        let gaps = if self.is_read() { soon } else { any };
        let gap = match self.chance.pick(&gaps) {
            0 => 0,
            1 => self.chance.between(0, 1_500),
            2 => self.chance.between(1, 600_000),
            3 => self.chance.between(1, 12 * 86_400_000),
            _ => self.chance.between(28, 34) * 86_400_000,
        };
        // Nobody leaves an event waiting until the bodies of its second are gone: Stripe sends for
        // three days, and a queue that long is an outage that somebody ends.
        let oldest = self.oldest_waiting().unwrap_or(self.now);
        self.now += if self.now + gap - oldest < WAITED_MILLIS_MAX { gap } else { 0 };
        let second = self.now.div_euclid(1_000);
        for history in &mut self.histories {
            history.account.pass_until(second);
        }
        let act = self.histories[account].act();
        self.trace.say(self.now, || format!("in account {account}: {act}"));
        self.collect();
    }

    /// Takes up what the accounts told since the last time.
    pub(crate) fn collect(&mut self) {
        for account in 0..self.histories.len() {
            let it = &self.histories[account].account;
            for told in self.letters.new_of(account, it, &self.temper) {
                self.tally.add("events told");
                let line = format!("{} {} told in account {account}", told.id, told.kind);
                self.trace.say(self.now, || line);
                let fact = self.facts.add(account, told, &self.temper);
                let versions = self.facts.versions(fact);
                let sent = Copy::of(fact, versions, self.now, &self.temper, &mut self.chance);
                if sent.is_empty() {
                    self.tally.add("events lost");
                }
                if versions > 1 {
                    self.tally.add("events in several versions");
                }
                self.tally.add_many("duplicates sent", sent.len().saturating_sub(1) as u64);
                self.letters.waiting.extend(sent);
            }
        }
    }

    fn come_back(&mut self) {
        let now = self.now;
        let mut place = 0;
        while place < self.ladder.len() {
            if self.ladder[place].0 <= now {
                let (_, line, message) = self.ladder.swap_remove(place);
                self.lines[line as usize].push_back(message);
            } else {
                place += 1;
            }
        }
    }

    /// Takes a batch from a queue, in its order or not.
    pub(crate) fn take(&mut self, line: Line) -> Vec<Message> {
        let size = self.chance.between(1, self.temper.batch_max);
        let queue = &mut self.lines[line as usize];
        let mut batch = Vec::new();
        for _ in 0..size {
            if queue.is_empty() {
                break;
            }
            let place = if self.chance.hits(self.temper.disorder) {
                self.chance.place(queue.len())
            } else {
                0
            };
            batch.extend(queue.remove(place));
        }
        batch
    }

    pub(crate) fn put_on_ladder(&mut self, rung: Rung, line: Line, message: Message) {
        let chance = u64::try_from(self.chance.between(0, i64::MAX)).unwrap_or(0);
        let wait = i64::try_from(rung.jittered(chance).as_millis()).unwrap_or(i64::MAX);
        self.ladder.push((self.now + wait, line, message));
        self.tally.add("messages on the ladder");
    }

    /// A worker dies: what it had in hand is handed out again, what it had not committed never was.
    fn crash(&mut self) {
        let worker = self.chance.place(self.workers.len());
        let dead = std::mem::take(&mut self.workers[worker]);
        self.store.unlock(absorbing_hand(worker));
        self.store.unlock(asking_hand(worker));
        let steps = [dead.absorbing.step(), dead.asking.step()];
        for step in steps.into_iter().flatten() {
            self.tally.add(&format!("crashes {step}"));
            self.trace.say(self.now, || format!("worker {worker} crashes {step}"));
        }
        let (line, batch) = dead.absorbing.in_hand();
        self.hand_back(line, batch);
        self.hand_back(Line::Refetches, dead.asking.in_hand());
    }

    /// The second of the oldest event that is still to be settled, in milliseconds.
    fn oldest_waiting(&self) -> Option<i64> {
        let letters = self.letters.waiting.iter().map(|it| it.fact);
        let queued = self.lines.iter().flatten().chain(self.ladder.iter().map(|it| &it.2));
        let in_hand = self
            .workers
            .iter()
            .flat_map(|it| it.absorbing.in_hand().1.iter().chain(it.asking.in_hand()));
        let facts = letters.chain(queued.chain(in_hand).map(|it| it.fact));
        facts.map(|fact| self.facts.all[fact].told.created * 1_000).min()
    }

    fn hand_back(&mut self, line: Line, batch: &[Message]) {
        for message in batch {
            let queue = &mut self.lines[line as usize];
            let place = if self.chance.hits(self.temper.disorder) {
                self.chance.place(queue.len() + 1)
            } else {
                0
            };
            queue.insert(place, Message { again: true, ..message.clone() });
        }
    }

    /// A person asks for an event to be judged again.
    fn replay(&mut self) {
        let may_wait = self.now - WAITED_MILLIS_MAX;
        let settled: Vec<usize> = (self.store.inbox.keys().copied())
            .filter(|it| self.facts.all[*it].told.created * 1_000 > may_wait)
            .collect();
        let Some(fact) = self.chance.one(&settled).copied() else { return };
        let version = self.store.inbox[&fact].version;
        let message = Message { fact, version, tries: 0, again: false, replay: true };
        self.lines[self.line_of(fact) as usize].push_back(message);
        self.tally.add("replays");
    }

    pub(crate) fn line_of(&self, fact: usize) -> Line {
        match self.facts.all[fact].lane {
            counterfoil_domain::Lane::Access => Line::Access,
            counterfoil_domain::Lane::Record => Line::Record,
        }
    }
}

/// Who holds the locks of a worker's transactions over events.
pub(crate) fn absorbing_hand(worker: usize) -> usize {
    worker * 2
}

/// Who holds those over answers.
pub(crate) fn asking_hand(worker: usize) -> usize {
    worker * 2 + 1
}
