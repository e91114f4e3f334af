//! What was measured, for people and for machines.

use std::path::PathBuf;

use anyhow::Context;
use counterfoil_domain::Timestamp;
use serde_json::{Value, json};

use crate::machine::Facts;
use crate::output::{self, table};
use crate::stats::Spread;

/// Everything that one run measured.
#[derive(Debug)]
pub struct Report {
    machine: Facts,
    started: Timestamp,
    rows: Vec<Row>,
}

/// One row of the table of what must be reached; it may have several figures.
#[derive(Debug)]
pub struct Row {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its figures.
    pub lines: Vec<Line>,
    /// What must be known to read them.
    pub notes: Vec<String>,
    /// The service to look into when a bar is missed.
    pub profile: &'static str,
    /// More, for machines.
    pub figures: Value,
}

/// One figure beside its ceiling.
#[derive(Debug)]
pub struct Line {
    /// What is measured.
    pub what: String,
    /// What it must reach; empty where it is only reported.
    pub bar: String,
    /// What product and ceiling are measured in.
    pub unit: Unit,
    /// The product's figures.
    pub product: Spread,
    /// The ceiling's, where there is one.
    pub ceiling: Option<Spread>,
    /// The product's over the ceiling's, round by round.
    pub ratio: Option<Spread>,
    /// Whether the bar is reached.
    pub verdict: Verdict,
}

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Events in a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// A quotient.
    Ratio,
}

/// Whether a bar is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Pass,
    /// It is not.
    Miss,
    /// There is none.
    None,
}

impl Verdict {
    /// The verdict on a bar.
    #[must_use]
    pub fn of(reached: bool) -> Self {
        if reached { Self::Pass } else { Self::Miss }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Miss => "MISS",
            Self::None => "",
        }
    }
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{value:.0}"),
            Self::Milliseconds | Self::Ratio => format!("{value:.2}"),
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::Milliseconds => " ms",
            Self::Ratio => "",
        }
    }

    /// The median with its spread: `21700/s (20900–22300)`.
    fn spread(self, spread: &Spread) -> String {
        let [median, min, max] =
            [spread.median(), spread.min(), spread.max()].map(|it| self.write(it));
        format!("{median}{} ({min}–{max})", self.suffix())
    }
}

impl Report {
    /// A report without rows.
    #[must_use]
    pub fn new(machine: Facts, started: Timestamp) -> Self {
        Self { machine, started, rows: Vec::new() }
    }

    /// Adds what was measured.
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the table, what must be known to read it, and how to look into what was missed.
    pub fn print(&self) {
        let head = ["row", "bar", "product", "ceiling", "ratio", ""];
        let mut cells = vec![head.map(str::to_owned).to_vec()];
        for line in self.rows.iter().flat_map(|it| &it.lines) {
            let ceiling = line.ceiling.as_ref().map(|it| line.unit.spread(it));
            let ratio = line.ratio.as_ref().map(|it| Unit::Ratio.spread(it));
            cells.push(vec![
                line.what.clone(),
                line.bar.clone(),
                line.unit.spread(&line.product),
                ceiling.unwrap_or_default(),
                ratio.unwrap_or_default(),
                line.verdict.as_str().to_owned(),
            ]);
        }
        output::line("");
        for line in table(&cells) {
            output::line(&line);
        }
        output::line("");
        output::line("medians of the rounds (smallest–largest)");
        for row in &self.rows {
            for note in &row.notes {
                output::line(&format!("{}: {note}", row.name));
            }
            if row.lines.iter().any(|it| it.verdict == Verdict::Miss) {
                output::line(&how_to_profile(row));
            }
        }
        output::line(&format!("machine: {}", self.machine.summary()));
    }

    /// Writes the figures to `bench/<unix time>.json` in the target folder. Answers the path.
    pub fn write(&self) -> anyhow::Result<PathBuf> {
        let program = std::env::current_exe()?;
        // target/release/counterfoil-bench
        let target = program.ancestors().nth(2).context("the target folder is unknown")?;
        let folder = target.join("bench");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.json", self.started.unix_seconds()));
        std::fs::write(&path, format!("{:#}\n", self.to_json()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }

    fn to_json(&self) -> Value {
        json!({
            "started": self.started.unix_seconds(),
            "machine": self.machine.to_json(),
            "rows": self.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let lines = self.lines.iter().map(|line| {
            json!({
                "what": line.what,
                "bar": line.bar,
                "unit": line.unit.suffix().trim(),
                "product": line.product.to_json(),
                "ceiling": line.ceiling.as_ref().map(Spread::to_json),
                "ratio": line.ratio.as_ref().map(Spread::to_json),
                "verdict": line.verdict.as_str().to_lowercase(),
            })
        });
        json!({
            "name": self.name,
            "lines": lines.collect::<Vec<_>>(),
            "notes": self.notes,
            "figures": self.figures,
        })
    }
}

fn how_to_profile(row: &Row) -> String {
    format!(
        "{name} misses a bar. To see why (Debian: apt-get install linux-perf):\n  \
         CARGO_PROFILE_RELEASE_DEBUG=line-tables-only make bench BENCH='--row {name}' &\n  \
         perf record -g -p $(pgrep -f 'counterfoil {service}$') -- sleep 10; perf report --no-children",
        name = row.name,
        service = row.profile,
    )
}
