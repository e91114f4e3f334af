//! Keeps a publisher's connection: opens it, notices when it breaks, opens it again.
//!
//! A change of state is logged once; the tries between are not.

use std::sync::{Arc, Mutex};

use futures_util::{Stream, StreamExt};
use lapin::Event;
use lapin::options::ConfirmSelectOptions;
use tokio::sync::{Notify, watch};

use crate::admin::{BusError, close, declare_on, failed};
use crate::connection::open;
use crate::publisher::{Inner, Live};
use crate::reconnect::Waits;

/// Runs until it is told to close, then waits for outstanding confirms and closes.
pub(crate) async fn keep_connected(inner: Arc<Inner>, mut closing: watch::Receiver<bool>) {
    let mut waits = Waits::new();
    let mut told = None;
    loop {
        let opened = tokio::select! {
            biased;
            _ = closing.wait_for(|it| *it) => return,
            opened = establish(&inner) => opened,
        };
        match opened {
            Ok(live) => {
                let live = Arc::new(live);
                let mut events = Box::pin(live.connection.events_listener());
                inner.live.send_replace(Some(live.clone()));
                let _up = inner.options.metrics.connected("publisher");
                tracing::info!("the publisher is connected to the broker");
                (told, waits) = (None, Waits::new());
                let closed = tokio::select! {
                    _ = closing.wait_for(|it| *it) => true,
                    () = break_of(&live, &mut events) => false,
                };
                inner.live.send_replace(None);
                if closed {
                    drain(&inner).await;
                    close(&live.connection).await;
                    return;
                }
                tracing::warn!("the publisher lost the broker; it reconnects by itself");
                close(&live.connection).await;
            }
            Err(error) => {
                let text = chain(&error);
                if told.as_ref() != Some(&text) {
                    tracing::warn!(error = %text, "the publisher has no broker; it tries on");
                    told = Some(text);
                }
            }
        }
        tokio::select! {
            _ = closing.wait_for(|it| *it) => return,
            () = waits.wait() => {}
        }
    }
}

async fn establish(inner: &Inner) -> Result<Live, BusError> {
    let connection = open(&inner.options, "publisher").await?;
    if inner.options.declare {
        declare_on(&connection, &inner.options).await?;
    }
    let channel =
        connection.create_channel().await.map_err(failed("opening a channel", "the broker"))?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .map_err(failed("asking for confirms", "the broker"))?;
    Ok(Live { connection, channel, order: Mutex::new(()), broken: Notify::new() })
}

/// Returns when the channel cannot be used any more.
async fn break_of(live: &Live, events: &mut (impl Stream<Item = Event> + Unpin)) {
    while live.channel.status().connected() && live.connection.status().connected() {
        // An error may be of another channel, which was only asked whether a queue is there.
        tokio::select! {
            () = live.broken.notified() => return,
            event = events.next() => if event.is_none() { return },
        }
    }
}

/// Waits for outstanding confirms, for as long as one may take.
async fn drain(inner: &Inner) {
    if tokio::time::timeout(inner.options.confirm_timeout, inner.drained()).await.is_err() {
        tracing::warn!("the publisher closes although some confirms have not come");
    }
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
