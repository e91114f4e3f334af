//! The ceiling of receiving events: a program that only publishes.
//!
//! It uses the broker's client library as its documentation shows, past our bus: one connection,
//! one channel in confirm mode, as many tasks as confirms may be outstanding, each of which
//! publishes and waits for its confirm. Messages go through the same exchange into the same queue
//! as the product's, persistent and mandatory, with a body of the same length and no headers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use counterfoil_service::Clock;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::task::JoinSet;

use crate::load::window::Window;

/// What is published, and where.
#[derive(Debug, Clone)]
pub struct Bare {
    /// The broker's address.
    pub url: String,
    /// The exchange.
    pub exchange: String,
    /// The queue, which is also the routing key.
    pub queue: String,
    /// The length of each body, in bytes.
    pub body_bytes: usize,
    /// How many publishes are without their confirm at any time.
    pub outstanding: usize,
}

/// The value of `delivery_mode` that makes the broker write a message to disk.
const PERSISTENT: u8 = 2;

/// Publishes, and counts confirms within `span`, after the warm-up. Holds the calling thread.
pub fn measure(
    bare: &Bare,
    warm_up: Duration,
    span: Duration,
    clock: &Clock,
) -> anyhow::Result<Window> {
    let confirmed = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    // The runtime that the product has too: as many workers as the machine has cores.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let work = publish(bare.clone(), Arc::clone(&confirmed), Arc::clone(&stop));
    let thread = std::thread::Builder::new().name("bare publisher".to_owned());
    let running = thread.spawn(move || runtime.block_on(work))?;
    let window = Window::over(&confirmed, warm_up, span, clock);
    stop.store(true, Ordering::Relaxed);
    match running.join() {
        Ok(ended) => ended?,
        Err(_) => anyhow::bail!("the bare publisher panicked; its message is above"),
    }
    Ok(window)
}

async fn publish(
    bare: Bare,
    confirmed: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let connection = Connection::connect(&bare.url, ConnectionProperties::default()).await;
    let connection = connection.context("the bare publisher has no broker")?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mut running = JoinSet::new();
    for _ in 0..bare.outstanding {
        let one = one_outstanding(
            channel.clone(),
            bare.clone(),
            Arc::clone(&confirmed),
            Arc::clone(&stop),
        );
        running.spawn(one);
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    connection.close(200, "done".into()).await?;
    Ok(())
}

async fn one_outstanding(
    channel: Channel,
    bare: Bare,
    confirmed: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let (exchange, queue) = (bare.exchange.as_str(), bare.queue.as_str());
    let body = vec![b'x'; bare.body_bytes];
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    while !stop.load(Ordering::Relaxed) {
        let published = channel.basic_publish(
            exchange.into(),
            queue.into(),
            options,
            &body,
            properties.clone(),
        );
        match published.await?.await? {
            Confirmation::Ack(None) => confirmed.fetch_add(1, Ordering::Relaxed),
            other @ (Confirmation::Ack(Some(_))
            | Confirmation::Nack(_)
            | Confirmation::NotRequested) => {
                anyhow::bail!("the broker did not take a message: {other:?}")
            }
        };
    }
    Ok(())
}
