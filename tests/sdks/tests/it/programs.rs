//! Runs the programs of an SDK, some at a time, and holds what they drove against the list.

use crate::sdk::{Sdk, say};
use counterfoil_sdks::{NOT_YET, PATHS};
use counterfoil_simulator::{ClockMode, Options, Simulator};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// 2026-01-10 00:00 UTC, which the programs know too.
const START: i64 = 1_768_003_200;
/// How many programs run at once.
const AT_ONCE: usize = 2;
/// Longer than any program should take, on a machine that does much else.
const DEADLINE: Duration = Duration::from_mins(4);

/// What came of one program.
struct Run {
    program: String,
    /// What it printed, if it failed.
    failure: Option<String>,
    /// The paths that it checked.
    checked: BTreeSet<String>,
    /// The paths that the simulator answered with success.
    answered: BTreeSet<String>,
    calls: u64,
}

/// Drives every path with an SDK, or says aloud that the SDK cannot be had.
pub(crate) async fn drive(sdk: Sdk) {
    if !sdk.is_installed().await {
        return;
    }
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for program in sdk.programs() {
        let gate = Arc::clone(&gate);
        tasks.spawn(async move {
            let _permit = gate.acquire().await.unwrap();
            run(sdk, program).await
        });
    }
    let mut runs = tasks.join_all().await;
    runs.sort_by(|a, b| a.program.cmp(&b.program));
    let faults = faults(&runs);
    let checked: BTreeSet<&String> = runs.iter().flat_map(|run| &run.checked).collect();
    say(&format!(
        "{}: {} programs drove {} of {} paths with {} calls",
        sdk.name(),
        runs.len(),
        checked.len(),
        PATHS.len(),
        runs.iter().map(|run| run.calls).sum::<u64>(),
    ));
    for (path, reason) in NOT_YET {
        say(&format!("not yet: {path}: {reason}"));
    }
    assert!(faults.is_empty(), "{faults}");
}

async fn run(sdk: Sdk, program: String) -> Run {
    let options = Options { clock: ClockMode::Manual(START), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let not_yet: Vec<&str> = NOT_YET.iter().map(|(path, _)| *path).collect();
    let mut command = sdk.command(&program, &simulator.base_url());
    command.env("NOT_YET", not_yet.join("\n"));
    let output = tokio::time::timeout(DEADLINE, command.output()).await;
    let seen = simulator.calls_seen();
    simulator.stop().await;
    let (ok, printed) = match output {
        Ok(output) => {
            let output = output.unwrap();
            let printed = [output.stdout, output.stderr].concat();
            (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
        }
        Err(_) => (false, format!("no end after {DEADLINE:?}")),
    };
    Run {
        checked: printed
            .lines()
            .filter_map(|it| it.strip_prefix("ok "))
            .map(str::to_owned)
            .collect(),
        answered: seen
            .iter()
            .filter(|it| it.answered.keys().any(|status| (200..300).contains(status)))
            .map(|it| it.call.clone())
            .collect(),
        calls: seen.iter().flat_map(|it| it.answered.values()).sum(),
        failure: (!ok).then_some(printed),
        program,
    }
}

/// Everything that is wrong, one line for each, with what the failed programs printed.
fn faults(runs: &[Run]) -> String {
    let mut faults = String::new();
    let mut say = |fault: String| writeln!(faults, "{fault}").unwrap();
    for Run { program, failure, checked, answered, .. } in runs {
        if let Some(printed) = failure {
            say(format!("\n{program} failed:\n{printed}"));
        }
        for path in checked.difference(answered) {
            say(format!("{program}: {path} was checked, but never answered with success"));
        }
        for path in answered.iter().filter(|it| !PATHS.contains(&it.as_str())) {
            say(format!("{program}: {path} is answered, but is not in the list of paths"));
        }
    }
    for path in PATHS {
        let is_checked = runs.iter().any(|run| run.checked.contains(*path));
        let is_due = NOT_YET.iter().all(|(later, _)| later != path);
        if is_checked != is_due {
            say(if is_due {
                format!("{path} was driven by no program")
            } else {
                format!("{path} is driven: take it off the list of what is not yet there")
            });
        }
    }
    for (path, _) in NOT_YET.iter().filter(|(path, _)| !PATHS.contains(path)) {
        say(format!("{path} is not yet there, but is not in the list of paths either"));
    }
    faults
}
