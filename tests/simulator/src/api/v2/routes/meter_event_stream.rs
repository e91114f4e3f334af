//! `/v2/billing/meter_event_session` and `/v2/billing/meter_event_stream`: many events at once,
//! under the token of a session instead of a secret key. Nothing is checked before they are
//! received but that they have the shape of events; one with an identifier that is known already
//! is dropped without a word.

use super::{Resource, meter_events};
use crate::api::error::ApiError;
use crate::api::routes::Verb;
use crate::api::v2::{Answered, Call};
use crate::life::{UsageChecks, UsageRefusal, UsageReport};
use crate::moment::rfc3339;
use crate::world::World;
use http::StatusCode;
use serde_json::{Value, json};

pub(super) const SESSION: Resource =
    Resource { prefix: &["billing", "meter_event_session"], own_credential: false, route: session };

pub(super) const STREAM: Resource =
    Resource { prefix: &["billing", "meter_event_stream"], own_credential: true, route: stream };

const SESSION_SECONDS: i64 = 900;
const EVENTS_MAX: usize = 100;

fn session(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => begin(call, world),
        _ => return None,
    })
}

fn begin(call: &Call<'_>, world: &mut World) -> Answered {
    call.params.only(&[])?;
    let id = world.ids.long("mes_test_");
    let token = world.ids.long("token_");
    let expires_at = world.now + SESSION_SECONDS;
    world.usage.sessions.insert(token.clone(), expires_at);
    Ok(json!({
        "id": id,
        "object": "v2.billing.meter_event_session",
        "authentication_token": token,
        "created": rfc3339(world.now),
        "expires_at": rfc3339(expires_at),
        "livemode": false,
    }))
}

fn stream(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Post, []) => receive(call, world),
        _ => return None,
    })
}

fn receive(call: &Call<'_>, world: &mut World) -> Answered {
    check_session(call.bearer, world)?;
    let params = &call.params;
    params.only(&["events"])?;
    let events = params.entries("events")?.ok_or_else(|| ApiError::missing_parameter("events"))?;
    if events.len() > EVENTS_MAX {
        let message = format!("Invalid value for events: at most {EVENTS_MAX} can be given.");
        return Err(ApiError::invalid("events", &message));
    }
    let reports = events.iter().map(meter_events::report).collect::<Result<Vec<_>, _>>()?;
    let longest = world.rules.usage.identifier_length_max;
    let is_too_long = |report: &UsageReport| {
        report.identifier.as_ref().is_some_and(|it| it.chars().count() > longest)
    };
    if reports.iter().any(is_too_long) {
        return Err(meter_events::refusal(UsageRefusal::IdentifierTooLong { longest }));
    }
    for report in reports {
        match world.receive_usage(report, UsageChecks::Later) {
            Ok(_) | Err(UsageRefusal::Duplicate { .. }) => {}
            Err(refusal) => return Err(meter_events::refusal(refusal)),
        }
    }
    Ok(Value::Object(serde_json::Map::new()))
}

fn check_session(token: Option<&str>, world: &World) -> Result<(), ApiError> {
    let token = token.ok_or_else(ApiError::no_key)?;
    let expires_at = world.usage.sessions.get(token).ok_or_else(ApiError::wrong_key)?;
    if !world.rules.usage.stream_is_open {
        let message = "Meter event streams are only available in live mode.";
        return Err(ApiError::of_v2(StatusCode::FORBIDDEN, "", "livemode_required", message));
    }
    if world.now < *expires_at {
        return Ok(());
    }
    Err(ApiError::of_v2(
        StatusCode::UNAUTHORIZED,
        "temporary_session_expired",
        "billing_meter_event_session_expired",
        "The temporary session token has expired.",
    ))
}
