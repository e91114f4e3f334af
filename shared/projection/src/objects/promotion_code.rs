//! Promotion codes (STRIPE.md section 5.3). Since 2025-09-30.clover the coupon is under
//! `promotion`. A code may be for one customer alone, and is that customer's then.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::PromotionCode,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        reference("coupon").from(&[At("promotion.coupon"), At("coupon")]),
        text("code").personal(),
        // It follows from the time and from its coupon.
        flag("active").silent(),
        time("expires_at"),
        integer("max_redemptions"),
        // Who redeems a code does not update it.
        integer("times_redeemed").silent(),
        flag("restrictions_first_time_transaction")
            .from(&[At("restrictions.first_time_transaction")]),
        integer("restrictions_minimum_amount").from(&[At("restrictions.minimum_amount")]),
        text("restrictions_minimum_amount_currency")
            .from(&[At("restrictions.minimum_amount_currency")]),
        metadata().personal(),
    ],
);
