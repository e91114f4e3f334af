//! Coupons and promotion codes: made, changed, deleted.

use super::LifeError;
use super::customers::set_text;
use crate::model::coupon::{Coupon, Duration, Off, PromotionCode};
use crate::model::{Metadata, merge_metadata};
use crate::render::Object as _;
use crate::world::World;
use std::collections::BTreeMap;

/// How long codes are that nobody chose.
const CODE_LENGTH: usize = 8;

/// A coupon to make.
#[derive(Clone, Debug)]
pub(crate) struct NewCoupon {
    pub(crate) applies_to: Vec<String>,
    pub(crate) duration: Duration,
    pub(crate) id: Option<String>,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) off: Off,
    pub(crate) redeem_by: Option<i64>,
}

/// A promotion code to make.
#[derive(Clone, Debug)]
pub(crate) struct NewPromotionCode {
    pub(crate) active: bool,
    pub(crate) code: Option<String>,
    pub(crate) coupon: String,
    pub(crate) customer: Option<String>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) first_time_transaction: bool,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) minimum: Option<(String, i64)>,
    pub(crate) other_minimums: BTreeMap<String, i64>,
}

impl World {
    pub(crate) fn create_coupon(&mut self, new: NewCoupon) -> Result<String, LifeError> {
        let id = match new.id {
            // The id of a deleted one may be given again (STRIPE.md 5.1).
            Some(id) if self.coupons.get(&id).is_some_and(|held| !held.is_deleted()) => {
                return Err(LifeError::NotNow {
                    code: Some("resource_already_exists"),
                    message: "Coupon already exists.".to_owned(),
                });
            }
            Some(id) => id,
            None => self.ids.code(CODE_LENGTH),
        };
        if let Some(unknown) = new.applies_to.iter().find(|id| self.products.get(id).is_none()) {
            let (kind, param) = ("product", "applies_to[products]");
            return Err(LifeError::Missing { kind, id: unknown.clone(), param });
        }
        let coupon = Coupon {
            id: id.clone(),
            created: self.now,
            applies_to: new.applies_to,
            deleted: false,
            duration: new.duration,
            max_redemptions: new.max_redemptions,
            metadata: new.metadata,
            name: new.name,
            off: new.off,
            redeem_by: new.redeem_by,
            times_redeemed: 0,
        };
        self.coupons.insert(&id, coupon);
        self.emit::<Coupon>("coupon.created", &id);
        Ok(id)
    }

    /// Changes what of a coupon can be changed: its name, its metadata, and amounts in currencies
    /// that it does not have yet.
    pub(crate) fn update_coupon(
        &mut self,
        id: &str,
        name: Option<String>,
        metadata: &Metadata,
        amounts: BTreeMap<String, i64>,
    ) -> Result<(), LifeError> {
        self.live_coupon(id, "id")?;
        self.update::<Coupon>("coupon.updated", id, |held| {
            set_text(&mut held.name, name);
            merge_metadata(&mut held.metadata, metadata);
            if let Off::Amount { others, .. } = &mut held.off {
                others.extend(amounts);
            }
        });
        Ok(())
    }

    /// Deletes a coupon. Discounts that it was redeemed into stay.
    pub(crate) fn delete_coupon(&mut self, id: &str) -> Result<(), LifeError> {
        self.live_coupon(id, "id")?;
        self.edit::<Coupon>(id, |held| held.deleted = true);
        self.emit::<Coupon>("coupon.deleted", id);
        Ok(())
    }

    pub(crate) fn create_promotion_code(
        &mut self,
        new: NewPromotionCode,
    ) -> Result<String, LifeError> {
        self.live_coupon(&new.coupon, "promotion[coupon]")?;
        if let Some(customer) = &new.customer {
            self.live_customer(customer, "customer")?;
        }
        let code = new.code.unwrap_or_else(|| self.ids.code(CODE_LENGTH).to_uppercase());
        // Two codes may be written alike only if no customer could redeem both.
        let meets = |held: &PromotionCode| {
            held.is_live(self.now)
                && held.code.eq_ignore_ascii_case(&code)
                && (held.customer.is_none() || held.customer == new.customer)
        };
        if new.active && self.promotion_codes.rows().iter().any(meets) {
            return Err(LifeError::Invalid {
                param: "code",
                message: "An active promotion code with this code already exists.".to_owned(),
            });
        }
        let id = self.ids.long("promo_");
        let held = PromotionCode {
            id: id.clone(),
            created: self.now,
            active: new.active,
            code,
            coupon: new.coupon,
            customer: new.customer,
            expires_at: new.expires_at,
            first_time_transaction: new.first_time_transaction,
            max_redemptions: new.max_redemptions,
            metadata: new.metadata,
            minimum: new.minimum,
            other_minimums: new.other_minimums,
            times_redeemed: 0,
        };
        self.promotion_codes.insert(&id, held);
        self.emit::<PromotionCode>("promotion_code.created", &id);
        Ok(id)
    }

    pub(crate) fn update_promotion_code(
        &mut self,
        id: &str,
        active: Option<bool>,
        metadata: &Metadata,
        minimums: BTreeMap<String, i64>,
    ) -> Result<(), LifeError> {
        if self.promotion_codes.get(id).is_none() {
            let (kind, id) = ("promotion code", id.to_owned());
            return Err(LifeError::Missing { kind, id, param: "id" });
        }
        self.update::<PromotionCode>("promotion_code.updated", id, |held| {
            held.active = active.unwrap_or(held.active);
            merge_metadata(&mut held.metadata, metadata);
            held.other_minimums.extend(minimums);
        });
        Ok(())
    }

    pub(crate) fn live_coupon(&self, id: &str, param: &'static str) -> Result<&Coupon, LifeError> {
        self.coupons.get(id).filter(|held| !held.deleted).ok_or_else(|| LifeError::Missing {
            kind: "coupon",
            id: id.to_owned(),
            param,
        })
    }
}
