//! Probes and metrics of one process, on a listener of their own.
//!
//! `/healthz` says whether the process lives, `/readyz` whether it can work and else why not,
//! `/metrics` shows its numbers in Prometheus' text form. The listener is for operators: small
//! limits keep a scraper that misbehaves from costing the service anything, and a listener that
//! cannot be bound stops the start.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{IntGauge, Opts, Registry, TextEncoder};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::health::{Complaint, Health};
use crate::shutdown::Shutdown;
use crate::wait::pause;

/// Connections served at once; the rest wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 32;
/// How long one connection may last, answers included.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a request's head may take.
const HEADER_TIME_MAX: Duration = Duration::from_secs(5);
/// The longest request head, in bytes.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How long to wait after accepting failed, which mostly means too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the admin listener cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address is taken or not ours.
    #[error("the admin listener cannot use {address}; choose another address in the settings")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A bound admin listener.
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    health: Health,
    registry: Registry,
}

impl Admin {
    /// Binds the listener, so that a taken address stops the start. `address` may have port 0.
    pub async fn bind(
        address: SocketAddr,
        health: Health,
        registry: Registry,
    ) -> Result<Self, AdminError> {
        let failed = |source| AdminError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, state: Arc::new(State { health, registry }) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is requested. Run it with a [`Shutdown`] of its own, requested
    /// last, so that a draining process can still be asked how it is.
    pub async fn run(self, shutdown: Shutdown) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = shutdown.requested() => return,
                it = self.listener.accept() => it,
            };
            match accepted {
                Ok((stream, _)) => {
                    let state = Arc::clone(&self.state);
                    tokio::spawn(async move {
                        serve(stream, state).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the admin listener could not accept a connection");
                    pause(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(&state, request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off or dawdles has cost us its place for a while, and nothing else.
    let _ended = tokio::time::timeout(CONNECTION_TIME_MAX, connection).await;
}

fn answer(state: &State, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return text(StatusCode::NOT_FOUND, "there is /healthz, /readyz and /metrics\n".to_owned());
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        response.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/healthz" => verdict("alive", &state.health.failed()),
        "/readyz" => verdict("ready", &state.health.unready()),
        _ => metrics(&state.registry),
    }
}

fn verdict(good: &str, complaints: &[Complaint]) -> Response<Full<Bytes>> {
    if complaints.is_empty() {
        return text(StatusCode::OK, format!("{good}\n"));
    }
    let mut body = format!("not {good}\n");
    for complaint in complaints {
        let _infallible = writeln!(body, "{complaint}");
    }
    text(StatusCode::SERVICE_UNAVAILABLE, body)
}

fn metrics(registry: &Registry) -> Response<Full<Bytes>> {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(body) => text(StatusCode::OK, body),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n".to_owned())
        }
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let plain = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Registers `counterfoil_build_info`, whose labels say which version of which service this is.
/// Fails only when it is registered already.
pub fn register_build_info(
    registry: &Registry,
    service: &str,
    version: &str,
) -> Result<(), prometheus::Error> {
    let options = Opts::new("counterfoil_build_info", "Always 1; the labels say what runs.")
        .const_label("service", service)
        .const_label("version", version);
    let gauge = IntGauge::with_opts(options)?;
    gauge.set(1);
    registry.register(Box::new(gauge))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn check(health: &Health, method: Method, path: &str, status: u16, part: &str) {
        let registry = Registry::new();
        register_build_info(&registry, "ingest", "0.1.0").unwrap();
        let state = State { health: health.clone(), registry };
        let response = answer(&state, &method, path);
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(part), "{method} {path}: {body}");
    }

    #[tokio::test]
    async fn every_answer() {
        let health = Health::new();
        let bus = health.component("bus");
        check(&health, Method::GET, "/healthz", 200, "alive").await;
        check(&health, Method::GET, "/readyz", 503, "not ready\nbus: starting").await;
        bus.working();
        check(&health, Method::GET, "/readyz", 200, "ready").await;
        check(&health, Method::HEAD, "/readyz", 200, "ready").await;
        bus.failed("its task ended");
        check(&health, Method::GET, "/healthz", 503, "not alive\nbus: its task ended").await;
        let line = "counterfoil_build_info{service=\"ingest\",version=\"0.1.0\"} 1";
        check(&health, Method::GET, "/metrics", 200, line).await;
        check(&health, Method::GET, "/", 404, "/healthz").await;
        check(&health, Method::GET, "/metrics/", 404, "/healthz").await;
        check(&health, Method::POST, "/metrics", 405, "GET").await;
    }

    #[tokio::test]
    async fn it_is_served_until_it_is_told_to_stop() {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let admin = Admin::bind(loopback, Health::new(), Registry::new()).await.unwrap();
        let address = admin.address();
        let shutdown = Shutdown::new();
        let running = tokio::spawn(admin.run(shutdown.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        shutdown.request();
        running.await.unwrap();
        assert!(Admin::bind(address, Health::new(), Registry::new()).await.is_ok());
    }
}
