//! What the control API does in the place of a visitor of a checkout page, and of the account's
//! owner in Stripe's Dashboard.

use super::request::ApiRequest;
use crate::life::LifeError;
use crate::life::checkout::visit::{CheckoutVisit, PayBy};
use crate::model::card::Card;
use crate::simulator::Simulator;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// What is filled in on the page; an empty body fills in nothing.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Filled {
    email: Option<String>,
    name: Option<String>,
    payment_method: Option<String>,
    promotion_code: Option<String>,
}

/// Does a deed of a visitor; the session as it stands after it.
pub(super) fn visit(
    id: &str,
    deed: &str,
    request: &ApiRequest,
    simulator: &Simulator,
) -> Result<Value, (StatusCode, String)> {
    let filled: Filled = if request.body.is_empty() {
        Filled::default()
    } else {
        serde_json::from_slice(&request.body)
            .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?
    };
    let named = filled.payment_method.map_or(PayBy::Saved, PayBy::Method);
    let by = |by: PayBy| CheckoutVisit {
        by,
        email: filled.email,
        name: filled.name,
        promotion_code: filled.promotion_code,
    };
    let done = match deed {
        "complete" => simulator.complete_checkout(id, &by(named)),
        "fail" => simulator.complete_checkout(id, &by(PayBy::Card(Card::Declining))),
        "pay_later" => simulator.complete_checkout(id, &by(PayBy::Card(Card::DelayedSuccess))),
        "fail_later" => simulator.complete_checkout(id, &by(PayBy::Card(Card::DelayedFailure))),
        "authenticate" => simulator.authenticate_checkout(id, true),
        "fail_authentication" => simulator.authenticate_checkout(id, false),
        "settle" => simulator.settle_checkout(id, true),
        "fail_settlement" => simulator.settle_checkout(id, false),
        _ => {
            return Err((StatusCode::NOT_FOUND, format!("a visitor cannot do this: {deed}")));
        }
    };
    match done {
        // A decline is what was asked for.
        Err(LifeError::Declined { .. }) if deed == "fail" => {}
        Err(error) => return Err((status_of(&error), error.to_string())),
        Ok(()) => {}
    }
    let shown = simulator.with_world(|world| {
        world.checkout_sessions.get(id).map(|held| {
            json!({
                "id": held.id,
                "payment_status": held.paid.as_str(),
                "status": held.status.as_str(),
                "subscription": held.subscription,
            })
        })
    });
    Ok(shown.unwrap_or_default())
}

fn status_of(error: &LifeError) -> StatusCode {
    match error {
        LifeError::Missing { .. } => StatusCode::NOT_FOUND,
        LifeError::Absent { .. } | LifeError::Invalid { .. } | LifeError::NotNow { .. } => {
            StatusCode::BAD_REQUEST
        }
        LifeError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        LifeError::Declined { .. } | LifeError::NeedsAction { .. } => StatusCode::PAYMENT_REQUIRED,
    }
}
