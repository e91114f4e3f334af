//! The usage that an item is billed for: what its meter counts in a period, by the time of the
//! events. What is counted for a period after its invoice was finalized is on no invoice, or on
//! the next one, as the account's rules say.

use super::usage_rules::LateUsage;
use crate::model::decimal::Decimal;
use crate::model::meter::{Formula, Meter};
use crate::model::subscription::{Item, Subscription};
use crate::world::World;

/// What was billed of an item for one period.
#[derive(Clone, Debug)]
pub(crate) struct BilledUsage {
    meter: String,
    period: (i64, i64),
    quantity: Decimal,
}

impl World {
    /// How much of what an item meters was used in a period, both ends in Unix seconds, the
    /// second not included.
    pub(super) fn usage_of(&self, of: &Subscription, item: &Item, period: (i64, i64)) -> Decimal {
        let Some(meter) = self.meter_of(&item.price) else {
            return Decimal::ZERO;
        };
        let used = self.usage.sum(meter, &of.customer, period.0, period.1);
        match (self.rules.usage.late, meter.formula) {
            (LateUsage::Dropped, _) | (LateUsage::NextInvoice, Formula::Last) => used,
            (LateUsage::NextInvoice, Formula::Sum | Formula::Count) => {
                let earlier = self.billed_usage.get(&item.id).into_iter().flatten();
                let late = |billed: &BilledUsage| {
                    let (from, to) = billed.period;
                    self.usage.sum(meter, &of.customer, from, to).above(billed.quantity)
                };
                earlier
                    .filter(|billed| billed.period != period && billed.meter == meter.id)
                    .map(late)
                    .fold(used, Decimal::plus)
            }
        }
    }

    fn meter_of(&self, price: &str) -> Option<&Meter> {
        let recurring = self.prices.get(price)?.recurring.as_ref()?;
        self.meters.get(recurring.meter.as_ref()?)
    }

    /// Notes what an invoice bills of each item that it is finalized for, and of the periods
    /// before, so that only what comes after it is late.
    pub(super) fn mark_usage_billed(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else {
            return;
        };
        if self.rules.usage.late == LateUsage::Dropped {
            return;
        }
        let mut billed: Vec<(String, String, (i64, i64))> = held
            .lines
            .iter()
            .filter(|line| line.usage)
            .filter_map(|line| {
                let (item, price) = (line.subscription_item.clone()?, line.price.clone()?);
                Some((item, price, (line.period_start, line.period_end)))
            })
            .collect();
        billed.dedup();
        let customer = held.customer.clone();
        for (item, price, period) in billed {
            let Some(meter) = self.meter_of(&price) else {
                continue;
            };
            let meter = meter.clone();
            let mut records = self.billed_usage.remove(&item).unwrap_or_default();
            records.retain(|record| record.period != period || record.meter != meter.id);
            let new = BilledUsage { meter: meter.id.clone(), period, quantity: Decimal::ZERO };
            records.push(new);
            for record in records.iter_mut().filter(|record| record.meter == meter.id) {
                let (from, to) = record.period;
                record.quantity = self.usage.sum(&meter, &customer, from, to);
            }
            self.billed_usage.insert(item, records);
        }
    }
}
