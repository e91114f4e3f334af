//! Postgres: the inbox, the payloads, and the mirror. The only crate with SQL.
//!
//! Everything an event brings about is written in one transaction, or not at all, and may be asked
//! for again: a repeat changes nothing. Errors say what the caller can do: wait until Postgres is
//! back, try the batch again, or split it to find the one event that is refused.

mod absorb;
mod attempts;
mod budget;
mod connect;
mod erase;
mod error;
mod fetched;
mod inbox;
mod mirror;
mod payload;
mod reconcile;
mod reencrypt;
mod retention;
mod rows;
mod seal;

pub use absorb::{Absorbing, Meaning, Received, Settled};
pub use attempts::{Attempt, Cause};
pub use budget::{Grant, Rate};
pub use connect::{ConnectOptions, Store};
pub use erase::Erased;
pub use error::StoreError;
pub use fetched::{Fetched, FetchedOutcome, ObjectRef};
pub use inbox::{Filter, InboxRow, Payload, Span};
pub use payload::Unreadable;
pub use reconcile::{
    Asking, AuditEntry, AuditLine, Correction, Finding, FindingFilter, FoundCount, Index, JobLock,
    List, NewFinding, OpenCount, Progress, Proof, Run, RunHandle, RunState, Seen, Suspect, Verdict,
    Walk,
};
pub use reencrypt::{Passed, Reencrypted};
pub use retention::Retention;
pub use rows::{HeldRow, Which};
pub use seal::{BadKey, PayloadKeys};
