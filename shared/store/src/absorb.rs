//! Events into the inbox and the mirror: one transaction per batch, each event's outcome its own.
//!
//! Guarantees: an event's inbox row, its payload and its effects are written together or not at
//! all; an event that was settled before changes nothing but its count of repeats; the objects it
//! touches are judged under their rows' locks. When another transaction settles the same event or
//! creates the same object meanwhile, everything is rolled back and judged anew. A value that
//! Postgres refuses fails the whole batch with [`StoreError::Refused`]: the caller splits it.

mod plan;
mod witnesses;

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::freshness::Witness;
use counterfoil_domain::mirror::{ObjectKind, Projection, Table};
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Timestamp};
use sqlx::{Connection as _, PgConnection};

use crate::connect::Store;
use crate::error::StoreError;
use crate::inbox::rows::{self, Entry};
use crate::mirror::{self, ObjectKey, Winner};
use crate::seal::PayloadKeys;
use crate::{erase, payload};
use plan::{Judged, Object};

/// An event as the worker received and understood it.
#[derive(Debug, Clone)]
pub struct Received {
    /// What makes it the same event.
    pub key: EventKey,
    /// The endpoint it came through.
    pub endpoint: String,
    /// Its type; empty where it has none.
    pub event_type: String,
    /// The version its body is rendered by.
    pub api_version: Option<String>,
    /// The object it is about.
    pub object_id: Option<String>,
    /// The customer it is about.
    pub customer: Option<String>,
    /// The second in which Stripe made it.
    pub created: Timestamp,
    /// When ingest had read it.
    pub received_at: Timestamp,
    /// The bytes, as received.
    pub body: Vec<u8>,
    /// What it means.
    pub meaning: Meaning,
    /// A person asked for it to be judged again.
    pub replay: bool,
    /// The same delivery as before, from our own retry: no repeat of the sender's.
    pub again: bool,
    /// It names an account other than the endpoint's own, as events of Connect do.
    pub foreign: bool,
}

impl Received {
    /// A column of text of the row that it shows.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        match &self.meaning {
            Meaning::Sighting(it) => it.change.row()?.text(column),
            Meaning::Ask { .. } | Meaning::Nothing(_) | Meaning::Park(_) => None,
        }
    }

    /// Whether it hides children that Stripe shows on request only.
    #[must_use]
    pub fn hides(&self) -> bool {
        match &self.meaning {
            Meaning::Sighting(it) => it.hidden,
            Meaning::Ask { .. } | Meaning::Nothing(_) | Meaning::Park(_) => false,
        }
    }
}

/// What an event means for the store.
#[derive(Debug, Clone)]
pub enum Meaning {
    /// A sighting of an object the mirror holds.
    Sighting(Box<Projection>),
    /// It names an object of the mirror without showing it: Stripe must be asked for it.
    Ask {
        /// The kind of the object.
        kind: ObjectKind,
        /// Its id.
        id: String,
    },
    /// Nothing follows from it, for this reason.
    Nothing(String),
    /// A person must look at it, for this reason.
    Park(String),
}

/// What became of one event of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The outcome that stands in the inbox.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say.
    pub reason: Option<String>,
    /// Whether it had been settled before, by an earlier delivery or earlier in this batch.
    pub repeat: bool,
}

/// How often a batch is judged anew because others were faster. The work is the queue's after that.
const ROUNDS_MAX: u32 = 5;

impl Meaning {
    /// The object of the mirror that it is about.
    #[must_use]
    pub fn object(&self) -> Option<(ObjectKind, &str)> {
        match self {
            Self::Sighting(it) => Some((it.kind, &it.id)),
            Self::Ask { kind, id } => Some((*kind, id)),
            Self::Nothing(_) | Self::Park(_) => None,
        }
    }
}

/// What absorbing needs beside the events.
pub struct Absorbing<'a> {
    /// Reads a stored body again, where the order of events within one second must be found from
    /// what they prove.
    pub witness: &'a (dyn Fn(&[u8]) -> Option<Witness> + Sync),
    /// All tables of the mirror.
    pub tables: &'a [&'static Table],
    /// Whether Stripe can be asked for what it shows on request only.
    pub may_ask: bool,
    /// The time.
    pub now: Timestamp,
}

impl Store {
    /// Absorbs a batch of events and answers what became of each, in the same order.
    pub async fn absorb(
        &self,
        batch: &[Received],
        with: &Absorbing<'_>,
    ) -> Result<Vec<Settled>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        for _ in 0..ROUNDS_MAX {
            let mut transaction = connection.begin_with(erase::BEGIN_WRITING).await?;
            match absorb_once(&mut transaction, &self.keys, batch, with).await {
                Ok(Some(settled)) => {
                    transaction.commit().await?;
                    return Ok(settled);
                }
                // A deadlock that Postgres broke up is a race like any other.
                Ok(None) | Err(StoreError::Conflict) => transaction.rollback().await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}

/// One round. `None` when another transaction was faster somewhere.
async fn absorb_once(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    batch: &[Received],
    with: &Absorbing<'_>,
) -> Result<Option<Vec<Settled>>, StoreError> {
    let mut firsts: BTreeMap<&EventKey, &Received> = BTreeMap::new();
    for event in batch {
        let first = firsts.entry(&event.key).or_insert(event);
        // A person's wish is not lost behind a copy that happens to come with it.
        if event.replay {
            *first = event;
        }
    }
    let rows::Found { known, erased } = rows::find(connection, firsts.values().copied()).await?;
    let fresh: Vec<&Received> =
        firsts.values().copied().filter(|it| it.replay || !known.contains_key(&it.key)).collect();

    let Some(judged) = judge_and_write(connection, keys, &fresh, &erased, with).await? else {
        return Ok(None);
    };
    let mut settled: BTreeMap<&EventKey, Settled> = BTreeMap::new();
    for event in &fresh {
        settled.insert(&event.key, settled_of(event, &judged));
    }
    let (replayed, new): (Vec<&Received>, Vec<&Received>) =
        fresh.iter().partition(|it| known.contains_key(&it.key));
    let kept: Vec<&Received> =
        new.iter().copied().filter(|it| !erased.covers(it.customer.as_deref(), it)).collect();
    payload::keep(connection, keys, &kept).await?;
    let entries = entries_of(&new, &settled, &judged);
    if !rows::insert(connection, &entries, with.now).await? {
        return Ok(None);
    }
    let entries = entries_of(&replayed, &settled, &judged);
    rows::settle_replayed(connection, &entries, with.now).await?;
    if erased.any {
        erase::again(connection, with.tables, &fresh).await?;
    }
    rows::count_repeats(connection, &repeats(batch, &new)).await?;
    Ok(Some(answers(batch, &known, &settled)))
}

fn entries_of<'a>(
    events: &[&'a Received],
    settled: &'a BTreeMap<&EventKey, Settled>,
    judged: &'a BTreeMap<&EventKey, Judged>,
) -> Vec<Entry<'a>> {
    let entry = |event: &&'a Received| Entry {
        event,
        settled: &settled[&event.key],
        replaced: judged.get(&event.key).and_then(|it| it.replaced.as_ref()),
    };
    events.iter().map(entry).collect()
}

/// Judges the sightings of fresh events under their objects' locks, and writes what wins. `None`
/// when another transaction made one of the objects meanwhile.
async fn judge_and_write<'a>(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    fresh: &[&'a Received],
    erased: &rows::Erased,
    with: &Absorbing<'_>,
) -> Result<Option<BTreeMap<&'a EventKey, Judged>>, StoreError> {
    let mut objects: BTreeMap<ObjectKey, Object<'a>> = BTreeMap::new();
    for event in fresh {
        if let Some((kind, id)) = event.meaning.object() {
            let key = ObjectKey { kind, id: id.to_owned(), scope: event.key.scope.clone() };
            objects.entry(key).or_default().events.push(event);
        }
    }
    let held = mirror::lock(connection, objects.keys()).await?;
    for (key, held) in held {
        if let Some(object) = objects.get_mut(&key) {
            object.held = Some(held);
        }
    }
    witnesses::load(connection, keys, &mut objects, with.witness).await?;
    let mut judged = BTreeMap::new();
    let mut winners = Vec::new();
    for object in objects.values() {
        if let Some((event, projection)) = object.judge(with.may_ask, &mut judged) {
            winners.push(Winner {
                scope: &event.key.scope,
                second: event.created,
                event: Some(&event.key.id),
                projection,
                held: object.held.is_some(),
                erased: erased.covers(projection.customer(), event),
            });
        }
    }
    let written = mirror::write(connection, &winners).await?;
    Ok(written.then_some(judged))
}

fn settled_of(event: &Received, judged: &BTreeMap<&EventKey, Judged>) -> Settled {
    let (outcome, reason) = match (&event.meaning, judged.get(&event.key)) {
        (Meaning::Nothing(reason), _) => (Outcome::Ignored, Some(reason.clone())),
        (Meaning::Park(reason), _) => (Outcome::Parked, Some(reason.clone())),
        (Meaning::Sighting(_) | Meaning::Ask { .. }, Some(it)) => {
            (it.outcome, it.reason.map(str::to_owned))
        }
        (Meaning::Sighting(_) | Meaning::Ask { .. }, None) => {
            (Outcome::Refetching, Some("it was not judged".to_owned()))
        }
    };
    Settled { outcome, reason, repeat: false }
}

/// How often each event came beyond the one delivery that was new, our own retries apart.
fn repeats<'a>(batch: &'a [Received], new: &[&'a Received]) -> BTreeMap<&'a EventKey, i32> {
    let mut unseen: BTreeSet<&EventKey> = new.iter().map(|it| &it.key).collect();
    let mut counts = BTreeMap::new();
    for event in batch.iter().filter(|it| !it.again && !it.replay) {
        if !unseen.remove(&event.key) {
            *counts.entry(&event.key).or_insert(0) += 1;
        }
    }
    counts
}

fn answers(
    batch: &[Received],
    known: &BTreeMap<EventKey, (Outcome, Option<String>)>,
    settled: &BTreeMap<&EventKey, Settled>,
) -> Vec<Settled> {
    let mut answered = BTreeSet::new();
    batch
        .iter()
        .map(|event| match (settled.get(&event.key), known.get(&event.key)) {
            (Some(it), _) => Settled { repeat: !answered.insert(&event.key), ..it.clone() },
            (None, Some((outcome, reason))) => {
                Settled { outcome: *outcome, reason: reason.clone(), repeat: true }
            }
            (None, None) => Settled {
                outcome: Outcome::Refetching,
                reason: Some("it was not judged".to_owned()),
                repeat: false,
            },
        })
        .collect()
}
