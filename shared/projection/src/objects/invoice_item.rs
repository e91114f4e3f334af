//! Invoice items: what waits for, or went into, an invoice (STRIPE.md section 5.5). Since
//! 2025-03-31.basil the price is under `pricing` and the subscription under `parent`. Amounts are
//! minor units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{decimal, flag, integer, metadata, reference, references, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::InvoiceItem,
    Owner::Column("customer"),
    &[
        // When it was made; it has no `created`.
        time("date"),
        reference("customer"),
        // No event tells that it is put on its invoice.
        reference("invoice").silent(),
        reference("subscription")
            .from(&[At("parent.subscription_details.subscription"), At("subscription")]),
        reference("subscription_item")
            .from(&[At("parent.subscription_details.subscription_item"), At("subscription_item")]),
        // Negative is credit.
        integer("amount"),
        integer("net_amount"),
        text("currency"),
        text("description").personal(),
        flag("discountable"),
        references("discounts"),
        reference("price").from(&[At("pricing.price_details.price"), At("price"), At("plan")]),
        reference("product").from(&[
            At("pricing.price_details.product"),
            At("price.product"),
            At("plan.product"),
        ]),
        decimal("unit_amount_decimal")
            .from(&[At("pricing.unit_amount_decimal"), At("unit_amount_decimal")]),
        integer("quantity"),
        decimal("quantity_decimal"),
        flag("proration"),
        time("period_start").from(&[At("period.start")]),
        time("period_end").from(&[At("period.end")]),
        reference("test_clock"),
        metadata().personal(),
    ],
);
