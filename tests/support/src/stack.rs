//! The whole way: simulator, ingest, broker, worker, Postgres.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use counterfoil_simulator::{Endpoint, Options, Simulator};

use crate::compare::{Tally, compare};
use crate::database::Database;
use crate::program::Program;
use crate::queues::Queues;
use crate::until::until;

/// How a stack is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `counterfoil` program.
    pub binary: PathBuf,
    /// The simulator's.
    pub simulator: Options,
    /// The environment beside what the stack sets itself; outweighs it.
    pub environment: Vec<(String, String)>,
    /// Which services run, as arguments of the program; each is a process.
    pub services: Vec<&'static str>,
}

/// The environment in which the reconciler's jobs that call Stripe or deliver events do not run by
/// themselves: they would mend what a test breaks on purpose and spend the calls that it counts, and
/// where months pass in seconds, minutes of the clock on the wall say nothing.
#[must_use]
pub fn reconciler_still() -> Vec<(String, String)> {
    ["GAP_FILL", "OBJECTS", "ENDPOINTS", "JANITORS"]
        .map(|job| (format!("COUNTERFOIL_RECONCILER_{job}"), "off".to_owned()))
        .into()
}

/// A running stack with a database and queues of its own. End it with [`Stack::finish`].
pub struct Stack {
    /// The offline Stripe.
    pub simulator: Simulator,
    /// The database.
    pub database: Database,
    /// The queues.
    pub queues: Queues,
    /// The processes, in the order of [`Settings::services`].
    pub programs: Vec<Program>,
    /// `host:port` of ingest.
    pub ingest: String,
    settings: Settings,
    environment: Vec<(String, String)>,
    finished: bool,
}

/// The secret that the stack's deliveries are signed with.
pub const SECRET: &str = "whsec_stack_secret";

/// How long a service may take to start on a busy machine.
const START: Duration = Duration::from_mins(1);

impl Stack {
    /// Starts everything. Ingest is told to the simulator as an endpoint.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        Self::start_with(settings, Queues::choose()?).await
    }

    /// The same with queues at a broker of one's own.
    pub async fn start_with(settings: Settings, queues: Queues) -> anyhow::Result<Self> {
        let simulator = Simulator::start(settings.simulator.clone()).await?;
        let database = Database::create().await?;
        let environment = environment(&settings, &simulator, &database, &queues);
        let mut stack = Self {
            simulator,
            database,
            queues,
            programs: Vec::new(),
            ingest: String::new(),
            settings,
            environment,
            finished: false,
        };
        for service in stack.settings.services.clone() {
            stack.serve(service).await?;
        }
        if !stack.ingest.is_empty() {
            let _id = stack.simulator.add_endpoint(stack.endpoint()?);
        }
        Ok(stack)
    }

    /// Starts one more process with these services, as one of the stack's own.
    pub async fn serve(&mut self, service: &str) -> anyhow::Result<()> {
        let mut program = self.run(service).await?;
        if matches!(service, "up" | "ingest") {
            program.ready("ingest", START).await?;
        }
        self.programs.push(program);
        Ok(())
    }

    /// Ingest as an endpoint of the simulator.
    pub fn endpoint(&self) -> anyhow::Result<Endpoint> {
        Ok(Endpoint::new(&format!("http://{}/webhooks/stripe", self.ingest), SECRET)?)
    }

    /// Sets a variable for what is started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.settings.binary
    }

    /// Starts one more process with these services.
    pub async fn run(&mut self, service: &str) -> anyhow::Result<Program> {
        let mut program = Program::start(&self.settings.binary, &[service], &self.environment)?;
        program.logged("counterfoil is running", START).await?;
        if matches!(service, "up" | "ingest") {
            let line = program.logged("ingest listens", START).await?;
            let address = line["address"].as_str().context("ingest does not say where")?;
            address.clone_into(&mut self.ingest);
            // The next ingest takes the place of this one.
            let address = self.ingest.clone();
            self.set("COUNTERFOIL_INGEST_LISTEN", &address);
        }
        Ok(program)
    }

    /// Waits until every delivery is acknowledged and every message is worked off.
    pub async fn settled(&self, deadline: Duration) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.simulator.settled(deadline).await,
            "deliveries are left after {deadline:?}: {:?}",
            self.simulator.counters()
        );
        // Queues show only what nobody has taken yet, so the inbox is asked first.
        let acknowledged = i64::try_from(self.simulator.counters().acknowledged)?;
        until("every acknowledged event is settled", deadline, async || {
            let settled: i64 = sqlx::query_scalar(
                "select count(*) from counterfoil.inbox where outcome <> 'refetching'",
            )
            .fetch_one(&self.database.pool)
            .await?;
            anyhow::ensure!(settled >= acknowledged, "{settled} of {acknowledged} are settled");
            Ok(Some(()))
        })
        .await?;
        self.queues.drained(deadline).await
    }

    /// Holds the mirror against the simulator's truth.
    pub async fn tally(&self) -> anyhow::Result<Tally> {
        compare(&self.simulator, &self.database.pool).await
    }

    /// Ends everything orderly, and fails when something is left that should not be: a process
    /// that did not end well, a parked message, an event that is open, or a logged error.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.finished = true;
        let left: Vec<String> = self
            .queues
            .depths()
            .await?
            .iter()
            .filter(|it| it.messages > 0)
            .map(|it| format!("{} holds {}", it.name, it.messages))
            .collect();
        let open: i64 = sqlx::query_scalar(
            "select count(*) from counterfoil.inbox where outcome in ('refetching', 'parked')",
        )
        .fetch_one(&self.database.pool)
        .await?;
        let mut faults = left;
        if open > 0 {
            faults.push(format!("{open} events are open or parked"));
        }
        for program in &mut self.programs {
            if program.id().is_some() {
                let status = program.terminate(START).await?;
                if !status.success() {
                    faults
                        .push(format!("a process ended with {status}: {:?}", program.log().last()));
                }
            }
            faults.extend(program.log().into_iter().filter(|it| it.contains("\"ERROR\"")));
        }
        self.clear().await?;
        anyhow::ensure!(faults.is_empty(), "left over: {}", faults.join("; "));
        Ok(())
    }

    /// Ends everything without looking at what is left, for tests that leave something on purpose.
    pub async fn abandon(mut self) -> anyhow::Result<()> {
        self.finished = true;
        for program in &mut self.programs {
            if program.id().is_some() {
                program.kill().await?;
            }
        }
        self.clear().await
    }

    async fn clear(&self) -> anyhow::Result<()> {
        self.queues.remove().await?;
        self.database.remove().await?;
        self.simulator.clone().stop().await;
        Ok(())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A test that fails by an error or a panic comes here too, and its own words matter more
        // than a second panic.
        if !self.finished {
            crate::until::say(
                "a stack was neither finished nor abandoned; its queues and database stay",
            );
        }
    }
}

/// The program of this name beside the one that is running.
pub fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().unwrap_or(Path::new("."));
    let binary = folder.join(name);
    anyhow::ensure!(binary.exists(), "{} is not built; run `make demo`", binary.display());
    Ok(binary)
}

fn environment(
    settings: &Settings,
    simulator: &Simulator,
    database: &Database,
    queues: &Queues,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [
        ("DATABASE_URL", database.url.as_str()),
        ("AMQP_URL", &queues.url),
        ("COUNTERFOIL_BUS_PREFIX", &queues.prefix),
        ("STRIPE_API_BASE", &simulator.base_url()),
        ("STRIPE_SECRET_KEY", "sk_test_stack"),
        ("STRIPE_WEBHOOK_SECRET", SECRET),
        ("COUNTERFOIL_LOG_FORMAT", "json"),
        ("COUNTERFOIL_LOG_FILTER", "info"),
        ("COUNTERFOIL_INGEST_LISTEN", "127.0.0.1:0"),
        // Everything comes from one address here.
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "0"),
        ("COUNTERFOIL_API_LISTEN", "127.0.0.1:0"),
        ("COUNTERFOIL_ADMIN_INGEST_LISTEN", "127.0.0.1:0"),
        ("COUNTERFOIL_ADMIN_WORKER_LISTEN", "127.0.0.1:0"),
        ("COUNTERFOIL_ADMIN_RECONCILER_LISTEN", "127.0.0.1:0"),
        ("COUNTERFOIL_ADMIN_API_LISTEN", "127.0.0.1:0"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for (name, value) in &settings.environment {
        all.retain(|(other, _)| other != name);
        all.push((name.clone(), value.clone()));
    }
    all
}
