//! Crossings of billing alerts' thresholds (STRIPE.md section 4.1). Stripe gives them no id and
//! never shows them again, so one is known by what it says.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{decimal, reference, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::BillingAlertTriggered,
    Owner::Column("customer"),
    &[time("created"), reference("alert"), reference("customer"), decimal("value")],
)
.id(&["alert", "customer", "created"]);
