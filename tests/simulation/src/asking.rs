//! A worker's questions to Stripe, step by step: take, wait until the answer must be of a later
//! second, see whether somebody else has settled it, claim, read, be dated, be answered, lock,
//! absorb, release, acknowledge. Stripe reads the object at one moment and dates its answer at
//! another; much may happen in between.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use counterfoil_domain::Timestamp;
use counterfoil_domain::absorb::{Ruling, Seen, rule};
use counterfoil_domain::freshness::{Sighting, seen_at};
use counterfoil_domain::mirror::{ObjectKind, Projection};
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::retry::Rung;
use counterfoil_projection::{absent, project};
use counterfoil_simulator::{Account, ApiVersion};

use crate::course::{Course, Line, Message, asking_hand};
use crate::facts::Key;
use crate::store::{Row, Source, Winner};

/// How far a worker is with its questions.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    batch: Vec<Message>,
    questions: Vec<Question>,
    settlements: Vec<(Message, Option<Rung>)>,
    step: Step,
    /// Nothing is done before this.
    wakes: i64,
}

/// One object to ask for, with the messages that wait for it.
#[derive(Debug)]
struct Question {
    key: Key,
    waiting: Vec<Message>,
}

#[derive(Debug, Default)]
enum Step {
    #[default]
    Idle,
    Taken,
    /// The first question is looked at, until then.
    Looking {
        given_up: i64,
    },
    Claimed {
        begun: i64,
    },
    Read {
        begun: i64,
        shown: Rc<Projection>,
    },
    Dated {
        begun: i64,
        shown: Rc<Projection>,
        date: Timestamp,
    },
    Answered {
        shown: Rc<Projection>,
        second: Timestamp,
    },
    Locked {
        shown: Rc<Projection>,
        second: Timestamp,
        held: Option<Row>,
    },
    Absorbed,
    Settled,
}

const SECOND_MILLIS: i64 = 2_100;
const OTHERS_ANSWER_MILLIS: i64 = 2_000;
const CLAIM_MILLIS: i64 = 120_000;
const PAUSE_MILLIS: i64 = 1_000;

impl Asking {
    /// Its name where something is in hand.
    pub(crate) fn step(&self) -> Option<&'static str> {
        match self.step {
            Step::Idle => None,
            Step::Taken | Step::Looking { .. } => Some("before a question"),
            Step::Claimed { .. } | Step::Read { .. } | Step::Dated { .. } => Some("in a question"),
            Step::Answered { .. } | Step::Locked { .. } => Some("with an answer"),
            Step::Absorbed => Some("after absorbing an answer"),
            Step::Settled => Some("before acknowledging a question"),
        }
    }

    pub(crate) fn in_hand(&self) -> &[Message] {
        &self.batch
    }

    /// Whether Stripe has read an object and its answer is still to be dated or received.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.step, Step::Read { .. } | Step::Dated { .. })
    }

    pub(crate) fn wakes_at(&self) -> Option<i64> {
        (!matches!(self.step, Step::Idle)).then_some(self.wakes)
    }
}

impl Course {
    /// One step of a worker; whether there was one to take.
    pub(crate) fn ask(&mut self, worker: usize) -> Result<bool, String> {
        let mut asking = std::mem::take(&mut self.workers[worker].asking);
        let moved = self.ask_step(worker, &mut asking);
        self.workers[worker].asking = asking;
        moved
    }

    fn ask_step(&mut self, worker: usize, asking: &mut Asking) -> Result<bool, String> {
        if asking.wakes > self.now {
            return Ok(false);
        }
        let owner = asking_hand(worker);
        match std::mem::take(&mut asking.step) {
            Step::Idle => {
                asking.batch = self.take(Line::Refetches);
                if asking.batch.is_empty() {
                    return Ok(false);
                }
                asking.settlements.clear();
                asking.questions = self.questions(&asking.batch, &mut asking.settlements);
                let ripe = asking.batch.iter().map(|it| self.unripe(it));
                let wait = ripe.filter(|it| *it <= SECOND_MILLIS).max().unwrap_or(0);
                asking.wakes = self.now + wait.max(0);
                asking.step = Step::Taken;
            }
            Step::Taken => self.look_at_first(asking),
            Step::Looking { given_up } => return Ok(self.look(asking, given_up)),
            Step::Claimed { begun } => self.read(asking, begun)?,
            Step::Read { begun, shown } => {
                let date = crate::post::at_second(self.now.div_euclid(1_000));
                asking.step = Step::Dated { begun, shown, date };
            }
            Step::Dated { begun, shown, date } => {
                let took = u64::try_from(self.now - begun).unwrap_or(0);
                let second = seen_at(date, Duration::from_millis(took));
                asking.step = Step::Answered { shown, second };
            }
            Step::Answered { shown, second } => {
                let key = asking.questions[0].key.clone();
                if !self.store.lock(owner, std::iter::once(&key)) {
                    asking.step = Step::Answered { shown, second };
                    return Ok(false);
                }
                let held = self.store.rows.get(&key).cloned();
                asking.step = Step::Locked { shown, second, held };
            }
            Step::Locked { shown, second, held } => {
                self.absorb_answer(owner, asking, &shown, second, held.as_ref())?;
                asking.step = Step::Absorbed;
            }
            Step::Absorbed => {
                let question = asking.questions.remove(0);
                self.store.release(&question.key);
                self.look_at_first(asking);
            }
            Step::Settled => {
                asking.batch.clear();
                for (message, rung) in std::mem::take(&mut asking.settlements) {
                    if let Some(rung) = rung {
                        self.put_on_ladder(rung, Line::Refetches, message);
                    }
                }
            }
        }
        Ok(true)
    }

    /// How long until an answer is sure to be of a later second, by our clock.
    fn unripe(&self, message: &Message) -> i64 {
        let created = self.facts.all[message.fact].told.created * 1_000;
        created + SECOND_MILLIS - self.our_now().unix_micros().div_euclid(1_000)
    }

    fn questions(
        &self,
        batch: &[Message],
        settlements: &mut Vec<(Message, Option<Rung>)>,
    ) -> Vec<Question> {
        let mut questions: BTreeMap<Key, Vec<Message>> = BTreeMap::new();
        for message in batch {
            let read = self.facts.read(message.fact, message.version, &self.temper);
            match &read.key {
                Some(key) => questions.entry(key.clone()).or_default().push(message.clone()),
                None => settlements.push((message.clone(), None)),
            }
        }
        questions.into_iter().map(|(key, waiting)| Question { key, waiting }).collect()
    }

    fn newest(&self, question: &Question) -> i64 {
        let all = question.waiting.iter().map(|it| self.facts.all[it.fact].told.created);
        all.max().unwrap_or(0)
    }

    /// Goes on to the first of the questions that are left.
    fn look_at_first(&mut self, asking: &mut Asking) {
        while let Some(question) = asking.questions.first() {
            let unripe = question.waiting.iter().any(|it| self.unripe(it) > 0);
            if !unripe {
                asking.step = Step::Looking { given_up: self.now + OTHERS_ANSWER_MILLIS };
                return;
            }
            self.tally.add("questions too soon");
            let question = asking.questions.remove(0);
            later(&question, asking, |_| Rung::Seconds5);
        }
        asking.step = Step::Settled;
    }

    /// Whether somebody has settled it, or asks already; else it is ours.
    fn look(&mut self, asking: &mut Asking, given_up: i64) -> bool {
        let question = &asking.questions[0];
        let held = self.store.rows.get(&question.key).map(|it| it.sighting.second);
        if let Some(second) = held {
            self.store.close(&question.key, second);
        }
        let hides = question
            .waiting
            .iter()
            .any(|it| self.facts.read(it.fact, it.version, &self.temper).hides());
        let newest = self.newest(question);
        if !hides && held.is_some_and(|it| it.unix_seconds() > newest) {
            self.tally.add("questions shared");
            let question = asking.questions.remove(0);
            asking.settlements.extend(question.waiting.into_iter().map(|it| (it, None)));
            self.look_at_first(asking);
            return true;
        }
        if self.store.claim(&question.key, self.now + CLAIM_MILLIS, self.now) {
            asking.step = Step::Claimed { begun: self.now };
            return true;
        }
        if self.now >= given_up {
            let question = asking.questions.remove(0);
            later(&question, asking, |_| Rung::Seconds5);
            self.look_at_first(asking);
            return true;
        }
        asking.step = Step::Looking { given_up };
        asking.wakes = self.now + 100;
        false
    }

    /// Stripe reads the object, or does not.
    fn read(&mut self, asking: &mut Asking, begun: i64) -> Result<(), String> {
        let key = asking.questions[0].key.clone();
        if self.paused_until > self.now {
            self.pause(asking);
            return Ok(());
        }
        if self.faulty && self.chance.hits(self.temper.trouble) {
            match self.chance.between(0, 3) {
                0 => {
                    self.tally.add("questions limited");
                    self.paused_until = self.now + PAUSE_MILLIS;
                    self.pause(asking);
                }
                1 => {
                    self.tally.add("questions failed");
                    let question = asking.questions.remove(0);
                    self.store.release(&question.key);
                    later(&question, asking, Rung::after);
                    self.look_at_first(asking);
                }
                // It is slow, before it reads the object or after.
                _ => {
                    self.tally.add("questions answered slowly");
                    asking.wakes = self.now + self.chance.between(1, 20_000);
                    asking.step = if self.chance.hits(500) {
                        Step::Claimed { begun }
                    } else {
                        Step::Read { begun, shown: self.shown(&key)? }
                    };
                }
            }
            return Ok(());
        }
        let question = &asking.questions[0];
        let by_owner = matches!(key.kind, ObjectKind::TaxId | ObjectKind::Discount);
        let owner_known = question.waiting.iter().any(|it| {
            let read = self.facts.read(it.fact, it.version, &self.temper);
            read.projection().is_some_and(|it| it.customer().is_some())
        });
        if key.kind == ObjectKind::BillingAlertTriggered || (by_owner && !owner_known) {
            self.tally.add("questions that cannot be asked");
            let question = asking.questions.remove(0);
            self.store.release(&key);
            for message in question.waiting {
                if let Some(entry) = self.store.inbox.get_mut(&message.fact)
                    && entry.outcome == Outcome::Refetching
                {
                    entry.outcome = Outcome::Parked;
                }
                asking.settlements.push((message, None));
            }
            self.look_at_first(asking);
            return Ok(());
        }
        self.tally.add("questions asked");
        asking.step = Step::Read { begun, shown: self.shown(&key)? };
        Ok(())
    }

    /// Nobody calls for a while; the batch stays in hand and is begun anew.
    fn pause(&mut self, asking: &mut Asking) {
        let key = &asking.questions[0].key;
        self.store.release(key);
        asking.settlements.clear();
        asking.questions = self.questions(&asking.batch, &mut asking.settlements);
        asking.wakes = self.paused_until.max(self.now + 1);
        asking.step = Step::Taken;
    }

    /// An object as Stripe shows it at this moment.
    pub(crate) fn shown(&mut self, key: &Key) -> Result<Rc<Projection>, String> {
        let account = &mut self.histories[key.account].account;
        account.pass_until(self.now.div_euclid(1_000));
        let shown = account.shown(key.kind.as_str(), &key.id, &ApiVersion::newest());
        self.collect();
        let is_gone = key.kind == ObjectKind::ActiveEntitlementSummary
            && account_has_no(&self.histories[key.account].account, &key.id);
        let projection = if let Some(body) = shown.filter(|_| !is_gone) {
            project(key.kind, &body.to_string(), false).map_err(|it| it.to_string())?
        } else {
            self.tally.add("absences sighted");
            absent(key.kind, key.id.clone())
        };
        Ok(Rc::new(projection))
    }

    fn absorb_answer(
        &mut self,
        owner: usize,
        asking: &mut Asking,
        shown: &Rc<Projection>,
        second: Timestamp,
        held: Option<&Row>,
    ) -> Result<(), String> {
        let key = asking.questions[0].key.clone();
        let settled = self.absorb_fetched(&key, shown, second, held)?;
        self.store.unlock(owner);
        let question = &asking.questions[0];
        let newest = self.newest(question);
        match settled {
            None => {
                self.tally.add("answers overtaken");
                let question = Question { key, waiting: question.waiting.clone() };
                later(&question, asking, Rung::after);
            }
            Some(true) if newest < second.unix_seconds() => {
                self.tally.add("questions settled");
                let waiting = question.waiting.clone();
                asking.settlements.extend(waiting.into_iter().map(|it| (it, None)));
            }
            Some(_) => {
                self.tally.add("answers too soon");
                let question = Question { key, waiting: question.waiting.clone() };
                later(&question, asking, |_| Rung::Seconds5);
            }
        }
        Ok(())
    }

    /// The store's transaction over an answer: `None` where another one was faster, else whether
    /// it could settle anything.
    pub(crate) fn absorb_fetched(
        &mut self,
        key: &Key,
        shown: &Rc<Projection>,
        second: Timestamp,
        held: Option<&Row>,
    ) -> Result<Option<bool>, String> {
        let sighting = Sighting { second, digest: shown.digest };
        let seen = Seen { sighting, projection: Some(shown), asked: true };
        let of_rule = held.map(Row::as_rule);
        let ruled = rule(of_rule, &[seen], &BTreeMap::new(), false);
        if matches!(ruled.rulings.first(), Some(Ruling::Ask(_))) && ruled.write.is_none() {
            return Ok(Some(false));
        }
        let shows_hidden = held.is_some_and(|it| it.sighting == sighting)
            && !shown.hidden
            && !shown.children.is_empty();
        if ruled.write.is_some() || shows_hidden {
            let winner = Winner {
                key: key.clone(),
                second,
                projection: Rc::clone(shown),
                source: Source::Fetched,
                held: held.is_some(),
            };
            if self.store.conflicts(std::slice::from_ref(&winner)) {
                return Ok(None);
            }
            self.write(&winner)?;
        }
        let closed = self.store.close(key, second);
        self.trace.say(self.now, || {
            format!("{key:?} fetched as of {}, {closed} closed", second.unix_seconds())
        });
        self.is_settled_rightly(key)?;
        Ok(Some(true))
    }
}

/// The list of a customer that is deleted cannot be read.
fn account_has_no(account: &Account, customer: &str) -> bool {
    account.shown(ObjectKind::Customer.as_str(), customer, &ApiVersion::newest()).is_none()
}

fn later(question: &Question, asking: &mut Asking, rung: impl Fn(u32) -> Rung) {
    for message in &question.waiting {
        let tries = message.tries.saturating_add(1);
        let message = Message { tries, ..message.clone() };
        asking.settlements.push((message, Some(rung(tries))));
    }
}
