//! What tests, the demo and the benchmarks share: a database and queues of their own, the programs
//! under test as child processes, waiting for a condition, and holding the mirror against the
//! simulator's truth.

pub mod compare;
pub mod database;
pub mod gate;
pub mod http;
pub mod order;
pub mod program;
pub mod queues;
pub mod stack;
pub mod until;

pub use compare::{Difference, Tally, compare};
pub use database::Database;
pub use gate::Gate;
pub use order::Said;
pub use program::Program;
pub use queues::Queues;
pub use stack::{Settings, Stack};
pub use until::until;
