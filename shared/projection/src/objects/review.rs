//! Reviews: payments that a rule of Radar holds for a person to look at (STRIPE.md section 4.1).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{flag, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Review,
    Owner::Through { column: "charge", table: "charges" },
    &[
        time("created"),
        reference("charge"),
        reference("payment_intent"),
        flag("open"),
        text("reason"),
        text("opened_reason"),
        text("closed_reason"),
        text("billing_zip").personal(),
        text("ip_address").personal(),
    ],
);
