//! `counterfoil`: runs the services, and shows people what they did.
//!
//! Exit codes: 0 when what was asked for is done, 1 when it is not, 2 when the command line is
//! wrong. What a command prints goes to standard output, logs and progress to standard error.

mod args;
mod drift;
mod inbox;
mod migrate;
mod output;
mod payloads;
mod reconcile;
mod resync;
mod scope;
mod services;
mod span;
mod tenant;

use std::process::ExitCode;

use clap::Parser;
use counterfoil_service::config::Sources;

use args::{
    Arguments, Command, DriftCommand, InboxCommand, PayloadsCommand, ReconcileCommand,
    TenantCommand,
};
use services::Service;

/// Does what the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let sources = Sources::process(arguments.config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(arguments.command, &sources)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command, sources: &Sources) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up => services::run(&Service::ALL, sources).await?,
        Command::Ingest => services::run(&[Service::Ingest], sources).await?,
        Command::Worker => services::run(&[Service::Worker], sources).await?,
        Command::Reconciler => services::run(&[Service::Reconciler], sources).await?,
        Command::Api => services::run(&[Service::Api], sources).await?,
        Command::Migrate => migrate::run(sources).await?,
        Command::Resync(it) => return resync::run(it, sources).await,
        Command::Reconcile(ReconcileCommand::Run(it)) => {
            return reconcile::run::run(it, sources).await;
        }
        Command::Reconcile(ReconcileCommand::Status(it)) => {
            return reconcile::status::run(it, sources).await;
        }
        Command::Reconcile(ReconcileCommand::Report(it)) => {
            return reconcile::report::run(it, sources).await;
        }
        Command::Drift(DriftCommand::List(it)) => return drift::list::run(it, sources).await,
        Command::Drift(DriftCommand::Show(it)) => return drift::show::run(it, sources).await,
        Command::Drift(DriftCommand::Repair(it)) => return drift::repair::run(it, sources).await,
        Command::Drift(DriftCommand::Dismiss(it)) => {
            return drift::dismiss::run(it, sources).await;
        }
        Command::Payloads(PayloadsCommand::Reencrypt(it)) => {
            return payloads::reencrypt(it, sources).await;
        }
        Command::Tenant(TenantCommand::Erase(it)) => return tenant::erase(it, sources).await,
        Command::Inbox(InboxCommand::List(it)) => inbox::list::run(it, sources).await?,
        Command::Inbox(InboxCommand::Show(it)) => return inbox::show::run(it, sources).await,
        Command::Inbox(InboxCommand::Replay(it)) => return inbox::replay::run(it, sources).await,
        Command::Inbox(InboxCommand::Send(it)) => return inbox::send::run(it, sources).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// One sentence for what happened, and one for each cause; never a stack trace.
fn failed(error: &anyhow::Error) -> ExitCode {
    output::say(&format!("counterfoil: {error}"));
    for cause in error.chain().skip(1) {
        output::say(&format!("  because: {cause}"));
    }
    ExitCode::FAILURE
}
