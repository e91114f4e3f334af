//! Invoices with their lines (STRIPE.md section 5.4). 2025-03-31.basil regrouped them: the
//! subscription moved under `parent`, and a line's price, item and proration under `pricing` and
//! `parent`. Payments are objects of their own since then, and shown on request only. Amounts are
//! minor units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{decimal, flag, integer, json, metadata, reference, references, text, time};
use crate::object::{ChildList, Object};

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Invoice,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        reference("subscription")
            .from(&[At("parent.subscription_details.subscription"), At("subscription")]),
        text("status"),
        text("billing_reason"),
        text("collection_method"),
        text("currency"),
        text("number"),
        integer("amount_due"),
        integer("amount_paid"),
        integer("amount_remaining"),
        integer("subtotal"),
        // May be negative.
        integer("total"),
        integer("starting_balance"),
        integer("ending_balance"),
        integer("attempt_count"),
        flag("attempted"),
        flag("auto_advance"),
        time("next_payment_attempt"),
        time("due_date"),
        // What could be picked up; for a renewal the past period. The service period is the lines'.
        time("period_start"),
        time("period_end"),
        time("status_transitions_finalized_at").from(&[At("status_transitions.finalized_at")]),
        time("status_transitions_paid_at").from(&[At("status_transitions.paid_at")]),
        time("status_transitions_voided_at").from(&[At("status_transitions.voided_at")]),
        time("status_transitions_marked_uncollectible_at")
            .from(&[At("status_transitions.marked_uncollectible_at")]),
        reference("default_payment_method"),
        text("hosted_invoice_url").personal().restless(),
        text("invoice_pdf").personal().restless(),
        reference("test_clock"),
        metadata().personal(),
    ],
)
.children(&[ChildList {
    table: "invoice_lines",
    parent: "invoice",
    list: "lines",
    on_request: false,
    fields: &[
        integer("amount"),
        text("currency"),
        text("description").personal(),
        integer("quantity"),
        reference("price").from(&[At("pricing.price_details.price"), At("price"), At("plan")]),
        reference("product").from(&[
            At("pricing.price_details.product"),
            At("price.product"),
            At("plan.product"),
        ]),
        // A line of before basil names its price, whose amount need not be the line's (it is not
        // during a trial): what the line itself says of a unit is not shown.
        decimal("unit_amount_decimal").from(&[At("pricing.unit_amount_decimal")]),
        reference("subscription").from(&[
            At("parent.subscription_item_details.subscription"),
            At("parent.invoice_item_details.subscription"),
            At("subscription"),
        ]),
        reference("subscription_item").from(&[
            At("parent.subscription_item_details.subscription_item"),
            At("subscription_item"),
        ]),
        reference("invoice_item").from(&[
            At("parent.invoice_item_details.invoice_item"),
            At("parent.subscription_item_details.invoice_item"),
            At("invoice_item"),
        ]),
        flag("proration").from(&[
            At("parent.subscription_item_details.proration"),
            At("parent.invoice_item_details.proration"),
            At("proration"),
        ]),
        time("period_start").from(&[At("period.start")]),
        time("period_end").from(&[At("period.end")]),
        metadata().personal(),
    ],
}])
.progress("status", &[&["draft"], &["open"], &["uncollectible"], &["paid", "void"]]);
