//! The client against a server that answers as it is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod fetch;
mod server;
