//! What a sighting of a Stripe object means for our rows.
//!
//! The only code that knows both vocabularies: Stripe's (`stripe-wire`) and ours (`domain`). Pure:
//! the same body always gives the same rows, so events, refetches and sweeps can never disagree
//! about what Stripe said. A body that cannot be read is an error for a person, never a panic.

mod compare;
pub mod coverage;
mod field;
mod meaning;
mod object;
mod objects;
mod project;
mod silence;
mod witness;

pub use compare::{Difference, differences};
pub use meaning::{Meaning, meaning_of};
pub use object::{child_tables_of, reading_of, table_of, tables};
pub use project::{ProjectionError, absent, project};
pub use silence::untold;
pub use witness::witness_of;
