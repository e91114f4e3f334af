//! Invoices with their lines (STRIPE.md section 5.4). 2025-03-31.basil regrouped them: subscription
//! and quote moved under `parent`, a line's price, item and proration under `pricing` and `parent`,
//! and taxes under `total_taxes` and `taxes`. Payments are objects of their own since then, and
//! shown on request only: what older versions name of them is not kept, since it would be empty in
//! the newer ones. `paid` was the same as status paid. Amounts are minor units of `currency`.
//! Copies of the customer's data freeze when the invoice is finalised.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{At, Sum};
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
        reference("quote").from(&[At("parent.quote_details.quote"), At("quote")]),
        text("status"),
        text("status_details_uncollectible_reason")
            .from(&[At("status_details.uncollectible.reason")]),
        text("billing_reason"),
        text("collection_method"),
        text("currency"),
        text("number"),
        integer("amount_due"),
        integer("amount_paid"),
        integer("amount_remaining"),
        integer("amount_overpaid"),
        integer("amount_paid_off_stripe"),
        integer("amount_shipping"),
        integer("subtotal"),
        integer("subtotal_excluding_tax"),
        // May be negative.
        integer("total"),
        integer("total_excluding_tax"),
        integer("tax").from(&[
            At("tax"),
            Sum("total_taxes", "amount"),
            Sum("total_tax_amounts", "amount"),
        ]),
        json("total_discount_amounts"),
        json("total_pretax_credit_amounts"),
        references("discounts"),
        integer("pre_payment_credit_notes_amount"),
        integer("post_payment_credit_notes_amount"),
        integer("starting_balance"),
        integer("ending_balance"),
        integer("attempt_count"),
        flag("attempted"),
        flag("auto_advance"),
        time("automatically_finalizes_at"),
        text("automatic_tax_status").from(&[At("automatic_tax.status")]),
        text("last_finalization_error_code").from(&[At("last_finalization_error.code")]),
        time("next_payment_attempt"),
        time("due_date"),
        time("effective_at"),
        // What could be picked up; for a renewal the past period. The service period is the lines'.
        time("period_start"),
        time("period_end"),
        time("status_transitions_finalized_at").from(&[At("status_transitions.finalized_at")]),
        time("status_transitions_paid_at").from(&[At("status_transitions.paid_at")]),
        time("status_transitions_voided_at").from(&[At("status_transitions.voided_at")]),
        time("status_transitions_marked_uncollectible_at")
            .from(&[At("status_transitions.marked_uncollectible_at")]),
        reference("from_invoice_invoice").from(&[At("from_invoice.invoice")]),
        text("from_invoice_action").from(&[At("from_invoice.action")]),
        reference("latest_revision"),
        reference("default_payment_method"),
        reference("default_source"),
        text("receipt_number"),
        text("customer_email").personal(),
        text("customer_name").personal(),
        json("customer_address").personal(),
        text("customer_tax_exempt"),
        text("description").personal(),
        text("footer").personal(),
        text("statement_descriptor").personal(),
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
        integer("subtotal"),
        integer("tax").from(&[Sum("taxes", "amount"), Sum("tax_amounts", "amount")]),
        json("discount_amounts"),
        json("pretax_credit_amounts"),
        references("discounts"),
        flag("discountable"),
        text("currency"),
        text("description").personal(),
        integer("quantity"),
        decimal("quantity_decimal"),
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
