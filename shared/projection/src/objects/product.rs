//! Products (STRIPE.md section 5.3). 2024-04-10 gave `features` the name `marketing_features`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, json, metadata, reference, text, time};
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
        json("marketing_features").from(&[At("marketing_features"), At("features")]),
        json("images"),
        text("url"),
        text("statement_descriptor"),
        metadata(),
    ],
);
