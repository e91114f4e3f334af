//! Deliveries: in which copies, versions and order events arrive, and the door that only genuine
//! ones pass.

use std::collections::BTreeSet;

use counterfoil_domain::Timestamp;
use counterfoil_simulator::{Account, Told, signature_header};
use counterfoil_stripe_wire::signature::{Secrets, Tolerance, verify};

use crate::chance::Chance;
use crate::course::{Course, Message};
use crate::temper::Temper;

/// One delivery to come.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) fact: usize,
    pub(crate) version: usize,
    pub(crate) due: i64,
}

#[derive(Debug)]
pub(crate) struct Letters {
    pub(crate) waiting: Vec<Copy>,
    /// How many events were taken up, of each account.
    taken: Vec<(usize, usize)>,
}

/// The secret of an account's endpoint.
fn secret(account: usize) -> String {
    format!("whsec_account_{account}")
}

impl Letters {
    pub(crate) fn new(accounts: usize) -> Self {
        Self { waiting: Vec::new(), taken: vec![(0, 0); accounts] }
    }

    /// What an account has told since the last time.
    pub(crate) fn new_of(&mut self, account: usize, it: &Account, temper: &Temper) -> Vec<Told> {
        let (snapshots, thin) = &mut self.taken[account];
        let mut told = it.told(*snapshots, &temper.versions);
        *snapshots += told.len();
        if temper.thin {
            let thinly = it.told_thinly(*thin);
            *thin += thinly.len();
            told.extend(thinly);
        }
        told
    }

    pub(crate) fn next_due(&self) -> Option<i64> {
        self.waiting.iter().map(|it| it.due).min()
    }
}

impl Copy {
    /// The copies in which an event is sent; none where it is lost.
    pub(crate) fn of(
        fact: usize,
        versions: usize,
        now: i64,
        temper: &Temper,
        chance: &mut Chance,
    ) -> Vec<Self> {
        if chance.hits(temper.lost) {
            return Vec::new();
        }
        let mut copies = 1;
        while copies < 4 && chance.hits(temper.duplicates) {
            copies += 1;
        }
        (0..copies)
            .map(|_| {
                let wait = if chance.hits(temper.late) {
                    match chance.between(0, 3) {
                        0 | 1 => chance.between(0, 3_000),
                        2 => chance.between(0, 600_000),
                        _ => chance.between(0, 3 * 86_400_000),
                    }
                } else {
                    0
                };
                Self { fact, version: chance.place(versions), due: now + wait }
            })
            .collect()
    }
}

impl Course {
    /// One attempt of one delivery that is due; whether there was one.
    pub(crate) fn deliver(&mut self) -> Result<bool, String> {
        let due: Vec<usize> = (0..self.letters.waiting.len())
            .filter(|it| self.letters.waiting[*it].due <= self.now)
            .collect();
        let Some(first) = due.first() else { return Ok(false) };
        let place = if self.chance.hits(self.temper.disorder) {
            self.chance.one(&due).copied().unwrap_or(*first)
        } else {
            *first
        };
        if self.faulty && self.chance.hits(self.temper.forged) {
            return self.forge(place).map(|()| true);
        }
        let copy = self.letters.waiting.remove(place);
        let account = self.facts.all[copy.fact].account;
        let body = self.facts.read(copy.fact, copy.version, &self.temper).body.clone();
        let second = self.now.div_euclid(1_000);
        let header = signature_header(&[secret(account)], second, &body);
        if !self.is_genuine(account, &body, &header) {
            return Err(format!("a genuine delivery of fact {} is refused", copy.fact));
        }
        self.tally.add("deliveries");
        self.trace.say(self.now, || {
            format!("delivered: {} version {}", self.facts.all[copy.fact].told.id, copy.version)
        });
        let message = Message {
            fact: copy.fact,
            version: copy.version,
            tries: 0,
            again: false,
            replay: false,
        };
        let line = self.line_of(copy.fact);
        self.lines[line as usize].push_back(message);
        Ok(true)
    }

    /// The door of ingest, by the product's own rule. Our clock is the one that counts.
    fn is_genuine(&self, account: usize, body: &[u8], header: &str) -> bool {
        let secret = secret(account);
        Secrets::new([secret.as_str()]).is_ok_and(|secrets| {
            verify(body, Some(header.as_bytes()), &secrets, self.our_now(), Tolerance::STRIPES_OWN)
                .is_ok()
        })
    }

    /// An attempt that is not genuine. The genuine one comes later.
    fn forge(&mut self, place: usize) -> Result<(), String> {
        let copy = self.letters.waiting[place].clone();
        let account = self.facts.all[copy.fact].account;
        let body = self.facts.read(copy.fact, copy.version, &self.temper).body.clone();
        let second = self.now.div_euclid(1_000);
        let own = [secret(account)];
        let header = signature_header(&own, second, &body);
        let kind = self.chance.between(0, 6);
        let (forged, header) = match kind {
            // One bit of the body is another.
            0 => {
                let mut forged = body.to_vec();
                let at = self.chance.place(forged.len());
                forged[at] ^= 1 << self.chance.between(0, 7);
                (forged, header)
            }
            1 => (body.slice(1..).to_vec(), header),
            2 => (body.to_vec(), signature_header(&[secret(account + 1)], second, &body)),
            3 => (body.to_vec(), signature_header(&own, second - 3_600, &body)),
            4 => (body.to_vec(), signature_header(&own, second + 3_600, &body)),
            5 => (body.to_vec(), header.replace("v1=", "v0=")),
            _ => (body.to_vec(), String::new()),
        };
        if self.is_genuine(account, &forged, &header) {
            return Err(format!("a forged delivery passed, of kind {kind}"));
        }
        self.tally.add("forged deliveries refused");
        Ok(())
    }

    /// The accounts whose rows there are.
    pub(crate) fn accounts_held(&self) -> BTreeSet<usize> {
        self.store.rows.keys().map(|it| it.account).collect()
    }
}

/// A second as a time.
pub(crate) fn at_second(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second).unwrap_or(Timestamp::EPOCH)
}
