//! One call of Stripe's API: who calls, what goes wrong with it on purpose, whether a limit is in
//! its way, whether it repeats an earlier one, what it does, and the headers of its answer.

use super::answer::Answer;
use super::error::ApiError;
use super::fault::Fault;
use super::keys::{Kept, Running, Turn};
use super::request::ApiRequest;
use super::router;
use crate::delivery::timer;
use crate::simulator::Simulator;
use crate::version::ApiVersion;
use bytes::Bytes;
use http::{Method, Response};
use http_body_util::Full;
use std::time::Duration;
use thiserror::Error;

/// An answer and the simulated second it was made in.
struct Dated {
    answer: Answer,
    id: String,
    now: i64,
    version: ApiVersion,
}

/// The connection is to be cut without an answer.
#[derive(Debug, Error)]
#[error("the connection is cut on purpose")]
pub(super) struct Cut;

/// Answers a call, or has its connection cut.
pub(super) async fn answer(
    request: &ApiRequest,
    simulator: &Simulator,
) -> Result<Response<Full<Bytes>>, Cut> {
    let Dated { mut answer, id, now, version } = dated(request, simulator).await?;
    answer.headers.push(("request-id", id));
    answer.headers.push(("stripe-version", version.as_str().to_owned()));
    if let Some(key) = request.idempotency_key() {
        answer.headers.push(("idempotency-key", key));
    }
    Ok(answer.into_response(now))
}

async fn dated(request: &ApiRequest, simulator: &Simulator) -> Result<Dated, Cut> {
    let account = simulator.account_version();
    let version = match request.authenticate().and_then(|()| request.version()) {
        Ok(asked) => asked.unwrap_or(account),
        Err(error) => return Ok(refused(error, account, simulator)),
    };
    let fault = simulator.call_fault_book().take(request);
    if let Some(refusal) = before_all(fault, request) {
        return refusal.map(|error| refused(error, version, simulator));
    }
    // The call counts as running, and its key as in use, until this is dropped.
    let _admitted = match simulator.limit_book().admit(request, simulator.monotonic()) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(refused(error, version, simulator)),
    };
    let (mut running, mut dated) = match turn(request, simulator) {
        Ok(Some(Turn::Replay(kept))) => (None, unexecuted(replay(kept), version, simulator)),
        Ok(Some(Turn::Run(running))) => {
            (Some(running), execute(request, version, fault, simulator))
        }
        Ok(None) => (None, execute(request, version, fault, simulator)),
        Err(error) => return Ok(refused(error, version, simulator)),
    };
    keep(running.as_mut(), &dated.answer);
    match fault {
        Some(Fault::CutAfterEffect) => return Err(Cut),
        Some(Fault::MalformedAnswer) => {
            let half = dated.answer.body.len() / 2;
            dated.answer.body.truncate(half);
        }
        Some(Fault::SlowAnswer { millis }) => timer::wait(Duration::from_millis(millis)).await,
        Some(
            Fault::CutBeforeEffect
            | Fault::DependencyFailed
            | Fault::ErrorAfterEffect
            | Fault::KeyInUse
            | Fault::LateSearch { .. }
            | Fault::LockTimeout
            | Fault::RateLimited { .. },
        )
        | None => {}
    }
    Ok(dated)
}

/// The faults that nothing happens before.
fn before_all(fault: Option<Fault>, request: &ApiRequest) -> Option<Result<ApiError, Cut>> {
    match fault? {
        Fault::CutBeforeEffect => Some(Err(Cut)),
        Fault::KeyInUse => {
            let key = request.idempotency_key().unwrap_or_default();
            Some(Ok(ApiError::key_in_use(&key)))
        }
        Fault::LockTimeout => Some(Ok(ApiError::lock_timeout())),
        Fault::RateLimited { limit } => Some(Ok(ApiError::rate_limited(limit))),
        Fault::CutAfterEffect
        | Fault::DependencyFailed
        | Fault::ErrorAfterEffect
        | Fault::LateSearch { .. }
        | Fault::MalformedAnswer
        | Fault::SlowAnswer { .. } => None,
    }
}

/// What the request's idempotency key says; only a `POST` has one.
fn turn(request: &ApiRequest, simulator: &Simulator) -> Result<Option<Turn>, ApiError> {
    let key = request.idempotency_key().filter(|key| !key.is_empty());
    let (Some(key), &Method::POST) = (key, &request.method) else {
        return Ok(None);
    };
    simulator.keys().begin(&key, request.fingerprint(), simulator.now()).map(Some)
}

fn replay(kept: Kept) -> Answer {
    let headers = vec![("idempotent-replayed", "true".to_owned())];
    Answer { status: kept.status, body: kept.body, headers, is_kept: false }
}

fn keep(running: Option<&mut Running>, answer: &Answer) {
    if let (Some(running), true) = (running, answer.is_kept) {
        running.keep(Kept { status: answer.status, body: answer.body.clone() });
    }
}

fn refused(error: ApiError, version: ApiVersion, simulator: &Simulator) -> Dated {
    unexecuted(Answer::of(Err(error)), version, simulator)
}

/// An answer that nothing was done for.
fn unexecuted(answer: Answer, version: ApiVersion, simulator: &Simulator) -> Dated {
    let (id, now) = simulator.with_world(|world| (world.answered_request(), world.now));
    Dated { answer, id, now, version }
}

/// Does what is asked: the second of the answer is the second of what it shows.
fn execute(
    request: &ApiRequest,
    version: ApiVersion,
    fault: Option<Fault>,
    simulator: &Simulator,
) -> Dated {
    if fault == Some(Fault::DependencyFailed) {
        return refused(ApiError::dependency_failed(), version, simulator);
    }
    let (mut result, id, now) = simulator.with_world(|world| {
        let late = match fault {
            Some(Fault::LateSearch { seconds }) => Some(seconds),
            Some(_) | None => None,
        };
        let result = router::route(request, world, &version, late, simulator.courier());
        (result, world.answered_request(), world.now)
    });
    if result.is_ok() && fault == Some(Fault::ErrorAfterEffect) {
        result = Err(ApiError::after_effect());
    }
    Dated { answer: Answer::of(result), id, now, version }
}
