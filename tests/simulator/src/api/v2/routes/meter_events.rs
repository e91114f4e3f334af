//! `/v2/billing/meter_events`: usage that is checked before it is received.

use super::Resource;
use crate::api::error::ApiError;
use crate::api::routes::Verb;
use crate::api::v2::params::Params;
use crate::api::v2::{Answered, Call};
use crate::life::{UsageChecks, UsageRefusal, UsageReport};
use crate::model::usage::MeterError;
use crate::render;
use crate::world::World;
use http::StatusCode;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["billing", "meter_events"], own_credential: false, route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => create(call, world),
        _ => return None,
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let report = report(&call.params)?;
    let place = world.receive_usage(report, UsageChecks::AtOnce).map_err(refusal)?;
    world.usage.get(place).map(render::usage::event_v2).ok_or_else(ApiError::after_effect)
}

/// The parameters of one event.
pub(super) fn report(params: &Params) -> Result<UsageReport, ApiError> {
    params.only(&["event_name", "identifier", "payload", "timestamp"])?;
    let event_name = params.required("event_name")?.to_owned();
    if params.value("payload").is_none() {
        return Err(ApiError::missing_parameter("payload"));
    }
    let given = params.map("payload")?.into_iter();
    let payload = given.filter_map(|(key, value)| Some((key, value?))).collect();
    let identifier = params.text("identifier")?.filter(|text| !text.is_empty());
    let identifier = identifier.map(str::to_owned);
    Ok(UsageReport { event_name, identifier, payload, timestamp: params.second("timestamp")? })
}

/// The errors that the path has of its own have a code and no type.
pub(super) fn refusal(refusal: UsageRefusal) -> ApiError {
    let coded = |code, message: &str| ApiError::of_v2(StatusCode::BAD_REQUEST, "", code, message);
    match refusal {
        UsageRefusal::Duplicate { .. } => coded(
            "duplicate_meter_event",
            "A meter event with a duplicate identifier has already been submitted.",
        ),
        UsageRefusal::IdentifierTooLong { longest } => ApiError::invalid(
            "identifier",
            &format!("Invalid value for identifier: it can have {longest} characters at most."),
        ),
        UsageRefusal::Wrong { error, message } => match error {
            MeterError::ArchivedMeter => {
                coded("archived_meter", "The meter must be Active to submit events.")
            }
            MeterError::NoMeter => coded("no_meter", "A meter must exist to submit events."),
            MeterError::InvalidValue | MeterError::ValueTooManyDigits => {
                coded("payload_invalid_value", "The value must be a positive integer.")
            }
            MeterError::NoCustomerDefined => coded(
                "payload_no_customer_defined",
                "The payload must have a reference to the customer.",
            ),
            MeterError::ValueNotFound => {
                coded("payload_no_value_defined", "The payload must have a value.")
            }
            MeterError::CustomerNotFound => ApiError::invalid("payload", &message),
            MeterError::TimestampInFuture | MeterError::TimestampTooFarInPast => {
                ApiError::invalid("timestamp", &message)
            }
        },
    }
}
