//! Credit notes with their lines (STRIPE.md section 5.4). Since 2025-03-31.basil one may stand for
//! several refunds, and taxes are under `total_taxes`. Amounts are minor units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{Each, Only, Sum};
use crate::field::{decimal, integer, metadata, reference, references, text, time};
use crate::object::{ChildList, Object};

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::CreditNote,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        reference("invoice"),
        text("number"),
        text("status"),
        text("type"),
        text("reason"),
        text("currency"),
        integer("amount"),
        integer("amount_shipping"),
        integer("discount_amount"),
        integer("subtotal"),
        integer("subtotal_excluding_tax"),
        integer("total"),
        integer("total_excluding_tax"),
        integer("tax").from(&[Sum("total_taxes", "amount"), Sum("tax_amounts", "amount")]),
        integer("pre_payment_amount"),
        integer("post_payment_amount"),
        integer("out_of_band_amount"),
        reference("customer_balance_transaction"),
        // All of them; before basil the one `refund`.
        references("refunds").from(&[Each("refunds", "refund"), Only("refund")]),
        time("effective_at"),
        time("voided_at"),
        text("memo").personal(),
        text("pdf").personal().restless(),
        metadata().personal(),
    ],
)
.children(&[ChildList {
    table: "credit_note_lines",
    parent: "credit_note",
    list: "lines",
    on_request: false,
    fields: &[
        text("type"),
        reference("invoice_line_item"),
        text("description").personal(),
        integer("amount"),
        integer("discount_amount"),
        integer("tax").from(&[Sum("taxes", "amount"), Sum("tax_amounts", "amount")]),
        integer("quantity"),
        integer("unit_amount"),
        decimal("unit_amount_decimal"),
        metadata().personal(),
    ],
}])
.progress("status", &[&["issued"], &["void"]]);
