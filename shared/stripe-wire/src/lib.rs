//! What Stripe sends, as bytes and as the fields we read of it.
//!
//! Pure: no I/O, no clock, no random source. Reading is tolerant of what is missing or new; what a
//! field means for our rows is decided elsewhere.

pub mod head;
pub mod signature;
