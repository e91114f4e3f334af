//! One call of Stripe's API: who calls, whether it repeats an earlier one, what it does, and the
//! headers of its answer.

use super::answer::Answer;
use super::keys::{Kept, Running, Turn};
use super::request::ApiRequest;
use super::router;
use crate::simulator::Simulator;
use crate::version::ApiVersion;
use bytes::Bytes;
use http::{Method, Response};
use http_body_util::Full;

/// An answer and the simulated second it was made in.
struct Dated {
    answer: Answer,
    id: String,
    now: i64,
    version: ApiVersion,
}

pub(super) fn answer(request: &ApiRequest, simulator: &Simulator) -> Response<Full<Bytes>> {
    let Dated { mut answer, id, now, version } = dated(request, simulator);
    answer.headers.push(("request-id", id));
    answer.headers.push(("stripe-version", version.as_str().to_owned()));
    if let Some(key) = request.idempotency_key() {
        answer.headers.push(("idempotency-key", key));
    }
    answer.into_response(now)
}

fn dated(request: &ApiRequest, simulator: &Simulator) -> Dated {
    let account = simulator.account_version();
    let version = match request.authenticate().and_then(|()| request.version()) {
        Ok(asked) => asked.unwrap_or(account),
        Err(error) => return unexecuted(Answer::of(Err(error)), account, simulator),
    };
    let mut running = match turn(request, simulator) {
        Ok(Some(Turn::Run(running))) => Some(running),
        Ok(Some(Turn::Replay(kept))) => return unexecuted(replay(kept), version, simulator),
        Ok(None) => None,
        Err(answer) => return unexecuted(answer, version, simulator),
    };
    let dated = execute(request, version, simulator);
    keep(running.as_mut(), &dated.answer);
    dated
}

/// What the request's idempotency key says; only a `POST` has one.
fn turn(request: &ApiRequest, simulator: &Simulator) -> Result<Option<Turn>, Answer> {
    let key = request.idempotency_key().filter(|key| !key.is_empty());
    let (Some(key), &Method::POST) = (key, &request.method) else {
        return Ok(None);
    };
    let turn = simulator.keys().begin(&key, request.fingerprint(), simulator.now());
    turn.map(Some).map_err(|error| Answer::of(Err(error)))
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

/// An answer that nothing was done for.
fn unexecuted(answer: Answer, version: ApiVersion, simulator: &Simulator) -> Dated {
    let (id, now) = simulator.with_world(|world| (world.answered_request(), world.now));
    Dated { answer, id, now, version }
}

/// Does what is asked: the second of the answer is the second of what it shows.
fn execute(request: &ApiRequest, version: ApiVersion, simulator: &Simulator) -> Dated {
    let (result, id, now) = simulator.with_world(|world| {
        let pending = |event: &str| simulator.pending_deliveries(event);
        let result = router::route(request, world, &version, pending);
        (result, world.answered_request(), world.now)
    });
    Dated { answer: Answer::of(result), id, now, version }
}
