//! The HTTP API: Stripe's paths under `/v1/`, and the control API under `/_simulator/`.

mod answer;
mod control;
mod error;
mod exchange;
pub(crate) mod fault;
mod form;
pub(crate) mod keys;
pub(crate) mod limits;
mod list;
pub(crate) mod pattern;
mod percent;
mod reads;
mod request;
mod router;
pub(crate) mod server;
mod writes;
