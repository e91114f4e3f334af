//! Proving that both halves match: what a sweep may conclude from what Stripe lists and what is
//! held, when a difference is drift, and when a run must stop instead of repairing.
//!
//! Everything here is a function of values: lists, rows, seconds and limits come in from outside.

mod brake;
mod finding;
mod leaf;
mod stretch;
mod weigh;

pub use brake::{Brake, Braked, Listed, Planned};
pub use finding::{FindingType, Policy, Severity, severity_of};
pub use leaf::{HeldHead, Leaf, ShownHead, Suspicion, compare_leaf};
pub use stretch::{BEGINNING, END, Known, Next, Part, Stretch, next_part};
pub use weigh::{Weighed, Weighing, weigh};
