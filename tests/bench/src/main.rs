//! `make bench`: measures, prints a table for people, and writes the figures for machines.
//!
//! Exit codes: 0 when everything was measured, whatever the verdicts; 1 when something could not
//! be measured; 2 when the command line is wrong. The table goes to standard output, progress to
//! standard error.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use counterfoil_bench::options::{Arguments, Command};
use counterfoil_bench::report::Report;
use counterfoil_bench::{ceiling, machine, output, rows, simulated};
use counterfoil_service::Clock;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // One worker: this process shares the machine with what it measures.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let outcome = match runtime.context("the runtime cannot be started") {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Some(Command::Echo { bytes }) => return ceiling::echo::serve(bytes).await,
        Some(Command::Simulator { subscriptions }) => {
            return simulated::serve(subscriptions).await;
        }
        None => {}
    }
    let clock = Clock::system();
    let started = clock.now();
    let machine = machine::facts().await;
    output::say(&format!("Measuring on {}.", machine.summary()));
    let mut report = Report::new(machine, started);
    for row in arguments.rows() {
        report.add(rows::run(row, &arguments.plan(row), &clock).await?);
    }
    report.print();
    let path = report.write()?;
    output::line(&format!("figures: {}", path.display()));
    Ok(())
}
