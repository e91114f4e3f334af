//! Invoice payments: what links an invoice to its payments (STRIPE.md section 5.4). They are there
//! since 2025-03-31.basil, when invoices and payments ceased to name each other. Amounts are minor
//! units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::InvoicePayment,
    Owner::Through { column: "invoice", table: "invoices" },
    &[
        time("created"),
        reference("invoice"),
        text("status"),
        flag("is_default"),
        integer("amount_requested"),
        integer("amount_paid"),
        text("currency"),
        text("payment_type").from(&[At("payment.type")]),
        reference("payment_payment_intent").from(&[At("payment.payment_intent")]),
        reference("payment_charge").from(&[At("payment.charge")]),
        reference("payment_payment_record").from(&[At("payment.payment_record")]),
        time("status_transitions_paid_at").from(&[At("status_transitions.paid_at")]),
        time("status_transitions_canceled_at").from(&[At("status_transitions.canceled_at")]),
    ],
)
.progress("status", &[&["open"], &["paid", "canceled"]]);
