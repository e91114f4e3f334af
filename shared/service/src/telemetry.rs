//! Logs: one line per outcome, readable for people or as JSON for machines.
//!
//! Lines go to standard error, so that what a command prints stays its own. What is never logged
//! (bodies, signatures, keys, anything personal) is kept out where the line is written.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogFormat, TelemetryConfig};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is not written in tracing's filter language.
    #[error("`log.filter` cannot be read; write it like `info` or `info,counterfoil_ingest=debug`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Something else in this process logs already.
    #[error("logging was set up twice; call it once, from main")]
    Twice(#[source] TryInitError),
}

/// Sends this process's logs to standard error in the configured form. Call once, from `main`.
///
/// `always` are directives that no setting outweighs: targets of libraries whose lines may hold
/// what must not be logged.
pub fn init(config: &TelemetryConfig, always: &[&str]) -> Result<(), TelemetryError> {
    let mut filter = EnvFilter::builder().parse(&config.filter).map_err(TelemetryError::Filter)?;
    for directive in always {
        filter = filter.add_directive(directive.parse().map_err(TelemetryError::Filter)?);
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    match config.format {
        LogFormat::Readable => registry.with(lines.compact()).try_init(),
        LogFormat::Json => {
            registry.with(lines.json().flatten_event(true).with_current_span(false)).try_init()
        }
    }
    .map_err(TelemetryError::Twice)
}

/// Whether a filter can be read; used to name a wrong one among the other faults of the settings.
#[must_use]
pub fn filter_is_valid(filter: &str) -> bool {
    EnvFilter::builder().parse(filter).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_judged_before_they_are_used() {
        for (filter, valid) in [
            ("info", true),
            ("info,counterfoil_ingest=debug", true),
            ("warn,lapin=error", true),
            ("info,counterfoil_ingest=loud", false),
        ] {
            assert_eq!(filter_is_valid(filter), valid, "{filter}");
        }
    }
}
