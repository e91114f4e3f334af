//! Prices (STRIPE.md section 5.3). Tiers and amounts in other currencies are shown on request only,
//! and are not kept.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{decimal, flag, integer, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Price,
    Owner::Nobody,
    &[
        time("created"),
        flag("active"),
        reference("product"),
        text("currency"),
        text("type"),
        text("billing_scheme"),
        integer("unit_amount"),
        decimal("unit_amount_decimal"),
        text("recurring_interval").from(&[At("recurring.interval")]),
        integer("recurring_interval_count").from(&[At("recurring.interval_count")]),
        text("recurring_usage_type").from(&[At("recurring.usage_type")]),
        reference("recurring_meter").from(&[At("recurring.meter")]),
        integer("recurring_trial_period_days").from(&[At("recurring.trial_period_days")]),
        text("tiers_mode"),
        text("lookup_key"),
        text("nickname"),
        text("tax_behavior"),
        integer("transform_quantity_divide_by").from(&[At("transform_quantity.divide_by")]),
        text("transform_quantity_round").from(&[At("transform_quantity.round")]),
        metadata(),
    ],
);
