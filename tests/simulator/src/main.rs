//! `counterfoil-simulator --listen ADDR`: the offline Stripe as a program. Endpoints, faults and
//! the clock are set over its control API under `/_simulator/`.

use counterfoil_simulator::{Options, Simulator};
use std::fmt;
use std::net::SocketAddr;
use std::process::ExitCode;

const USAGE: &str = "\
counterfoil-simulator: an offline Stripe

usage: counterfoil-simulator [--listen ADDR] [--seed NUMBER]

  --listen ADDR   where the API listens (default 127.0.0.1:12111)
  --seed NUMBER   what ids and chance follow from (default 1)
";

#[derive(Debug)]
enum Wish {
    Help,
    Run(Box<Options>),
}

#[derive(Debug)]
struct WrongArgument(String);

impl fmt::Display for WrongArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use the argument '{}'; see --help", self.0)
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Wish, WrongArgument> {
    let mut options =
        Options { listen: SocketAddr::from(([127, 0, 0, 1], 12_111)), ..Options::default() };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let value = match argument.as_str() {
            "--help" | "-h" => return Ok(Wish::Help),
            "--listen" | "--seed" => arguments.next().unwrap_or_default(),
            _ => return Err(WrongArgument(argument)),
        };
        let wrong = || WrongArgument(format!("{argument} {value}"));
        if argument == "--listen" {
            options.listen = value.parse().map_err(|_| wrong())?;
        } else {
            options.seed = value.parse().map_err(|_| wrong())?;
        }
    }
    Ok(Wish::Run(Box::new(options)))
}

#[tokio::main]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its caller")]
async fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Wish::Run(options)) => *options,
        Ok(Wish::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let simulator = match Simulator::start(options).await {
        Ok(simulator) => simulator,
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            eprintln!("{error}: {}", source.unwrap_or_default());
            return ExitCode::FAILURE;
        }
    };
    println!("listening on {}", simulator.base_url());
    // When the signal cannot be waited for, ending at once is all that is left.
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    ExitCode::SUCCESS
}
