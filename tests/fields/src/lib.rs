//! Where each column's value lives in Stripe's bodies, written down a second time.
//!
//! The list is `fields.txt`, by hand from Stripe's documentation of each version. It shares nothing
//! with the projection but the names of kinds, tables and columns, so that a mistake of the
//! projection cannot excuse itself. The tests of this package hold what the projection makes of
//! bodies against it: bodies that the simulator renders, in many versions, and recorded ones.

mod list;
mod said;
mod version;

pub use list::{Column, Place, Read, Table, Unreadable, Where, tables};
pub use said::said;
pub use version::Version;
