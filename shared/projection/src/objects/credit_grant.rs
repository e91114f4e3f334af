//! Credit grants (STRIPE.md section 5.5). One shows neither a status nor what is left of it: the
//! former follows from its dates, the latter from its transactions. Amounts are minor units of
//! their currency.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::CreditGrant,
    Owner::Column("customer"),
    &[
        time("created"),
        time("updated"),
        reference("customer"),
        text("name").personal(),
        text("category"),
        // The lowest is used first.
        integer("priority"),
        text("amount_type").from(&[At("amount.type")]),
        text("amount_monetary_currency").from(&[At("amount.monetary.currency")]),
        integer("amount_monetary_value").from(&[At("amount.monetary.value")]),
        text("applicability_config_scope_price_type")
            .from(&[At("applicability_config.scope.price_type")]),
        json("applicability_config_scope_prices").from(&[At("applicability_config.scope.prices")]),
        time("effective_at"),
        time("expires_at"),
        time("voided_at"),
        reference("test_clock"),
        metadata().personal(),
    ],
);
