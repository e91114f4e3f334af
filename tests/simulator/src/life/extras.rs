//! What is charged once, with the next invoice of a subscription: `add_invoice_items`.

use super::LifeError;
use super::orders::NewItem;
use super::rating;
use crate::model::decimal::Decimal;
use crate::model::invoice::InvoiceItem;
use crate::world::World;

const EXTRAS_MAX: usize = 20;

impl World {
    pub(super) fn check_extras(&self, extras: &[NewItem]) -> Result<(), LifeError> {
        let param = "add_invoice_items";
        if extras.len() > EXTRAS_MAX {
            let message = "At most 20 items can be added.".to_owned();
            return Err(LifeError::Invalid { param, message });
        }
        for extra in extras {
            let price = self.known_price(&extra.price, param)?;
            let id = &price.id;
            let fault = match (price.active, price.recurring.is_some()) {
                (true, false) => continue,
                (false, _) => format!("The price specified is inactive: {id}."),
                (true, true) => format!("The price specified is set to `type=recurring`: {id}."),
            };
            return Err(LifeError::Invalid { param, message: fault });
        }
        Ok(())
    }

    /// What one of them costs, in the minor unit.
    pub(super) fn extra_cost(&self, extra: &NewItem) -> i64 {
        let quantity = Decimal::whole(extra.quantity.unwrap_or(1));
        let price = self.prices.get(&extra.price);
        price.map_or(0, |price| rating::amount(price, &price.currency, quantity))
    }

    /// Has them wait for the subscription's next invoice.
    pub(super) fn add_extras(&mut self, subscription: &str, extras: &[NewItem]) {
        let Some(of) = self.subscriptions.get(subscription).cloned() else {
            return;
        };
        let (start, end) = of.period();
        for extra in extras {
            let amount = self.extra_cost(extra);
            let price = self.prices.get(&extra.price);
            let name = price.map(|price| self.name_of(price)).unwrap_or_default();
            let unit_amount = price.and_then(|price| price.amounts.unit());
            let item = InvoiceItem {
                id: self.ids.long("ii_"),
                date: self.now,
                amount,
                currency: of.currency.clone(),
                customer: of.customer.clone(),
                deleted: false,
                description: Some(name),
                discountable: true,
                discounts: Vec::new(),
                invoice: None,
                metadata: extra.metadata.clone(),
                period_start: start,
                period_end: end,
                price: Some(extra.price.clone()),
                proration: false,
                quantity: Decimal::whole(extra.quantity.unwrap_or(1)),
                subscription: Some(of.id.clone()),
                subscription_item: None,
                unit_amount,
            };
            self.add_pending(item);
        }
    }
}
