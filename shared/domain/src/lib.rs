//! The rules of Counterfoil as pure functions of values.
//!
//! Nothing here reads a clock, a random source, a socket or a file: `now` and chance are arguments,
//! and every answer names its cause. What a rule decides here is carried out elsewhere: by the
//! worker, the reconciler or the api. A rule that is wrong is wrong in one place.

pub mod absorb;
pub mod endpoint;
pub mod event;
pub mod freshness;
pub mod lane;
pub mod mirror;
pub mod outcome;
pub mod reconcile;
pub mod retry;
pub mod scope;
pub mod timestamp;

pub use event::EventKey;
pub use lane::Lane;
pub use scope::Scope;
pub use timestamp::Timestamp;
