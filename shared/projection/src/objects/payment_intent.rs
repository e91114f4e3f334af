//! Payment intents (STRIPE.md section 5.5). Before 2022-11-15 all charges were shown, the latest
//! first; since, only the latest is named. Since 2025-03-31.basil an intent does not name its
//! invoice, so invoice payments alone link the two. Amounts are minor units of `currency`. What a
//! failed attempt was made with is not kept, and neither is the client's secret.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{At, First};
use crate::field::{integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::PaymentIntent,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        text("status"),
        text("currency"),
        integer("amount"),
        integer("amount_capturable"),
        integer("amount_received"),
        integer("application_fee_amount"),
        reference("latest_charge").from(&[At("latest_charge"), First("charges.data", "id")]),
        reference("payment_method"),
        json("payment_method_types"),
        text("capture_method"),
        text("confirmation_method"),
        text("setup_future_usage"),
        time("canceled_at"),
        text("cancellation_reason"),
        text("next_action_type").from(&[At("next_action.type")]),
        text("last_payment_error_type").from(&[At("last_payment_error.type")]),
        text("last_payment_error_code").from(&[At("last_payment_error.code")]),
        text("last_payment_error_decline_code").from(&[At("last_payment_error.decline_code")]),
        text("last_payment_error_network_decline_code")
            .from(&[At("last_payment_error.network_decline_code")]),
        text("last_payment_error_advice_code").from(&[At("last_payment_error.advice_code")]),
        text("last_payment_error_message").from(&[At("last_payment_error.message")]).personal(),
        reference("last_payment_error_charge").from(&[At("last_payment_error.charge")]),
        reference("last_payment_error_payment_method")
            .from(&[At("last_payment_error.payment_method")]),
        reference("review"),
        reference("on_behalf_of"),
        reference("transfer_data_destination").from(&[At("transfer_data.destination")]),
        text("transfer_group").personal(),
        text("description").personal(),
        text("receipt_email").personal(),
        json("shipping").personal(),
        text("statement_descriptor").personal(),
        text("statement_descriptor_suffix").personal(),
        metadata().personal(),
    ],
)
.progress(
    "status",
    &[
        &[
            "requires_payment_method",
            "requires_confirmation",
            "requires_action",
            "processing",
            "requires_capture",
        ],
        &["succeeded", "canceled"],
    ],
);
