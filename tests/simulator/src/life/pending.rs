//! What waits for the next invoice: prorations of a change in mid-period, and items that a caller
//! made. Items of a subscription wait for an invoice of that subscription, items of a customer
//! alone for the next invoice of any.

use crate::calendar::day_of;
use crate::model::Metadata;
use crate::model::decimal::Decimal;
use crate::model::invoice::{Invoice, InvoiceItem, Line};
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
    pub(super) fn share(self, amount: Decimal) -> i64 {
        amount.share((self.end - self.start).max(0), self.length.max(1))
    }
}

impl World {
    /// Credits (`sign` −1) or charges (+1) an item for the rest of its period.
    pub(super) fn prorate(&mut self, of: &Subscription, item: &Item, rest: Rest, sign: i64) {
        let amount = sign * rest.share(self.cost(item, &of.currency));
        if amount == 0 {
            return;
        }
        let price = self.prices.get(&item.price);
        let name = price.map(|price| self.name_of(price)).unwrap_or_default();
        let quantity = Decimal::whole(item.quantity.unwrap_or(0));
        let what = if sign < 0 { "Unused time on" } else { "Remaining time on" };
        let pending = InvoiceItem {
            id: self.ids.long("ii_"),
            date: self.now,
            amount,
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            deleted: false,
            description: Some(format!("{what} {quantity} × {name} after {}", day_of(rest.start))),
            discountable: false,
            discounts: Vec::new(),
            invoice: None,
            metadata: Metadata::new(),
            period_start: rest.start,
            period_end: rest.end,
            price: Some(item.price.clone()),
            proration: true,
            quantity,
            subscription: Some(of.id.clone()),
            subscription_item: Some(item.id.clone()),
            unit_amount: Decimal::per_unit(amount, quantity),
        };
        self.add_pending(pending);
    }

    /// Keeps a new item that waits.
    pub(super) fn add_pending(&mut self, item: InvoiceItem) {
        let id = item.id.clone();
        self.pending_of.entry(item.customer.clone()).or_default().push(id.clone());
        self.invoice_items.insert(&id, item);
        self.emit::<InvoiceItem>("invoiceitem.created", &id);
    }

    /// The items that wait for the next invoice of a customer in a currency: those of this
    /// subscription, and those of the customer alone.
    pub(super) fn waiting(
        &self,
        customer: &str,
        currency: &str,
        subscription: Option<&str>,
    ) -> Vec<&InvoiceItem> {
        let waits = self.pending_of.get(customer).map(Vec::as_slice).unwrap_or_default();
        let items = waits.iter().filter_map(|id| self.invoice_items.get(id));
        items
            .filter(|item| item.currency == currency)
            .filter(|item| {
                item.subscription.is_none() || item.subscription.as_deref() == subscription
            })
            .collect()
    }

    /// The items that wait for this subscription alone, or for the customer alone.
    pub(super) fn waiting_for(
        &self,
        customer: &str,
        currency: &str,
        subscription: Option<&str>,
    ) -> Vec<&InvoiceItem> {
        let mut waits = self.waiting(customer, currency, subscription);
        waits.retain(|item| item.subscription.as_deref() == subscription);
        waits
    }

    /// Takes what waits for the next invoice of a subscription, as lines for it.
    pub(super) fn take_pending_lines(&mut self, of: &Subscription) -> Vec<Line> {
        let waits = self.waiting(&of.customer, &of.currency, Some(&of.id));
        let taken: Vec<InvoiceItem> = waits.into_iter().cloned().collect();
        self.take(&of.customer, &taken)
    }

    /// Takes what waits for this subscription alone, or for the customer alone, as lines.
    pub(super) fn take_lines_for(
        &mut self,
        customer: &str,
        currency: &str,
        subscription: Option<&str>,
    ) -> Vec<Line> {
        let waits = self.waiting_for(customer, currency, subscription);
        let taken: Vec<InvoiceItem> = waits.into_iter().cloned().collect();
        self.take(customer, &taken)
    }

    fn take(&mut self, customer: &str, taken: &[InvoiceItem]) -> Vec<Line> {
        if let Some(waits) = self.pending_of.get_mut(customer) {
            waits.retain(|id| !taken.iter().any(|item| item.id == *id));
        }
        taken.iter().map(|item| self.line_of(item)).collect()
    }

    /// The line that an invoice shows for an item.
    pub(super) fn line_of(&mut self, item: &InvoiceItem) -> Line {
        Line {
            id: self.ids.long("il_"),
            amount: item.amount,
            credit_amounts: Vec::new(),
            description: item.description.clone(),
            discount_amounts: Vec::new(),
            discountable: item.discountable,
            discounts: item.discounts.clone(),
            invoice_item: Some(item.id.clone()),
            metadata: item.metadata.clone(),
            period_start: item.period_start,
            period_end: item.period_end,
            price: item.price.clone(),
            proration: item.proration,
            quantity: Some(item.quantity),
            subscription: item.subscription.clone(),
            subscription_item: item.subscription_item.clone(),
            unit_amount: item.unit_amount,
            usage: false,
        }
    }

    /// Makes the items on an invoice its own.
    pub(super) fn attach_items(&mut self, invoice: &Invoice) {
        for item in invoice.lines.iter().filter_map(|line| line.invoice_item.as_ref()) {
            self.edit::<InvoiceItem>(item, |held| held.invoice = Some(invoice.id.clone()));
        }
    }

    /// Forgets the prorations that waited for an invoice of a subscription that will never come.
    /// Items that a caller made stay with the customer.
    pub(super) fn drop_pending(&mut self, customer: &str, subscription: &str) {
        let waits = self.pending_of.get(customer).cloned().unwrap_or_default();
        let dropped: Vec<String> = waits
            .into_iter()
            .filter(|id| {
                self.invoice_items.get(id).is_some_and(|item| {
                    item.proration && item.subscription.as_deref() == Some(subscription)
                })
            })
            .collect();
        for id in dropped {
            self.drop_item(&id);
        }
    }

    /// Deletes an item that waits; its event shows its last state.
    pub(super) fn drop_item(&mut self, id: &str) {
        let customer = self.invoice_items.get(id).map(|item| item.customer.clone());
        if let Some(waits) = customer.and_then(|customer| self.pending_of.get_mut(&customer)) {
            waits.retain(|waiting| waiting != id);
        }
        self.emit::<InvoiceItem>("invoiceitem.deleted", id);
        self.edit::<InvoiceItem>(id, |held| held.deleted = true);
    }
}

#[cfg(test)]
mod tests {
    use super::Rest;
    use crate::model::decimal::Decimal;

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        let check = |amount: &str, left: i64, length: i64, expected: i64| {
            let negative = Decimal::parse(&format!("-{amount}")).unwrap();
            let amount = Decimal::parse(amount).unwrap();
            let rest = Rest { start: 100, end: 100 + left, length };
            assert_eq!(rest.share(amount), expected, "{amount} × {left} / {length}");
            assert_eq!(rest.share(negative), -expected, "{amount} × {left} / {length}");
        };
        check("1000", 15, 30, 500);
        check("1001", 15, 30, 501);
        check("999", 10, 30, 333);
        check("1000", 30, 30, 1_000);
        check("1000", 0, 30, 0);
        // Decimals are shared before they are rounded.
        check("0.9", 15, 30, 0);
        check("1.2", 15, 30, 1);
    }
}
