//! Collection is paused: invoices are made, but stay drafts, are given up, or are voided. The
//! status of the subscription stays as it is.

use crate::model::invoice::{CollectionMethod, Invoice, InvoiceStatus};
use crate::model::subscription::Subscription;
use crate::model::terms::UncollectedInvoices;
use crate::world::World;

impl World {
    /// What is to become of the invoices of a subscription, while its collection is paused.
    pub(super) fn uncollected(&self, subscription: &str) -> Option<UncollectedInvoices> {
        self.subscriptions.get(subscription)?.pause_collection.map(|pause| pause.behavior)
    }

    /// Gives up an invoice that was finalized while collection is paused; false where it is
    /// collected as usual.
    pub(super) fn passes_over(&mut self, invoice: &str) -> bool {
        let open = self.invoices.get(invoice).filter(|it| it.status == InvoiceStatus::Open);
        let subscription = open.and_then(|held| held.subscription.clone());
        match subscription.and_then(|subscription| self.uncollected(&subscription)) {
            None => false,
            Some(UncollectedInvoices::KeepAsDraft) => true,
            Some(UncollectedInvoices::MarkUncollectible) => {
                self.give_up_invoice(invoice, "subscription_paused");
                true
            }
            Some(UncollectedInvoices::Void) => {
                self.void(invoice);
                true
            }
        }
    }

    /// Attempts to collect an invoice, or sends it where that is how it is collected.
    pub(super) fn collect_if_automatic(&mut self, invoice: &str) {
        let charges = self
            .invoices
            .get(invoice)
            .is_some_and(|held| held.collection_method == CollectionMethod::ChargeAutomatically);
        if charges {
            self.collect(invoice, true);
        } else {
            self.emit::<Invoice>("invoice.sent", invoice);
        }
    }

    /// Gives up an open invoice, which may be paid all the same.
    pub(super) fn give_up_invoice(&mut self, id: &str, reason: &'static str) {
        let now = self.now;
        let Some(held) = self.invoices.get(id).filter(|it| it.status == InvoiceStatus::Open) else {
            return;
        };
        let subscription = held.subscription.clone();
        let before = self.portrait::<Invoice>(id);
        self.edit::<Invoice>(id, |held| {
            held.status = InvoiceStatus::Uncollectible;
            held.auto_advance = false;
            held.marked_uncollectible_at = Some(now);
            held.next_payment_attempt = None;
            held.uncollectible_reason = Some(reason);
        });
        self.emit::<Invoice>("invoice.marked_uncollectible", id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        if let Some(subscription) = subscription {
            self.after_uncollectible(&subscription, id);
        }
    }

    /// Collection goes on at its appointed time.
    pub(crate) fn resume_collection(&mut self, id: &str) {
        let due = self.subscriptions.get(id).is_some_and(|held| {
            let pause = held.pause_collection.filter(|_| !held.status.has_ended());
            pause.and_then(|pause| pause.resumes_at).is_some_and(|at| at <= self.now)
        });
        if due {
            self.update::<Subscription>("customer.subscription.updated", id, |held| {
                held.pause_collection = None;
            });
        }
    }
}
