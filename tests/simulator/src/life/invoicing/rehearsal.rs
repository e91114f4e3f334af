//! A rehearsal: a small copy of the account, about one customer, in which anything can be done
//! without a trace. Nothing is finalized or collected in it, and its ids are its own.

use crate::ids::Ids;
use crate::model::invoice::Invoice;
use crate::model::table::Table;
use crate::render::Object;
use crate::world::World;

/// What the ids of rehearsals follow from, so that none meets one made in earnest.
const SEED: u64 = 0x5245_4845_4152_5345;

impl World {
    /// Does something in a rehearsal about a customer.
    pub(crate) fn rehearse<R>(&mut self, customer: &str, work: impl FnOnce(&mut Self) -> R) -> R {
        let mut stage = Self::new(0, self.now, self.account_version(), self.rules.clone());
        self.rehearsals += 1;
        stage.ids = Ids::new(SEED ^ self.rehearsals);
        stage.is_rehearsal = true;
        stage.prices = self.prices.clone();
        stage.products = self.products.clone();
        stage.coupons = self.coupons.clone();
        stage.discounts = self.discounts.clone();
        stage.schedules = self.schedules.clone();
        stage.promotion_codes = self.promotion_codes.clone();
        stage.test_clocks = self.test_clocks.clone();
        self.cast(&mut stage, customer);
        // What is only read is lent, as there may be much of it.
        std::mem::swap(&mut self.meters, &mut stage.meters);
        std::mem::swap(&mut self.usage, &mut stage.usage);
        std::mem::swap(&mut self.billed_usage, &mut stage.billed_usage);
        let result = work(&mut stage);
        std::mem::swap(&mut self.meters, &mut stage.meters);
        std::mem::swap(&mut self.usage, &mut stage.usage);
        std::mem::swap(&mut self.billed_usage, &mut stage.billed_usage);
        result
    }

    /// Copies what belongs to a customer.
    fn cast(&self, stage: &mut Self, customer: &str) {
        copy(&self.customers, &mut stage.customers, std::iter::once(customer));
        let of = |index: &std::collections::HashMap<String, Vec<String>>| {
            index.get(customer).cloned().unwrap_or_default()
        };
        let methods = of(&self.methods_of);
        copy(&self.payment_methods, &mut stage.payment_methods, texts(&methods));
        stage.methods_of.insert(customer.to_owned(), methods);
        let waiting = of(&self.pending_of);
        copy(&self.invoice_items, &mut stage.invoice_items, texts(&waiting));
        stage.pending_of.insert(customer.to_owned(), waiting);
        let subscriptions = of(&self.subscriptions_of);
        copy(&self.subscriptions, &mut stage.subscriptions, texts(&subscriptions));
        for subscription in &subscriptions {
            let invoices = self.invoices_of.get(subscription).cloned().unwrap_or_default();
            copy::<Invoice>(&self.invoices, &mut stage.invoices, texts(&invoices));
            stage.invoices_of.insert(subscription.clone(), invoices);
        }
        stage.subscriptions_of.insert(customer.to_owned(), subscriptions);
    }
}

fn texts(ids: &[String]) -> impl Iterator<Item = &str> {
    ids.iter().map(String::as_str)
}

fn copy<'a, T: Object>(from: &Table<T>, to: &mut Table<T>, ids: impl Iterator<Item = &'a str>) {
    for id in ids {
        if let Some(row) = from.get(id) {
            to.insert(id, row.clone());
        }
    }
}
