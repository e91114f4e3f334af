//! Two runs of one script under one seed are equal to the byte: every answer, every event, in every
//! version that is listened with.

use crate::caller::call;
use crate::stage::{START, Stage};
use bytes::Bytes;
use counterfoil_simulator::{ApiVersion, Endpoint, Options};
use std::collections::HashMap;
use std::time::Duration;

/// A line is a wait (`+ 3600`, in seconds) or a call (`POST /path form`), whose answer's `id` may
/// be kept under a name (`> name`) and used as `{name}` from there on. A call that is to be refused
/// begins with `!`.
const SCRIPT: &str = include_str!("one_seed.script");

struct Run {
    answers: Vec<(String, u16, Bytes)>,
    history: Vec<Bytes>,
    thin: Vec<String>,
}

async fn run(seed: u64) -> Run {
    // The addresses of pages are part of bodies, and the port is another each time.
    let public_url = Some("http://simulator.example".to_owned());
    let stage = Stage::with(Options { public_url, seed, ..Options::default() }).await;
    for version in [ApiVersion::before_basil(), ApiVersion::newest()] {
        // Nobody listens there: what is delivered is not part of the history.
        let endpoint = Endpoint::new("http://127.0.0.1:9/", "whsec_1").unwrap();
        let _id = stage.simulator.add_endpoint(endpoint.with_version(version));
    }
    let mut names = HashMap::from([
        ("monthly".to_owned(), stage.monthly.clone()),
        ("bigger".to_owned(), stage.bigger.clone()),
        ("yearly".to_owned(), stage.yearly.clone()),
        ("start".to_owned(), START.to_string()),
    ]);
    let mut answers = Vec::new();
    for line in SCRIPT.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(seconds) = line.strip_prefix("+ ") {
            stage.simulator.advance(Duration::from_secs(seconds.parse().unwrap()));
            continue;
        }
        let (line, name) = match line.split_once(" > ") {
            Some((line, name)) => (line, Some(name)),
            None => (line, None),
        };
        let mut filled = line.to_owned();
        for (name, value) in &names {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        assert!(!filled.contains('{') || filled.contains("{\""), "an unknown name in {filled}");
        let (refused, call_line) = match filled.strip_prefix("! ") {
            Some(line) => (true, line),
            None => (false, filled.as_str()),
        };
        let (method, rest) = call_line.split_once(' ').unwrap();
        let (path, form) = rest.split_once(' ').unwrap_or((rest, ""));
        let answer = call(&stage, method, path, form).await;
        let expected = if refused { 400..500 } else { 200..201 };
        assert!(expected.contains(&answer.status.as_u16()), "{filled}: {}", answer.body);
        if let Some(name) = name {
            names.insert(name.to_owned(), answer.id());
        }
        answers.push((filled, answer.status.as_u16(), answer.bytes));
    }
    Run {
        answers,
        history: stage.simulator.history(),
        thin: stage.simulator.thin_history().iter().map(ToString::to_string).collect(),
    }
}

#[tokio::test]
async fn two_runs_of_one_script_are_equal_to_the_byte() {
    let (one, other) = (run(7).await, run(7).await);
    assert_eq!(one.answers.len(), other.answers.len());
    for (one, other) in one.answers.iter().zip(&other.answers) {
        assert_eq!(one, other);
    }
    for (one, other) in one.history.iter().zip(&other.history) {
        assert_eq!(one, other);
    }
    assert_eq!(one.history.len(), other.history.len());
    assert_eq!(one.thin, other.thin);
    assert!(one.history.len() > 50, "the script makes too little: {}", one.history.len());
    let third = run(8).await;
    assert_eq!(one.history.len(), third.history.len());
    assert_ne!(one.history, third.history);
}
