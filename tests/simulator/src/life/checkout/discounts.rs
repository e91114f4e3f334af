//! Discounts of a checkout session: given with it, or brought by the visitor as a promotion code.
//! They are redeemed when the session is completed, not before.

use crate::life::LifeError;
use crate::life::redeem::{Redeem, Redeemer};
use crate::model::checkout::{CheckoutDiscount, CheckoutSession, Mode, Offer, SessionStatus};
use crate::model::coupon::{Coupon, Discount, PromotionCode};
use crate::world::World;

impl World {
    /// Whether what a session is to be made with could be redeemed by its customer. `amount` is
    /// what is bought, where it is known.
    pub(crate) fn check_offered_discounts(
        &self,
        offer: &Offer,
        amount: Option<i64>,
    ) -> Result<(), LifeError> {
        self.can_redeem(&wishes_of(offer), &redeemer(offer, amount, None))
    }

    /// The same for a session that is about to be paid.
    pub(super) fn check_discounts_at_checkout(
        &self,
        held: &CheckoutSession,
    ) -> Result<(), LifeError> {
        self.check_offered_discounts(&held.offer, Some(held.subtotal()))
    }

    /// What is left of each line's amount by the discounts of a session, or where it has none by
    /// that of the customer of a subscription.
    pub(super) fn left_at_checkout(&self, offer: &Offer, costs: &[(&str, i64)]) -> Vec<i64> {
        let subscribes = offer.mode == Mode::Subscription;
        let customer = offer.customer.as_deref().filter(|_| subscribes).unwrap_or_default();
        let currency = offer.currency.as_deref().unwrap_or_default();
        self.left_of_each(customer, &wishes_of(offer), currency, costs)
    }

    /// Takes a promotion code off what is due; the visitor knows it by its code.
    pub(crate) fn redeem_at_checkout(&mut self, id: &str, code: &str) -> Result<(), LifeError> {
        let held = self.known_checkout(id)?;
        let invalid = || LifeError::Invalid {
            param: "promotion_code",
            message: format!("The promotion code {code} is not valid."),
        };
        if held.status != SessionStatus::Open || held.offer.allow_promotion_codes != Some(true) {
            return Err(invalid());
        }
        let wanted = code.trim();
        let fits = |known: &&PromotionCode| known.code.eq_ignore_ascii_case(wanted);
        let found = self.promotion_codes.rows().iter().filter(fits).find(|known| {
            let wish = [Redeem::PromotionCode(known.id.clone())];
            let by = redeemer(&held.offer, Some(held.subtotal()), None);
            self.can_redeem(&wish, &by).is_ok()
        });
        let promotion_code = Some(found.ok_or_else(invalid)?.id.clone());
        let mut changed = held.clone();
        changed.offer.discounts = vec![CheckoutDiscount { coupon: None, promotion_code }];
        self.reckon(&mut changed);
        self.edit::<CheckoutSession>(id, |held| *held = changed);
        Ok(())
    }

    /// Counts what a payment has redeemed. A subscription redeems by itself.
    pub(super) fn count_redemptions(&mut self, held: &CheckoutSession) {
        for discount in &held.offer.discounts {
            let code = discount.promotion_code.as_ref();
            let behind = code.and_then(|id| self.promotion_codes.get(id));
            let coupon = discount.coupon.clone().or_else(|| behind.map(|it| it.coupon.clone()));
            if let Some(coupon) = coupon {
                self.edit::<Coupon>(&coupon, |held| held.times_redeemed += 1);
            }
            if let Some(code) = code {
                self.edit::<PromotionCode>(code, |held| held.times_redeemed += 1);
            }
        }
    }

    /// Notes by which session discounts came to be.
    pub(in crate::life) fn discounts_of_session(&mut self, discounts: &[String], session: &str) {
        for id in discounts {
            let session = Some(session.to_owned());
            self.edit::<Discount>(id, |held| held.checkout_session = session);
        }
    }
}

/// What a session's discounts are to become.
pub(super) fn wishes_of(offer: &Offer) -> Vec<Redeem> {
    let wish = |held: &CheckoutDiscount| {
        let coupon = held.coupon.clone().map(Redeem::Coupon);
        coupon.or_else(|| held.promotion_code.clone().map(Redeem::PromotionCode))
    };
    offer.discounts.iter().filter_map(wish).collect()
}

fn redeemer(offer: &Offer, amount: Option<i64>, session: Option<String>) -> Redeemer<'_> {
    Redeemer {
        customer: offer.customer.as_deref().unwrap_or_default(),
        currency: offer.currency.as_deref().unwrap_or_default(),
        amount,
        checkout_session: session,
    }
}
