//! Jobs that prove that Stripe's half and ours match, find what does not, mend it and say so. They
//! run by the clock, each safe to repeat and to run in several processes at once.
//!
//! Guarantees: one process at a time runs a job; a run that was killed goes on where it was; nothing
//! is changed unless the whole plan of a run fits under its brake; what is changed is what Stripe
//! showed, absorbed by the same rule as events. A run that cannot reach Stripe or Postgres waits and
//! then leaves off; the next tick goes on with it. What a run found is kept whether or not it was
//! mended, for `counterfoil drift` and the alerts.

mod call;
mod compare;
mod context;
mod endpoints;
mod gap_fill;
mod janitors;
mod job;
mod metrics;
mod objects;
mod payloads;
mod redeliver;
mod repair;
mod run;
mod schedule;
mod turn;

pub use call::Caller;
pub use compare::{Compared, compare, compare_held};
pub use context::{Context, Policies, Settings, Wanted, WantedEndpoint};
pub use gap_fill::LISTED;
pub use job::Job;
pub use metrics::ReconcilerMetrics;
pub use redeliver::{Origin, again};
pub use repair::{RepairError, Repaired, look, repair};
pub use run::{ReconcilerError, ReconcilerOptions, run};
pub use schedule::{Schedule, ScheduleError};
pub use turn::{How, JobError, Turn, turn};
