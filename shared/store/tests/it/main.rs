//! The store against a real Postgres. `make test` starts one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod columns;
mod concurrency;
mod events;
mod freshness;
mod inbox;
mod reconcile;
mod refetch;
mod schema;
mod simulation;
