//! Tax ids of customers (STRIPE.md section 5.5). Those of accounts and applications are the same
//! kind of object, and belong to no customer; since 2023 `owner` says whose one is.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::TaxId,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer").from(&[At("customer"), At("owner.customer")]),
        text("owner_type").from(&[At("owner.type")]),
        text("country"),
        text("type"),
        text("value").personal(),
        text("verification_status").from(&[At("verification.status")]),
        text("verification_verified_name").from(&[At("verification.verified_name")]).personal(),
        text("verification_verified_address")
            .from(&[At("verification.verified_address")])
            .personal(),
    ],
);
