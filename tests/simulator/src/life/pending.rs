//! Prorations: what a change in mid-period credits and charges, waiting for the next invoice.

use crate::model::invoice::{InvoiceItem, Line};
use crate::model::subscription::{Item, Subscription};
use crate::world::World;

/// The part of a period that is left over: from now to its end, of its whole length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) length: i64,
}

impl Rest {
    /// The share of an amount that falls on the rest, rounded half away from zero.
    fn share(self, amount: i64) -> i64 {
        let length = i128::from(self.length.max(1));
        let part = i128::from(amount) * i128::from((self.end - self.start).max(0));
        let half = if part < 0 { -length } else { length };
        i64::try_from((2 * part + half) / (2 * length)).unwrap_or(0)
    }
}

impl World {
    /// Credits (`sign` −1) or charges (+1) an item for the rest of its period.
    pub(super) fn prorate(&mut self, of: &Subscription, item: &Item, rest: Rest, sign: i64) {
        let amount = sign * rest.share(self.cost(item));
        if amount == 0 {
            return;
        }
        let quantity = item.quantity.unwrap_or(0);
        let what = if sign < 0 { "Unused time on" } else { "Remaining time on" };
        let pending = InvoiceItem {
            id: self.ids.long("ii_"),
            date: self.now,
            amount,
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            description: format!("{what} {quantity} × {}", item.price),
            invoice: None,
            period_start: rest.start,
            period_end: rest.end,
            price: item.price.clone(),
            quantity,
            subscription: of.id.clone(),
            subscription_item: item.id.clone(),
            unit_amount: self.prices.get(&item.price).map_or(0, |price| price.unit_amount),
        };
        let id = pending.id.clone();
        self.invoice_items.insert(&id, pending);
        self.pending_of.entry(of.id.clone()).or_default().push(id.clone());
        self.emit::<InvoiceItem>("invoiceitem.created", &id);
    }

    /// Takes what waits for the next invoice of a subscription, as lines for it.
    pub(super) fn take_pending_lines(&mut self, of: &Subscription) -> Vec<Line> {
        let waiting = self.pending_of.remove(&of.id).unwrap_or_default();
        waiting
            .iter()
            .filter_map(|id| {
                let held = self.invoice_items.get(id).cloned()?;
                Some(Line {
                    id: self.ids.long("il_"),
                    amount: held.amount,
                    description: held.description,
                    invoice_item: Some(held.id),
                    metadata: crate::model::Metadata::new(),
                    period_start: held.period_start,
                    period_end: held.period_end,
                    price: held.price,
                    proration: true,
                    quantity: Some(held.quantity),
                    subscription: held.subscription,
                    subscription_item: held.subscription_item,
                    unit_amount: held.unit_amount,
                })
            })
            .collect()
    }

    /// Forgets what waited for an invoice that will never come.
    pub(super) fn drop_pending(&mut self, subscription: &str) {
        for id in self.pending_of.remove(subscription).unwrap_or_default() {
            self.emit::<InvoiceItem>("invoiceitem.deleted", &id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rest;

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        let check = |amount: i64, left: i64, length: i64, expected: i64| {
            let rest = Rest { start: 100, end: 100 + left, length };
            assert_eq!(rest.share(amount), expected, "{amount} × {left} / {length}");
            assert_eq!(rest.share(-amount), -expected, "{amount} × {left} / {length}");
        };
        check(1_000, 15, 30, 500);
        check(1_001, 15, 30, 501);
        check(999, 10, 30, 333);
        check(1_000, 30, 30, 1_000);
        check(1_000, 0, 30, 0);
    }
}
