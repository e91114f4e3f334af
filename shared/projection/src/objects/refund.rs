//! Refunds (STRIPE.md section 5.5). Amounts are minor units of `currency`. One that succeeded may
//! still fail, so its status has no order.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{integer, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Refund,
    Owner::Through { column: "charge", table: "charges" },
    &[
        time("created"),
        // Shown by the newest versions only.
        reference("customer"),
        reference("charge"),
        reference("payment_intent"),
        reference("payment_method"),
        text("status"),
        text("currency"),
        integer("amount"),
        text("reason"),
        text("pending_reason"),
        text("failure_reason"),
        reference("balance_transaction"),
        reference("failure_balance_transaction"),
        text("receipt_number"),
        text("destination_details_type").from(&[At("destination_details.type")]),
        // What the customer's bank finds it by.
        text("destination_details_card_reference")
            .from(&[At("destination_details.card.reference")]),
        text("destination_details_card_reference_status")
            .from(&[At("destination_details.card.reference_status")]),
        text("destination_details_card_reference_type")
            .from(&[At("destination_details.card.reference_type")]),
        reference("source_transfer_reversal"),
        reference("transfer_reversal"),
        text("description").personal(),
        text("instructions_email").personal(),
        metadata().personal(),
    ],
);
