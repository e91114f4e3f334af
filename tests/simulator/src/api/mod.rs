//! The HTTP API: Stripe's paths under `/v1/`, and the control API under `/_simulator/`.

mod answer;
mod control;
mod error;
mod exchange;
mod expand;
pub(crate) mod fault;
mod form;
pub(crate) mod keys;
pub(crate) mod limits;
mod list;
pub(crate) mod pattern;
mod percent;
mod query;
mod reads;
mod request;
mod router;
mod search;
pub(crate) mod server;
mod webhook_endpoints;
mod writes;
