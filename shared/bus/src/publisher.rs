//! Publishing with receipts.
//!
//! Guaranteed: [`Receipt::Confirmed`] is said only after the broker said so for exactly this
//! message. The library below counts publishes on its side and the broker counts them on its own;
//! the two counts agree only if messages are written in the order in which they were counted. So
//! counting and queueing one message happen under a lock, which is never held across an await:
//! every caller's own task publishes on the one channel and waits for its own confirm.
//!
//! When the connection breaks, what was without its confirm is [`Receipt::Unknown`]; the connection
//! is rebuilt in the background, and until then publishes fail at once. Whoever publishes decides
//! whether to try again; a message may then arrive twice.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use counterfoil_domain::retry::Rung;
use lapin::options::{BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Confirmation, Connection};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::connector;
use crate::message::Message;
use crate::options::BusOptions;
use crate::topology::{Line, Role};
use crate::wire::{outgoing, short};

/// What is known of a published message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// The broker has stored it safely.
    Confirmed,
    /// The broker has no queue for it: it is stored nowhere.
    Returned,
    /// The broker refused it, because the queue is full or in trouble: it is stored nowhere.
    Nacked,
    /// It may or may not have arrived.
    Unknown(UnknownCause),
}

/// Why it is not known whether a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownCause {
    /// There was no connection; it was not sent.
    NotConnected,
    /// The broker takes no messages now, for want of memory or disk; it was not sent.
    Blocked,
    /// Too many others are without their confirm; it was not sent.
    TooManyOutstanding,
    /// The connection broke before the confirm.
    ConnectionLost,
    /// The confirm did not come in time.
    NoConfirmInTime,
}

impl Receipt {
    /// The receipt's name in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
            Self::Nacked => "nacked",
            Self::Unknown(UnknownCause::NotConnected) => "not_connected",
            Self::Unknown(UnknownCause::Blocked) => "blocked",
            Self::Unknown(UnknownCause::TooManyOutstanding) => "too_many_outstanding",
            Self::Unknown(UnknownCause::ConnectionLost) => "connection_lost",
            Self::Unknown(UnknownCause::NoConfirmInTime) => "no_confirm_in_time",
        }
    }
}

/// Publishes through one connection that is kept open in the background; clones share it. When
/// the last clone is gone the connection closes.
#[derive(Clone)]
pub struct Publisher {
    inner: Arc<Inner>,
    background: Arc<Background>,
}

/// The task that keeps the connection, as long as a publisher lives.
struct Background {
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Background {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}

/// What publishes and the connector share.
pub(crate) struct Inner {
    pub(crate) options: BusOptions,
    pub(crate) live: watch::Sender<Option<Arc<Live>>>,
    /// Publishes without their confirm.
    outstanding: AtomicUsize,
    /// Told when there are none.
    drained: Notify,
    exchange: ShortString,
    lines: [LineTargets; Line::ALL.len()],
    chance: AtomicU64,
}

/// One open channel.
pub(crate) struct Live {
    pub(crate) connection: Connection,
    pub(crate) channel: Channel,
    /// Held while a message is counted and queued.
    pub(crate) order: Mutex<()>,
    /// Told when a publish finds the channel unusable.
    pub(crate) broken: Notify,
}

struct LineTargets {
    main: Target,
    rungs: [Target; Rung::ALL.len()],
    parked: Target,
}

/// A queue that is published to.
struct Target {
    queue: ShortString,
    refusals: AtomicUsize,
    missing: AtomicBool,
}

/// After how many refusals it is looked again whether the queue is there at all.
const REFUSALS_PER_LOOK: usize = 256;

impl Publisher {
    /// Starts to keep a connection. It does not fail when the broker is away; publishes do, until
    /// it is back. Must be called within a Tokio runtime.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and says so by being async")]
    pub async fn connect(options: BusOptions) -> Self {
        let topology = &options.topology;
        let target = |queue: String| Target {
            queue: short(queue),
            refusals: AtomicUsize::new(0),
            missing: AtomicBool::new(false),
        };
        let lines = Line::ALL.map(|line| LineTargets {
            main: target(topology.queue(line)),
            rungs: Rung::ALL.map(|rung| target(topology.retry_queue(line, rung))),
            parked: target(topology.parking_queue(line)),
        });
        let inner = Arc::new(Inner {
            exchange: short(topology.exchange()),
            lines,
            live: watch::Sender::new(None),
            outstanding: AtomicUsize::new(0),
            drained: Notify::new(),
            chance: AtomicU64::new(options.seed),
            options,
        });
        let closing = watch::Sender::new(false);
        let task = tokio::spawn(connector::keep_connected(inner.clone(), closing.subscribe()));
        let background = Background { closing, task: Mutex::new(Some(task)) };
        Self { inner, background: Arc::new(background) }
    }

    /// Publishes to a line's main queue, and waits for what the broker says of it.
    ///
    /// A caller that goes away meanwhile does not stop the message.
    pub async fn publish(&self, line: Line, message: Message) -> Receipt {
        self.send(line, Role::Main, message, None).await
    }

    /// Publishes to a rung of a line's retry ladder: the message comes to the main queue after the
    /// rung's wait, spread by chance.
    pub(crate) async fn publish_later(&self, line: Line, rung: Rung, message: Message) -> Receipt {
        let count = self.inner.chance.fetch_add(1, Ordering::Relaxed);
        let expires = self.inner.options.topology.jittered(rung, spread(count));
        self.send(line, Role::Retry(rung), message, Some(expires)).await
    }

    /// Publishes to a line's parking queue.
    pub(crate) async fn park(&self, line: Line, message: Message) -> Receipt {
        self.send(line, Role::Parked, message, None).await
    }

    /// Whether publishes can succeed now: there is a connection, and the broker takes messages.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.inner.live.borrow().as_ref().is_some_and(|live| live.is_usable())
    }

    /// Waits until there is a connection.
    pub async fn connected(&self) {
        let mut live = self.inner.live.subscribe();
        // The sender lives as long as `self`, so this ends only by its condition.
        let _ = live.wait_for(Option::is_some).await;
    }

    /// Takes no more messages, waits for outstanding confirms for at most the confirm's timeout,
    /// and closes the connection. It ends every clone.
    pub async fn close(self) {
        self.background.closing.send_replace(true);
        let task = self.background.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // The task ends by itself; that it panicked would have been said where it did.
            let _ = task.await;
        }
    }

    async fn send(
        &self,
        line: Line,
        role: Role,
        message: Message,
        expires: Option<Duration>,
    ) -> Receipt {
        let timer = self.inner.options.metrics.confirm_timer(line);
        let receipt = self.inner.send(line, role, message, expires).await;
        match receipt {
            Receipt::Confirmed => timer.observe_duration(),
            Receipt::Returned | Receipt::Nacked | Receipt::Unknown(_) => {
                timer.stop_and_discard();
            }
        }
        self.inner.options.metrics.published(line, receipt);
        receipt
    }
}

impl Live {
    pub(crate) fn is_usable(&self) -> bool {
        self.channel.status().connected() && !self.connection.status().blocked()
    }
}

impl Inner {
    /// Waits until no publish is without its confirm.
    pub(crate) async fn drained(&self) {
        loop {
            let mut told = std::pin::pin!(self.drained.notified());
            // Listening begins before the look, so that the last confirm is not missed between.
            told.as_mut().enable();
            if self.outstanding.load(Ordering::SeqCst) == 0 {
                return;
            }
            told.await;
        }
    }

    fn target(&self, line: Line, role: Role) -> &Target {
        let targets = &self.lines[line.index()];
        match role {
            Role::Main => &targets.main,
            Role::Retry(Rung::Seconds5) => &targets.rungs[0],
            Role::Retry(Rung::Seconds30) => &targets.rungs[1],
            Role::Retry(Rung::Minutes5) => &targets.rungs[2],
            Role::Retry(Rung::Hour1) => &targets.rungs[3],
            Role::Parked => &targets.parked,
        }
    }

    async fn send(
        self: &Arc<Self>,
        line: Line,
        role: Role,
        message: Message,
        expires: Option<Duration>,
    ) -> Receipt {
        let Some(open) = self.live.borrow().clone() else {
            return Receipt::Unknown(UnknownCause::NotConnected);
        };
        if open.connection.status().blocked() {
            return Receipt::Unknown(UnknownCause::Blocked);
        }
        let Some(place) = Place::take(self) else {
            return Receipt::Unknown(UnknownCause::TooManyOutstanding);
        };
        let target = self.target(line, role);
        let (properties, body) = outgoing(message, expires);
        let (exchange, queue) = (self.exchange.clone(), target.queue.clone());
        let sender = open.clone();
        let mut sending = Unstoppable(Some(Box::pin(async move {
            let _place = place;
            let options = BasicPublishOptions { mandatory: true, immediate: false };
            let confirm =
                sender.channel.basic_publish(exchange, queue, options, &body, properties).await?;
            confirm.await
        })));
        let first = poll_fn(|context| {
            let _order = open.order.lock().unwrap_or_else(PoisonError::into_inner);
            Poll::Ready(Pin::new(&mut sending).poll(context))
        });
        let outcome = match first.await {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => {
                match tokio::time::timeout(self.options.confirm_timeout, &mut sending).await {
                    Ok(outcome) => outcome,
                    Err(_) => return Receipt::Unknown(UnknownCause::NoConfirmInTime),
                }
            }
        };
        match outcome {
            Ok(Confirmation::Ack(None)) => Receipt::Confirmed,
            Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => {
                // The library hands a returned message to whichever confirm comes next, so from
                // here on its confirms prove nothing. This happens only where the queue that
                // refuses what cannot be routed is gone too.
                open.broken.notify_one();
                Receipt::Returned
            }
            Ok(Confirmation::Nack(None)) => {
                if target.is_missing(&open).await {
                    Receipt::Returned
                } else {
                    Receipt::Nacked
                }
            }
            Ok(Confirmation::NotRequested) | Err(_) => {
                open.broken.notify_one();
                Receipt::Unknown(UnknownCause::ConnectionLost)
            }
        }
    }
}

impl Target {
    /// Whether a refusal is for want of the queue. The broker refuses alike what it cannot route
    /// and what a full queue has no room for, so it is asked, but not at each of a flood.
    async fn is_missing(&self, live: &Live) -> bool {
        if self.refusals.fetch_add(1, Ordering::Relaxed).is_multiple_of(REFUSALS_PER_LOOK) {
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            // A channel of its own, because a missing queue closes the channel that asks.
            let missing = match live.connection.create_channel().await {
                Ok(channel) => {
                    let asked =
                        channel.queue_declare(self.queue.clone(), passive, FieldTable::default());
                    asked.await.is_err()
                }
                Err(_) => false,
            };
            self.missing.store(missing, Ordering::Relaxed);
        }
        self.missing.load(Ordering::Relaxed)
    }
}

/// A place among the publishes without their confirm.
struct Place(Arc<Inner>);

impl Place {
    fn take(inner: &Arc<Inner>) -> Option<Self> {
        let place = Self(inner.clone());
        let before = inner.outstanding.fetch_add(1, Ordering::SeqCst);
        (before < inner.options.outstanding_max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.outstanding.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.drained.notify_waiters();
        }
    }
}

/// A publish that goes on when nobody waits for it any more: the message is on its way already,
/// and a confirm that nobody takes would stay in the library's memory.
struct Unstoppable(Option<Pin<Box<dyn Future<Output = lapin::Result<Confirmation>> + Send>>>);

impl Future for Unstoppable {
    type Output = lapin::Result<Confirmation>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(sending) = self.0.as_mut() else {
            return Poll::Ready(Ok(Confirmation::NotRequested));
        };
        let polled = sending.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl Drop for Unstoppable {
    fn drop(&mut self) {
        if let (Some(sending), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        {
            drop(runtime.spawn(sending));
        }
    }
}

/// Turns a count into evenly spread numbers (the finaliser of splitmix64), so that chance is a
/// function of the seed.
fn spread(count: u64) -> u64 {
    let mut z = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_a_function_of_the_seed_and_spreads() {
        assert_eq!(spread(7), spread(7));
        let mut quarters = [0; 4];
        for count in 0..1_000 {
            quarters[usize::try_from(spread(count) % 4).unwrap()] += 1;
        }
        assert!(quarters.iter().all(|it| (200..300).contains(it)), "{quarters:?}");
    }
}
