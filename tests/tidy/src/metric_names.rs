//! What metrics are called: `counterfoil_…`, ending with what the number is.

use crate::tree::File;

/// Units of what is measured, `total` for what only counts up, `info` for labels alone.
const UNITS: &[&str] = &["seconds", "bytes", "total", "ratio", "info"];

/// What a gauge or a histogram may count instead, and where one reads it.
const COUNTED: &[(&str, &str)] = &[
    ("messages", "messages that wait in a queue"),
    ("size", "how many were taken at once"),
    ("connected", "connections that are open"),
    ("connections", "connections that are open"),
    ("open", "findings that are neither corrected nor dismissed"),
    ("paused", "consumers that wait because the other side is away"),
    ("in_flight", "requests or messages begun and not ended"),
    ("up", "1 while it works, else 0"),
];

/// The constructors of the prometheus crate that take a name first.
const CONSTRUCTORS: &[&str] =
    &["Opts::new(", "Counter::new(", "Gauge::new(", "::with_opts(Opts::new("];

fn name_fault(name: &str) -> Option<String> {
    let Some(rest) = name.strip_prefix("counterfoil_") else {
        return Some(format!("`{name}` does not begin with `counterfoil_`"));
    };
    let ends = |word: &str| rest.ends_with(&format!("_{word}"));
    let plain = rest.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    let fits = UNITS.iter().any(|it| ends(it)) || COUNTED.iter().any(|(it, _)| ends(it));
    (!plain || !fits).then(|| {
        format!("`{name}` does not end with a unit, `_total` or a noun that tests/tidy lists")
    })
}

/// The names in a file of code that is shipped, each with its line; `None` for a name that is not
/// written where its metric is made.
fn names(file: &File) -> Vec<(usize, Option<&str>)> {
    let shipped = file.is_rust() && !file.path.starts_with("tests/");
    if !shipped || !file.text.contains("prometheus") {
        return Vec::new();
    }
    let mut places: Vec<usize> = CONSTRUCTORS
        .iter()
        .flat_map(|it| file.text.match_indices(it).map(|(at, _)| at + it.len()))
        .collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .map(|at| {
            let line = file.text[..at].lines().count();
            let name = file.text[at..].trim_start().strip_prefix('"');
            (line, name.and_then(|it| it.split('"').next()))
        })
        .collect()
}

fn faults(file: &File) -> Vec<String> {
    names(file)
        .into_iter()
        .filter_map(|(line, name)| {
            let fault = match name {
                Some(name) => name_fault(name),
                None => Some("write the metric's name where it is made".to_owned()),
            };
            fault.map(|it| format!("{}:{line}: {it}", file.path))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    #[test]
    fn every_metric_says_whose_it_is_and_what_it_counts() {
        hold(&files().iter().flat_map(faults).collect::<Vec<_>>());
        assert!(files().iter().flat_map(names).count() >= 8, "the names were not found");
    }

    #[test]
    fn known_names() {
        for (name, faulty) in [
            ("counterfoil_worker_events_total", false),
            ("counterfoil_ingest_confirm_seconds", false),
            ("counterfoil_bus_queue_messages", false),
            ("worker_events_total", true),
            ("counterfoil_worker_events", true),
            ("counterfoil_confirm_ms", true),
            ("counterfoil_Events_total", true),
            ("counterfoil_total", true),
        ] {
            assert_eq!(name_fault(name).is_some(), faulty, "{name}");
        }
    }

    #[test]
    fn names_are_found_where_metrics_are_made() {
        let file = |path| {
            File::new(
                path,
                "use prometheus::Opts;\nlet a = HistogramOpts::new(\n    \"lag\",\n);\n\
                 let b = IntGauge::new(NAME, \"…\");\n",
            )
        };
        let found = faults(&file("worker/src/metrics.rs"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("worker/src/metrics.rs:2: `lag`"), "{found:?}");
        assert!(found[1].contains("where it is made"), "{found:?}");
        assert!(faults(&file("tests/bench/src/main.rs")).is_empty());
    }
}
