//! The lines of an invoice that a subscription's items make: what is licensed is billed for the
//! period that begins, what is metered for the period that ended. Usage is counted until the
//! invoice is finalized, so the lines for it are made anew then.

use super::rating::{self, Rated};
use crate::model::decimal::Decimal;
use crate::model::invoice::{Invoice, InvoiceStatus, Line};
use crate::model::price::Price;
use crate::model::subscription::{Item, Subscription};
use crate::world::World;

impl World {
    /// What an item costs for one period, before it is rounded; nothing for what is metered.
    pub(super) fn cost(&self, item: &Item, currency: &str) -> Decimal {
        let price = self.prices.get(&item.price);
        let quantity = Decimal::whole(item.quantity.unwrap_or(0));
        price
            .filter(|price| !price.is_metered())
            .map_or(Decimal::ZERO, |price| rating::exact(price, currency, quantity))
    }

    /// What an item is billed in advance for one period, in the minor unit.
    pub(super) fn advance_cost(&self, item: &Item) -> i64 {
        let price = self.prices.get(&item.price).filter(|price| !price.is_metered());
        let quantity = Decimal::whole(item.quantity.unwrap_or(0));
        price.map_or(0, |price| rating::amount(price, &price.currency, quantity))
    }

    /// The lines that bill an item in advance for its present period; none for what is metered.
    pub(super) fn advance_lines(
        &mut self,
        of: &Subscription,
        item: &Item,
        is_trial: bool,
    ) -> Vec<Line> {
        let Some(price) = self.prices.get(&item.price).filter(|price| !price.is_metered()) else {
            return Vec::new();
        };
        let price = price.clone();
        let period = (item.current_period_start, item.current_period_end);
        let quantity = Decimal::whole(item.quantity.unwrap_or(0));
        if !is_trial {
            return self.item_lines(of, item, &price, quantity, period);
        }
        let name = self.name_of(&price);
        let free = Rated {
            amount: 0,
            exact: Decimal::ZERO,
            quantity,
            tier: None,
            unit: Some(Decimal::ZERO),
        };
        let mut line = self.item_line(of, item, &price, &free, period);
        line.description = Some(format!("Trial period for {name}"));
        vec![line]
    }

    /// The lines that bill what was used of an item in a period; none for what is licensed.
    pub(super) fn usage_lines(
        &mut self,
        of: &Subscription,
        item: &Item,
        period: (i64, i64),
    ) -> Vec<Line> {
        let Some(price) = self.prices.get(&item.price).filter(|price| price.is_metered()) else {
            return Vec::new();
        };
        let price = price.clone();
        let quantity = self.usage_of(of, item, period);
        self.item_lines(of, item, &price, quantity, period)
    }

    fn item_lines(
        &mut self,
        of: &Subscription,
        item: &Item,
        price: &Price,
        quantity: Decimal,
        period: (i64, i64),
    ) -> Vec<Line> {
        let rated = rating::rate(price, &of.currency, quantity);
        rated.into_iter().map(|rated| self.item_line(of, item, price, &rated, period)).collect()
    }

    fn item_line(
        &mut self,
        of: &Subscription,
        item: &Item,
        price: &Price,
        rated: &Rated,
        (period_start, period_end): (i64, i64),
    ) -> Line {
        Line {
            id: self.ids.long("il_"),
            amount: rated.amount,
            credit_amounts: Vec::new(),
            description: Some(self.line_description(price, rated)),
            discount_amounts: Vec::new(),
            discountable: true,
            discounts: item.discounts.clone(),
            invoice_item: None,
            metadata: item.metadata.clone(),
            period_start,
            period_end,
            price: Some(price.id.clone()),
            proration: false,
            quantity: Some(rated.quantity),
            subscription: Some(of.id.clone()),
            subscription_item: Some(item.id.clone()),
            unit_amount: rated.unit,
            usage: price.is_metered(),
        }
    }

    /// `2 × Plan (per month)`, with the tier where there are tiers.
    fn line_description(&self, price: &Price, rated: &Rated) -> String {
        let every = price.recurring.as_ref().map_or("", |recurring| recurring.interval.as_str());
        let tier = rated.tier.map(|number| format!("Tier {number}, ")).unwrap_or_default();
        format!("{} × {} ({tier}per {every})", rated.quantity, self.name_of(price))
    }

    /// The name of what a price sells.
    pub(super) fn name_of(&self, price: &Price) -> String {
        let product = self.products.get(&price.product);
        product.map_or_else(String::new, |product| product.name.clone())
    }

    /// Counts the usage on a draft again: lines for it are made anew where they stood, and keep
    /// their ids as far as there are as many.
    pub(super) fn recount_usage(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else {
            return;
        };
        if held.status != InvoiceStatus::Draft || !held.lines.iter().any(|line| line.usage) {
            return;
        }
        let before = held.lines.clone();
        let mut lines: Vec<Line> = Vec::new();
        let mut rest = before.as_slice();
        while let Some(first) = rest.first() {
            let same = |line: &&Line| {
                line.usage
                    && line.subscription_item == first.subscription_item
                    && line.period_start == first.period_start
            };
            let count = rest.iter().take_while(same).count();
            if count == 0 {
                lines.push(first.clone());
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let (old, more) = rest.split_at(count);
            lines.extend(self.recounted(old));
            rest = more;
        }
        self.edit::<Invoice>(invoice, |held| held.lines = lines);
    }

    /// The lines of one item's usage, made anew.
    fn recounted(&mut self, old: &[Line]) -> Vec<Line> {
        let counted = old.first().and_then(|line| {
            let of = self.subscriptions.get(line.subscription.as_ref()?)?;
            let price = self.prices.get(line.price.as_ref()?)?;
            let id = line.subscription_item.as_ref()?;
            // An item that was removed since is still billed for what it metered.
            let item = of.items.iter().find(|item| item.id == *id).cloned();
            let item = item.unwrap_or_else(|| Item {
                id: id.clone(),
                created: line.period_start,
                current_period_start: line.period_start,
                current_period_end: line.period_end,
                discounts: line.discounts.clone(),
                metadata: line.metadata.clone(),
                price: price.id.clone(),
                quantity: None,
            });
            Some((of.clone(), item, price.clone(), (line.period_start, line.period_end)))
        });
        let Some((of, item, price, period)) = counted else {
            return old.to_vec();
        };
        let quantity = self.usage_of(&of, &item, period);
        let mut anew = self.item_lines(&of, &item, &price, quantity, period);
        for (line, old) in anew.iter_mut().zip(old) {
            line.id.clone_from(&old.id);
            line.metadata.clone_from(&old.metadata);
            line.discounts.clone_from(&old.discounts);
        }
        anew
    }
}
