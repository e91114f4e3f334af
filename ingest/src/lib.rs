//! Receives Stripe's webhooks: verify the signature, publish with a confirm, answer 200.
//!
//! Guaranteed: 200 is said only after the broker has confirmed the event, byte for byte as it was
//! signed. Whenever that is not certain the answer is 503 and Stripe sends again, so an event may
//! arrive twice and is never lost. A correctly signed body is never refused for what it holds: what
//! is no event is published to be parked. The broker being away makes this service not ready; it
//! recovers by itself. It needs neither a database nor a key of Stripe's.

mod address;
mod admission;
mod answer;
mod body;
mod endpoint;
mod event;
mod linger;
mod metrics;
mod receiver;
mod route;
mod server;

pub use endpoint::EndpointError;
pub use server::{Ingest, IngestError, Parts, serve};
