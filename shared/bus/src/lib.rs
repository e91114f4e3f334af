//! RabbitMQ: the topology, a publisher whose receipts can be relied on, and the one place that
//! acknowledges.
//!
//! What is promised: a message whose receipt is [`Receipt::Confirmed`] is on the disks of a quorum
//! of the brokers; a message is acknowledged only after its work, its retry or its parking is
//! safe. So every message is worked on at least once, and handlers must bear being run twice.
//! Connections that break are rebuilt here; nobody outside has to.

mod admin;
mod connection;
mod connector;
mod consumer;
mod delivery;
pub mod event_message;
mod health;
mod message;
mod metrics;
mod options;
mod publisher;
mod reconnect;
mod topology;
mod wire;

pub use admin::{BusError, QueueDepth, declare, delete_topology, depths, purge};
pub use consumer::{BatchHandler, ConsumeError, ConsumerOptions, consume};
pub use delivery::{Delivery, Outage, PARKED_BECAUSE, Settlement, TRIES};
pub use event_message::{EventMessage, NotAnEventMessage};
pub use health::ConsumerHealth;
pub use message::{HEADER_BYTES_MAX, Headers, Message};
pub use metrics::BusMetrics;
pub use options::{AmqpUrl, AmqpUrlError, BusOptions};
pub use publisher::{Publisher, Receipt, UnknownCause};
pub use topology::{
    Argument, Bound, DELIVERIES_MAX, ExchangeSpec, Line, QUEUE_BYTES_MAX, QueueSpec, Role, Routing,
    Topology, TopologyError,
};

/// Targets of log lines that must be kept out of the logs, as directives of a log filter.
///
/// The library below us prints returned messages with their bodies and, at its lowest level, the
/// broker's address; and it prints every failed try, where we print each change once.
pub const LOG_DIRECTIVES: [&str; 4] =
    ["lapin=off", "amq_protocol=off", "amq_protocol_tcp=off", "tcp_stream=off"];
