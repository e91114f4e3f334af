//! Which customer and meter a call reports usage for. Stripe takes one such call at a time
//! (STRIPE.md 6.2), so it has to be known before the call is let in.

use super::request::ApiRequest;
use crate::model::Metadata;
use crate::simulator::Simulator;
use http::Method;
use serde::Deserialize;

/// A call that reports usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    /// The event name and the customer, where the call tells them.
    pub(super) of: Option<String>,
    pub(super) in_v2: bool,
}

#[derive(Deserialize)]
struct Event {
    event_name: String,
    payload: Metadata,
}

/// The lane of a call, if it reports usage and does so one event at a time.
pub(super) fn lane(request: &ApiRequest, simulator: &Simulator) -> Option<Lane> {
    if request.method != Method::POST {
        return None;
    }
    let event = match request.path.as_str() {
        "/v1/billing/meter_events" => {
            let form = request.form();
            let payload = form.map("payload");
            form.owned("event_name").map(|event_name| Event { event_name, payload })
        }
        "/v2/billing/meter_events" => serde_json::from_slice(&request.body).ok(),
        _ => return None,
    };
    let of = event.and_then(|Event { event_name, payload }| {
        simulator.with_world(|world| {
            let customer = world.customer_of_usage(&event_name, &payload)?;
            Some(format!("{event_name}/{customer}"))
        })
    });
    Some(Lane { of, in_v2: request.path.starts_with("/v2/") })
}
