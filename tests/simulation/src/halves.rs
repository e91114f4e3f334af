//! Both halves are equal: what is held of every object is what its account knows, after a sweep
//! where events were lost.

use std::collections::BTreeSet;
use std::rc::Rc;

use counterfoil_domain::mirror::{Change, ObjectKind, Projection};
use counterfoil_projection::{absent, project};
use counterfoil_simulator::{ApiVersion, Truth};

use crate::course::Course;
use crate::facts::Key;
use crate::post::at_second;
use crate::store::Source;

/// Kinds that change without an event: coupons count their redemptions, invoice items join an
/// invoice, charges and disputes are balanced, a checkout shows its customer's address of today.
const QUIET: &[ObjectKind] = &[
    ObjectKind::Coupon,
    ObjectKind::PromotionCode,
    ObjectKind::InvoiceItem,
    ObjectKind::Charge,
    ObjectKind::Dispute,
    ObjectKind::CheckoutSession,
];

impl Course {
    /// After everything has come to rest.
    pub(crate) fn ends_well(&mut self) -> Result<(), String> {
        let open = self.store.open();
        if let Some(fact) = open.first() {
            let id = &self.facts.all[*fact].told.id;
            return Err(format!("{} events are left open, among them {id}", open.len()));
        }
        let held = self.accounts_held();
        if held.iter().any(|it| *it >= self.histories.len()) {
            return Err(format!("rows of accounts that are not: {held:?}"));
        }
        let swept = self.temper.lost > 0;
        if swept {
            self.sweep()?;
        }
        for account in 0..self.histories.len() {
            let truth = self.histories[account].account.truth();
            for key in keys_of(&truth, account) {
                self.is_equal(&key, swept)?;
            }
        }
        let keys: Vec<Key> = self.store.rows.keys().cloned().collect();
        for key in keys {
            self.is_equal(&key, swept)?;
        }
        Ok(())
    }

    /// Every object is listed and absorbed as of a later second; what is not listed is asked for.
    fn sweep(&mut self) -> Result<(), String> {
        self.tally.add("sweeps");
        self.now += 5_000;
        let second = self.now.div_euclid(1_000);
        for history in &mut self.histories {
            history.account.pass_until(second);
        }
        self.collect();
        let second = at_second(second);
        let mut keys: BTreeSet<Key> = self.store.rows.keys().cloned().collect();
        for account in 0..self.histories.len() {
            keys.extend(keys_of(&self.histories[account].account.truth(), account));
        }
        for key in keys.iter().filter(|it| it.kind != ObjectKind::BillingAlertTriggered) {
            let shown = self.shown(key)?;
            let held = self.store.rows.get(key).cloned();
            if held.as_ref().is_none_or(|it| it.sighting.digest != shown.digest) {
                self.tally.add("rows mended by a sweep");
            }
            self.absorb_fetched(key, &shown, second, held.as_ref())?;
        }
        Ok(())
    }

    fn is_equal(&mut self, key: &Key, swept: bool) -> Result<(), String> {
        if key.kind == ObjectKind::BillingAlertTriggered {
            return Ok(());
        }
        let last = self.facts.last_of(key);
        if last.is_none() && !swept && !self.store.rows.contains_key(key) {
            // No event tells of such objects.
            self.tally.add(&format!("untold: {}", key.kind));
            return Ok(());
        }
        let Some(row) = self.store.rows.get(key).cloned() else {
            let id = last.map(|it| self.facts.all[it].told.id.clone());
            return Err(format!("{key:?} has no row, although {id:?} told of it"));
        };
        // Older versions cannot say everything, so a row is held against what they say.
        let version = match row.source {
            Source::Fetched => ApiVersion::newest(),
            Source::Event { version, .. } => self.temper.versions[version].clone(),
        };
        let account = &self.histories[key.account].account;
        let expected = match account.shown(key.kind.as_str(), &key.id, &version) {
            Some(body) => {
                project(key.kind, &body.to_string(), false).map_err(|it| it.to_string())?
            }
            None => absent(key.kind, key.id.clone()),
        };
        self.tally.add("objects equal");
        if key.kind == ObjectKind::ActiveEntitlementSummary && row.deleted {
            // A customer that is deleted has no list any more; its last event showed an empty one.
            return self.children_are_equal(key, &expected);
        }
        let gone = expected.change.is_deletion();
        if gone != row.deleted {
            return Err(format!("{key:?}: deleted is {}, and Stripe says {gone}", row.deleted));
        }
        if !gone && expected.digest != row.sighting.digest {
            return self.is_quiet(key, &row, last, &expected);
        }
        self.children_are_equal(key, &expected)
    }

    /// Some changes are told by no event, at Stripe as in the simulator. Then what was told last is
    /// held.
    fn is_quiet(
        &mut self,
        key: &Key,
        row: &crate::store::Row,
        last: Option<usize>,
        expected: &Projection,
    ) -> Result<(), String> {
        if row.source == Source::Fetched
            && QUIET.contains(&key.kind)
            && last.is_none_or(|it| {
                self.facts.all[it].told.created < row.sighting.second.unix_seconds()
            })
        {
            self.tally.add(&format!("changed without a word: {}", key.kind));
            return Ok(());
        }
        if let (Source::Event { version, .. }, Some(last), true) =
            (row.source, last, QUIET.contains(&key.kind))
        {
            let told = self.facts.read(last, version, &self.temper);
            if told.projection().is_some_and(|it| it.digest == row.sighting.digest) {
                self.tally.add(&format!("changed without a word: {}", key.kind));
                return Ok(());
            }
        }
        let held = match row.source {
            Source::Event { fact, version } => {
                let read = self.facts.read(fact, version, &self.temper);
                read.projection().map(Rc::clone)
            }
            Source::Fetched => None,
        };
        let differences =
            match (held.as_ref().and_then(|it| it.change.row()), expected.change.row()) {
                (Some(held), Some(expected)) => counterfoil_projection::differences(held, expected)
                    .iter()
                    .map(|it| {
                        format!("{} is {:?}, and Stripe says {:?}", it.column, it.held, it.shown)
                    })
                    .collect::<Vec<_>>(),
                _ => Vec::new(),
            };
        Err(format!(
            "{key:?} as of {} from {:?} is not what Stripe says: {}",
            row.sighting.second.unix_seconds(),
            row.source,
            differences.join(", ")
        ))
    }

    /// The children that are shown are held, and no others are.
    fn children_are_equal(&mut self, key: &Key, expected: &Projection) -> Result<(), String> {
        for list in &expected.children {
            // Asked for only once a checkout is complete.
            if key.kind == ObjectKind::CheckoutSession
                && expected.change.row().and_then(|it| it.text("status")) != Some("complete")
            {
                continue;
            }
            for row in &list.rows {
                let place = (key.account, list.table.name, row.id.clone());
                let held = self.store.children.get(&place);
                if held.is_none_or(|it| it.deleted || it.parent != key.id || it.row != *row) {
                    return Err(format!("{key:?}: its child {} is held as {held:?}", row.id));
                }
                self.tally.add("children equal");
            }
            let extra = self.store.children.iter().find(|((account, table, id), child)| {
                *account == key.account
                    && *table == list.table.name
                    && child.parent == key.id
                    && !child.deleted
                    && !list.rows.iter().any(|it| it.id == *id)
                    && !matches!(expected.change, Change::DeletedAs(_))
            });
            if let Some(((_, _, id), _)) = extra {
                return Err(format!("{key:?}: its child {id} is gone, and held"));
            }
        }
        Ok(())
    }
}

/// The objects that an account knows, or knew.
fn keys_of(truth: &Truth, account: usize) -> Vec<Key> {
    let mut keys = Vec::new();
    let there = truth.objects.iter().flat_map(|(kind, all)| all.keys().map(move |id| (kind, id)));
    let gone = truth.deleted.iter().flat_map(|(kind, all)| all.iter().map(move |id| (kind, id)));
    for (kind, id) in there.chain(gone) {
        if let Some(kind) = ObjectKind::parse(kind) {
            keys.push(Key { kind, id: id.clone(), account });
        }
    }
    keys
}
