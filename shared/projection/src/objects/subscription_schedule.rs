//! Subscription schedules (STRIPE.md section 5.5). Phases are kept as they come: their form is the
//! version's, and 2025-09-30.clover replaced `iterations` by `duration` in it.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::SubscriptionSchedule,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        reference("subscription"),
        reference("released_subscription"),
        text("status"),
        text("end_behavior"),
        time("current_phase_start_date").from(&[At("current_phase.start_date")]),
        time("current_phase_end_date").from(&[At("current_phase.end_date")]),
        time("canceled_at"),
        time("completed_at"),
        time("released_at"),
        text("billing_mode_type").from(&[At("billing_mode.type")]),
        text("default_settings_collection_method")
            .from(&[At("default_settings.collection_method")]),
        reference("default_settings_default_payment_method")
            .from(&[At("default_settings.default_payment_method")]),
        text("default_settings_description").from(&[At("default_settings.description")]).personal(),
        integer("default_settings_invoice_settings_days_until_due")
            .from(&[At("default_settings.invoice_settings.days_until_due")]),
        json("phases").personal(),
        json("pause_schedules"),
        reference("test_clock"),
        metadata().personal(),
    ],
)
.progress("status", &[&["not_started"], &["active"], &["completed", "released", "canceled"]]);
