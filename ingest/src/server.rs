//! The listener and its connections.
//!
//! A client costs at most one connection of those allowed, one buffer, and the time that the
//! settings give it. Beyond the allowed connections a new one is told 503 and closed. At the end
//! nothing new is accepted, requests in flight are finished within the deadline, and the rest is
//! cut off; its senders send again.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use prometheus::Registry;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use counterfoil_bus::Publisher;
use counterfoil_service::config::IngestConfig;
use counterfoil_service::health::Component;
use counterfoil_service::shutdown::{Drain, drain};
use counterfoil_service::wait::pause;
use counterfoil_service::{Clock, Health, Shutdown};

use crate::admission::Admission;
use crate::endpoint::{Endpoint, EndpointError};
use crate::linger::Lingering;
use crate::metrics::Metrics;
use crate::receiver::Receiver;

/// Connections that the kernel holds for us until they are accepted; more senders than that may
/// connect in the same moment only if the kernel allows it (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;
/// The longest request head, and how much of a body is read ahead, in bytes.
const BUFFER_BYTES: usize = 64 * 1_024;
/// Connections that are told 503 at once; beyond it they are closed without a word.
const TURNED_AWAY_MAX: usize = 64;
/// How long to wait after accepting failed, which mostly means too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often it is looked whether the broker can be published to.
const BUS_LOOK: Duration = Duration::from_millis(250);

const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// Why the receiver cannot run.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The address is taken or not ours.
    #[error("webhooks cannot be received at {address}; choose another `ingest.listen`")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// An endpoint is configured wrongly.
    #[error("an endpoint is configured wrongly; correct the settings")]
    Endpoint(#[from] EndpointError),
    /// The metrics are registered already.
    #[error("the receiver's metrics could not be registered; give each receiver its own registry")]
    Metrics(#[from] prometheus::Error),
}

/// What the receiver is built from.
pub struct Parts {
    /// Its settings.
    pub config: IngestConfig,
    /// Where events go. Its confirm timeout is what a sender waits at most.
    pub publisher: Publisher,
    /// The present time.
    pub clock: Clock,
    /// Where its numbers are shown.
    pub registry: Registry,
    /// Where it says how it is.
    pub health: Health,
    /// When to end.
    pub shutdown: Shutdown,
}

/// A receiver whose listener is bound.
pub struct Ingest {
    listener: TcpListener,
    address: SocketAddr,
    receiver: Arc<Receiver>,
    listening: Component,
    bus: Component,
}

/// Receives webhooks until `parts.shutdown` is requested, then drains. Returns whether all requests
/// in flight were finished.
pub async fn serve(parts: Parts) -> Result<Drain, IngestError> {
    Ok(Ingest::bind(parts)?.run().await)
}

impl Ingest {
    /// Binds the listener, so that a taken address stops the start. Must be called within a tokio
    /// runtime.
    pub fn bind(parts: Parts) -> Result<Self, IngestError> {
        let Parts { config, publisher, clock, registry, health, shutdown } = parts;
        let mut endpoints = std::collections::BTreeMap::new();
        for it in &config.endpoints {
            endpoints.insert(it.name.clone(), Endpoint::new(it)?);
        }
        let metrics = Metrics::register(&registry, endpoints.keys().map(String::as_str))?;
        let address = config.listen;
        let failed = |source| IngestError::Bind { address, source };
        let listener = listen(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let admission = Admission::new(&config, clock.clone());
        let receiver =
            Receiver { config, endpoints, admission, publisher, clock, metrics, shutdown };
        Ok(Self {
            listener,
            address,
            receiver: Arc::new(receiver),
            listening: health.component("ingest"),
            bus: health.component("bus"),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives until the end is requested, then drains.
    pub async fn run(self) -> Drain {
        let Self { listener, address, receiver, listening, bus } = self;
        let watching = tokio::spawn(watch_bus(Arc::clone(&receiver), bus));
        listening.working();
        tracing::info!(%address, "webhooks are received");
        let places_max = receiver.config.connections_max;
        let places = Arc::new(Semaphore::new(places_max));
        let cut_off = Shutdown::new();
        accept(&listener, &receiver, &places, &cut_off).await;
        drop(listener);
        listening.waiting("draining");
        let all = u32::try_from(places_max).unwrap_or(u32::MAX);
        let finished = async {
            // The semaphore is never closed, so this ends when every connection has.
            let _places = places.acquire_many(all).await;
        };
        let drained = drain(finished, receiver.config.drain_timeout).await;
        cut_off.request();
        watching.abort();
        match drained {
            Drain::Complete => tracing::info!("the receiver has ended; nothing was cut off"),
            Drain::CutOff => tracing::warn!(
                connections = receiver.metrics.connections.get(),
                "the receiver has ended; what was cut off is sent again by Stripe"
            ),
        }
        drained
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(
    listener: &TcpListener,
    receiver: &Arc<Receiver>,
    places: &Arc<Semaphore>,
    cut_off: &Shutdown,
) {
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY_MAX));
    loop {
        let accepted = tokio::select! {
            () = receiver.shutdown.requested() => return,
            it = listener.accept() => it,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                pause(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            let connection = connection(stream, peer, Arc::clone(receiver), place);
            let cut_off = cut_off.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = connection => {}
                    () = cut_off.requested() => {}
                }
            });
        } else {
            receiver.metrics.connections_refused.inc();
            if let Ok(place) = Arc::clone(&turned_away).try_acquire_owned() {
                tokio::spawn(turn_away(stream, place));
            }
        }
    }
}

async fn turn_away(stream: TcpStream, place: OwnedSemaphorePermit) {
    // A fresh connection takes this much at once; if it does not, it is closed without a word.
    if stream.writable().await.is_ok() && stream.try_write(TURNED_AWAY).is_ok() {
        Lingering::new(stream).close().await;
    }
    drop(place);
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    receiver: Arc<Receiver>,
    place: OwnedSemaphorePermit,
) {
    let open = Open::new(&receiver);
    // Answers are small and awaited: holding them back for more saves nothing. If it cannot be
    // set, they are merely slower.
    let _slower = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let receiver = Arc::clone(&receiver);
        async move { Ok::<_, Infallible>(receiver.answer(request, peer).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(receiver.config.header_timeout)
        .max_buf_size(BUFFER_BYTES)
        // A sender that has closed its writing side still waits for the answer.
        .half_close(true)
        .serve_connection(Lingering::new(stream), service);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = receiver.shutdown.requested() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // Broken off, too slow or no HTTP: the client's affair, and counted as such.
        receiver.metrics.connection_broke(cause(&error));
        tracing::debug!(%error, "a connection ended early");
    }
    drop(open);
    drop(place);
}

fn cause(error: &hyper::Error) -> &'static str {
    if error.is_timeout() {
        "idle_or_head_too_slow"
    } else if error.is_parse() {
        "head_malformed"
    } else {
        "broken_off"
    }
}

/// Counts a connection as open while it lives.
struct Open<'a>(&'a Receiver);

impl<'a> Open<'a> {
    fn new(receiver: &'a Receiver) -> Self {
        receiver.metrics.connections.inc();
        Self(receiver)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.metrics.connections.dec();
    }
}

async fn watch_bus(receiver: Arc<Receiver>, bus: Component) {
    loop {
        if receiver.publisher.is_connected() {
            bus.working();
        } else {
            bus.waiting("the broker cannot be published to; webhooks are answered 503");
        }
        pause(BUS_LOOK).await;
    }
}
