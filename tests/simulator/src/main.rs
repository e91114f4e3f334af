//! `counterfoil-simulator --listen ADDR`: the offline Stripe as a program. Endpoints, faults and
//! the clock are set over its control API under `/_simulator/`.

use counterfoil_simulator::{ApiVersion, ClockMode, Options, Simulator};
use std::fmt;
use std::net::SocketAddr;
use std::process::ExitCode;

const USAGE: &str = "\
counterfoil-simulator: an offline Stripe

usage: counterfoil-simulator [--listen ADDR] [--seed NUMBER] [--clock wall|SECOND]
                             [--api-version VERSION] [--public-url URL]

  --listen ADDR          where the API listens (default 127.0.0.1:12111)
  --seed NUMBER          what ids and chance follow from (default 1)
  --clock wall|SECOND    follow the wall clock (default), or stand at a Unix second
                         until POST /_simulator/clock/advance
  --api-version VERSION  the account's API version, such as 2025-09-30.clover
                         (default: the newest)
  --public-url URL       where browsers reach its pages (default: where it listens)

Any key that begins with sk_test_ is good. Webhook endpoints, their secrets, faults,
limits, rules and the clock are set under /_simulator/, in JSON and without a key:

  curl -d '{\"url\":\"http://127.0.0.1:8080/webhooks/stripe\",\"secrets\":[\"whsec_...\"]}' \\
    http://127.0.0.1:12111/_simulator/endpoints
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
        if ["--help", "-h"].contains(&argument.as_str()) {
            return Ok(Wish::Help);
        }
        let value = arguments.next().unwrap_or_default();
        let wrong = || WrongArgument(format!("{argument} {value}"));
        match argument.as_str() {
            "--listen" => options.listen = value.parse().map_err(|_| wrong())?,
            "--seed" => options.seed = value.parse().map_err(|_| wrong())?,
            "--clock" if value == "wall" => options.clock = ClockMode::Wall,
            "--clock" => options.clock = ClockMode::Manual(value.parse().map_err(|_| wrong())?),
            "--api-version" => {
                options.api_version = ApiVersion::parse(&value).ok_or_else(wrong)?;
            }
            "--public-url" => {
                options.public_url = Some(value.trim_end_matches('/').to_owned());
            }
            _ => return Err(WrongArgument(argument)),
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

#[cfg(test)]
mod tests {
    use super::{Wish, parse};
    use counterfoil_simulator::ClockMode;

    fn parsed(line: &str) -> Result<Wish, String> {
        let words = line.split_whitespace().map(str::to_owned);
        parse(words).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn arguments_are_taken_or_named() {
        let line = "--listen 127.0.0.1:1 --seed 7 --clock 1768003200 --api-version 2022-11-15";
        let Ok(Wish::Run(options)) = parsed(line) else { panic!("{line}") };
        assert_eq!((options.listen.port(), options.seed), (1, 7));
        assert_eq!(options.clock, ClockMode::Manual(1_768_003_200));
        assert_eq!(options.api_version.as_str(), "2022-11-15");
        let Ok(Wish::Run(options)) = parsed("--clock wall") else { panic!("wall") };
        assert_eq!(options.clock, ClockMode::Wall);
        assert!(matches!(parsed("--seed 7 --help"), Ok(Wish::Help)));
        for wrong in ["--listen", "--listen x", "--seed -1", "--clock noon", "--shoe 46"] {
            let message = parsed(wrong).err().unwrap_or_default();
            let first = wrong.split(' ').next().unwrap_or_default();
            assert!(message.contains(first), "{wrong}: {message}");
        }
    }
}
