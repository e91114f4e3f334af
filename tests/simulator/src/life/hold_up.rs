//! The wait of a renewal invoice for those who were told of it (STRIPE.md 2.7): it is finalized
//! some time after every endpoint has answered `invoice.created` with a 2xx, and without that
//! after three days. What happens then depends on deliveries, which the machine has a part in;
//! so this is off unless the rules say otherwise.

use crate::agenda::Task;
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::world::World;

/// The longest that an invoice waits for answers.
const LONGEST_SECONDS: i64 = 72 * 3_600;

/// What an invoice waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldUp {
    event: String,
    since: i64,
    answered_at: Option<i64>,
}

impl World {
    /// An invoice is told of, and waits for the answers.
    pub(crate) fn hold_up(&mut self, invoice: &str, event: &str) {
        if self.rules.finalizing_waits_for_webhooks {
            let held = HoldUp { event: event.to_owned(), since: self.now, answered_at: None };
            self.held_up.insert(invoice.to_owned(), held);
        }
    }

    /// The invoices that wait for answers, with the events they wait for.
    pub(crate) fn unanswered(&self) -> Vec<(String, String)> {
        let waiting = self.held_up.iter().filter(|(_, held)| held.answered_at.is_none());
        waiting.map(|(invoice, held)| (invoice.clone(), held.event.clone())).collect()
    }

    /// Every endpoint has answered. The rest of the wait begins.
    pub(crate) fn answered(&mut self, invoice: &str) {
        self.in_time_of(invoice, |world| {
            let now = world.now;
            if let Some(held) = world.held_up.get_mut(invoice) {
                held.answered_at = Some(now);
            }
            let due = now + world.rules.draft_seconds;
            let waits = world.invoices.get(invoice).is_some_and(|held| {
                held.status == InvoiceStatus::Draft
                    && held.automatically_finalizes_at.is_some_and(|at| at > due)
            });
            if waits {
                world.finalize_at(invoice, due);
            }
        });
    }

    /// Whether an invoice that is due waits still; then it is looked at again.
    pub(super) fn is_held_up(&mut self, invoice: &str) -> bool {
        let Some(held) = self.held_up.get(invoice) else {
            return false;
        };
        let due = match held.answered_at {
            Some(second) => second + self.rules.draft_seconds,
            None => held.since + LONGEST_SECONDS,
        };
        let waits = due > self.now;
        if waits {
            self.finalize_at(invoice, due);
        }
        waits
    }

    fn finalize_at(&mut self, invoice: &str, second: i64) {
        self.edit::<Invoice>(invoice, |held| {
            held.automatically_finalizes_at = Some(second);
            held.next_payment_attempt = Some(second);
        });
        self.agenda.plan(second, Task::Finalize { invoice: invoice.to_owned() });
    }

    /// When every endpoint had answered; at once, where nothing waits for that.
    pub(crate) fn webhooks_delivered_at(&self, invoice: &Invoice) -> Option<i64> {
        match self.held_up.get(&invoice.id) {
            Some(held) => held.answered_at,
            None => Some(invoice.created),
        }
    }
}
