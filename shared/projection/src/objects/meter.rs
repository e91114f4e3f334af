//! Meters (STRIPE.md section 6.1).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Meter,
    Owner::Nobody,
    &[
        time("created"),
        time("updated"),
        text("status"),
        text("display_name"),
        text("event_name"),
        text("event_time_window"),
        text("default_aggregation_formula").from(&[At("default_aggregation.formula")]),
        text("customer_mapping_type").from(&[At("customer_mapping.type")]),
        text("customer_mapping_event_payload_key")
            .from(&[At("customer_mapping.event_payload_key")]),
        text("value_settings_event_payload_key").from(&[At("value_settings.event_payload_key")]),
        time("status_transitions_deactivated_at").from(&[At("status_transitions.deactivated_at")]),
    ],
);
