//! The HTTP API: Stripe's paths under `/v1/`, and the control API under `/_simulator/`.

mod answer;
mod control;
mod error;
mod exchange;
mod form;
pub(crate) mod keys;
mod list;
mod percent;
mod reads;
mod request;
mod router;
pub(crate) mod server;
mod writes;
