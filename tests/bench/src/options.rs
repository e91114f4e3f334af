//! The command line.

use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

/// Measures what Counterfoil reaches, each row beside its ceiling, in the same run.
///
/// Needs `DATABASE_URL` and `AMQP_URL`, and the `counterfoil` program beside this one: `make bench`
/// sees to both.
#[derive(Debug, Parser)]
#[command(name = "counterfoil-bench", max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// Measure only this row; may be given more than once.
    #[arg(long = "row", value_enum, value_name = "NAME")]
    only: Vec<RowName>,
    /// How long one measurement lasts, in seconds; each row has its own default.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: Option<u32>,
    /// How often product and ceiling take turns; each row has its own default.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// Two rounds of a second: shows that everything runs, and measures little.
    #[arg(long)]
    quick: bool,
    /// What else this program does.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does for itself, in a process of its own.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the ceiling of HTTP rows: read each body, answer 200.
    #[command(hide = true)]
    Echo {
        /// How many bytes each answer has.
        #[arg(long, default_value_t = 0)]
        bytes: usize,
    },
    /// Serve the simulator with so many subscriptions in it.
    #[command(hide = true)]
    Simulator {
        /// How many subscriptions.
        #[arg(long)]
        subscriptions: u32,
    },
}

/// A row of the table of what must be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowName {
    /// Ingest as fast as 256 senders get their answers.
    IngestClosed,
    /// Ingest at 5,000 events a second.
    IngestOpen,
    /// The worker, with events that wait.
    Worker,
    /// From delivery to row at 1,000 events a second.
    EventToRow,
    /// The full diff, over a mirror that is right.
    FullDiff,
    /// The simulator, listing a million subscriptions.
    SimulatorLists,
}

/// How a row is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How often product and ceiling take turns.
    pub rounds: u32,
    /// How long each measurement lasts.
    pub span: Duration,
    /// How long the load runs before each measurement.
    pub warm_up: Duration,
}

impl Arguments {
    /// The rows that are asked for, in their order.
    #[must_use]
    pub fn rows(&self) -> Vec<RowName> {
        let wanted = |it: &RowName| self.only.is_empty() || self.only.contains(it);
        RowName::value_variants().iter().copied().filter(wanted).collect()
    }

    /// How this row is to be measured.
    #[must_use]
    pub fn plan(&self, row: RowName) -> Plan {
        let (rounds, seconds) = match row {
            RowName::IngestClosed => (7, 4),
            RowName::IngestOpen => (5, 10),
            RowName::Worker => (5, 4),
            RowName::EventToRow => (1, 60),
            RowName::FullDiff => (3, 10),
            RowName::SimulatorLists => (5, 3),
        };
        let (rounds, seconds) = if self.quick { (2, 1) } else { (rounds, seconds) };
        Plan {
            rounds: self.rounds.unwrap_or(rounds),
            span: Duration::from_secs(u64::from(self.seconds.unwrap_or(seconds))),
            warm_up: Duration::from_millis(if self.quick { 300 } else { 1_500 }),
        }
    }
}
