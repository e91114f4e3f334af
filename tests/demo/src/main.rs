//! The demo: three months of a business's customers, from the simulated Stripe through the real
//! services into Postgres, with deliveries that are doubled, reordered and lost on the way; then
//! both sides are held against each other.
//!
//! `ONCE=1` ends with the verdict as exit status; otherwise everything stays up to be looked at.
//! `CUSTOMERS=n` plays another number of customers.

mod ports;
mod report;
mod show;

use std::process::ExitCode;
use std::time::Duration;

use counterfoil_simulator::{Faults, Options, Play, Retries};
use counterfoil_support::database::setting;
use counterfoil_support::{Settings, Stack, stack};

use report::Report;
use show::Show;

/// So long may the last deliveries and the queues take after the play is over. Retries come back
/// after five seconds, some of them several times.
const SETTLE: Duration = Duration::from_mins(3);

#[tokio::main]
async fn main() -> ExitCode {
    let mut show = Show::begin();
    match run(&mut show).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            show.line(&format!("The demo failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(show: &mut Show) -> anyhow::Result<bool> {
    let customers = setting("CUSTOMERS").ok().map_or(Ok(300), |it| it.parse())?;
    let once = setting("ONCE").is_ok_and(|it| it == "1");
    let faults = Faults {
        duplicate_rate: 0.05,
        drop_first_rate: 0.02,
        reorder_window_millis: 300,
        second_id_rate: 0.01,
        ..Faults::default()
    };
    let retries = Retries { first_wait: Duration::from_millis(500), ..Retries::default() };
    let settings = Settings {
        binary: stack::sibling("counterfoil")?,
        simulator: Options { faults, retries, ..Options::default() },
        environment: [ports::environment(), stack::reconciler_still()].concat(),
        services: vec!["up"],
    };
    show.line("Starting the simulated Stripe and all services of Counterfoil.");
    let stack = Stack::start(settings).await?;
    show.line(&format!(
        "Playing three months of {customers} customers. Of the deliveries 5 % are sent twice and 2 % \
         fail at first, 1 % of the changes get two events, and all are up to 0.3 s late."
    ));
    let play = Play { customers, months: 3, seed: 1 };
    let begun = show.elapsed();
    let played = stack.simulator.play(play, |progress| show.progress(&progress)).await?;
    show.line(&format!("Played: {} events. Waiting for the last of them.", played.events));
    stack.settled(SETTLE).await?;
    let report = Report::make(&stack, show.elapsed().saturating_sub(begun)).await?;
    report.print(show);
    let equal = report.is_good();
    if once {
        stack.finish().await?;
        return Ok(equal);
    }
    report::addresses(&stack, show);
    show.line("Everything stays up until you press Ctrl-C.");
    tokio::signal::ctrl_c().await?;
    show.line("Stopping.");
    stack.finish().await?;
    Ok(equal)
}
