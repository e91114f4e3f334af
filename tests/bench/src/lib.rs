//! The benchmarks: what the product reaches, each beside its ceiling, the bare program that does
//! only the part which cannot be avoided.
//!
//! Product and ceiling take turns in one run, on the same machine and the same broker, so that what
//! else the machine does falls on both. What is compared is the median of the rounds' ratios; the
//! spread beside it says how much to believe it. A figure without its ceiling says more of the
//! machine than of the program.
//!
//! A later row is one file in `rows`, and one entry in [`options::RowName`].

pub mod ceiling;
pub mod load;
pub mod machine;
pub mod options;
pub mod output;
pub mod product;
pub mod report;
pub mod rows;
pub mod simulated;
pub mod stats;
