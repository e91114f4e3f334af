//! One call of Stripe's API: who calls, what goes wrong with it on purpose, whether a limit is in
//! its way, whether it repeats an earlier one, what it does, and the headers of its answer.

use super::answer::Answer;
use super::error::ApiError;
use super::fault::Fault;
use super::keys::{KEPT_SECONDS, Kept, Turn};
use super::lane::lane;
use super::request::ApiRequest;
use super::router::{self, Shown};
use super::v2;
use crate::delivery::timer;
use crate::simulator::Simulator;
use crate::version::ApiVersion;
use bytes::Bytes;
use http::{Method, Response};
use http_body_util::Full;
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;

/// An answer and the simulated second it was made in.
struct Dated {
    answer: Answer,
    id: String,
    /// What an idempotency key keeps.
    kept: Option<Kept>,
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
    let Dated { mut answer, id, kept: _, now, version } = dated(request, simulator).await?;
    simulator.seen_book().count(request.route(), answer.status);
    answer.headers.push(("request-id", id));
    answer.headers.push(("stripe-version", version.as_str().to_owned()));
    if let Some(key) = request.idempotency_key() {
        answer.headers.push(("idempotency-key", key));
    }
    Ok(answer.into_response(now))
}

async fn dated(request: &ApiRequest, simulator: &Simulator) -> Result<Dated, Cut> {
    let account = simulator.account_version();
    let refused = |error, version| refused(error, request, version, simulator);
    let authenticated =
        if v2::has_own_credential(request) { Ok(()) } else { request.authenticate() };
    let version = match authenticated.and_then(|()| request.version()) {
        Ok(asked) => asked.unwrap_or(account),
        Err(error) => return Ok(refused(error, account)),
    };
    let fault = simulator.call_fault_book().take(request);
    if let Some(refusal) = before_all(fault, request) {
        return refusal.map(|error| refused(error, version));
    }
    // The call counts as running, and its key as in use, until this is dropped.
    let lane = lane(request, simulator);
    let _admitted = match simulator.limit_book().admit(request, lane, simulator.monotonic()) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(refused(error, version)),
    };
    let (mut running, mut dated) = match turn(request, simulator) {
        Ok(Some(Turn::Replay(kept))) => (None, unexecuted(replay(kept), version, simulator)),
        Ok(Some(Turn::Run(running))) => {
            (Some(running), execute(request, version, fault, simulator))
        }
        Ok(None) => (None, execute(request, version, fault, simulator)),
        Err(error) => return Ok(refused(error, version)),
    };
    if let (Some(running), Some(kept)) = (running.as_mut(), dated.kept.take()) {
        running.keep(kept);
    }
    if fault == Some(Fault::EmptyList) {
        empty(&mut dated.answer);
    }
    match fault {
        Some(Fault::CutAfterEffect) => return Err(Cut),
        Some(Fault::MalformedAnswer) => {
            let half = dated.answer.body.len() / 2;
            dated.answer.body.truncate(half);
        }
        Some(Fault::SlowAnswer { millis }) => timer::wait(Duration::from_millis(millis)).await,
        Some(
            Fault::ClockFails
            | Fault::CutBeforeEffect
            | Fault::DependencyFailed
            | Fault::EmptyList
            | Fault::ErrorAfterEffect
            | Fault::ErrorBeforeEffect
            | Fault::KeyInUse
            | Fault::LateSearch { .. }
            | Fault::LockTimeout
            | Fault::RateLimited { .. },
        )
        | None => {}
    }
    Ok(dated)
}

/// Takes everything off a page.
fn empty(answer: &mut Answer) {
    let Ok(mut page) = serde_json::from_slice::<Value>(&answer.body) else { return };
    if page["object"] == "list" {
        page["data"] = Value::Array(Vec::new());
        page["has_more"] = Value::Bool(false);
        answer.body = Bytes::from(page.to_string());
    }
}

/// The faults that nothing happens before.
fn before_all(fault: Option<Fault>, request: &ApiRequest) -> Option<Result<ApiError, Cut>> {
    match fault? {
        Fault::CutBeforeEffect => Some(Err(Cut)),
        Fault::ErrorBeforeEffect => Some(Ok(ApiError::before_effect())),
        Fault::KeyInUse => {
            let key = request.idempotency_key().unwrap_or_default();
            Some(Ok(ApiError::key_in_use(&key)))
        }
        Fault::LockTimeout => Some(Ok(ApiError::lock_timeout())),
        Fault::RateLimited { limit } => Some(Ok(ApiError::rate_limited(limit))),
        Fault::ClockFails
        | Fault::CutAfterEffect
        | Fault::DependencyFailed
        | Fault::EmptyList
        | Fault::ErrorAfterEffect
        | Fault::LateSearch { .. }
        | Fault::MalformedAnswer
        | Fault::SlowAnswer { .. } => None,
    }
}

/// What the request's idempotency key says, where one goes with its method.
fn turn(request: &ApiRequest, simulator: &Simulator) -> Result<Option<Turn>, ApiError> {
    let in_v2 = v2::is_for(request);
    let has_keys =
        if in_v2 { v2::has_keys(&request.method) } else { request.method == Method::POST };
    let Some(key) = request.idempotency_key().filter(|key| has_keys && !key.is_empty()) else {
        return Ok(None);
    };
    let (keys, kept_seconds) = if in_v2 {
        (simulator.keys_of_v2(), simulator.rules().v2_keys_kept_seconds)
    } else {
        (simulator.keys(), KEPT_SECONDS)
    };
    keys.begin(&key, request.fingerprint(), simulator.now(), kept_seconds).map(Some)
}

fn replay(kept: Kept) -> Answer {
    let headers = vec![("idempotent-replayed", "true".to_owned())];
    Answer { status: kept.status, body: kept.body, headers, is_kept: false }
}

fn refused(
    error: ApiError,
    request: &ApiRequest,
    version: ApiVersion,
    simulator: &Simulator,
) -> Dated {
    unexecuted(answer_of(Err(error), request), version, simulator)
}

fn answer_of(result: Result<Shown, ApiError>, request: &ApiRequest) -> Answer {
    let in_v2 = v2::is_for(request);
    Answer::of(result.map_err(|error| if in_v2 { error.in_v2() } else { error }))
}

/// An answer that nothing was done for. It is kept only where it says so.
fn unexecuted(answer: Answer, version: ApiVersion, simulator: &Simulator) -> Dated {
    let (id, now) = simulator.with_world(|world| (world.answered_request(), world.now));
    let kept = kept(&answer);
    Dated { answer, id, kept, now, version }
}

fn kept(answer: &Answer) -> Option<Kept> {
    answer.is_kept.then(|| Kept { status: answer.status, body: answer.body.clone() })
}

/// Does what is asked: the second of the answer is the second of what it shows.
fn execute(
    request: &ApiRequest,
    version: ApiVersion,
    fault: Option<Fault>,
    simulator: &Simulator,
) -> Dated {
    if fault == Some(Fault::DependencyFailed) {
        let refused = refused(ApiError::dependency_failed(), request, version, simulator);
        return if v2::is_for(request) { Dated { kept: None, ..refused } } else { refused };
    }
    let late = match fault {
        Some(Fault::LateSearch { seconds }) => Some(seconds),
        Some(_) | None => None,
    };
    let (result, id, now, replays) = simulator.with_world(|world| {
        let breaks = fault == Some(Fault::ClockFails);
        world.clock_fails |= breaks;
        let result = router::route(request, world, &version, late, simulator.courier());
        // A call that advances no clock breaks none.
        world.clock_fails &= !breaks;
        let replays = world.rules.v2_failures_replayed;
        (result, world.answered_request(), world.now, replays)
    });
    let succeeded = result.is_ok();
    let done = answer_of(result, request);
    let answer = if succeeded && fault == Some(Fault::ErrorAfterEffect) {
        answer_of(Err(ApiError::after_effect()), request)
    } else {
        done.clone()
    };
    // Version 2 keeps what was done, not what was answered: who asks again after a failure is
    // told what came of it.
    let kept = match (v2::is_for(request), replays) {
        (true, false) => kept(&done).filter(|_| succeeded),
        (true, true) | (false, _) => kept(&answer),
    };
    Dated { answer, id, kept, now, version }
}
