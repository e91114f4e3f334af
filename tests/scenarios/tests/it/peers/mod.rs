//! Failures that other systems of this kind have shown, each as something that must not happen
//! here. Everything goes the whole way: signed deliveries over HTTP, broker, worker, Postgres.

mod answers;
mod order;
mod races;
