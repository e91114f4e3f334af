//! Stripe's official SDKs against the simulator: which paths they must drive. The programs in
//! `python` and `node` drive them, and the tests of this package run the programs and hold what
//! the simulator saw against this list.

mod paths;

pub use paths::{NOT_YET, PATHS};
