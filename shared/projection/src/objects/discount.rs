//! Discounts: coupons in use by a customer, a subscription, an invoice or one of its items
//! (STRIPE.md section 5.3). Since 2025-09-30.clover the coupon is under `source`; before, the whole
//! coupon was shown.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{reference, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Discount,
    Owner::Column("customer"),
    &[
        reference("customer"),
        reference("coupon").from(&[At("source.coupon"), At("coupon")]),
        reference("promotion_code"),
        reference("subscription"),
        reference("subscription_item"),
        reference("invoice"),
        reference("invoice_item"),
        reference("checkout_session"),
        // `start` and `end` at Stripe; `end` is a word of SQL's.
        time("starts_at").from(&[At("start")]),
        time("ends_at").from(&[At("end")]),
    ],
);
