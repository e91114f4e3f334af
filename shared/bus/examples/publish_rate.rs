//! How fast the publisher is beside the bare library: 256 tasks that each publish 4 KiB and wait
//! for the confirm, into quorum queues of the broker at `AMQP_URL`, in alternation.
//!
//! The bare side shares one channel without an order lock, headers or time limits. It is a ceiling,
//! not a publisher: some of its confirms belong to other messages.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock and its address")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use counterfoil_bus::{
    AmqpUrl, BusOptions, EventMessage, Line, Publisher, Receipt, Topology, declare, delete_topology,
};
use counterfoil_domain::{Lane, Timestamp};
use futures_util::future::join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};

const TASKS: usize = 256;
const ROUND: Duration = Duration::from_secs(4);
const LINE: Line = Line::Events(Lane::Access);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("AMQP_URL")?;
    let mut options = BusOptions::new(AmqpUrl::new(url.as_str().into())?);
    options.topology = Topology::new(&format!("rate-{}", std::process::id()))?;
    declare(&options).await?;
    let connection = Connection::connect(&url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let channel = Arc::new(channel);
    let publisher = Publisher::connect(options.clone()).await;
    publisher.connected().await;
    let body = Bytes::from(vec![b'x'; 4_096]);
    for _ in 0..3 {
        let queue = options.topology.queue(LINE);
        let (channel, publisher) = (channel.clone(), publisher.clone());
        let (name, bytes) = (queue.clone(), body.clone());
        let bare = rate(move || bare(channel.clone(), name.clone(), bytes.clone())).await;
        counterfoil_bus::purge(&options, &queue).await?;
        let bytes = body.clone();
        let ours = rate(move || ours(publisher.clone(), bytes.clone())).await;
        counterfoil_bus::purge(&options, &queue).await?;
        println!("bare {bare:>7.0}/s   ours {ours:>7.0}/s   ratio {:.2}", ours / bare);
    }
    publisher.close().await;
    // A broker of 3.10 may lose its log writer for a moment when a queue is deleted that has just
    // held much.
    for _ in 0..5 {
        if delete_topology(&options).await.is_ok() {
            return Ok(());
        }
    }
    Err("the queues of this measurement could not be deleted".into())
}

/// Confirmed messages per second over one round.
async fn rate<F: Future<Output = bool> + Send>(
    one: impl Fn() -> F + Send + Sync + Clone + 'static,
) -> f64 {
    let started = Instant::now();
    let tasks = (0..TASKS).map(|_| {
        let one = one.clone();
        tokio::spawn(async move {
            let mut confirmed = 0_u32;
            while started.elapsed() < ROUND {
                confirmed += u32::from(one().await);
            }
            confirmed
        })
    });
    let confirmed: u32 = join_all(tasks).await.into_iter().map(Result::unwrap_or_default).sum();
    f64::from(confirmed) / started.elapsed().as_secs_f64()
}

async fn bare(channel: Arc<Channel>, queue: String, body: Bytes) -> bool {
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let sent = channel.basic_publish("".into(), queue.into(), options, &body, properties).await;
    match sent {
        Ok(confirm) => confirm.await.is_ok_and(|it| it.is_ack()),
        Err(_) => false,
    }
}

async fn ours(publisher: Publisher, body: Bytes) -> bool {
    let event = EventMessage {
        id: "evt_1TestTestTestTestTestTest".to_owned(),
        event_type: Some("customer.subscription.updated".to_owned()),
        endpoint: "main".to_owned(),
        account: Some("acct_1TestTestTest".to_owned()),
        livemode: Some(false),
        connect: false,
        api_version: Some("2026-01-28.clover".to_owned()),
        expected_version: Some("2026-01-28.clover".to_owned()),
        received_at: Timestamp::EPOCH,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        park: None,
        replay: false,
        body,
    };
    publisher.publish(LINE, event.into_message()).await == Receipt::Confirmed
}
