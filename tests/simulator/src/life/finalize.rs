//! An invoice leaves its draft, or is given up: what it owes is fixed when it is finalized.

use super::LifeError;
use crate::model::customer::Customer;
use crate::model::customer_balance::BalanceMove;
use crate::model::invoice::{BillingReason, Invoice, InvoiceStatus};
use crate::world::World;

impl World {
    /// Turns a draft into an open invoice. What the customer's balance covers is paid by it.
    pub(super) fn finalize(&mut self, id: &str) {
        let drafted = |held: &Invoice| held.status == InvoiceStatus::Draft;
        if self.is_rehearsal || !self.invoices.get(id).is_some_and(drafted) {
            return;
        }
        let before = self.portrait::<Invoice>(id);
        self.recount_usage(id);
        self.discount_lines(id);
        self.mark_usage_billed(id);
        self.apply_credits(id);
        let Some(held) = self.invoices.get(id) else {
            return;
        };
        let (total, customer, currency) =
            (held.total(), held.customer.clone(), held.currency.clone());
        let reason = held.billing_reason;
        let now = self.now;
        let Some((prefix, sequence, balance)) = self
            .customers
            .get(&customer)
            .map(|held| (held.invoice_prefix.clone(), held.next_invoice_sequence, held.balance))
        else {
            return;
        };
        let ending = (total + balance).min(0);
        self.edit::<Invoice>(id, |held| {
            held.status = InvoiceStatus::Open;
            held.finalized_at = Some(now);
            held.automatically_finalizes_at = None;
            held.number.get_or_insert_with(|| format!("{prefix}-{sequence:04}"));
            held.starting_balance = balance;
            held.ending_balance = Some(ending);
        });
        // A checkout has paid before the invoice was made.
        let is_prepaid = self.invoices.get(id).is_some_and(|held| held.payment_intent.is_some());
        let intent = if is_prepaid { None } else { self.begin_payment(id) };
        self.emit::<Invoice>("invoice.finalized", id);
        if reason == BillingReason::Cycle {
            self.emit_updated::<Invoice>("invoice.updated", id, &before);
        }
        if ending != balance {
            let why = BalanceMove::AppliedToInvoice;
            self.note_balance(&customer, ending - balance, ending, why, Some(id));
        }
        self.update::<Customer>("customer.updated", &customer, |held| {
            held.balance = ending;
            held.currency.get_or_insert(currency);
            held.next_invoice_sequence += 1;
        });
        self.use_up_discounts(id);
        self.plan_overdue(id);
        match intent {
            Some(intent) => self.emit_intent("payment_intent.created", &intent),
            None if is_prepaid => {}
            None => self.mark_paid(id, false),
        }
    }

    pub(crate) fn finalize_when_due(&mut self, id: &str) {
        let due = self.invoices.get(id).is_some_and(|held| {
            held.auto_advance && held.automatically_finalizes_at.is_some_and(|at| at <= self.now)
        });
        if due && !self.is_held_up(id) {
            self.finalize(id);
            if !self.passes_over(id) {
                self.collect_if_automatic(id);
            }
        }
    }

    pub(super) fn void(&mut self, id: &str) {
        let now = self.now;
        let before = self.portrait::<Invoice>(id);
        self.edit::<Invoice>(id, |held| {
            held.status = InvoiceStatus::Void;
            held.auto_advance = false;
            held.next_payment_attempt = None;
            held.voided_at = Some(now);
        });
        self.emit::<Invoice>("invoice.voided", id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        self.end_payments(id, Some("void_invoice"));
        self.return_credits(id);
        self.give_back_balance(id);
        let subscription = self.invoices.get(id).and_then(|held| held.subscription.clone());
        if let Some(subscription) = subscription {
            self.after_void(&subscription, id);
        }
    }

    pub(crate) fn known_invoice(&self, id: &str) -> Result<&Invoice, LifeError> {
        let held = self.invoices.get(id).filter(|held| held.deleted_at.is_none());
        held.ok_or_else(|| LifeError::Missing {
            kind: "invoice",
            id: id.to_owned(),
            param: "invoice",
        })
    }
}
