//! Discounts: coupons and promotion codes redeemed for a customer, a subscription or an invoice,
//! and the end of a discount.
//!
//! A discount of one invoice ends once an invoice has taken it; one of some months ends with them;
//! any discount can be taken away. What was taken off an invoice stays off.

use super::LifeError;
use super::orders::NewSubscription;
use crate::agenda::Task;
use crate::calendar::add_months;
use crate::model::coupon::{Coupon, Discount, DiscountOn, Duration, PromotionCode};
use crate::model::customer::Customer;
use crate::model::invoice::Invoice;
use crate::model::subscription::Subscription;
use crate::render::{Object, View};
use crate::world::World;
use serde_json::Value;

/// What is to be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeem {
    /// A coupon, by its id.
    Coupon(String),
    /// A promotion code, by its id.
    PromotionCode(String),
    /// A discount that is held already, by its id.
    Discount(String),
}

/// For whom, and what is bought with it.
#[derive(Clone, Debug)]
pub(crate) struct Redeemer<'a> {
    pub(crate) customer: &'a str,
    pub(crate) currency: &'a str,
    /// What is bought before the discount, in the minor unit; none where nothing is bought yet.
    pub(crate) amount: Option<i64>,
    pub(crate) checkout_session: Option<String>,
}

impl World {
    /// Whether all of this could be redeemed; nothing is changed.
    pub(crate) fn can_redeem(&self, wishes: &[Redeem], by: &Redeemer<'_>) -> Result<(), LifeError> {
        wishes.iter().try_for_each(|wish| self.coupon_of(wish, by).map(|_| ()))
    }

    /// Redeems something; the discount it became. No event tells of it yet.
    pub(crate) fn redeem(
        &mut self,
        wish: &Redeem,
        by: &Redeemer<'_>,
        on: DiscountOn,
    ) -> Result<String, LifeError> {
        let (coupon, promotion_code) = self.coupon_of(wish, by)?;
        let duration = self.coupons.get(&coupon).map_or(Duration::Once, |held| held.duration);
        let end = match duration {
            Duration::Forever | Duration::Once => None,
            Duration::Repeating { months } => Some(add_months(self.now, months)),
        };
        let id = self.ids.long("di_");
        let discount = Discount {
            id: id.clone(),
            checkout_session: by.checkout_session.clone(),
            coupon: coupon.clone(),
            customer: by.customer.to_owned(),
            ended: false,
            end,
            on,
            promotion_code: promotion_code.clone(),
            start: self.now,
        };
        self.discounts.insert(&id, discount);
        if let Some(end) = end {
            self.agenda.plan(end, Task::DiscountEnds { discount: id.clone() });
        }
        // A discount that goes on to another object is not redeemed once more.
        if !matches!(wish, Redeem::Discount(_)) {
            self.edit::<Coupon>(&coupon, |held| held.times_redeemed += 1);
            if let Some(code) = promotion_code {
                self.edit::<PromotionCode>(&code, |held| held.times_redeemed += 1);
            }
        }
        Ok(id)
    }

    /// The coupon behind a wish, and the promotion code that stood for it.
    fn coupon_of(
        &self,
        wish: &Redeem,
        by: &Redeemer<'_>,
    ) -> Result<(String, Option<String>), LifeError> {
        match wish {
            Redeem::Coupon(id) => {
                self.redeemable(id, by)?;
                Ok((id.clone(), None))
            }
            Redeem::PromotionCode(id) => {
                let code = self.promotion_codes.get(id).ok_or_else(|| LifeError::Missing {
                    kind: "promotion code",
                    id: id.clone(),
                    param: "discounts",
                })?;
                self.code_fits(code, by)?;
                self.redeemable(&code.coupon, by)?;
                Ok((code.coupon.clone(), Some(id.clone())))
            }
            Redeem::Discount(id) => {
                let held = self.discounts.get(id).filter(|held| !held.ended);
                let held = held.ok_or_else(|| LifeError::Missing {
                    kind: "discount",
                    id: id.clone(),
                    param: "discounts",
                })?;
                Ok((held.coupon.clone(), held.promotion_code.clone()))
            }
        }
    }

    fn redeemable(&self, coupon: &str, by: &Redeemer<'_>) -> Result<(), LifeError> {
        let held = self.live_coupon(coupon, "discounts")?;
        if !held.is_valid(self.now) {
            return Err(LifeError::NotNow {
                code: Some("coupon_expired"),
                message: format!("Coupon expired: {coupon}"),
            });
        }
        let by_amount = matches!(held.off, crate::model::coupon::Off::Amount { .. });
        if by_amount && held.off.amount_in(by.currency).is_none() {
            return Err(LifeError::Invalid {
                param: "discounts",
                message: format!(
                    "The coupon {coupon} takes off an amount in another currency than {}.",
                    by.currency
                ),
            });
        }
        Ok(())
    }

    fn code_fits(&self, code: &PromotionCode, by: &Redeemer<'_>) -> Result<(), LifeError> {
        let refuse = |message: &str| LifeError::Invalid {
            param: "discounts",
            message: format!("The promotion code {} cannot be redeemed: {message}.", code.code),
        };
        if !code.is_live(self.now) {
            return Err(refuse("it is expired or inactive"));
        }
        if code.customer.as_deref().is_some_and(|customer| customer != by.customer) {
            return Err(refuse("it is for another customer"));
        }
        if code.first_time_transaction && self.has_paid(by.customer) {
            return Err(refuse("it is for a first purchase only"));
        }
        let own = code.minimum.as_ref().filter(|(currency, _)| currency == by.currency);
        let least = own.map(|(_, least)| *least);
        let least = least.or_else(|| code.other_minimums.get(by.currency).copied());
        match (least, by.amount) {
            (Some(least), Some(amount)) if amount < least => {
                Err(refuse("what is bought is below its minimum amount"))
            }
            _ => Ok(()),
        }
    }

    fn has_paid(&self, customer: &str) -> bool {
        let paid = |held: &Invoice| held.customer == customer && held.amount_paid > 0;
        self.invoices.rows().iter().any(paid)
    }

    /// The discounts of a kind of owner that hold now.
    pub(crate) fn live_discounts<'a>(
        &'a self,
        ids: &'a [String],
    ) -> impl Iterator<Item = &'a Discount> {
        let now = self.now;
        let holds = move |held: &&Discount| !held.ended && held.end.is_none_or(|end| now < end);
        ids.iter().filter_map(|id| self.discounts.get(id)).filter(holds)
    }

    /// Says that a subscription or a customer has a new discount.
    pub(crate) fn announce_discount(&mut self, id: &str) {
        self.emit::<Discount>("customer.discount.created", id);
    }

    /// Whether what is wished for a new subscription can be redeemed.
    pub(super) fn check_discounts(&self, new: &NewSubscription) -> Result<(), LifeError> {
        let first = new.items.first().and_then(|item| self.prices.get(&item.price));
        let currency = first.map_or("usd", |price| price.currency.as_str());
        let (customer, amount, checkout_session) = (new.customer.as_str(), None, None);
        let by = Redeemer { customer, currency, amount, checkout_session };
        self.can_redeem(&new.discounts, &by)
    }

    /// The same for one that is there.
    pub(super) fn check_redeem(
        &self,
        held: &Subscription,
        wishes: &[Redeem],
    ) -> Result<(), LifeError> {
        self.can_redeem(wishes, &subscriber(held))
    }

    /// Redeems for a subscription; the discounts it has from then on.
    pub(super) fn redeem_for_subscription(
        &mut self,
        id: &str,
        wishes: &[Redeem],
    ) -> Result<Vec<String>, LifeError> {
        let Some(held) = self.subscriptions.get(id).cloned() else {
            return Ok(Vec::new());
        };
        let on = DiscountOn::Subscription(id.to_owned());
        let mut discounts = Vec::new();
        for wish in wishes {
            discounts.push(self.redeem(wish, &subscriber(&held), on.clone())?);
        }
        self.edit::<Subscription>(id, |held| held.discounts.clone_from(&discounts));
        Ok(discounts)
    }

    /// Puts other discounts in the place of those that a subscription has.
    pub(super) fn replace_discounts(
        &mut self,
        id: &str,
        wishes: &[Redeem],
    ) -> Result<(), LifeError> {
        let held = self.subscriptions.get(id).map(|held| held.discounts.clone());
        let kept = |discount: &String| wishes.contains(&Redeem::Discount(discount.clone()));
        let held = held.unwrap_or_default();
        for gone in held.iter().filter(|discount| !kept(discount)) {
            self.end_discount(gone);
        }
        let before = self.portrait::<Subscription>(id);
        let fresh: Vec<Redeem> = wishes
            .iter()
            .filter(|wish| !matches!(wish, Redeem::Discount(id) if held.contains(id)))
            .cloned()
            .collect();
        let mut discounts: Vec<String> = held.iter().filter(|it| kept(it)).cloned().collect();
        let made = self.redeem_for_subscription(id, &fresh)?;
        discounts.extend(made.iter().cloned());
        self.edit::<Subscription>(id, |held| held.discounts = discounts);
        self.emit_updated::<Subscription>("customer.subscription.updated", id, &before);
        for discount in &made {
            self.announce_discount(discount);
        }
        Ok(())
    }

    /// Redeems a coupon or a promotion code for a customer, in the place of the discount that it
    /// has; none takes that away.
    pub(crate) fn discount_customer(
        &mut self,
        id: &str,
        wish: Option<&Redeem>,
    ) -> Result<(), LifeError> {
        let held = self.live_customer(id, "id")?;
        let currency = held.currency.clone().unwrap_or_else(|| "usd".to_owned());
        let old = held.discount.clone();
        let (currency, amount, checkout_session) = (currency.as_str(), None, None);
        let by = Redeemer { customer: id, currency, amount, checkout_session };
        self.can_redeem(wish.map_or(&[], std::slice::from_ref), &by)?;
        if let Some(old) = old {
            self.end_discount(&old);
        }
        if let Some(wish) = wish {
            let discount = self.redeem(wish, &by, DiscountOn::Customer)?;
            let before = self.portrait::<Customer>(id);
            self.edit::<Customer>(id, |held| held.discount = Some(discount.clone()));
            self.announce_discount(&discount);
            self.emit_updated::<Customer>("customer.updated", id, &before);
        }
        Ok(())
    }

    /// Redeems for an invoice, or for an item of one; the discounts it has from then on.
    pub(super) fn redeem_for_invoice(
        &mut self,
        wishes: &[Redeem],
        customer: &str,
        currency: &str,
        on: &DiscountOn,
    ) -> Result<Vec<String>, LifeError> {
        let by = Redeemer { customer, currency, amount: None, checkout_session: None };
        self.can_redeem(wishes, &by)?;
        wishes.iter().map(|wish| self.redeem(wish, &by, on.clone())).collect()
    }

    /// Takes a discount away from what it is on. One of a single invoice never ends.
    pub(crate) fn end_discount(&mut self, id: &str) {
        let Some(held) = self.discounts.get(id).filter(|held| !held.ended).cloned() else {
            return;
        };
        if matches!(held.on, DiscountOn::Invoice(_) | DiscountOn::InvoiceItem(_)) {
            return;
        }
        let now = self.now;
        self.edit::<Discount>(id, |held| held.end = Some(now));
        self.emit_by("customer.discount.deleted", |world, view| shown(world, id, view));
        self.edit::<Discount>(id, |held| held.ended = true);
        let keep = |discounts: &mut Vec<String>| discounts.retain(|other| other != id);
        match &held.on {
            DiscountOn::Invoice(_) | DiscountOn::InvoiceItem(_) => {}
            DiscountOn::Customer => {
                self.update::<Customer>("customer.updated", &held.customer, |customer| {
                    customer.discount = None;
                });
            }
            DiscountOn::Subscription(subscription) => {
                self.update::<Subscription>("customer.subscription.updated", subscription, |of| {
                    keep(&mut of.discounts);
                });
            }
        }
    }
}

fn subscriber(held: &Subscription) -> Redeemer<'_> {
    Redeemer {
        customer: &held.customer,
        currency: &held.currency,
        amount: None,
        checkout_session: None,
    }
}

fn shown(world: &World, id: &str, view: View<'_>) -> Value {
    world.discounts.get(id).map_or(Value::Null, |held| held.render(world, view))
}
