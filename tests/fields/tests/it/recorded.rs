//! Events that Stripe sent, where there are some. They are not part of this tree: whoever has some
//! names their folder.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_fields::Version;
use counterfoil_projection::coverage::{Handling, handling_of};
use serde_json::Value;

use crate::judge::faults;

/// The folder of the events, each in a file of its own.
const FOLDER: &str = "COUNTERFOIL_RECORDED_EVENTS";

#[test]
fn recorded_events_lose_nothing() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        say(&format!("SKIPPED: {FOLDER} names no folder of recorded events"));
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{FOLDER}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .collect();
    files.sort();
    let mut kinds: BTreeSet<ObjectKind> = BTreeSet::new();
    let mut found = Vec::new();
    let mut count = 0;
    for file in files {
        let event: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let Handling::Mirrored(kind) = handling_of(event["type"].as_str().unwrap()) else {
            continue;
        };
        let version = event["api_version"].as_str().and_then(Version::parse).unwrap();
        let name = file.file_name().unwrap().display();
        let of = faults(kind, &version, &event["data"]["object"].to_string());
        found.extend(of.into_iter().map(|it| format!("{name}: {it}")));
        kinds.insert(kind);
        count += 1;
    }
    say(&format!("{count} recorded events of {} kinds", kinds.len()));
    assert!(count > 0, "there are no recorded events in {FOLDER}");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn say(text: &str) {
    // Nobody is left to be told when the test's own output is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
