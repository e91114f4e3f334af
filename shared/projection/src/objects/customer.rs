//! Customers (STRIPE.md section 5.5).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Customer,
    Owner::Itself,
    &[
        time("created"),
        text("email").personal(),
        text("name").personal(),
        text("phone").personal(),
        json("address").personal(),
        json("shipping").personal(),
        text("individual_name").personal(),
        text("business_name").personal(),
        text("description").personal(),
        // Minor units of `currency`; negative is credit. `account_balance` before 2019-10-17.
        integer("balance").from(&[At("balance"), At("account_balance")]),
        text("currency"),
        flag("delinquent"),
        reference("default_source"),
        text("invoice_prefix"),
        reference("invoice_settings_default_payment_method")
            .from(&[At("invoice_settings.default_payment_method")]),
        text("tax_exempt"),
        reference("test_clock"),
        metadata().personal(),
    ],
);
