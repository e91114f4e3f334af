//! The product: the `counterfoil` program as operators run it, in a process of its own.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use counterfoil_support::{Program, Queues, stack};

/// The secret of the endpoint that events are sent to.
pub const SECRET: &str = "whsec_bench_secret";
/// How long a program may take to start on a busy machine.
const START: Duration = Duration::from_mins(1);
/// How long it may take to finish what it has in hand.
const END: Duration = Duration::from_mins(1);

/// A program that listens.
#[derive(Debug)]
pub struct Listening {
    program: Program,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Processor time, in seconds.
    pub cpu_seconds: f64,
    /// The most memory it ever held, in MiB.
    pub peak_mib: f64,
}

impl Listening {
    /// `counterfoil ingest` on these queues.
    pub async fn ingest(queues: &Queues) -> anyhow::Result<Self> {
        let binary = stack::sibling("counterfoil").context("run `make bench`, which builds it")?;
        let environment = [
            ("AMQP_URL", queues.url.as_str()),
            ("COUNTERFOIL_BUS_PREFIX", &queues.prefix),
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("COUNTERFOIL_LOG_FORMAT", "json"),
            ("COUNTERFOIL_INGEST_LISTEN", "127.0.0.1:0"),
            // All senders have one address here.
            ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "0"),
            ("COUNTERFOIL_ADMIN_INGEST_LISTEN", "127.0.0.1:0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut program = Program::start(&binary, &["ingest"], &environment)?;
        program.logged("the publisher is connected to the broker", START).await?;
        Self::when_it_says(program, "ingest listens").await
    }

    /// `counterfoil worker` on this database and these queues, without a key for Stripe.
    pub async fn worker(database: &str, queues: &Queues) -> anyhow::Result<Self> {
        let binary = stack::sibling("counterfoil").context("run `make bench`, which builds it")?;
        let environment = [
            ("DATABASE_URL", database),
            ("AMQP_URL", queues.url.as_str()),
            ("COUNTERFOIL_BUS_PREFIX", &queues.prefix),
            ("COUNTERFOIL_LOG_FORMAT", "json"),
            ("COUNTERFOIL_ADMIN_WORKER_LISTEN", "127.0.0.1:0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut program = Program::start(&binary, &["worker"], &environment)?;
        let line = program.logged("starting", START).await?;
        let address = line["admin"].as_str().and_then(|it| it.parse().ok());
        let address = address.context("the worker does not say where it answers")?;
        Ok(Self { program, address })
    }

    /// `counterfoil reconciler` on this database, comparing the subscriptions that a simulator at
    /// this address lists, again and again.
    pub async fn reconciler(database: &str, stripe: SocketAddr) -> anyhow::Result<Self> {
        let binary = stack::sibling("counterfoil").context("run `make bench`, which builds it")?;
        let base = format!("http://{stripe}");
        let environment = [
            ("DATABASE_URL", database),
            ("STRIPE_API_BASE", base.as_str()),
            ("STRIPE_SECRET_KEY", "sk_test_bench"),
            ("COUNTERFOIL_LOG_FORMAT", "json"),
            ("COUNTERFOIL_ADMIN_RECONCILER_LISTEN", "127.0.0.1:0"),
            ("COUNTERFOIL_RECONCILER_OBJECTS", "* * * * * *"),
            ("COUNTERFOIL_RECONCILER_GAP_FILL", "off"),
            ("COUNTERFOIL_RECONCILER_ENDPOINTS", "off"),
            ("COUNTERFOIL_RECONCILER_JANITORS", "off"),
            ("COUNTERFOIL_RECONCILER_PAYLOADS", "off"),
            ("COUNTERFOIL_RECONCILER_KINDS", "subscription"),
            ("COUNTERFOIL_RECONCILER_GRACE", "0s"),
            ("COUNTERFOIL_RECONCILER_REPAIRS_MAX", "10000000"),
            ("COUNTERFOIL_STRIPE_CALLS_PER_SECOND", "10000"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut program = Program::start(&binary, &["reconciler"], &environment)?;
        let line = program.logged("starting", START).await?;
        let address = line["admin"].as_str().and_then(|it| it.parse().ok());
        let address = address.context("the reconciler does not say where it answers")?;
        Ok(Self { program, address })
    }

    /// The ceiling of HTTP rows, as a process of its own.
    pub async fn echo(answer_bytes: usize) -> anyhow::Result<Self> {
        let bytes = answer_bytes.to_string();
        let program = Program::start(&std::env::current_exe()?, &["echo", "--bytes", &bytes], &[])?;
        Self::when_it_says(program, crate::ceiling::echo::LISTENS).await
    }

    /// The simulator with so many subscriptions in it, once they are there.
    pub async fn simulator(subscriptions: u32) -> anyhow::Result<Self> {
        let count = subscriptions.to_string();
        let arguments = ["simulator", "--subscriptions", &count];
        let program = Program::start(&std::env::current_exe()?, &arguments, &[])?;
        Self::when_it_says(program, crate::simulated::LISTENS).await
    }

    async fn when_it_says(mut program: Program, message: &str) -> anyhow::Result<Self> {
        let line = program.logged(message, START).await?;
        let address = line["address"].as_str().and_then(|it| it.parse().ok());
        let address = address.context("a program does not say where it listens")?;
        Ok(Self { program, address })
    }

    /// What it has used until now.
    pub fn used(&self) -> anyhow::Result<Used> {
        used_by(self.program.id().context("the program has ended")?)
    }

    /// Ends it orderly.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let status = self.program.terminate(END).await?;
        anyhow::ensure!(status.success(), "the program ended with {status}");
        Ok(())
    }

    /// Ends it at once.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.program.kill().await
    }
}

/// What a process of this machine has used until now.
pub fn used_by(id: u32) -> anyhow::Result<Used> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    used(&stat, &status).context("the system does not say what a process has used")
}

/// Processor seconds that the parent of a process of this machine and all its children have used until
/// now, those that have ended among them.
pub fn used_by_family_of(id: u32) -> anyhow::Result<f64> {
    let unknown = "the system does not say what a process has used";
    let stat = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat"));
    let parent = times(&stat(id)?).context(unknown)?.parent;
    let mut all = times(&stat(parent)?).context(unknown)?;
    for entry in std::fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|it| it.parse().ok()) else { continue };
        // One that has ended meanwhile is counted with the parent the next time.
        let child = stat(id).ok().and_then(|it| times(&it)).filter(|it| it.parent == parent);
        all.own += child.map_or(0.0, |it| it.own + it.ended);
    }
    Ok(all.own + all.ended)
}

/// Brings a database's schema up to date, as an operator would.
pub async fn migrate(database: &str) -> anyhow::Result<()> {
    let binary = stack::sibling("counterfoil").context("run `make bench`, which builds it")?;
    let environment = [("DATABASE_URL".to_owned(), database.to_owned())];
    let mut program = Program::start(&binary, &["migrate"], &environment)?;
    let status = program.ended(START).await?;
    anyhow::ensure!(status.success(), "`counterfoil migrate` ended with {status}");
    Ok(())
}

/// Linux counts processor time for programs in hundredths of a second, on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor seconds of a process.
struct Times {
    parent: u32,
    own: f64,
    /// Of its children that have ended.
    ended: f64,
}

fn times(stat: &str) -> Option<Times> {
    // The name of the program, in parentheses, may hold blanks; what is counted begins after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let mut fields = fields.skip(9);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND);
    let own = seconds()? + seconds()?;
    Some(Times { parent, own, ended: seconds()? + seconds()? })
}

fn used(stat: &str, status: &str) -> Option<Used> {
    let times = times(stat)?;
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.split_whitespace().next()?.parse().ok()?;
    Some(Used { cpu_seconds: times.own, peak_mib: kib / 1_024.0 })
}

#[cfg(test)]
mod tests {
    use super::{times, used};

    #[test]
    fn what_a_process_used_is_read_from_the_system() {
        let stat = "7 (a b) c) S 3 7 7 0 -1 4194560 100 0 0 0 150 50 200 100 20 0 5 0 1 1 1";
        let used = used(stat, "Name:\ta\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n").unwrap();
        assert_eq!((used.cpu_seconds, used.peak_mib), (2.0, 2.0));
        assert!(super::used("", "").is_none());
        let times = times(stat).unwrap();
        assert_eq!((times.parent, times.own, times.ended), (3, 2.0, 3.0));
    }
}
