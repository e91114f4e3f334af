//! The billing API.
//!
//! So far it answers who it is, and refuses everything else with a problem document (RFC 9457):
//! no route is open before it says who may use it.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use counterfoil_service::{Health, Shutdown};
use serde_json::json;
use tokio::net::TcpListener;

/// A bound API listener.
#[derive(Debug)]
pub struct Api {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why the API cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is taken or not ours.
    #[error("the API cannot use {address}; choose another address in the settings")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The listener broke.
    #[error("the API's listener broke; restart the api")]
    Serve(#[source] io::Error),
}

impl Api {
    /// Binds the listener, so that a taken address stops the start. `address` may have port 0.
    pub async fn bind(address: SocketAddr) -> Result<Self, ApiError> {
        let failed = |source| ApiError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is requested, then finishes the requests in flight.
    pub async fn run(self, health: &Health, shutdown: Shutdown) -> Result<(), ApiError> {
        let component = health.component("listener");
        component.working();
        axum::serve(self.listener, routes())
            .with_graceful_shutdown(async move { shutdown.requested().await })
            .await
            .map_err(ApiError::Serve)
    }
}

fn routes() -> Router {
    Router::new().route("/", get(who).fallback(method_not_allowed)).fallback(not_found)
}

async fn who() -> impl IntoResponse {
    axum::Json(json!({ "name": "Counterfoil", "version": env!("CARGO_PKG_VERSION") }))
}

async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "There is nothing at this path.")
}

async fn method_not_allowed() -> Response {
    let refusal = "This path does not take this method.";
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", refusal);
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    response
}

/// A problem document with a stable code.
fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, body.to_string()).into_response()
}
