//! Declaring the topology, and looking at it.

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{Connection, ErrorKind, ExchangeKind};

use crate::connection::open;
use crate::options::BusOptions;
use crate::topology::{ExchangeSpec, Line, QueueSpec, Role, Routing};
use crate::wire::{arguments, short};

/// Why something could not be done on the broker.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The address has not the form of one.
    #[error("the broker's address is not of the form amqp://user:password@host:port/vhost")]
    Address,
    /// No connection came about.
    #[error("the broker cannot be reached, or refused us; check its address and credentials")]
    Unreachable {
        /// What the connection said.
        #[source]
        source: Box<lapin::Error>,
    },
    /// No connection came about in time.
    #[error("the broker did not answer in time; check its address, and that it is up")]
    Silent,
    /// A queue or exchange of this name exists, and is not as it must be.
    #[error(
        "{name} exists on the broker and differs from what this version needs ({difference}); \
         drain and delete it, or use another prefix"
    )]
    Differs {
        /// The queue or exchange.
        name: String,
        /// What the broker says is different.
        difference: String,
    },
    /// The broker's user may not do this.
    #[error("the broker does not allow {operation} on {name}; give its user the right to")]
    Forbidden {
        /// What was tried.
        operation: &'static str,
        /// On what.
        name: String,
    },
    /// A queue or exchange is missing.
    #[error("{name} does not exist on the broker; start a service or declare the topology")]
    Missing {
        /// The queue or exchange.
        name: String,
    },
    /// The connection broke, or the broker refused for another reason.
    #[error("the broker did not carry out {operation} on {name}; try again once it is well")]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// On what.
        name: String,
        /// What the connection said.
        #[source]
        source: Box<lapin::Error>,
    },
}

/// How full a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// Its whole name.
    pub name: String,
    /// The line it belongs to.
    pub line: Line,
    /// What it is for.
    pub role: Role,
    /// Messages ready to be handed out; those in a consumer's hands are not among them.
    pub messages: u32,
    /// Consumers that are subscribed.
    pub consumers: u32,
}

/// Declares every exchange and queue. What is there already and as it must be is left alone; what
/// differs is [`BusError::Differs`], and nobody's queue is changed.
pub async fn declare(options: &BusOptions) -> Result<(), BusError> {
    let connection = open(options, "admin").await?;
    let result = declare_on(&connection, options).await;
    close(&connection).await;
    result
}

pub(crate) async fn declare_on(
    connection: &Connection,
    options: &BusOptions,
) -> Result<(), BusError> {
    let channel =
        connection.create_channel().await.map_err(failed("opening a channel", "the broker"))?;
    for ExchangeSpec { name, kind, arguments: wanted } in options.topology.exchanges() {
        let kind = match kind {
            Routing::Fanout => ExchangeKind::Fanout,
            Routing::Direct => ExchangeKind::Direct,
        };
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(short(name.clone()), kind, durable, arguments(&wanted))
            .await
            .map_err(failed("declaring", &name))?;
    }
    for QueueSpec { name, exchange, arguments: wanted, part: _ } in options.topology.queues() {
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel
            .queue_declare(short(name.clone()), durable, arguments(&wanted))
            .await
            .map_err(failed("declaring", &name))?;
        channel
            .queue_bind(
                short(name.clone()),
                short(exchange),
                short(name.clone()),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(failed("binding", &name))?;
    }
    // A channel left open holds memory on both sides; its being closed already harms nobody.
    let _ = channel.close(200, short("done".to_owned())).await;
    Ok(())
}

/// How full every queue of every line is.
pub async fn depths(options: &BusOptions) -> Result<Vec<QueueDepth>, BusError> {
    let connection = open(options, "admin").await?;
    let result = depths_on(&connection, options).await;
    close(&connection).await;
    result
}

pub(crate) async fn depths_on(
    connection: &Connection,
    options: &BusOptions,
) -> Result<Vec<QueueDepth>, BusError> {
    let channel =
        connection.create_channel().await.map_err(failed("opening a channel", "the broker"))?;
    let mut depths = Vec::new();
    for QueueSpec { name, part, exchange: _, arguments: _ } in options.topology.queues() {
        let Some((line, role)) = part else { continue };
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel
            .queue_declare(short(name.clone()), passive, FieldTable::default())
            .await
            .map_err(failed("looking", &name))?;
        let (messages, consumers) = (queue.message_count(), queue.consumer_count());
        depths.push(QueueDepth { name, line, role, messages, consumers });
    }
    let _ = channel.close(200, short("done".to_owned())).await;
    Ok(depths)
}

/// Throws away what waits in one queue, and says how many messages that was.
pub async fn purge(options: &BusOptions, queue: &str) -> Result<u32, BusError> {
    let connection = open(options, "admin").await?;
    let result = async {
        let channel =
            connection.create_channel().await.map_err(failed("opening a channel", queue))?;
        channel
            .queue_purge(short(queue.to_owned()), QueuePurgeOptions::default())
            .await
            .map_err(failed("purging", queue))
    }
    .await;
    close(&connection).await;
    result
}

/// Deletes every queue and exchange with all they hold. For tests and for taking a prefix down.
pub async fn delete_topology(options: &BusOptions) -> Result<(), BusError> {
    let connection = open(options, "admin").await?;
    let result = async {
        let channel =
            connection.create_channel().await.map_err(failed("opening a channel", "the broker"))?;
        for QueueSpec { name, .. } in options.topology.queues() {
            channel
                .queue_delete(short(name.clone()), QueueDeleteOptions::default())
                .await
                .map_err(failed("deleting", &name))?;
        }
        for ExchangeSpec { name, .. } in options.topology.exchanges() {
            channel
                .exchange_delete(short(name.clone()), ExchangeDeleteOptions::default())
                .await
                .map_err(failed("deleting", &name))?;
        }
        Ok(())
    }
    .await;
    close(&connection).await;
    result
}

/// Closes a connection whose work is over. That it may have broken meanwhile harms nobody.
pub(crate) async fn close(connection: &Connection) {
    let _ = connection.close(200, short("done".to_owned())).await;
}

/// Turns an error of the library into ours, by what can be done about it.
pub(crate) fn failed(operation: &'static str, name: &str) -> impl FnOnce(lapin::Error) -> BusError {
    let name = name.to_owned();
    move |source| {
        let ErrorKind::ProtocolError(error) = source.kind() else {
            return BusError::Failed { operation, name, source: Box::new(source) };
        };
        match error.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => {
                let said = error.get_message().as_str();
                let difference = said.strip_prefix("PRECONDITION_FAILED - ").unwrap_or(said);
                BusError::Differs { name, difference: difference.to_owned() }
            }
            AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND) => BusError::Missing { name },
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)
            | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                BusError::Forbidden { operation, name }
            }
            AMQPErrorKind::Soft(_) | AMQPErrorKind::Hard(_) => {
                BusError::Failed { operation, name, source: Box::new(source) }
            }
        }
    }
}
