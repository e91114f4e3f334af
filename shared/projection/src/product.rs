//! Products (STRIPE.md section 5.3).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{flag, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Product,
    Owner::Nobody,
    &[
        time("created"),
        time("updated"),
        flag("active"),
        text("name"),
        text("description"),
        reference("default_price"),
        text("unit_label"),
        reference("tax_code"),
        metadata(),
    ],
);
