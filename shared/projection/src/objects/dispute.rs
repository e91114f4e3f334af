//! Disputes (STRIPE.md section 5.5). The evidence itself is not kept, only how it stands. Its
//! status may go back, as an appeal of 2026-10-28.endive does, so it has no order. Amounts are
//! minor units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, metadata, reference, references, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Dispute,
    Owner::Through { column: "charge", table: "charges" },
    &[
        time("created"),
        reference("charge"),
        reference("payment_intent"),
        text("status"),
        text("reason"),
        text("network_reason_code").from(&[
            At("network_reason_code"),
            At("payment_method_details.card.network_reason_code"),
        ]),
        text("currency"),
        integer("amount"),
        flag("is_charge_refundable"),
        references("balance_transactions"),
        time("evidence_details_due_by").from(&[At("evidence_details.due_by")]),
        flag("evidence_details_has_evidence").from(&[At("evidence_details.has_evidence")]),
        // It follows from the time.
        flag("evidence_details_past_due").from(&[At("evidence_details.past_due")]).silent(),
        integer("evidence_details_submission_count")
            .from(&[At("evidence_details.submission_count")]),
        text("payment_method_details_type").from(&[At("payment_method_details.type")]),
        metadata().personal(),
    ],
);
