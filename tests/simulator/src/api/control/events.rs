//! What the control API sets of events: what goes wrong with them, when they are sent again, and
//! sending them by hand.

use super::{Refusal, endpoint_id, parse, refuse};
use crate::api::request::ApiRequest;
use crate::delivery::retry::Retries;
use crate::simulator::Simulator;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resend {
    endpoint: u64,
}

/// How deliveries are tried again: as in one of Stripe's modes, or with waits of its own.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Pace {
    Live,
    Sandbox,
    Waits { first_millis: u64, longest_millis: u64, give_up_after_millis: u64, timeout_millis: u64 },
}

pub(super) fn set_faults(
    how: &str,
    request: &ApiRequest,
    simulator: &Simulator,
) -> Result<Value, Refusal> {
    match how {
        "next" => simulator.add_event_step(parse(request)?),
        "script" => simulator.set_event_script(parse(request)?),
        _ => return Err((StatusCode::NOT_FOUND, format!("no such faults of events: {how}"))),
    }
    Ok(json!(simulator.event_faults()))
}

pub(super) fn resend(
    event: &str,
    request: &ApiRequest,
    simulator: &Simulator,
) -> Result<Value, Refusal> {
    let Resend { endpoint } = parse(request)?;
    let id = endpoint_id(&endpoint.to_string())?;
    if simulator.resend(event, id) {
        Ok(json!({ "id": event }))
    } else {
        let message = format!("{event} cannot be sent to endpoint {endpoint}");
        Err((StatusCode::NOT_FOUND, message))
    }
}

pub(super) fn set_retries(request: &ApiRequest, simulator: &Simulator) -> Result<Value, Refusal> {
    let retries = match parse(request)? {
        Pace::Live => Retries::live(),
        Pace::Sandbox => Retries::sandbox(),
        Pace::Waits { first_millis, longest_millis, give_up_after_millis, timeout_millis } => {
            if timeout_millis == 0 {
                return Err(refuse("an endpoint needs some time to answer"));
            }
            Retries {
                first_wait: Duration::from_millis(first_millis),
                longest_wait: Duration::from_millis(longest_millis),
                give_up_after: Duration::from_millis(give_up_after_millis),
                retries_max: None,
                timeout: Duration::from_millis(timeout_millis),
            }
        }
    };
    simulator.set_retries(retries);
    Ok(json!({}))
}
