//! How rough the world of a seed is. Every kind of fault is missing in some seeds, so that a failure
//! is met in the simplest world that shows it.

use std::collections::BTreeSet;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_simulator::ApiVersion;

use crate::chance::{Chance, Stream};

/// Rates are of a thousand.
#[derive(Debug, Clone)]
pub(crate) struct Temper {
    pub(crate) accounts: usize,
    /// How much is done in each account.
    pub(crate) acts: i64,
    pub(crate) workers: usize,
    pub(crate) batch_max: i64,
    /// The longest time between two steps.
    pub(crate) step_millis: i64,
    /// Deliveries and messages that are not taken in their order.
    pub(crate) disorder: u32,
    pub(crate) late: u32,
    pub(crate) duplicates: u32,
    pub(crate) second_ids: u32,
    pub(crate) lost: u32,
    pub(crate) forged: u32,
    pub(crate) crashes: u32,
    pub(crate) replays: u32,
    /// Questions that Stripe does not answer as asked.
    pub(crate) trouble: u32,
    /// How far our clock is ahead of Stripe's.
    pub(crate) skew_millis: i64,
    /// Whether thin events are subscribed to too.
    pub(crate) thin: bool,
    pub(crate) always_ask: BTreeSet<ObjectKind>,
    /// The versions of the endpoints.
    pub(crate) versions: Vec<ApiVersion>,
    /// How eager the world is to go on while workers are at work.
    pub(crate) haste: u32,
}

impl Temper {
    pub(crate) fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed, Stream::Temper, 0);
        let mut rate = |of_seeds: u32, most: i64| -> u32 {
            if chance.hits(of_seeds) {
                u32::try_from(chance.between(1, most)).unwrap_or(0)
            } else {
                0
            }
        };
        let (disorder, late, duplicates) = (rate(800, 900), rate(600, 400), rate(700, 400));
        let (second_ids, lost, forged) = (rate(500, 200), rate(300, 250), rate(400, 150));
        let (crashes, replays, trouble) = (rate(600, 60), rate(200, 30), rate(500, 500));
        let versions = versions(&mut chance);
        Self {
            accounts: if chance.hits(200) { 2 } else { 1 },
            acts: match chance.pick(&[(6, 0), (3, 1), (1, 2)]) {
                0 => chance.between(2, 8),
                1 => chance.between(8, 14),
                _ => chance.between(14, 24),
            },
            workers: usize::try_from(chance.between(2, 4)).unwrap_or(2),
            batch_max: chance.pick(&[(2, 1), (3, 4), (3, 20)]),
            step_millis: chance.pick(&[(3, 2), (4, 60), (3, 700)]),
            disorder,
            late,
            duplicates,
            second_ids,
            lost,
            forged,
            crashes,
            replays,
            trouble,
            skew_millis: if chance.hits(300) { chance.between(-2_500, 2_500) } else { 0 },
            thin: chance.hits(120),
            always_ask: always_ask(&mut chance),
            versions,
            haste: chance.pick(&[(3, 6), (4, 40), (2, 300)]),
        }
    }
}

fn versions(chance: &mut Chance) -> Vec<ApiVersion> {
    let mut all = vec![ApiVersion::newest()];
    if chance.hits(450) {
        let older = [
            Some(ApiVersion::before_basil()),
            Some(ApiVersion::before_clover()),
            ApiVersion::parse("2022-11-15"),
            ApiVersion::parse("2024-06-20"),
        ];
        all.extend(chance.one(&older).cloned().flatten());
        if chance.hits(300) {
            all.push(ApiVersion::before_clover());
        }
    }
    if chance.hits(200) && all.len() > 1 {
        all.remove(0);
    }
    all
}

fn always_ask(chance: &mut Chance) -> BTreeSet<ObjectKind> {
    let kinds = [ObjectKind::Subscription, ObjectKind::Invoice, ObjectKind::Customer];
    if chance.hits(200) {
        chance.one(&kinds).copied().into_iter().collect()
    } else {
        BTreeSet::new()
    }
}
