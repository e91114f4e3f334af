//! Billing alerts (STRIPE.md section 4.1). One may be for a single customer, and is that customer's
//! then.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{At, First};
use crate::field::{decimal, reference, text};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::BillingAlert,
    Owner::Column("customer"),
    &[
        text("alert_type"),
        text("title").personal(),
        text("status"),
        reference("customer").from(&[First("usage_threshold.filters", "customer")]),
        reference("usage_threshold_meter").from(&[At("usage_threshold.meter")]),
        decimal("usage_threshold_gte").from(&[At("usage_threshold.gte")]),
        text("usage_threshold_recurrence").from(&[At("usage_threshold.recurrence")]),
    ],
);
