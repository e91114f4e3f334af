//! The HTTP API: Stripe's paths under `/v1/`, and the control API under `/_simulator/`.

mod answer;
mod control;
mod error;
mod form;
mod list;
mod reads;
mod request;
mod router;
pub(crate) mod server;
mod writes;
