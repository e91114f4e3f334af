//! What discounts take from the lines of an invoice (STRIPE.md 5.3): the discounts of a line come
//! first, those of the whole invoice after them, each from what the one before left.
//!
//! It is worked out whenever a draft changes, and stands from finalizing on.

use super::discounting::{Terms, take_off};
use super::redeem::Redeem;
use crate::model::coupon::{Coupon, Discount, Duration, Off};
use crate::model::invoice::{DiscountAmount, Invoice, Line};
use crate::model::subscription::Subscription;
use crate::world::World;

impl World {
    /// The discounts that a new invoice of a customer takes over: those of its subscription, or
    /// where that has none those of the customer.
    pub(super) fn inherited_discounts(
        &self,
        customer: &str,
        subscription: Option<&Subscription>,
    ) -> Vec<String> {
        let ids = |held: &[String]| -> Vec<String> {
            self.live_discounts(held).map(|discount| discount.id.clone()).collect()
        };
        let own = subscription.map(|held| ids(&held.discounts)).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let discount = self.customers.get(customer).and_then(|held| held.discount.clone());
        ids(&discount.into_iter().collect::<Vec<_>>())
    }

    /// What is left of the costs of some prices once these wishes are redeemed, or where there are
    /// none by the discount of the customer.
    pub(super) fn left_by_discounts(
        &self,
        customer: &str,
        wishes: &[Redeem],
        currency: &str,
        costs: &[(&str, i64)],
    ) -> i64 {
        self.left_of_each(customer, wishes, currency, costs).iter().sum()
    }

    /// The same for each of the costs.
    pub(super) fn left_of_each(
        &self,
        customer: &str,
        wishes: &[Redeem],
        currency: &str,
        costs: &[(&str, i64)],
    ) -> Vec<i64> {
        let named = wishes.iter().filter_map(|wish| self.coupon_wished(wish));
        let mut coupons: Vec<&Coupon> = named.collect();
        if wishes.is_empty() {
            let held = self.inherited_discounts(customer, None);
            let held = held.iter().filter_map(|id| self.discounts.get(id));
            coupons.extend(held.filter_map(|discount| self.coupons.get(&discount.coupon)));
        }
        let mut left: Vec<i64> = costs.iter().map(|(_, cost)| *cost).collect();
        for coupon in coupons {
            let Some(terms) = terms(coupon, currency) else { continue };
            let open: Vec<i64> = costs
                .iter()
                .zip(&left)
                .map(|((price, _), left)| if self.is_for(coupon, Some(price)) { *left } else { 0 })
                .collect();
            for (left, taken) in left.iter_mut().zip(take_off(terms, &open)) {
                *left -= taken;
            }
        }
        left
    }

    fn coupon_wished(&self, wish: &Redeem) -> Option<&Coupon> {
        let coupon = match wish {
            Redeem::Coupon(id) => id,
            Redeem::PromotionCode(id) => &self.promotion_codes.get(id)?.coupon,
            Redeem::Discount(id) => &self.discounts.get(id)?.coupon,
        };
        self.coupons.get(coupon)
    }

    /// Works out what the discounts take from each line of a draft.
    pub(super) fn discount_lines(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else { return };
        let mut taken: Vec<Vec<DiscountAmount>> = Vec::new();
        for line in &held.lines {
            let mut of_line = Vec::new();
            for id in &line.discounts {
                let only = std::slice::from_ref(line);
                for amount in self.taken_by(id, &held.currency, only, &[&of_line]) {
                    of_line.extend(amount);
                }
            }
            taken.push(of_line);
        }
        for id in &held.discounts {
            let before: Vec<&Vec<DiscountAmount>> = taken.iter().collect();
            let amounts = self.taken_by(id, &held.currency, &held.lines, &before);
            for (of_line, amount) in taken.iter_mut().zip(amounts) {
                of_line.extend(amount);
            }
        }
        self.edit::<Invoice>(invoice, |held| {
            for (line, amounts) in held.lines.iter_mut().zip(taken) {
                line.discount_amounts = amounts;
            }
        });
    }

    /// What one discount takes from each of these lines, which others have taken from before.
    fn taken_by(
        &self,
        id: &str,
        currency: &str,
        lines: &[Line],
        before: &[&Vec<DiscountAmount>],
    ) -> Vec<Option<DiscountAmount>> {
        let coupon = self.discounts.get(id).and_then(|held| self.coupons.get(&held.coupon));
        let terms = coupon.and_then(|coupon| terms(coupon, currency));
        let (Some(coupon), Some(terms)) = (coupon, terms) else {
            return vec![None; lines.len()];
        };
        let left: Vec<i64> = lines
            .iter()
            .zip(before)
            .map(|(line, taken)| {
                let taken: i64 = taken.iter().map(|one| one.amount).sum();
                if self.fits(coupon, line) { line.amount - taken } else { 0 }
            })
            .collect();
        take_off(terms, &left)
            .into_iter()
            .map(|amount| (amount > 0).then(|| DiscountAmount { amount, discount: id.to_owned() }))
            .collect()
    }

    fn fits(&self, coupon: &Coupon, line: &Line) -> bool {
        line.discountable && self.is_for(coupon, line.price.as_deref())
    }

    /// Whether a coupon is for what a price sells.
    fn is_for(&self, coupon: &Coupon, price: Option<&str>) -> bool {
        let price = price.and_then(|id| self.prices.get(id));
        coupon.applies_to.is_empty()
            || price.is_some_and(|price| coupon.applies_to.contains(&price.product))
    }

    /// Ends the discounts of one invoice that this one has used up.
    pub(super) fn use_up_discounts(&mut self, invoice: &str) {
        let Some(held) = self.invoices.get(invoice) else { return };
        let amounts = held.lines.iter().flat_map(|line| &line.discount_amounts);
        let mut used: Vec<String> = amounts
            .filter(|taken| self.holds_once(&taken.discount))
            .map(|taken| taken.discount.clone())
            .collect();
        used.dedup();
        for discount in used {
            self.end_discount(&discount);
        }
    }

    fn holds_once(&self, id: &str) -> bool {
        let coupon = |held: &Discount| self.coupons.get(&held.coupon);
        let held = self.discounts.get(id).filter(|held| !held.ended);
        held.and_then(coupon).is_some_and(|coupon| coupon.duration == Duration::Once)
    }

    /// Ends a discount whose months are over.
    pub(crate) fn end_discount_in_time(&mut self, id: &str) {
        let due = |held: &Discount| held.end.is_some_and(|end| end <= self.now);
        if self.discounts.get(id).is_some_and(due) {
            self.end_discount(id);
        }
    }
}

fn terms(coupon: &Coupon, currency: &str) -> Option<Terms> {
    match &coupon.off {
        Off::Percent { hundredths } => Some(Terms::Percent(*hundredths)),
        Off::Amount { .. } => coupon.off.amount_in(currency).map(Terms::Amount),
    }
}
