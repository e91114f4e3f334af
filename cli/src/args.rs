//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The half of the billing record that you keep for yourself.
///
/// Receives Stripe's signed webhooks, keeps every event, and mirrors Stripe's objects in your own
/// Postgres. Settings come from the environment and an optional TOML file; docs/SETTINGS.md lists
/// every one of them.
#[derive(Debug, Parser)]
#[command(name = "counterfoil", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// A TOML file with settings; the environment outweighs it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all services in one process.
    Up,
    /// Run the webhook receiver alone: signature, broker's confirm, 200.
    Ingest,
    /// Run the consumers alone: events into the inbox and the mirror.
    Worker,
    /// Run the scheduled jobs alone.
    Reconciler,
    /// Run the billing API alone.
    Api,
    /// Bring the database's schema up to date, and end.
    Migrate,
    /// See what became of every event, and have events judged again.
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Read objects from Stripe now, say what differed, and have the mirror take what Stripe says.
    Resync(ResyncArguments),
    /// Run a job of the reconciler now, and see what the jobs did.
    #[command(subcommand)]
    Reconcile(ReconcileCommand),
    /// See what does not match between Stripe and the mirror, and have it repaired.
    #[command(subcommand)]
    Drift(DriftCommand),
    /// Look after the kept bodies of events.
    #[command(subcommand)]
    Payloads(PayloadsCommand),
    /// What concerns one customer of yours.
    #[command(subcommand)]
    Tenant(TenantCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReconcileCommand {
    /// Take a turn of a job now.
    #[command(after_help = "Jobs: gap_fill, objects, endpoints, janitors, payloads.")]
    Run(RunArguments),
    /// Show when each job last ran, and since when everything is proven.
    Status(StatusArguments),
    /// Show what a run compared, found and changed; the last one unless it is named.
    Report(ReportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The job.
    #[arg(value_name = "JOB", value_parser = crate::reconcile::job_of)]
    pub(crate) job: counterfoil_reconciler::Job,
    /// Only make the plan; nothing is changed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Only what was made since: a time (2026-01-31T12:00:00Z) or an age (90s, 15m, 2h, 7d).
    #[arg(long, value_name = "TIME", value_parser = crate::span::parse)]
    pub(crate) since: Option<crate::span::When>,
    /// Leave off after so many objects or events.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Allow this run to change so many objects, instead of `reconciler.repairs_max`.
    #[arg(long, value_name = "N")]
    pub(crate) repairs_max: Option<u64>,
    /// Print all lines of the plan.
    #[arg(long)]
    pub(crate) all: bool,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The run's number.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<i64>,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DriftCommand {
    /// List findings, the last seen first.
    List(DriftListArguments),
    /// Show one finding: what was held, what Stripe said, what was done.
    Show(FindingArguments),
    /// Ask Stripe for the object of a finding now, and have the mirror take what it says.
    Repair(DriftRepairArguments),
    /// Close a finding that is none.
    Dismiss(DriftDismissArguments),
}

#[derive(Debug, Args)]
pub(crate) struct DriftListArguments {
    /// Only those that are neither corrected nor dismissed.
    #[arg(long)]
    pub(crate) open: bool,
    /// Of this type; another name has all of them listed.
    #[arg(long = "type", value_name = "TYPE", value_parser = crate::drift::type_of)]
    pub(crate) found: Option<counterfoil_domain::reconcile::FindingType>,
    /// Of this severity: info, warning or critical.
    #[arg(long, value_parser = crate::drift::severity_of)]
    pub(crate) severity: Option<counterfoil_domain::reconcile::Severity>,
    /// About this object.
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// Last seen by this run.
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<i64>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FindingArguments {
    /// The finding's number.
    #[arg(value_name = "FINDING")]
    pub(crate) finding: i64,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DriftRepairArguments {
    /// The finding's number.
    #[arg(value_name = "FINDING")]
    pub(crate) finding: i64,
    /// Only say what would be taken.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who repairs it, for the audit; the user of this machine unless given.
    #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
    pub(crate) by: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DriftDismissArguments {
    /// The finding's number.
    #[arg(value_name = "FINDING")]
    pub(crate) finding: i64,
    /// Why it is none.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who says so, for the audit; the user of this machine unless given.
    #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PayloadsCommand {
    /// Encrypt kept bodies with the key in use, after it changed or was set for the first time.
    Reencrypt(ReencryptArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Erase a customer's personal data for good, and leave the books.
    Erase(EraseArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ResyncArguments {
    /// The object's id.
    #[arg(value_name = "OBJECT_ID", required_unless_present = "customer")]
    pub(crate) id: Option<String>,
    /// This customer, and all objects of theirs that the mirror holds.
    #[arg(long, value_name = "CUS_ID", conflicts_with = "id")]
    pub(crate) customer: Option<String>,
    /// What the object is, as Stripe's `object` field names it; needed where the mirror does not
    /// know the id.
    #[arg(long = "type", value_name = "KIND", value_parser = crate::resync::kind_of)]
    pub(crate) kind: Option<counterfoil_domain::mirror::ObjectKind>,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// Only say what differs.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print personal values too. Without it they are only said to differ.
    #[arg(long)]
    pub(crate) show_personal: bool,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReencryptArguments {
    /// Only count them.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArguments {
    /// The Stripe customer.
    #[arg(long, value_name = "CUS_ID")]
    pub(crate) customer: String,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// Really do it: what is erased cannot be brought back.
    #[arg(long)]
    pub(crate) yes: bool,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose objects are meant.
#[derive(Debug, Args)]
pub(crate) struct ScopeArguments {
    /// The Stripe account, where rows are kept under more than one.
    #[arg(long, value_name = "ACCT_ID")]
    pub(crate) account: Option<String>,
    /// Of live mode; the default follows the key, then the configured mode.
    #[arg(long, conflicts_with = "test")]
    pub(crate) live: bool,
    /// Of test mode.
    #[arg(long)]
    pub(crate) test: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InboxCommand {
    /// List events, newest first.
    List(ListArguments),
    /// Show one event and what became of it.
    Show(ShowArguments),
    /// Have events judged again, oldest first. Without --yes it only counts them.
    Replay(ReplayArguments),
    /// Sign recorded events and post them to ingest, as Stripe would.
    Send(SendArguments),
}

/// Which events are meant. All that is given must hold.
#[derive(Debug, Args)]
pub(crate) struct FilterArguments {
    /// Of this type; a closing `*` stands for any ending, as in `invoice.*`.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) event_type: Option<String>,
    /// Of this customer.
    #[arg(long, value_name = "CUS_ID")]
    pub(crate) customer: Option<String>,
    /// About this object.
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// With this outcome: applied, superseded, duplicate, ignored, refetching or parked.
    #[arg(long, value_parser = crate::inbox::outcome_of)]
    pub(crate) outcome: Option<counterfoil_domain::outcome::Outcome>,
    /// Received since: a time (2026-01-31T12:00:00Z) or an age (90s, 15m, 2h, 7d).
    #[arg(long, value_name = "TIME", value_parser = crate::span::parse)]
    pub(crate) since: Option<crate::span::When>,
    /// Received before: a time or an age.
    #[arg(long, value_name = "TIME", value_parser = crate::span::parse)]
    pub(crate) until: Option<crate::span::When>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The event's id.
    #[arg(value_name = "EVENT_ID")]
    pub(crate) id: String,
    /// Also print the body as it was received. It may hold personal data.
    #[arg(long)]
    pub(crate) body: bool,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// Of this id.
    #[arg(long, value_name = "EVENT_ID")]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    /// Really do it.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Only count them, and list the first; also what happens without --yes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// At most so many in a second, so that what is on its way meanwhile does not wait.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// Files with one event each, as Stripe's JSON.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Where ingest listens.
    #[arg(long, default_value = "http://127.0.0.1:8080/webhooks/stripe", value_name = "URL")]
    pub(crate) url: String,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}
