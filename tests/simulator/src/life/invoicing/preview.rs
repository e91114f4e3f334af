//! Invoices before they are made (`/v1/invoices/create_preview`, `invoice.upcoming`). A preview is
//! the invoice that a rehearsal makes, by the same code that would make it in earnest.

use crate::life::{Cancel, LifeError, NewSubscription, Resume, SubscriptionChange};
use crate::model::invoice::{BillingReason, Invoice};
use crate::model::subscription::{Status, Subscription};
use crate::world::World;

/// How many previews are kept for their lines to be read.
const PREVIEWS_MAX: usize = 100;

impl World {
    /// The first invoice of a subscription that is begun now; where there is none, the first
    /// renewal's. Only in a rehearsal.
    pub(crate) fn preview_new(&mut self, new: &NewSubscription) -> Result<Invoice, LifeError> {
        let made = self.invoices.rows().len();
        let id = self.subscribe(new)?;
        self.made_since(made).map_or_else(|| self.preview_renewal(&id), Ok)
    }

    /// The invoice that bills a change to a subscription: one that is made at once, or the next
    /// renewal's. Only in a rehearsal.
    pub(crate) fn preview_change(
        &mut self,
        id: &str,
        change: SubscriptionChange,
    ) -> Result<Invoice, LifeError> {
        let made = self.invoices.rows().len();
        self.update_subscription(id, change)?;
        self.made_since(made).map_or_else(|| self.preview_renewal(id), Ok)
    }

    /// The invoice of a subscription's next renewal. Only in a rehearsal.
    pub(crate) fn preview_renewal(&mut self, id: &str) -> Result<Invoice, LifeError> {
        let held = self.known_subscription(id)?;
        let end = held.items.iter().map(|item| item.current_period_end).min();
        let none = || no_upcoming("subscription", id);
        if !goes_on(held) {
            return Err(none());
        }
        let made = self.invoices.rows().len();
        self.now = self.now.max(end.unwrap_or(self.now));
        self.end_period(id);
        self.made_since(made).ok_or_else(none)
    }

    /// The last invoice of a subscription that is ended now. Only in a rehearsal.
    pub(crate) fn preview_end(&mut self, id: &str, how: Cancel) -> Result<Invoice, LifeError> {
        let made = self.invoices.rows().len();
        self.cancel_subscription(id, how)?;
        self.made_since(made).ok_or_else(|| no_upcoming("subscription", id))
    }

    /// The invoice of a paused subscription's resumption. Only in a rehearsal.
    pub(crate) fn preview_resumed(&mut self, id: &str, how: Resume) -> Result<Invoice, LifeError> {
        let made = self.invoices.rows().len();
        self.resume_subscription(id, how)?;
        self.made_since(made).ok_or_else(|| no_upcoming("subscription", id))
    }

    /// The next invoice of a customer: the next renewal of any of its subscriptions, or else what
    /// waits. Only in a rehearsal.
    pub(crate) fn preview_customer(&mut self, id: &str) -> Result<Invoice, LifeError> {
        let currency = self.live_customer(id, "customer")?.currency.clone();
        let ids = self.subscriptions_of.get(id).cloned().unwrap_or_default();
        let live = ids.iter().filter_map(|id| self.subscriptions.get(id)).filter(|it| goes_on(it));
        let next = live.min_by_key(|held| held.period().1).map(|held| held.id.clone());
        if let Some(next) = next {
            return self.preview_renewal(&next);
        }
        let waits = self.pending_of.get(id).and_then(|ids| ids.first());
        let waits = waits.and_then(|id| self.invoice_items.get(id));
        let Some(currency) = waits.map(|item| item.currency.clone()).or(currency) else {
            return Err(no_upcoming("customer", id));
        };
        if self.waiting_for(id, &currency, None).is_empty() {
            return Err(no_upcoming("customer", id));
        }
        let made = self.invoices.rows().len();
        self.create_invoice(super::NewInvoice {
            currency: Some(currency),
            customer: Some(id.to_owned()),
            takes_pending: Some(true),
            ..super::NewInvoice::default()
        })?;
        self.made_since(made).ok_or_else(|| no_upcoming("customer", id))
    }

    /// The invoice that was made last, if any was made since there were so many, as a preview
    /// shows it: never to be finalized, and with the customer's balance counted in.
    fn made_since(&mut self, count: usize) -> Option<Invoice> {
        let mut invoice = self.invoices.rows().get(count..)?.last()?.clone();
        let balance = self.customers.get(&invoice.customer).map_or(0, |held| held.balance);
        invoice.id = self.ids.long("upcoming_in_");
        invoice.auto_advance = false;
        invoice.automatically_finalizes_at = None;
        invoice.billing_reason = BillingReason::Upcoming;
        invoice.starting_balance = balance;
        invoice.ending_balance = Some((invoice.total() + balance).min(0));
        Some(invoice)
    }

    /// Keeps a preview for a while, so that its lines can be read.
    pub(crate) fn keep_preview(&mut self, preview: Invoice) {
        if self.previews.len() >= PREVIEWS_MAX {
            self.previews.pop_front();
        }
        self.previews.push_back(preview);
    }

    /// An invoice, or a preview of one.
    pub(crate) fn invoice_or_preview(&self, id: &str) -> Option<&Invoice> {
        let kept = || self.previews.iter().find(|held| held.id == id);
        self.invoices.get(id).filter(|held| held.deleted_at.is_none()).or_else(kept)
    }
}

/// Whether another period follows the present one, or a last invoice may.
fn goes_on(held: &Subscription) -> bool {
    match held.status {
        Status::Trialing | Status::Active | Status::PastDue | Status::Unpaid => true,
        Status::Incomplete | Status::IncompleteExpired | Status::Canceled | Status::Paused => false,
    }
}

fn no_upcoming(kind: &'static str, id: &str) -> LifeError {
    LifeError::NotNow {
        code: Some("invoice_upcoming_none"),
        message: format!("No upcoming invoices for {kind}: {id}"),
    }
}
