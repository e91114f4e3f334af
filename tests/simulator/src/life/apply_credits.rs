//! Billing credits pay for usage when an invoice is finalized: after its discounts, before the
//! customer's balance. They come back when it is voided.

use super::credits::CreditOrder;
use crate::model::credit::{CreditCategory, CreditGrant, CreditMove, CreditedLine};
use crate::model::invoice::{CreditAmount, Invoice, Line};
use crate::world::World;
use std::cmp::Ordering;

impl World {
    /// Has a customer's credits pay for what they can of the usage on a draft.
    pub(super) fn apply_credits(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else {
            return;
        };
        let mut lines: Vec<(usize, i64)> = held
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.usage)
            .map(|(place, line)| (place, line.amount - line.discounted() - line.credited()))
            .filter(|(_, left)| *left > 0)
            .collect();
        if lines.is_empty() {
            return;
        }
        let currency = held.currency.clone();
        let customer = held.customer.clone();
        for grant in self.usable_grants(&customer, &currency) {
            let mut remaining = grant.remaining;
            for (place, left) in &mut lines {
                let taken = remaining.min(*left);
                if taken > 0 && self.pay_with_credits(invoice, *place, &grant, taken) {
                    remaining -= taken;
                    *left -= taken;
                }
            }
        }
    }

    /// The grants that can be used now, in the order they are.
    fn usable_grants(&self, customer: &str, currency: &str) -> Vec<CreditGrant> {
        let grace = self.rules.credits.grace_seconds.max(0);
        let usable = |held: &&CreditGrant| {
            held.voided_at.is_none()
                && held.remaining > 0
                && held.currency == currency
                && held.effective_at <= self.now
                && held.expires_at.is_none_or(|at| at.saturating_add(grace) > self.now)
        };
        let mut grants: Vec<CreditGrant> =
            self.grants_of(customer).filter(usable).cloned().collect();
        // The sort is stable, so grants that are equal stay in the order of their making.
        grants.sort_by(|one, other| before(one, other, &self.rules.credits.order));
        grants
    }

    /// Whether a grant pays for a line, of which it then takes this much.
    fn pay_with_credits(
        &mut self,
        invoice: &str,
        place: usize,
        grant: &CreditGrant,
        amount: i64,
    ) -> bool {
        let line = self.invoices.get(invoice).and_then(|held| held.lines.get(place));
        let in_scope =
            |line: &&Line| line.price.as_ref().is_some_and(|price| grant.scope.holds(price));
        let Some(line) = line.filter(in_scope).map(|line| line.id.clone()) else {
            return false;
        };
        let what = CreditMove::Applied(CreditedLine { invoice: invoice.to_owned(), line });
        let transaction = self.move_credits(&grant.id, amount, self.now, &what);
        self.edit::<Invoice>(invoice, |held| {
            if let Some(line) = held.lines.get_mut(place) {
                line.credit_amounts.push(CreditAmount { amount, transaction });
            }
        });
        true
    }

    /// Gives back what credits paid for an invoice that is voided. What comes back to a grant
    /// that expired meanwhile expires at once.
    pub(super) fn return_credits(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else {
            return;
        };
        let paid: Vec<(String, i64, String)> = held
            .lines
            .iter()
            .flat_map(|line| line.credit_amounts.iter().map(move |credit| (line, credit)))
            .filter_map(|(line, credit)| {
                let transaction = self.credit_transactions.get(&credit.transaction)?;
                Some((transaction.grant.clone(), credit.amount, line.id.clone()))
            })
            .collect();
        for (grant, amount, line) in paid {
            let what = CreditMove::Returned(CreditedLine { invoice: invoice.to_owned(), line });
            self.move_credits(&grant, amount, self.now, &what);
            self.expire_when_due(&grant);
        }
    }
}

fn before(one: &CreditGrant, other: &CreditGrant, order: &[CreditOrder]) -> Ordering {
    let by = |property: &CreditOrder| match property {
        CreditOrder::Priority => one.priority.cmp(&other.priority),
        CreditOrder::ExpiresAt => {
            one.expires_at.unwrap_or(i64::MAX).cmp(&other.expires_at.unwrap_or(i64::MAX))
        }
        CreditOrder::PromotionalFirst => {
            let is_paid = |held: &CreditGrant| held.category == CreditCategory::Paid;
            is_paid(one).cmp(&is_paid(other))
        }
        CreditOrder::EffectiveAt => one.effective_at.cmp(&other.effective_at),
        CreditOrder::Created => one.created.cmp(&other.created),
    };
    order.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}
