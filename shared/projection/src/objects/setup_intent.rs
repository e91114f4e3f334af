//! Setup intents (STRIPE.md section 5.5). What a failed attempt was made with is not kept, and
//! neither is the client's secret.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::SetupIntent,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        text("status"),
        text("usage"),
        reference("payment_method"),
        json("payment_method_types"),
        reference("latest_attempt"),
        reference("mandate"),
        reference("single_use_mandate"),
        text("cancellation_reason"),
        text("next_action_type").from(&[At("next_action.type")]),
        text("last_setup_error_type").from(&[At("last_setup_error.type")]),
        text("last_setup_error_code").from(&[At("last_setup_error.code")]),
        text("last_setup_error_decline_code").from(&[At("last_setup_error.decline_code")]),
        text("last_setup_error_network_decline_code")
            .from(&[At("last_setup_error.network_decline_code")]),
        text("last_setup_error_advice_code").from(&[At("last_setup_error.advice_code")]),
        text("last_setup_error_message").from(&[At("last_setup_error.message")]).personal(),
        reference("last_setup_error_payment_method").from(&[At("last_setup_error.payment_method")]),
        reference("on_behalf_of"),
        text("description").personal(),
        metadata().personal(),
    ],
)
.progress(
    "status",
    &[
        &["requires_payment_method", "requires_confirmation", "requires_action", "processing"],
        &["succeeded", "canceled"],
    ],
);
