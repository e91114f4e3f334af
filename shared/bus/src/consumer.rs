//! Consuming in batches; the only place that acknowledges.
//!
//! Guaranteed: a delivery is acknowledged only after its handler said [`Settlement::Done`], or
//! after its retry, its parking or its passing on was confirmed by the broker. A crash, a lost connection or a stop
//! before that makes the broker hand it out again, so handlers may run twice.
//!
//! Each batch in flight has a slot with a connection of its own that works in turn: take what waits
//! (never waiting for more), handle, put aside, acknowledge. The deliveries of a batch are thus
//! always all the unacknowledged ones up to its last that the handler has seen, so one
//! acknowledgement covers them, and the acknowledgements of slots never meet. Meanwhile the broker
//! sends the next batch ahead.
//!
//! While the other side is away the batch is kept and tried again. The broker takes deliveries back
//! that nobody acknowledged for its `consumer_timeout` (half an hour unless configured), which
//! counts as one of the [`crate::DELIVERIES_MAX`]; an outage must last a day before a message is
//! parked by it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Channel, Connection, Consumer};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{BusError, close, failed};
use crate::connection::open;
use crate::connector::chain;
use crate::delivery::{Delivery, Outage, Settlement};
use crate::health::ConsumerHealth;
use crate::message::Message;
use crate::options::BusOptions;
use crate::pack::{scattered, taken_apart};
use crate::publisher::{Publisher, Receipt};
use crate::reconnect::Waits;
use crate::topology::Line;
use crate::wire::{incoming, short};

/// What is to be done with deliveries.
pub trait BatchHandler: Send + Sync + 'static {
    /// Works on a batch and says of each delivery, in the same order, what becomes of it. It may
    /// see a delivery again whose work was done before.
    fn handle(
        &self,
        batch: &[Delivery],
    ) -> impl Future<Output = Result<Vec<Settlement>, Outage>> + Send;
}

/// How to consume.
#[derive(Debug, Clone)]
pub struct ConsumerOptions {
    /// The broker and our manners towards it.
    pub bus: BusOptions,
    /// What to consume.
    pub line: Line,
    /// How many deliveries the broker sends ahead, per batch in flight. Twice `batch_max` lets the
    /// next batch arrive while one is worked on.
    pub prefetch: u16,
    /// The most deliveries in one batch.
    pub batch_max: usize,
    /// How many batches are worked on at once; each has a connection.
    pub batches_in_flight: usize,
    /// Where the consumer says how it is.
    pub health: ConsumerHealth,
}

impl ConsumerOptions {
    /// Two batches of at most 200 at once: more brings nothing on a small machine.
    #[must_use]
    pub fn new(bus: BusOptions, line: Line) -> Self {
        Self {
            bus,
            line,
            prefetch: 400,
            batch_max: 200,
            batches_in_flight: 2,
            health: ConsumerHealth::new(),
        }
    }
}

/// Why a consumer gave up. Both are faults in a handler: nothing was acknowledged, the health check
/// fails, and the process should end so that somebody looks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumeError {
    /// The handler did not answer for each delivery.
    #[error("the handler answered {got} settlements for {expected} deliveries; correct it")]
    WrongCount {
        /// Deliveries in the batch.
        expected: usize,
        /// Settlements that came back.
        got: usize,
    },
    /// The handler panicked.
    #[error("the handler panicked; its message is in the log")]
    Panicked,
}

/// Consumes until `shutdown` is ready: then it takes no more, finishes the batches in hand,
/// acknowledges and closes. What was not settled goes back to the queue.
pub async fn consume<H: BatchHandler>(
    options: ConsumerOptions,
    handler: Arc<H>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ConsumeError> {
    let publisher = Publisher::connect(options.bus.clone()).await;
    let stop = watch::Sender::new(false);
    let slots = options.batches_in_flight.max(1);
    options.health.start(slots);
    let options = Arc::new(options);
    let mut running = JoinSet::new();
    for number in 0..slots {
        let slot = Slot {
            number,
            options: options.clone(),
            handler: handler.clone(),
            publisher: publisher.clone(),
            stop: stop.subscribe(),
            waits: Waits::new(),
        };
        running.spawn(slot.run());
    }
    let mut shutdown = std::pin::pin!(shutdown.fuse());
    let mut result = Ok(());
    loop {
        let ended = tokio::select! {
            () = &mut shutdown => {
                stop.send_replace(true);
                continue;
            }
            ended = running.join_next() => ended,
        };
        let fault = match ended {
            None => break,
            Some(Ok(Ok(()))) => continue,
            Some(Ok(Err(fault))) => fault,
            Some(Err(_)) => ConsumeError::Panicked,
        };
        options.health.gave_up(fault.to_string());
        tracing::error!(line = options.line.as_str(), error = %fault, "the consumer stops");
        stop.send_replace(true);
        result = Err(fault);
    }
    publisher.close().await;
    result
}

/// One batch after another on one connection.
struct Slot<H> {
    number: usize,
    options: Arc<ConsumerOptions>,
    handler: Arc<H>,
    publisher: Publisher,
    stop: watch::Receiver<bool>,
    waits: Waits,
}

/// A subscription to the queue.
struct Subscription {
    connection: Connection,
    channel: Channel,
    consumer: Consumer,
}

/// Why a slot ended its work on a subscription.
enum End {
    Stopped,
    Broken,
}

/// Why a handler gave no settlements.
enum Unanswered {
    Panicked,
    End(End),
}

/// Whether a batch was acknowledged.
enum Settled {
    Yes,
    /// The connection broke or the consumer stops: what is not acknowledged comes again.
    No(End),
}

impl<H: BatchHandler> Slot<H> {
    async fn run(mut self) -> Result<(), ConsumeError> {
        loop {
            let Some(subscribed) = self.subscribe().await else { return Ok(()) };
            match subscribed {
                Ok(mut subscription) => {
                    let _up = self.options.bus.metrics.connected("consumer");
                    self.well();
                    let ended = self.work(&mut subscription).await;
                    if let Ok(End::Broken) = ended {
                        self.troubled("the connection to the broker broke");
                    }
                    close(&subscription.connection).await;
                    if let End::Stopped = ended? {
                        return Ok(());
                    }
                }
                Err(error) => self.troubled(&chain(&error)),
            }
            if self.pause().await {
                return Ok(());
            }
        }
    }

    /// Subscribes once the publisher is connected: it declares the queues, and without it nothing
    /// can be put aside. `None` when the consumer is to stop.
    async fn subscribe(&mut self) -> Option<Result<Subscription, BusError>> {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|it| *it) => return None,
            () = self.publisher.connected() => {}
        }
        let mut opening = Box::pin(subscribe(self.options.clone()));
        tokio::select! {
            subscribed = &mut opening => return Some(subscribed),
            _ = self.stop.wait_for(|it| *it) => {}
        }
        // What is half open is not dropped: deliveries may be on their way to it, and the broker
        // has them back only when it is closed.
        tokio::spawn(async move {
            if let Ok(subscription) = opening.await {
                close(&subscription.connection).await;
            }
        });
        None
    }

    /// Works on batches until the end.
    async fn work(&mut self, subscription: &mut Subscription) -> Result<End, ConsumeError> {
        loop {
            let arrived = tokio::select! {
                biased;
                _ = self.stop.wait_for(|it| *it) => None,
                arrived = subscription.consumer.next() => Some(arrived),
            };
            let Some(first) = arrived else {
                let (tag, channel) = (subscription.consumer.tag(), &subscription.channel);
                // If it fails the connection is gone, and the subscription with it.
                let _ = channel.basic_cancel(tag, BasicCancelOptions::default()).await;
                return Ok(End::Stopped);
            };
            let Some(Ok(first)) = first else { return Ok(End::Broken) };
            let (mut batch, mut ackers) = (Vec::new(), Vec::new());
            let mut next = Some(first);
            while let Some(it) = next.take() {
                let delivery = incoming(&it.properties, it.data, it.redelivered);
                match scattered(&delivery) {
                    Some(messages) if delivery.redelivered => {
                        if !self.scatter(messages, &it.acker).await {
                            return Ok(End::Broken);
                        }
                    }
                    Some(_) | None => {
                        // The acknowledgement of a pack is that of each delivery in it.
                        for delivery in taken_apart(delivery) {
                            batch.push(delivery);
                            ackers.push(it.acker.clone());
                        }
                    }
                }
                if batch.len() < self.options.batch_max
                    && let Some(Some(Ok(more))) = subscription.consumer.next().now_or_never()
                {
                    next = Some(more);
                }
            }
            if batch.is_empty() {
                continue;
            }
            self.options.bus.metrics.batch(self.options.line, batch.len());
            let settlements = match self.handle(&batch, &subscription.channel).await {
                Ok(settlements) => settlements,
                Err(Unanswered::End(end)) => return Ok(end),
                Err(Unanswered::Panicked) => return Err(ConsumeError::Panicked),
            };
            if settlements.len() != batch.len() {
                return Err(ConsumeError::WrongCount {
                    expected: batch.len(),
                    got: settlements.len(),
                });
            }
            match self.settle(&batch, &ackers, &settlements).await {
                Settled::Yes => {}
                Settled::No(end) => return Ok(end),
            }
            self.waits.reset();
        }
    }

    /// Asks the handler until the other side is not away.
    async fn handle(
        &mut self,
        batch: &[Delivery],
        channel: &Channel,
    ) -> Result<Vec<Settlement>, Unanswered> {
        let mut paused = None;
        loop {
            // A panic is caught so that the connection is closed in order and the batch goes back.
            let answer = AssertUnwindSafe(self.handler.handle(batch)).catch_unwind().await;
            match answer.map_err(|_| Unanswered::Panicked)? {
                Ok(settlements) => {
                    self.well();
                    return Ok(settlements);
                }
                Err(outage) => {
                    paused
                        .get_or_insert_with(|| self.options.bus.metrics.paused(self.options.line));
                    self.troubled(&format!("paused: {outage}"));
                }
            }
            if self.pause().await {
                return Err(Unanswered::End(End::Stopped));
            }
            if !channel.status().connected() {
                return Err(Unanswered::End(End::Broken));
            }
        }
    }

    /// Makes retries and parkings safe, then acknowledges.
    async fn settle(
        &mut self,
        batch: &[Delivery],
        ackers: &[Acker],
        settlements: &[Settlement],
    ) -> Settled {
        let mut left: Vec<usize> =
            (0..batch.len()).filter(|&at| settlements[at] != Settlement::Done).collect();
        let mut stopped = false;
        while !left.is_empty() && !stopped {
            let receipts =
                join_all(left.iter().map(|&at| self.put_aside(&batch[at], &settlements[at]))).await;
            let mut receipts = receipts.into_iter();
            left.retain(|_| receipts.next() != Some(Receipt::Confirmed));
            if !left.is_empty() {
                self.troubled("retries or parked messages could not be published");
                stopped = self.pause().await;
            }
        }
        let acknowledged = if left.is_empty() {
            let multiple = BasicAckOptions { multiple: true };
            match ackers.last() {
                Some(last) => acknowledge(last, multiple).await,
                None => true,
            }
        } else {
            let single = BasicAckOptions { multiple: false };
            let mut all = true;
            for (at, acker) in ackers.iter().enumerate() {
                // A pack of which something is left comes again, whole.
                let kept = left.iter().any(|&it| ackers[it] == *acker);
                let acknowledged_before = at > 0 && ackers[at - 1] == *acker;
                all &= kept || acknowledged_before || acknowledge(acker, single).await;
            }
            all
        };
        if !acknowledged {
            return Settled::No(End::Broken);
        }
        for (at, settlement) in settlements.iter().enumerate() {
            if !left.contains(&at) {
                self.options.bus.metrics.settled(self.options.line, settlement);
            }
        }
        if stopped {
            return Settled::No(End::Stopped);
        }
        self.well();
        Settled::Yes
    }

    /// Publishes the messages of a pack one by one, then acknowledges it. A pack that was handed out
    /// before may hold the message that took its consumer down, and the others are not to share
    /// its fate. False when it could not be done; the pack comes again.
    async fn scatter(&self, messages: Vec<Message>, acker: &Acker) -> bool {
        let line = self.options.line;
        let publishes = messages.into_iter().map(|it| self.publisher.publish_alone(line, it));
        let receipts = join_all(publishes).await;
        receipts.iter().all(|it| *it == Receipt::Confirmed)
            && acknowledge(acker, BasicAckOptions { multiple: false }).await
    }

    async fn put_aside(&self, delivery: &Delivery, settlement: &Settlement) -> Receipt {
        let line = self.options.line;
        match settlement {
            Settlement::Done => Receipt::Confirmed,
            Settlement::RetryAfter(rung) => {
                self.publisher.publish_later(line, *rung, delivery.again()).await
            }
            Settlement::Onward(next) => {
                self.publisher.publish_alone(*next, delivery.onward()).await
            }
            Settlement::Park(reason) => self.publisher.park(line, delivery.because(reason)).await,
        }
    }

    /// Waits, longer each time; true when the consumer is to stop.
    async fn pause(&mut self) -> bool {
        tokio::select! {
            _ = self.stop.wait_for(|it| *it) => true,
            () = self.waits.wait() => false,
        }
    }

    fn troubled(&self, problem: &str) {
        if self.options.health.troubled(self.number, problem.to_owned()) {
            let line = self.options.line.as_str();
            tracing::warn!(line, slot = self.number, problem, "the consumer cannot work");
        }
    }

    fn well(&self) {
        if self.options.health.well(self.number) {
            let line = self.options.line.as_str();
            tracing::info!(line, slot = self.number, "the consumer works");
        }
    }
}

/// Acknowledges; false when the channel is gone and the broker will hand the delivery out again.
async fn acknowledge(acker: &Acker, options: BasicAckOptions) -> bool {
    matches!(acker.ack(options).await, Ok(true))
}

async fn subscribe(options: Arc<ConsumerOptions>) -> Result<Subscription, BusError> {
    let queue = options.bus.topology.queue(options.line);
    let connection = open(&options.bus, &format!("consumer of {}", options.line.as_str())).await?;
    let channel =
        connection.create_channel().await.map_err(failed("opening a channel", "the broker"))?;
    channel
        .basic_qos(options.prefetch.max(1), BasicQosOptions::default())
        .await
        .map_err(failed("bounding deliveries", &queue))?;
    let consumer = channel
        .basic_consume(
            short(queue.clone()),
            short(String::new()),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .map_err(failed("consuming", &queue))?;
    Ok(Subscription { connection, channel, consumer })
}
