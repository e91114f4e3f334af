//! One request, from its head to its answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Body;

use counterfoil_bus::{Line, Publisher, Receipt};
use counterfoil_service::config::IngestConfig;
use counterfoil_service::{Clock, Shutdown, TraceParent};
use counterfoil_stripe_wire::signature::verify;

use crate::address::client_address;
use crate::admission::{Admission, Admitted};
use crate::answer::{Refusal, accepted};
use crate::body::{self, BodyFault};
use crate::endpoint::Endpoint;
use crate::event::{Forward, forward};
use crate::metrics::{EndpointMetrics, Metrics};
use crate::route::{Route, route};

/// What all requests share.
pub(crate) struct Receiver {
    pub(crate) config: IngestConfig,
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    pub(crate) admission: Admission,
    pub(crate) publisher: Publisher,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
}

/// What became of a request that was taken.
struct Taken {
    id: String,
    event_type: Option<String>,
    parked: Option<&'static str>,
}

/// What became of a request that was not, with what is known of it.
struct Refused {
    refusal: Refusal,
    id: Option<String>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, id: None }
    }
}

impl Receiver {
    /// Answers one request, counts it and says in one line what became of it.
    pub(crate) async fn answer<B>(
        &self,
        request: Request<B>,
        peer: SocketAddr,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let started = self.clock.monotonic();
        self.metrics.received.inc();
        let (head, body) = request.into_parts();
        let endpoint = match route(&head.method, head.uri.path()) {
            Route::Delivery(name) => self.endpoints.get(name).ok_or(Refusal::UnknownEndpoint),
            Route::WrongMethod => Err(Refusal::WrongMethod),
            Route::Unknown => Err(Refusal::UnknownPath),
        };
        let endpoint_name = endpoint.map_or("", |it| it.name.as_str());
        let outcome = match self.admitted(&head.headers, peer).and(endpoint) {
            Ok(endpoint) => self.take(endpoint, &head.headers, body).await,
            Err(refusal) => Err(refusal.into()),
        };
        let took = self.clock.monotonic().saturating_sub(started);
        self.metrics.request_seconds.observe(took.as_secs_f64());
        let duration_ms = took.as_secs_f64() * 1_000.0;
        match outcome {
            Ok(taken) => {
                tracing::debug!(
                    stripe.event.id = taken.id,
                    stripe.event.type = taken.event_type,
                    endpoint = endpoint_name,
                    parked = taken.parked,
                    status = 200,
                    duration_ms,
                    "accepted"
                );
                accepted()
            }
            Err(Refused { refusal, id }) => {
                self.metrics.refused(refusal.code());
                tracing::info!(
                    stripe.event.id = id,
                    endpoint = endpoint_name,
                    cause = refusal.code(),
                    status = refusal.status().as_u16(),
                    duration_ms,
                    "refused"
                );
                refusal.response()
            }
        }
    }

    fn admitted(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<(), Refusal> {
        if self.shutdown.is_requested() {
            return Err(Refusal::Draining);
        }
        let address = client_address(&self.config.client_address, peer, headers);
        match self.admission.admit(address) {
            Admitted::Yes => Ok(()),
            Admitted::NotAllowed => Err(Refusal::NotAllowed),
            Admitted::TooMany(wait) => Err(Refusal::TooMany(wait)),
        }
    }

    async fn take<B>(
        &self,
        endpoint: &Endpoint,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Taken, Refused>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        // Content-Encoding is ignored on purpose: Stripe sends none, and the bytes as they came are
        // what is signed. Bytes that are compressed nonetheless are carried as they are, and parked.
        let bytes = body::read(body, self.config.body_limit_bytes, self.config.body_timeout)
            .await
            .map_err(Refusal::Body)?;
        let now = self.clock.now();
        let signature = signature_header(headers)?;
        let genuine = verify(&bytes, signature, &endpoint.secrets, now, endpoint.tolerance)
            .map_err(Refusal::Signature)?;
        let trace = headers.get("traceparent").and_then(|it| it.to_str().ok());
        let trace = trace.and_then(TraceParent::parse);
        let forward = forward(genuine, &bytes, endpoint, now, trace);
        self.publish(forward, self.metrics.endpoint(&endpoint.name)).await
    }

    async fn publish(
        &self,
        forward: Forward,
        metrics: Option<&EndpointMetrics>,
    ) -> Result<Taken, Refused> {
        let Forward { lane, event, parked, version_differs } = forward;
        let (id, event_type) = (event.id.clone(), event.event_type.clone());
        match self.publisher.publish(Line::Events(lane), event.into_message()).await {
            Receipt::Confirmed => {
                if let Some(metrics) = metrics {
                    metrics.published(lane);
                    if version_differs {
                        metrics.version_differed();
                    }
                }
                if let Some(reason) = parked {
                    self.metrics.parked(reason);
                }
                Ok(Taken { id, event_type, parked })
            }
            receipt @ (Receipt::Returned | Receipt::Nacked | Receipt::Unknown(_)) => {
                Err(Refused { refusal: Refusal::Unpublished(receipt), id: Some(id) })
            }
        }
    }
}

/// The one signature header. A request with two of them is not Stripe's, and which one a proxy in
/// between would read is anybody's guess.
fn signature_header(headers: &HeaderMap) -> Result<Option<&[u8]>, Refusal> {
    let mut values = headers.get_all("stripe-signature").iter();
    let first = values.next().map(http::HeaderValue::as_bytes);
    if values.next().is_some() {
        return Err(Refusal::Body(BodyFault::Broken));
    }
    Ok(first)
}
