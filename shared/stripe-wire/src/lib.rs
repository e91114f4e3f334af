//! What Stripe sends, read tolerantly: signatures, event envelopes, and any object as a tree.
//!
//! Pure. Nothing is required that we can do without, unknown fields and values pass, and a field of
//! a wrong shape is an error that names where it lies; nothing panics. What cannot be read is for
//! the caller to set aside.

pub mod event;
pub mod head;
pub mod node;
pub mod page;
pub mod revert;
pub mod signature;
pub mod tolerant;
