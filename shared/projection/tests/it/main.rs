//! Projections of whole bodies, as several versions of Stripe's API render them.

#![recursion_limit = "512"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails right there")]

mod bodies;
mod mutations;
mod versions;
