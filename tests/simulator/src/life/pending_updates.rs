//! A change that waits until its invoice is paid. Until then the subscription goes on as if it
//! had not been asked for. It is given up after 23 hours, or before that with the period or the
//! trial.

use super::next_state::Next;
use crate::agenda::Task;
use crate::model::subscription::Subscription;
use crate::model::terms::PendingUpdate;
use crate::world::World;

/// How long a change waits for its payment.
const WAITS_SECONDS: i64 = 23 * 3_600;

impl World {
    /// Has a change wait, with the invoice that it asks for.
    pub(super) fn hold_update(&mut self, held: &Subscription, next: &Next) {
        let id = held.id.as_str();
        if let Some(older) = held.pending_update.as_ref().map(|update| update.invoice.clone()) {
            self.void(&older);
        }
        let invoice = self.ids.long("in_");
        let first_end = held.items.iter().map(|item| item.current_period_end).min();
        let trial_end = held.trial_end.filter(|end| *end > self.now);
        let waits_until = self.now + WAITS_SECONDS;
        let expires_at = [first_end, trial_end].into_iter().flatten().fold(waits_until, i64::min);
        let update = PendingUpdate {
            billing_cycle_anchor: Some(next.anchor)
                .filter(|anchor| *anchor != held.billing_cycle_anchor),
            expires_at,
            invoice: invoice.clone(),
            items: next.items.clone(),
            trial_end: next.trial_end.filter(|_| next.trial_end != held.trial_end),
        };
        self.update::<Subscription>("customer.subscription.updated", id, |held| {
            held.pending_update = Some(Box::new(update));
            held.latest_invoice = Some(invoice.clone());
        });
        let subscription = id.to_owned();
        self.agenda.plan(expires_at, Task::PendingUpdateExpires { subscription });
        self.prorate_change(held, next);
        let mut after = held.clone();
        after.items.clone_from(&next.items);
        self.make_change_invoice(held, &after, &invoice, next);
        self.finalize(&invoice);
        self.collect(&invoice, true);
    }

    /// The invoice is paid: the change takes place.
    pub(super) fn apply_pending_update(&mut self, id: &str) {
        let before = self.portrait::<Subscription>(id);
        let mut first_end = None;
        self.edit::<Subscription>(id, |held| {
            let Some(update) = held.pending_update.take() else {
                return;
            };
            let PendingUpdate { billing_cycle_anchor, items, trial_end, .. } = *update;
            held.items = items;
            held.billing_cycle_anchor = billing_cycle_anchor.unwrap_or(held.billing_cycle_anchor);
            held.trial_end = trial_end.or(held.trial_end);
            first_end = held.items.iter().map(|item| item.current_period_end).min();
        });
        self.emit_updated::<Subscription>("customer.subscription.updated", id, &before);
        self.emit::<Subscription>("customer.subscription.pending_update_applied", id);
        if let Some(end) = first_end {
            self.plan_period_end(id, end);
        }
    }

    /// The change was not paid for in time.
    pub(crate) fn expire_pending_update(&mut self, id: &str) {
        let update = self.subscriptions.get(id).and_then(|held| held.pending_update.as_ref());
        let due = update.filter(|update| update.expires_at <= self.now);
        if let Some(invoice) = due.map(|update| update.invoice.clone()) {
            self.drop_pending_update(id);
            self.void(&invoice);
        }
    }

    /// Forgets a change that waited.
    pub(super) fn drop_pending_update(&mut self, id: &str) {
        self.update::<Subscription>("customer.subscription.updated", id, |held| {
            held.pending_update = None;
        });
        self.emit::<Subscription>("customer.subscription.pending_update_expired", id);
    }
}
