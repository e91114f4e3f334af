//! Random histories of random objects, delivered in random order, twice, in batches of random size,
//! by several workers at once, with Stripe asked in between. At the end every object of which an
//! event is open is asked for once; then the mirror is what Stripe has.
//!
//! Each world follows from its seed. The workers run at the same time, so a seed that fails may
//! pass the next time: raise the number of worlds to find it again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_projection::{absent, project};
use counterfoil_store::{Fetched, FetchedOutcome, Received, Store, StoreError};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::events::{TABLES, event, scope, second, store, with};

/// With and without children, with ids of Stripe's and of the caller's.
const KINDS: [ObjectKind; 5] = [
    ObjectKind::Customer,
    ObjectKind::Product,
    ObjectKind::Price,
    ObjectKind::Subscription,
    ObjectKind::Invoice,
];
const WORLDS: u64 = 30;
const OBJECTS: usize = 9;
const WORKERS: usize = 3;
/// After every history.
const LATER: i64 = 100;

/// `SplitMix64`.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// What an object is at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    /// The status of a subscription or an invoice, the name of anything else.
    word: &'static str,
    /// The items of a subscription, the lines of an invoice.
    children: BTreeSet<usize>,
    gone: bool,
}

/// A state and the second from which it held.
type Moment = (i64, State);

struct Life {
    kind: ObjectKind,
    id: String,
    moments: Vec<Moment>,
    events: Vec<Received>,
}

/// So many children are shown at once.
const SHOWN: usize = 3;

impl Life {
    fn body(&self, state: &State, shown: usize) -> String {
        let id = &self.id;
        let list = |prefix: &str| {
            let all: Vec<String> = state
                .children
                .iter()
                .take(shown)
                .map(|it| format!(r#"{{"id":"{prefix}_{id}_{it}","quantity":1}}"#))
                .collect();
            let more = state.children.len() > shown;
            format!(r#"{{"data":[{}],"has_more":{more}}}"#, all.join(","))
        };
        let word = state.word;
        match self.kind {
            ObjectKind::Subscription => {
                format!(r#"{{"id":"{id}","status":"{word}","items":{}}}"#, list("si"))
            }
            ObjectKind::Invoice => {
                format!(r#"{{"id":"{id}","status":"{word}","lines":{}}}"#, list("il"))
            }
            _ => {
                let field = if self.kind == ObjectKind::Price { "nickname" } else { "name" };
                format!(r#"{{"id":"{id}","{field}":"{word}"}}"#)
            }
        }
    }

    /// What `previous_attributes` says.
    fn previous(&self, before: &State, now: &State) -> String {
        let old: serde_json::Value = serde_json::from_str(&self.body(before, SHOWN)).unwrap();
        let new: serde_json::Value = serde_json::from_str(&self.body(now, SHOWN)).unwrap();
        let changed: serde_json::Map<String, serde_json::Value> = old
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, value)| new[key.as_str()] != **value)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        serde_json::Value::Object(changed).to_string()
    }

    fn tell(&mut self, action: &str, at: i64, state: &State, before: Option<&State>) {
        let family = match self.kind {
            ObjectKind::Subscription => "customer.subscription",
            ObjectKind::Invoice => "invoice",
            ObjectKind::Product => "product",
            ObjectKind::Price => "price",
            _ => "customer",
        };
        let mut object = self.body(state, SHOWN);
        if let Some(before) = before {
            object += "|";
            object += &self.previous(before, state);
        }
        let id = format!("evt_{}_{}_{}", family, self.id, self.events.len());
        self.events.push(event(&id, &format!("{family}.{action}"), at, &object));
    }

    fn step(&mut self, chance: &mut Chance, at: i64, now: &State) -> State {
        let mut next = now.clone();
        let words: &[&str] = match (self.kind, now.word) {
            (ObjectKind::Subscription, "incomplete") => &["active", "incomplete_expired"],
            (ObjectKind::Subscription, "canceled" | "incomplete_expired") => &[],
            (ObjectKind::Subscription, _) => &["active", "past_due", "active", "canceled"],
            (ObjectKind::Invoice, "draft") => &["draft", "open"],
            (ObjectKind::Invoice, "open") => &["paid", "void", "uncollectible"],
            (ObjectKind::Invoice, "uncollectible") => &["paid"],
            (ObjectKind::Invoice, _) => &[],
            _ => &["a", "b", "c"],
        };
        if !words.is_empty() {
            next.word = words[chance.below(words.len())];
        }
        if matches!(self.kind, ObjectKind::Subscription | ObjectKind::Invoice) {
            let child = chance.below(6);
            if !next.children.remove(&child) {
                next.children.insert(child);
            }
        }
        if next != *now {
            // A change may be told twice, under two ids, and not every type tells what was before.
            self.tell("updated", at, &next, Some(now));
            if chance.one_in(5) {
                self.tell("updated", at, &next, Some(now));
            }
        }
        if self.kind == ObjectKind::Invoice && chance.one_in(2) {
            let action = match next.word {
                "paid" => "paid",
                "open" => "finalized",
                _ => "sent",
            };
            self.tell(action, at, &next, None);
        }
        if self.kind == ObjectKind::Subscription && chance.one_in(6) {
            self.tell("trial_will_end", at, &next, None);
        }
        next
    }

    /// A life of a few changes within a few seconds.
    fn lived(kind: ObjectKind, id: String, chance: &mut Chance) -> Self {
        let mut life = Self { kind, id, moments: Vec::new(), events: Vec::new() };
        let word = match kind {
            ObjectKind::Subscription => "incomplete",
            ObjectKind::Invoice => "draft",
            _ => "a",
        };
        let with_children = matches!(kind, ObjectKind::Subscription | ObjectKind::Invoice);
        let children = if with_children { (0..chance.below(5)).collect() } else { BTreeSet::new() };
        let mut now = State { word, children, gone: false };
        let mut at = 10;
        life.tell("created", at, &now, None);
        life.moments.push((at, now.clone()));
        for _ in 0..chance.below(7) {
            if chance.one_in(3) {
                at += 1 + i64::try_from(chance.below(2)).unwrap();
            }
            if now.gone {
                // Only a product's id is the caller's to give, and so may be given again.
                if kind != ObjectKind::Product {
                    break;
                }
                now = State { word: "a", children: BTreeSet::new(), gone: false };
                life.tell("created", at, &now, None);
            } else if kind != ObjectKind::Subscription && chance.one_in(6) {
                now.gone = true;
                life.tell("deleted", at, &now, None);
            } else {
                now = life.step(chance, at, &now);
            }
            life.moments.push((at, now.clone()));
        }
        life
    }

    /// What Stripe answers at a moment.
    fn answer(&self, (at, state): &Moment) -> Fetched {
        let projection = if state.gone {
            absent(self.kind, self.id.clone())
        } else {
            project(self.kind, &self.body(state, usize::MAX), false).unwrap()
        };
        Fetched { scope: scope(), second: second(*at), projection }
    }

    fn last(&self) -> &State {
        &self.moments.last().unwrap().1
    }
}

enum Work {
    Events(Vec<Received>),
    Answer(Box<Fetched>),
}

async fn work(store: &Store, work: &Work) {
    loop {
        let done = match work {
            Work::Events(batch) => store.absorb(batch, &with()).await.map(|settled| {
                assert_eq!(settled.len(), batch.len());
            }),
            Work::Answer(fetched) => {
                store.absorb_fetched(fetched, &TABLES, second(1_000)).await.map(|_| ())
            }
        };
        match done {
            Ok(()) => return,
            // What the queue does with a conflict.
            Err(error) => assert!(matches!(error, StoreError::Conflict), "{error}: {error:?}"),
        }
    }
}

/// What is to be done in one world, in its order.
fn plan(lives: &[Life], chance: &mut Chance) -> Vec<Work> {
    let mut deliveries: Vec<Received> = lives.iter().flat_map(|it| it.events.clone()).collect();
    for at in 0..deliveries.len() {
        if chance.one_in(3) {
            deliveries.push(deliveries[at].clone());
        }
        if chance.one_in(5) {
            deliveries.push(Received { replay: true, ..deliveries[at].clone() });
        }
    }
    if !chance.one_in(4) {
        chance.shuffle(&mut deliveries);
    }
    let mut all = Vec::new();
    while !deliveries.is_empty() {
        let size = (1 + chance.below(12)).min(deliveries.len());
        all.push(Work::Events(deliveries.drain(..size).collect()));
    }
    for life in lives {
        for _ in 0..chance.below(3) {
            let moment = &life.moments[chance.below(life.moments.len())];
            let at = chance.below(all.len() + 1);
            all.insert(at, Work::Answer(Box::new(life.answer(moment))));
        }
    }
    all
}

type Rows = BTreeMap<String, String>;

fn truth(lives: &[Life]) -> Rows {
    let row = |life: &Life| {
        let last = life.last();
        // A tombstone keeps what was known, which depends on what came.
        let text = if last.gone {
            "gone".to_owned()
        } else {
            let children: Vec<String> = last.children.iter().map(ToString::to_string).collect();
            format!("{} [{}]", last.word, children.join(","))
        };
        (format!("{} {}", life.kind, life.id), text)
    };
    lives.iter().map(row).collect()
}

async fn mirror(pool: &PgPool) -> Rows {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select kind || ' ' || id, case when deleted then 'gone'
             else word || ' [' || coalesce(children, '') || ']' end
         from (
            select 'customer' as kind, id, deleted, name as word, null as children
            from stripe.customers
            union all select 'product', id, deleted, name, null from stripe.products
            union all select 'price', id, deleted, nickname, null from stripe.prices
            union all select 'subscription', id, deleted, status, (
                select string_agg(right(item.id, 1), ',' order by item.id)
                from stripe.subscription_items as item
                where item.subscription = held.id and not item.deleted
            ) from stripe.subscriptions as held
            union all select 'invoice', id, deleted, status, (
                select string_agg(right(line.id, 1), ',' order by line.id)
                from stripe.invoice_lines as line
                where line.invoice = held.id and not line.deleted
            ) from stripe.invoices as held
         ) as every",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().collect()
}

async fn is_open(pool: &PgPool, life: &Life) -> bool {
    let types: Vec<&str> = life.events.iter().map(|it| it.event_type.as_str()).collect();
    sqlx::query_scalar(
        "select exists (select 1 from counterfoil.inbox
         where object_id = $1 and type = any ($2) and outcome = 'refetching')",
    )
    .bind(&life.id)
    .bind(&types)
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn check(pool: &PgPool, store: &Store, seed: u64) {
    let mut chance = Chance(seed);
    let lives: Vec<Life> = (0..OBJECTS)
        .map(|number| {
            let kind = KINDS[number % KINDS.len()];
            // The ids of products and of old prices are the caller's, and so may be the same.
            let id = format!("gold{seed}x{}", number / KINDS.len());
            Life::lived(kind, id, &mut chance)
        })
        .collect();
    let queue = Arc::new(std::sync::Mutex::new(plan(&lives, &mut chance)));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (store, queue) = (store.clone(), Arc::clone(&queue));
        workers.spawn(async move {
            loop {
                let next = queue.lock().unwrap().pop();
                let Some(next) = next else { return };
                work(&store, &next).await;
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    let mut asked = BTreeSet::new();
    for life in &lives {
        if is_open(pool, life).await {
            asked.insert(format!("{} {}", life.kind, life.id));
            let answer = life.answer(&(LATER, life.last().clone()));
            let outcome = store.absorb_fetched(&answer, &TABLES, second(1_000)).await.unwrap();
            assert!(matches!(outcome, FetchedOutcome::Settled(1..)), "seed {seed}: {outcome:?}");
            assert!(!is_open(pool, life).await, "seed {seed}");
        }
    }
    let (truth, mirror) = (truth(&lives), mirror(pool).await);
    for life in &lives {
        let object = format!("{} {}", life.kind, life.id);
        let told: Vec<_> = life.events.iter().map(|it| String::from_utf8_lossy(&it.body)).collect();
        assert_eq!(
            mirror.get(&object),
            truth.get(&object),
            "seed {seed}: {object}; asked: {}; events: {told:#?}",
            asked.contains(&object),
        );
    }
}

#[sqlx::test(migrations = false)]
async fn no_history_ends_in_the_past(pool: PgPool) {
    let store = store(&pool).await;
    for seed in 0..WORLDS {
        check(&pool, &store, seed).await;
    }
}
