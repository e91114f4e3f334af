//! HTTP to Stripe. The only crate that calls it.
//!
//! One call is one attempt: whoever asked decides when to ask again, because the queue that carried
//! the work knows how often it was tried. Every answer carries Stripe's own clock, which stamps what
//! it showed. Keys are never shown in errors, `Debug` or logs.

mod client;
mod error;
mod fetch;
mod list;
mod listing;
mod paths;

pub use client::{ClientOptions, NotOurs, StripeClient};
pub use error::StripeError;
pub use fetch::{Answer, Asked};
pub use list::{EVENTS, Listed, PageAsked, THIN_EVENTS, WEBHOOK_ENDPOINTS};
pub use listing::{Listing, NOT_LISTED, Walk, listing_of};
