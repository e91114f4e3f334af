//! What every service of Counterfoil needs before it does its own work.
//!
//! Settings are read and checked here, once and all together; here are the clock, the only place
//! that waits, the way a process ends, what it says of its health, and where it is asked. Nothing
//! here knows Stripe, the broker or the database beyond their addresses.

pub mod admin;
pub mod clock;
pub mod config;
pub mod health;
pub mod shutdown;
pub mod telemetry;
pub mod trace;
pub mod wait;

pub use admin::Admin;
pub use clock::Clock;
pub use health::Health;
pub use shutdown::Shutdown;
pub use trace::TraceParent;
