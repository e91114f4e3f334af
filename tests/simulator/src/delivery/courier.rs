//! The courier carries what the book says is due, so many copies at once, over connections that
//! are kept alive. An answer other than 2xx, a broken connection and an answer that does not come
//! in time are all one failure; a redirect is a failure too and is not followed (STRIPE.md 2.1).

use super::book::{Book, Copy, Next};
use super::endpoint::{Endpoint, EndpointId, Payload};
use super::faults::Faults;
use super::letter::Letter;
use super::record::{Counters, DeliveryRecord};
use super::retry::Retries;
use super::{spoil, timer};
use crate::wall::Wall;
use crate::world::Listener;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, watch};

const MICROS_PER_SECOND: i64 = 1_000_000;
/// Nothing an endpoint answers is read beyond this.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Courier {
    book: Mutex<Book>,
    client: Client<HttpConnector, Full<Bytes>>,
    in_flight: Arc<Semaphore>,
    underway: watch::Sender<u64>,
    wake: Notify,
}

impl Courier {
    pub(crate) fn new(seed: u64, faults: Faults, retries: Retries, at_once: usize) -> Self {
        let book = Book::new(seed, faults, retries);
        let in_flight_max = at_once.max(1);
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(in_flight_max)
            .build(connector);
        Self {
            book: Mutex::new(book),
            client,
            in_flight: Arc::new(Semaphore::new(in_flight_max)),
            underway: watch::channel(0).0,
            wake: Notify::new(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_endpoint(&self, endpoint: Endpoint) -> EndpointId {
        self.book().add_endpoint(endpoint)
    }

    /// Changes an endpoint for everything that is due from now on.
    pub(crate) fn change_endpoint(&self, id: EndpointId, change: impl FnOnce(&mut Endpoint)) {
        if let Some(endpoint) = self.book().endpoint_mut(id) {
            change(endpoint);
        }
    }

    /// Who is sent snapshot events.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        let listens =
            |endpoint: &Endpoint| endpoint.enabled && endpoint.payload == Payload::Snapshot;
        let endpoints = self.endpoints().into_iter().filter(listens);
        let listener =
            |endpoint: Endpoint| Listener { version: endpoint.api_version, kinds: endpoint.kinds };
        endpoints.map(listener).collect()
    }

    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        self.book().endpoints().to_vec()
    }

    pub(crate) fn set_secrets(&self, id: EndpointId, secrets: Vec<String>) -> bool {
        self.book().set_secrets(id, secrets)
    }

    pub(crate) fn faults(&self) -> Faults {
        self.book().faults()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.book().set_faults(faults);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.book().counters()
    }

    pub(crate) fn records(&self) -> Vec<DeliveryRecord> {
        self.book().records()
    }

    /// Whether every endpoint that an event was for has acknowledged it.
    pub(crate) fn is_acknowledged(&self, event: &str) -> bool {
        self.book().is_acknowledged(event)
    }

    /// Sets the waits for everything that fails from now on.
    pub(crate) fn set_retries(&self, retries: Retries) {
        self.book().set_retries(retries);
    }

    /// Sends an event to an endpoint once more by hand; false when that cannot be.
    pub(crate) fn resend(&self, letter: Letter<'_>, to: EndpointId, wall: &dyn Wall) -> bool {
        let mut book = self.book();
        let taken = book.resend(letter, to, wall.monotonic());
        let underway = book.underway();
        drop(book);
        self.underway.send_replace(underway);
        self.wake.notify_one();
        taken
    }

    pub(crate) fn pending(&self, event: &str) -> usize {
        self.book().pending(event)
    }

    /// How many copies wait to be sent or answered, to be watched.
    pub(crate) fn watch_underway(&self) -> watch::Receiver<u64> {
        self.underway.subscribe()
    }

    /// Takes new events in, in their order.
    pub(crate) fn post(&self, letters: &[Letter<'_>], wall: &dyn Wall) {
        if letters.is_empty() {
            return;
        }
        let now = wall.monotonic();
        let mut book = self.book();
        for letter in letters {
            book.post(*letter, now);
        }
        let underway = book.underway();
        drop(book);
        self.underway.send_replace(underway);
        self.wake.notify_one();
    }

    /// Carries until the task is aborted.
    pub(crate) async fn carry(self: Arc<Self>, wall: Arc<dyn Wall>) {
        loop {
            let Ok(permit) = Arc::clone(&self.in_flight).acquire_owned().await else {
                return;
            };
            let copy = self.next_due(wall.as_ref()).await;
            let courier = Arc::clone(&self);
            let wall = Arc::clone(&wall);
            tokio::spawn(async move {
                courier.attempt(&copy, wall.as_ref()).await;
                drop(permit);
            });
        }
    }

    async fn next_due(&self, wall: &dyn Wall) -> Box<Copy> {
        loop {
            let (next, underway) = {
                let mut book = self.book();
                let next = book.next(wall.monotonic());
                (next, book.underway())
            };
            // What is given up when it is due is no longer underway.
            self.underway.send_if_modified(|held| std::mem::replace(held, underway) != underway);
            match next {
                Next::Send(copy) => return copy,
                Next::WaitFor(time) => tokio::select! {
                    () = self.wake.notified() => {}
                    () = timer::wait(time) => {}
                },
                Next::Idle => self.wake.notified().await,
            }
        }
    }

    async fn attempt(&self, copy: &Copy, wall: &dyn Wall) {
        let ok = !copy.dropped && self.send(copy, wall).await;
        let mut book = self.book();
        book.finished(copy, ok, wall.monotonic(), wall.unix_micros());
        let underway = book.underway();
        drop(book);
        self.underway.send_replace(underway);
        // Its retry, or its redelivery, may be due before what the courier waits for.
        self.wake.notify_one();
    }

    /// Signs and sends a copy; true for a 2xx in time.
    async fn send(&self, copy: &Copy, wall: &dyn Wall) -> bool {
        let now = wall.unix_micros();
        let second = now.div_euclid(MICROS_PER_SECOND);
        let request = Request::builder()
            .method(Method::POST)
            .uri(copy.url.clone())
            .header(header::USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .header(header::ACCEPT, "*/*; q=0.5, application/xml")
            .header(header::CACHE_CONTROL, "no-cache")
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(
                "stripe-signature",
                spoil::header(copy.spoil, &copy.secrets, second, &copy.body),
            )
            .body(Full::new(copy.body.clone()));
        let Ok(request) = request else {
            return false;
        };
        let timeout = {
            let mut book = self.book();
            book.sending(copy, now);
            book.timeout()
        };
        let exchange = async {
            let answer = self.client.request(request).await.ok()?;
            let status = answer.status();
            // The connection is kept only if the answer is read to its end.
            let _ = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            Some(status.is_success())
        };
        tokio::select! {
            answered = exchange => answered.unwrap_or(false),
            () = timer::wait(timeout) => false,
        }
    }
}
