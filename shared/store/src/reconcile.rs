//! What the reconciler remembers in Postgres, so that a run that was killed goes on where it was:
//! runs, how far they are through Stripe's lists, what they look at more closely, findings, audit.
//!
//! A job runs once at a time: an advisory lock says who runs it, and goes with its connection. A
//! process that lost its connection and did not notice is kept out by the run's count of takeovers,
//! which every write compares.

mod audit;
mod findings;
mod held;
mod inbox;
mod indexes;
mod lock;
mod runs;
mod stretches;
pub(crate) mod suspects;
mod walks;

pub use audit::{AuditEntry, AuditLine};
pub use findings::{Correction, Finding, FindingFilter, NewFinding, OpenCount};
pub use indexes::Index;
pub use lock::JobLock;
pub use runs::{Proof, Run, RunHandle, RunState};
pub use stretches::{List, Seen};
pub use suspects::{Asking, FoundCount, Suspect, Verdict};
pub use walks::{Progress, Walk};
