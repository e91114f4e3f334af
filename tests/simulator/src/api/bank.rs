//! The part of the control API that stands for banks and customers.
//!
//! | request | what it does |
//! | --- | --- |
//! | `POST /_simulator/intents/{id}/authenticate` | the customer passes 3D Secure, or fails it: `passes` |
//! | `POST /_simulator/payment_intents/{id}/settle` | ends a bank debit: `succeeds` |
//! | `POST /_simulator/charges/{id}/dispute` | opens a dispute: as wanted `amount`, `inquiry` and `reason` |
//! | `POST /_simulator/charges/{id}/warn` | a card network warns of fraud |
//! | `POST /_simulator/disputes/{id}/decide` | decides a dispute: `won` |
//! | `POST /_simulator/refunds/{id}/settle` | ends a refund: `end` is `confirmed`, `failed` or `needs_action` |

use crate::life::{DisputeOpening, LifeError, RefundEnd};
use crate::simulator::Simulator;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    passes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    succeeds: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    won: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundSettlement {
    end: RefundEnd,
}

/// Answers a path of this part, with what is wrong as a text; none for a path that is not of it.
pub(super) fn control(
    path: &[&str],
    body: &[u8],
    simulator: &Simulator,
) -> Option<Result<Value, String>> {
    Some(match path {
        ["intents", id, "authenticate"] => parse(body)
            .and_then(|asked: Authentication| done(simulator.authenticate(id, asked.passes), id)),
        ["payment_intents", id, "settle"] => parse(body)
            .and_then(|asked: Settlement| done(simulator.settle_payment(id, asked.succeeds), id)),
        ["charges", id, "dispute"] => parse(body).and_then(|opening: DisputeOpening| {
            let opened = simulator.open_dispute(id, opening).map_err(|error| error.to_string())?;
            Ok(json!({ "id": opened }))
        }),
        ["charges", id, "warn"] => {
            let warned = simulator.warn_of_fraud(id).map_err(|error| error.to_string());
            warned.map(|id| json!({ "id": id }))
        }
        ["disputes", id, "decide"] => parse(body)
            .and_then(|asked: Decision| done(simulator.decide_dispute(id, asked.won), id)),
        ["refunds", id, "settle"] => parse(body)
            .and_then(|asked: RefundSettlement| done(simulator.settle_refund(id, asked.end), id)),
        _ => return None,
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn done(result: Result<(), LifeError>, id: &str) -> Result<Value, String> {
    result.map(|()| json!({ "id": id })).map_err(|error| error.to_string())
}
