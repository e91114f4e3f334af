//! `/v1/billing/meter_events`: usage is received; whether it counts is found out later.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::life::{UsageChecks, UsageRefusal, UsageReport};
use crate::model::usage::MeterError;
use crate::render;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["billing", "meter_events"],
    kind: "billing.meter_event",
    inner: &[],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => create(call, world),
        _ => return None,
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    form.only(&["event_name", "identifier", "payload", "timestamp"])?;
    let event_name = form.required("event_name")?.to_owned();
    let payload = form.map("payload");
    if payload.is_empty() {
        return Err(ApiError::missing_parameter("payload"));
    }
    let identifier = form.owned("identifier").filter(|text| !text.is_empty());
    let timestamp = form.integer("timestamp")?;
    let report = UsageReport { event_name, identifier, payload, timestamp };
    let place = world.receive_usage(report, UsageChecks::ByRules).map_err(refusal)?;
    world.usage.get(place).map(render::usage::event).ok_or_else(ApiError::after_effect)
}

fn refusal(refusal: UsageRefusal) -> ApiError {
    match refusal {
        UsageRefusal::Duplicate { identifier } => ApiError::known_identifier(&identifier),
        UsageRefusal::IdentifierTooLong { longest } => ApiError::invalid(
            "identifier",
            &format!("Invalid string: must be at most {longest} characters"),
        ),
        UsageRefusal::Wrong { error, message } => match error {
            MeterError::NoMeter => ApiError::invalid("event_name", &message),
            MeterError::TimestampInFuture | MeterError::TimestampTooFarInPast => {
                ApiError::coded_invalid(error.code(), "timestamp", &message)
            }
            MeterError::ArchivedMeter
            | MeterError::CustomerNotFound
            | MeterError::InvalidValue
            | MeterError::NoCustomerDefined
            | MeterError::ValueNotFound
            | MeterError::ValueTooManyDigits => {
                ApiError::coded_invalid(error.code(), "payload", &message)
            }
        },
    }
}
