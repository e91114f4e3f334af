//! Runs many seeds, or one of them with all of its steps: `make sim`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use counterfoil_simulation::{Failure, Tally, run};

/// Seeded worlds that prove the rule of the mirror.
#[derive(Debug, Parser)]
#[command(name = "counterfoil-simulation")]
struct Options {
    /// One seed only, with its steps where it fails
    #[arg(long)]
    seed: Option<u64>,
    /// Print every step of the one seed, failed or not
    #[arg(long, requires = "seed")]
    verbose: bool,
    /// How many seeds
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The first seed; the time of day where it is left out, so that every night is another
    #[arg(long)]
    from: Option<u64>,
    /// The file that seeds that failed are added to
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    match options.seed {
        Some(seed) => one(seed, options.verbose),
        None => many(&options),
    }
}

fn one(seed: u64, verbose: bool) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    // The steps are wanted where it fails, and a seed fails every time.
    match run(seed, true) {
        Ok((tally, trace)) => {
            if verbose {
                writeln!(out, "{}\n\n{tally}", trace.join("\n"))?;
            }
            writeln!(out, "seed {seed} ends well")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            writeln!(out, "{}\n\n{failure}", failure.trace.join("\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

#[derive(Debug, Default)]
struct Sum {
    tally: Tally,
    failures: Vec<Failure>,
}

fn many(options: &Options) -> anyhow::Result<ExitCode> {
    let begun = elapsed_since_epoch();
    let from = options.from.unwrap_or(begun.as_secs());
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Sum::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| -> anyhow::Result<()> {
        let work = || -> anyhow::Result<()> {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= options.count {
                    return Ok(());
                }
                let ended = run(from + place, false);
                let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                match ended {
                    Ok((tally, _)) => sum.tally.join(&tally),
                    Err(failure) => {
                        keep(options, &failure)?;
                        sum.failures.push(failure);
                    }
                }
                if (place + 1).is_multiple_of(1_000) || place + 1 == options.count {
                    report(place + 1, from, begun, sum.failures.len())?;
                }
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        Ok(())
    })?;
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    writeln!(io::stdout().lock(), "{}", sum.tally)?;
    Ok(if sum.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(done: u64, from: u64, begun: Duration, failures: usize) -> anyhow::Result<()> {
    let took = elapsed_since_epoch().saturating_sub(begun).as_millis().max(1);
    let rate = u128::from(done) * 1_000 / took;
    let mut out = io::stdout().lock();
    writeln!(out, "{done} seeds from {from} on, {rate} a second, {failures} failed")?;
    Ok(out.flush()?)
}

fn keep(options: &Options, failure: &Failure) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{failure}")?;
    let Some(path) = &options.keep else { return Ok(()) };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(writeln!(file, "{}", failure.seed)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "rates and the first seed need the time, worlds do not"
)]
fn elapsed_since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
