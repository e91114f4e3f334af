//! The control API under `/_simulator/`: JSON in, JSON out, no key. It sets up endpoints and
//! faults, moves the clock and tells the truth. What banks and customers do is in `bank`.
//!
//! | request | what it does |
//! | --- | --- |
//! | `GET /_simulator/counters` | the sums so far |
//! | `GET /_simulator/deliveries` | every delivery |
//! | `GET /_simulator/truth` | the present state of every object |
//! | `GET`, `POST /_simulator/endpoints` | lists endpoints, or adds one: `url`, `secrets`, and as wanted `api_version`, `enabled_events` and `payload` (`snapshot` or `thin`) |
//! | `POST /_simulator/endpoints/{id}/disable`, `…/enable` | has an endpoint sent nothing, or sent events again |
//! | `POST /_simulator/endpoints/{id}/secrets` | sets the live `secrets` |
//! | `GET`, `POST /_simulator/faults` | shows or sets the faults |
//! | `GET`, `DELETE /_simulator/events` | shows or forgets the faults of events |
//! | `POST /_simulator/events/next` | has the next events of a type go wrong: `on`, `fault`, and as wanted `times` |
//! | `POST /_simulator/events/script` | sets a list of the same as the script of events |
//! | `POST /_simulator/events/{id}/resend` | sends an event to an `endpoint` once more |
//! | `POST /_simulator/retries` | sets when deliveries are tried again: `"live"`, `"sandbox"` or `waits` |
//! | `GET`, `DELETE /_simulator/calls` | shows or forgets the faults of calls |
//! | `GET /_simulator/calls/seen` | the calls that were answered, counted by status |
//! | `POST /_simulator/calls/next` | has the next calls go wrong: `on`, `fault`, and as wanted `times` |
//! | `POST /_simulator/calls/script` | sets a list of the same as the script of calls |
//! | `POST /_simulator/calls/rates` | sets a list of `on`, `fault` and `rate` |
//! | `GET`, `POST /_simulator/limits` | shows or sets the limits on calls |
//! | `GET`, `POST /_simulator/rules` | shows the rules, or sets those that are named |
//! | `POST /_simulator/checkout/{id}/complete` | completes a checkout session as a visitor would: as wanted `email`, `name`, `payment_method`, `promotion_code` |
//! | `…/fail`, `…/pay_later`, `…/fail_later` | the same with a declined card, or by a bank account that pays, or fails, some days later |
//! | `…/authenticate`, `…/fail_authentication` | passes, or fails, the 3D Secure that a session waits for |
//! | `…/settle`, `…/fail_settlement` | ends a delayed payment before it ends by itself |
//! | `POST /_simulator/portal` | saves the default configuration of the customer portal |
//! | `POST /_simulator/seed` | has many subscriptions be there: `subscriptions`, `price`, `made_within_seconds` |
//! | `POST /_simulator/credits/expire` | expires all billing credits of a `customer` |
//! | `GET`, `POST /_simulator/usage/faults` | shows or sets which meter events are rejected on purpose: `error`, `next` and `rate` |
//! | `GET /_simulator/clock`, `POST /_simulator/clock/advance` | the simulated second; lets `seconds` pass, at most those of ten years |

mod events;

use super::answer::Answer;
use super::bank;
use super::request::ApiRequest;
use super::visits;
use crate::delivery::endpoint::{Endpoint, EndpointId, Kinds, Payload};
use crate::delivery::faults::Faults;
use crate::life::{LifeError, UsageFaults};

use crate::life::rules::Rules;
use crate::life::seed::Seeding;
use crate::simulator::Simulator;
use crate::version::ApiVersion;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEndpoint {
    api_version: Option<String>,
    #[serde(default)]
    enabled_events: Vec<String>,
    #[serde(default)]
    payload: Payload,
    secrets: Vec<String>,
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSecrets {
    secrets: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireCredits {
    customer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

/// Ten years with their leap days. Nobody else is answered while time passes.
const ADVANCE_SECONDS_MAX: u64 = 3_653 * 86_400;

pub(super) fn answer(request: &ApiRequest, simulator: &Simulator) -> Answer {
    match control(request, simulator) {
        Ok(body) => Answer::json(StatusCode::OK, &body),
        Err((status, message)) => Answer::json(status, &json!({ "message": message })),
    }
}

type Refusal = (StatusCode, String);

fn control(request: &ApiRequest, simulator: &Simulator) -> Result<Value, Refusal> {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["counters"]) => Ok(json!(simulator.counters())),
        ("GET", ["deliveries"]) => Ok(json!(simulator.deliveries())),
        ("GET", ["truth"]) => Ok(json!(simulator.truth())),
        ("GET", ["endpoints"]) => Ok(endpoints(simulator)),
        ("POST", ["endpoints"]) => add_endpoint(parse(request)?, simulator),
        ("POST", ["endpoints", id, "disable"]) => switch(id, false, simulator),
        ("POST", ["endpoints", id, "enable"]) => switch(id, true, simulator),
        ("POST", ["endpoints", id, "secrets"]) => set_secrets(id, parse(request)?, simulator),
        ("GET", ["faults"]) => Ok(json!(simulator.faults())),
        ("POST", ["faults"]) => set_faults(parse(request)?, simulator),
        ("GET", ["calls"]) => Ok(json!(simulator.call_faults())),
        ("GET", ["calls", "seen"]) => Ok(json!(simulator.calls_seen())),
        ("DELETE", ["calls"]) => {
            simulator.clear_call_faults();
            Ok(json!(simulator.call_faults()))
        }
        ("GET", ["events"]) => Ok(json!(simulator.event_faults())),
        ("DELETE", ["events"]) => {
            simulator.clear_event_faults();
            Ok(json!(simulator.event_faults()))
        }
        ("POST", ["events", how]) => events::set_faults(how, request, simulator),
        ("POST", ["events", id, "resend"]) => events::resend(id, request, simulator),
        ("POST", ["retries"]) => events::set_retries(request, simulator),
        ("POST", ["calls", how]) => set_call_faults(how, request, simulator),
        ("GET", ["limits"]) => Ok(json!(simulator.limits())),
        ("POST", ["limits"]) => {
            simulator.set_limits(parse(request)?);
            Ok(json!(simulator.limits()))
        }
        ("GET", ["rules"]) => Ok(json!(simulator.rules())),
        ("POST", ["rules"]) => set_rules(request, simulator),
        ("POST", ["checkout", id, deed]) => visits::visit(id, deed, request, simulator),
        ("POST", ["portal"]) => Ok(json!({ "configuration": simulator.save_portal_settings() })),
        ("POST", ["seed"]) => {
            let seeding: Seeding = parse(request)?;
            let refused = |error: LifeError| refuse(&error.to_string());
            simulator.seed_subscriptions(&seeding).map_err(refused)?;
            Ok(json!(seeding))
        }
        ("POST", ["credits", "expire"]) => {
            let expire: ExpireCredits = parse(request)?;
            let refused = |error: LifeError| refuse(&error.to_string());
            let expired = simulator.expire_credits(&expire.customer).map_err(refused)?;
            Ok(json!({ "expired": expired }))
        }
        ("GET", ["usage", "faults"]) => Ok(json!(simulator.usage_faults())),
        ("POST", ["usage", "faults"]) => set_usage_faults(parse(request)?, simulator),
        ("GET", ["clock"]) => Ok(json!({ "now": simulator.now() })),
        ("POST", ["clock", "advance"]) => {
            let advance: Advance = parse(request)?;
            if advance.seconds > ADVANCE_SECONDS_MAX {
                return Err(refuse("the clock goes at most ten years at a time"));
            }
            simulator.advance(Duration::from_secs(advance.seconds));
            Ok(json!({ "now": simulator.now() }))
        }
        (method, path) => {
            let of_bank = (method == "POST").then(|| bank::control(path, &request.body, simulator));
            match of_bank.flatten() {
                Some(answered) => answered.map_err(|message| refuse(&message)),
                None => {
                    Err((StatusCode::NOT_FOUND, format!("no such control path: {}", request.path)))
                }
            }
        }
    }
}

/// Sets the rules that are named; the others stay.
fn set_rules(request: &ApiRequest, simulator: &Simulator) -> Result<Value, Refusal> {
    let named: Map<String, Value> = parse(request)?;
    let mut rules = json!(simulator.rules());
    lay_over(&mut rules, Value::Object(named));
    let rules: Rules = serde_json::from_value(rules).map_err(|it| refuse(&it.to_string()))?;
    simulator.set_rules(rules);
    Ok(json!(simulator.rules()))
}

/// Lays named settings over those that are held, group by group.
fn lay_over(held: &mut Value, named: Value) {
    match (held, named) {
        (Value::Object(held), Value::Object(named)) => {
            for (name, value) in named {
                lay_over(held.entry(name).or_insert(Value::Null), value);
            }
        }
        (held, named) => *held = named,
    }
}

fn parse<T: DeserializeOwned>(request: &ApiRequest) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| refuse(&error.to_string()))
}

fn refuse(message: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, message.to_owned())
}

/// Secrets are written, never read back.
fn endpoints(simulator: &Simulator) -> Value {
    let shown = simulator.endpoints().into_iter().enumerate().map(|(id, endpoint)| {
        let enabled = match &endpoint.kinds {
            Kinds::All => vec!["*".to_owned()],
            Kinds::Only(kinds) => kinds.iter().cloned().collect(),
        };
        json!({
            "id": id,
            "api_version": endpoint.api_version.as_str(),
            "destination": simulator.destination(EndpointId(id)),
            "enabled": endpoint.enabled,
            "enabled_events": enabled,
            "payload": endpoint.payload,
            "url": endpoint.url(),
        })
    });
    Value::Array(shown.collect())
}

fn add_endpoint(new: NewEndpoint, simulator: &Simulator) -> Result<Value, Refusal> {
    let mut endpoint =
        Endpoint::new(&new.url, String::new()).map_err(|error| refuse(&error.to_string()))?;
    endpoint.secrets = new.secrets;
    endpoint.payload = new.payload;
    if let Some(version) = new.api_version {
        endpoint.api_version =
            ApiVersion::parse(&version).ok_or_else(|| refuse("api_version is no API version"))?;
    }
    if !new.enabled_events.is_empty() && new.enabled_events != ["*"] {
        endpoint = endpoint.only(new.enabled_events);
    }
    Ok(json!({ "id": simulator.add_endpoint(endpoint) }))
}

fn set_secrets(id: &str, new: NewSecrets, simulator: &Simulator) -> Result<Value, Refusal> {
    let id = endpoint_id(id)?;
    if simulator.set_secrets(id, new.secrets) { Ok(json!({ "id": id })) } else { Err(absent(id)) }
}

fn switch(id: &str, enabled: bool, simulator: &Simulator) -> Result<Value, Refusal> {
    let id = endpoint_id(id)?;
    if simulator.set_endpoint_enabled(id, enabled) {
        Ok(json!({ "id": id }))
    } else {
        Err(absent(id))
    }
}

fn endpoint_id(text: &str) -> Result<EndpointId, Refusal> {
    text.parse().map(EndpointId).map_err(|_| refuse("an endpoint's id is a number"))
}

fn absent(id: EndpointId) -> Refusal {
    (StatusCode::NOT_FOUND, format!("no such endpoint: {}", id.0))
}

fn set_faults(faults: Faults, simulator: &Simulator) -> Result<Value, Refusal> {
    if simulator.set_faults(faults) {
        Ok(json!(simulator.faults()))
    } else {
        Err(refuse("a rate is not between 0 and 1"))
    }
}

fn set_usage_faults(faults: UsageFaults, simulator: &Simulator) -> Result<Value, Refusal> {
    if simulator.set_usage_faults(faults) {
        Ok(json!(simulator.usage_faults()))
    } else {
        Err(refuse("a rate is not between 0 and 1"))
    }
}

fn set_call_faults(
    how: &str,
    request: &ApiRequest,
    simulator: &Simulator,
) -> Result<Value, Refusal> {
    match how {
        "next" => simulator.add_step(parse(request)?),
        "script" => simulator.set_call_script(parse(request)?),
        "rates" => {
            if !simulator.set_call_fault_rates(parse(request)?) {
                return Err(refuse("a rate is not between 0 and 1"));
            }
        }
        _ => return Err((StatusCode::NOT_FOUND, format!("no such faults of calls: {how}"))),
    }
    Ok(json!(simulator.call_faults()))
}

/// Whether a request is for this API.
pub(super) fn is_for(request: &ApiRequest) -> bool {
    request.path.starts_with("/_simulator/") && request.method != Method::OPTIONS
}
