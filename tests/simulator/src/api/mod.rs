//! The HTTP API: Stripe's paths under `/v1/` and `/v2/`, and the control API under `/_simulator/`.
//!
//! A call goes through `server` (bytes in, bytes out), `exchange` (who calls, faults, limits,
//! idempotency keys), `router` (which path) and the file of its resource in `routes` (what it
//! does); `expand` then fills its answer in. Whatever is sent is answered, and what is refused
//! before it is executed changes nothing.

mod answer;
mod bank;
mod control;
pub(crate) mod direct;
mod error;
mod exchange;
mod expand;
pub(crate) mod fault;
mod form;
pub(crate) mod keys;
mod lane;
pub(crate) mod limits;
mod list;
mod metadata;
mod pages;
pub(crate) mod pattern;
mod percent;
mod query;
mod request;
mod router;
mod routes;
mod search;
pub(crate) mod seen;
pub(crate) mod server;
mod v2;
mod visits;
