//! The HTTP server. A connection that breaks ends with its own error and nobody else's.

use super::answer::Answer;
use super::error::ApiError;
use super::exchange::Cut;
use super::form::Form;
use super::request::ApiRequest;
use super::{control, exchange, pages};
use crate::simulator::Simulator;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// No request of Stripe's is longer than a few thousand bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The pause after an accept that failed, for example because no file handle was free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the task is aborted; connections end with it.
pub(crate) async fn serve(listener: TcpListener, simulator: Simulator) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    crate::delivery::timer::wait(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            // Ended connections are let go of.
            Some(_) = connections.join_next() => continue,
        };
        // Without this an answer would wait for the next one on a kept connection.
        let _ = stream.set_nodelay(true);
        let simulator = simulator.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, simulator.clone()));
            // A caller who hangs up is no fault of the simulator; a connection that is to be cut
            // ends here too.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    simulator: Simulator,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(ApiError::body_too_large())
        }
        Err(_) => Err(ApiError::body_broken()),
    };
    let (body, broken) = match body {
        Ok(body) => (body, None),
        Err(error) => (Bytes::new(), Some(error)),
    };
    let request = ApiRequest {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Form::parse(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body,
    };
    if let Some(error) = broken {
        return Ok(Answer::of(Err(error)).into_response(simulator.now()));
    }
    if control::is_for(&request) {
        return Ok(control::answer(&request, &simulator).into_response(simulator.now()));
    }
    if pages::is_for(&request) {
        return Ok(pages::answer(&request, &simulator).into_response(simulator.now()));
    }
    exchange::answer(&request, &simulator).await
}
