//! `docs/simulator.md` says what the code says: its tables of the control API and of the rules are
//! written from the sources, and it names every resource and every fault.
//!
//! `COUNTERFOIL_WRITE_DOCS=1` writes the tables anew.

use counterfoil_simulator::{EventFault, Fault, Faults, Rules};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of one group of rules, and of the groups in it: name, default, meaning.
fn rows(group: &str, prefix: &str, defaults: &Value) -> String {
    let head = format!("pub struct {group} {{\n");
    let source = sources(&root().join("src")).into_iter().find(|code| code.contains(&head));
    let source = source.unwrap_or_else(|| panic!("{group} is not in the sources"));
    let (_, block) = source.split_once(&head).unwrap();
    let (block, _) = block.split_once("\n}\n").unwrap();
    let mut rows = String::new();
    let mut meaning: Vec<&str> = Vec::new();
    for line in block.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            meaning.push(text);
        } else if let Some(field) = line.strip_prefix("pub ") {
            let (name, kind) = field.trim_end_matches(',').split_once(": ").unwrap();
            let whole = if prefix.is_empty() { name.into() } else { format!("{prefix}.{name}") };
            let default = defaults.get(name).unwrap_or_else(|| panic!("{whole} has no default"));
            if default.is_object() {
                rows.push_str(&self::rows(kind, &whole, default));
            } else {
                writeln!(rows, "| `{whole}` | `{default}` | {} |", meaning.join(" ")).unwrap();
            }
            meaning.clear();
        }
    }
    rows
}

/// The texts of all sources in a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
    found
}

fn rules() -> String {
    let head = "| rule | default | meaning |\n| --- | --- | --- |\n";
    head.to_owned() + &rows("Rules", "", &json!(Rules::default()))
}

fn control() -> String {
    let head = source("src/api/control.rs");
    let rows = head.lines().filter_map(|line| line.strip_prefix("//! |"));
    rows.fold(String::new(), |table, row| table + "|" + row + "\n")
}

/// The text with what stands between the markers of a name replaced.
fn filled(text: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("no marker {open}"));
    let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("no marker {close}"));
    format!("{before}{open}{table}{close}{after}")
}

fn page() -> PathBuf {
    root().join("../../docs/simulator.md")
}

#[test]
fn the_tables_are_what_the_sources_say() {
    let held = std::fs::read_to_string(page()).unwrap();
    let text = filled(&filled(&held, "control", &control()), "rules", &rules());
    if std::env::var_os("COUNTERFOIL_WRITE_DOCS").is_some() {
        std::fs::write(page(), &text).unwrap();
        return;
    }
    assert!(
        text == held,
        "docs/simulator.md is behind the sources; COUNTERFOIL_WRITE_DOCS=1 cargo test -p \
         counterfoil-simulator writes it"
    );
}

#[test]
fn every_resource_is_named() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (_, table) = text.split_once("## What it simulates").unwrap();
    let routes = std::fs::read_dir(root().join("src/api/routes")).unwrap();
    let mut found = 0;
    for route in routes {
        let code = std::fs::read_to_string(route.unwrap().path()).unwrap();
        for (_, rest) in
            code.match_indices("prefix: &[").map(|(at, it)| (at, &code[at + it.len()..]))
        {
            let (words, _) = rest.split_once(']').unwrap();
            let words: Vec<&str> =
                words.split(',').map(|word| word.trim().trim_matches('"')).collect();
            let words = words.join("/");
            let path = words.trim_end_matches('/');
            assert!(table.contains(&format!("`{path}`")), "{path} is not named");
            found += 1;
        }
    }
    assert!(found > 20, "the table of resources was not found: {found}");
}

#[test]
fn every_fault_is_named() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (_, table) = text.split_once("## Faults").unwrap();
    let mut names: Vec<String> =
        json!(Faults::default()).as_object().unwrap().keys().cloned().collect();
    names.extend(kinds::<Fault>(&source("src/api/fault.rs"), "Fault"));
    names.extend(kinds::<EventFault>(&source("src/mishap.rs"), "EventFault"));
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(table.contains(&format!("`{name}`")), "{name} is not named");
    }
}

/// The kinds of a fault, as they are written in JSON, by the names of the enum's variants; each
/// is parsed, so that a name that is none fails.
fn kinds<T: serde::de::DeserializeOwned>(source: &str, name: &str) -> Vec<String> {
    let (_, block) = source.split_once(&format!("pub enum {name} {{\n")).expect(name);
    let (block, _) = block.split_once("\n}\n").expect(name);
    let variants = block.lines().filter(|line| {
        line.strip_prefix("    ").is_some_and(|it| it.starts_with(|it: char| it.is_uppercase()))
    });
    variants
        .map(|line| {
            let variant = line.trim().trim_end_matches([',', '{', ' ']);
            let mut kind = String::new();
            for letter in variant.chars() {
                if letter.is_uppercase() && !kind.is_empty() {
                    kind.push('_');
                }
                kind.extend(letter.to_lowercase());
            }
            let known = ["{}", r#"{"millis":1}"#, r#"{"seconds":1}"#, r#"{"limit":"global-rate"}"#]
                .into_iter()
                .any(|more| {
                    let mut value: Value = serde_json::from_str(more).unwrap();
                    value["kind"] = json!(kind);
                    serde_json::from_value::<T>(value).is_ok()
                });
            assert!(known, "{variant} is not written {kind}");
            kind
        })
        .collect()
}
