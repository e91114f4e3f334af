//! Early fraud warnings: what the card's network says of a charge before it is disputed (STRIPE.md
//! section 4.1).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{flag, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::EarlyFraudWarning,
    Owner::Through { column: "charge", table: "charges" },
    &[
        time("created"),
        reference("charge"),
        reference("payment_intent"),
        text("fraud_type"),
        flag("actionable"),
    ],
);
