//! Seeded worlds that prove the rule of the mirror: histories of the offline Stripe, delivered twice,
//! late, out of order, in several versions or not at all, to workers that race and die.
//!
//! Nothing here touches a server, a file or a clock: a seed gives the same world to the last step.
//! What is judged is judged by the product's own pure code; the locks, the inbox and the queues are
//! modelled as the store and the bus have them. While faults run, safety is checked at every commit
//! (`safety`); when they end, what is left is worked off and both halves are equal (`halves`).

mod absorbing;
mod asking;
mod chance;
mod course;
mod facts;
mod halves;
mod history;
mod post;
mod safety;
mod store;
mod tally;
mod temper;

pub use history::{Api, History};
pub use tally::{Failure, Tally};

use course::Course;

/// Runs the world of a seed; what it exercised, and its steps where they are wanted.
///
/// # Errors
///
/// When a promise is broken.
pub fn run(seed: u64, traced: bool) -> Result<(Tally, Vec<String>), Failure> {
    let mut course = Course::new(seed, traced);
    course.run()?;
    Ok(course.into_tally())
}
