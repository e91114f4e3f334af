//! The short report at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_simulator::Counters;
use counterfoil_support::Stack;
use counterfoil_support::compare::Tally;

use crate::show::Show;

/// Differences that are printed one by one.
const DIFFERENCES_SHOWN: usize = 10;

pub(crate) struct Report {
    counters: Counters,
    received: i64,
    repeats: i64,
    outcomes: Vec<(String, i64)>,
    tally: Tally,
    latencies: Vec<i64>,
    took: Duration,
}

impl Report {
    pub(crate) async fn make(stack: &Stack, took: Duration) -> anyhow::Result<Self> {
        let pool = &stack.database.pool;
        let (received, repeats): (i64, i64) = sqlx::query_as(
            "select count(*), coalesce(sum(repeats), 0)::bigint from counterfoil.inbox",
        )
        .fetch_one(pool)
        .await?;
        let outcomes = sqlx::query_as(
            "select outcome, count(*) from counterfoil.inbox group by outcome order by outcome",
        )
        .fetch_all(pool)
        .await?;
        let tally = stack.tally().await?;
        Ok(Self {
            counters: stack.simulator.counters(),
            received,
            repeats,
            outcomes,
            tally,
            latencies: latencies(stack).await?,
            took,
        })
    }

    /// Whether both halves match and nothing is left for a person.
    pub(crate) fn is_good(&self) -> bool {
        self.tally.is_equal() && !self.outcomes.iter().any(|(name, _)| is_open(name))
    }

    pub(crate) fn print(&self, show: &mut Show) {
        let counters = &self.counters;
        show.line("");
        for (name, text) in [
            ("events", format!("{} made by the simulated Stripe", counters.events_made)),
            (
                "sent",
                format!(
                    "{} deliveries: {} acknowledged, {} attempts failed, {} sent twice",
                    counters.sent,
                    counters.acknowledged,
                    counters.attempts_failed,
                    counters.duplicates_sent
                ),
            ),
            ("received", format!("{} events, and {} copies of them", self.received, self.repeats)),
            ("became", list(&self.outcomes)),
            ("latency", self.latency()),
            ("took", format!("{:.1} s", self.took.as_secs_f64())),
        ] {
            show.line(&format!("  {name:<10}{text}"));
        }
        show.line("");
        show.line("  Mirror against the simulated Stripe's own state, column by column:");
        for (table, count) in &self.tally.objects {
            let differing = self.tally.differences.iter().filter(|it| it.table == *table).count();
            let verdict = if differing == 0 {
                "equal".to_owned()
            } else {
                format!("{differing} DIFFERENCES")
            };
            show.line(&format!("  {table:<20}{count:>7}  {verdict}"));
        }
        for difference in self.tally.differences.iter().take(DIFFERENCES_SHOWN) {
            show.line(&format!("    {difference}"));
        }
        show.line("");
        show.line(if self.is_good() {
            "  The mirror is equal to Stripe's state, and nothing is left over."
        } else {
            "  THE TWO HALVES DO NOT MATCH, or events wait for a person."
        });
        show.line("");
    }

    fn latency(&self) -> String {
        if self.latencies.is_empty() {
            return "not measured".to_owned();
        }
        let at = |part: usize| {
            let index = (self.latencies.len() * part / 1_000).min(self.latencies.len() - 1);
            Duration::from_micros(u64::try_from(self.latencies[index]).unwrap_or(0))
        };
        format!(
            "from delivery to row: half within {:?}, 95 % within {:?}, all within {:?}",
            at(500),
            at(950),
            at(1_000)
        )
    }
}

/// Microseconds from the first copy's sending to the outcome's writing, in order. Events that
/// Stripe was asked about again are left out: their outcome waits for the answer on purpose.
async fn latencies(stack: &Stack) -> anyhow::Result<Vec<i64>> {
    let settled: Vec<(String, i64)> = sqlx::query_as(
        "select event_id, (extract(epoch from settled_at) * 1000000)::bigint \
         from counterfoil.inbox where reason is distinct from 'settled by asking Stripe'",
    )
    .fetch_all(&stack.database.pool)
    .await?;
    let settled: BTreeMap<String, i64> = settled.into_iter().collect();
    let mut all: Vec<i64> = stack
        .simulator
        .deliveries()
        .iter()
        .filter_map(|it| Some(settled.get(&it.event_id)? - it.first_sent_at_micros?))
        .collect();
    all.sort_unstable();
    Ok(all)
}

fn is_open(outcome: &str) -> bool {
    matches!(outcome, "parked" | "refetching")
}

fn list(outcomes: &[(String, i64)]) -> String {
    let parts: Vec<String> =
        outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
    parts.join(", ")
}

/// Where everything can be looked at.
pub(crate) fn addresses(stack: &Stack, show: &mut Show) {
    let program = stack.programs.first();
    let log = program.map(counterfoil_support::Program::log).unwrap_or_default();
    show.line(&format!("  {:<22}{}", "simulated Stripe", stack.simulator.base_url()));
    show.line(&format!("  {:<22}http://{}/webhooks/stripe", "ingest", stack.ingest));
    for (name, address) in counterfoil_support::program::addresses(&log) {
        show.line(&format!("  {name:<22}{address}"));
    }
    show.line(&format!("  {:<22}{}", "Postgres", stack.database.url));
    show.line("");
    show.line("  Look around from another shell:");
    show.line(&format!(
        "    DATABASE_URL={} target/debug/counterfoil inbox list",
        stack.database.url
    ));
    show.line("");
}
