//! Coupons (STRIPE.md section 5.3). Which products one applies to, and its amounts in other
//! currencies, are shown on request only, and are not kept.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{decimal, flag, integer, metadata, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Coupon,
    Owner::Nobody,
    &[
        time("created"),
        text("name"),
        integer("amount_off"),
        text("currency"),
        decimal("percent_off"),
        text("duration"),
        integer("duration_in_months"),
        integer("max_redemptions"),
        // Who redeems a coupon does not update it.
        integer("times_redeemed").silent(),
        time("redeem_by"),
        // It follows from the time and from how often it was redeemed.
        flag("valid").silent(),
        metadata(),
    ],
);
