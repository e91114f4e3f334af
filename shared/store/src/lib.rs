//! Postgres: the inbox, the payloads, and the mirror. The only crate with SQL.
//!
//! Everything an event brings about is written in one transaction, or not at all, and may be asked
//! for again: a repeat changes nothing. Errors say what the caller can do: wait until Postgres is
//! back, try the batch again, or split it to find the one event that is refused.

mod absorb;
mod connect;
mod error;
mod fetched;
mod inbox;
mod mirror;
mod payload;
mod retention;

pub use absorb::{Meaning, Received, Settled};
pub use connect::{ConnectOptions, Store};
pub use error::StoreError;
pub use fetched::{Fetched, FetchedOutcome};
pub use inbox::{Filter, InboxRow, Payload, Span};
pub use retention::Retention;
