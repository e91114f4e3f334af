//! The TOML file: its settings by key, its endpoints, and what in it is none of ours.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::fault::Fault;
use super::sources::Sources;
use super::table::{self, CONFIG_FILE_ENV};

/// What the TOML file says; empty where none is named.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    /// The file, as it is named in faults.
    pub(super) source: String,
    /// Values by key (`ingest.listen`).
    pub(super) values: BTreeMap<String, toml::Value>,
    /// The entries of `[[endpoints]]`.
    pub(super) endpoints: Vec<toml::Value>,
}

/// Reads the file that the command line or the environment names.
pub(super) fn read(sources: &Sources, faults: &mut Vec<Fault>) -> SettingsFile {
    let named = sources.environment.get(CONFIG_FILE_ENV.as_ref() as &std::ffi::OsStr);
    let named = named.filter(|it| !it.is_empty()).map(PathBuf::from);
    let Some(path) = sources.config_argument.clone().or(named) else {
        return SettingsFile::default();
    };
    let source = format!("file {}", path.display());
    let mut fault = |problem: String| {
        faults.push(Fault {
            setting: "the settings file".to_owned(),
            source: source.clone(),
            problem,
            expected: "a TOML file that can be read".to_owned(),
        });
    };
    let text = match (sources.read_file)(&path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            fault("it is not UTF-8".to_owned());
            return SettingsFile::default();
        }
        Err(error) => {
            fault(format!("it cannot be read: {error}"));
            return SettingsFile::default();
        }
    };
    let root = match text.parse::<toml::Table>() {
        Ok(root) => root,
        Err(error) => {
            // The parser's own text quotes the line, which may hold a secret.
            let at = error.span().map_or(0, |it| it.start).min(text.len());
            let line = 1 + text.as_bytes().iter().take(at).filter(|it| **it == b'\n').count();
            fault(format!("line {line} is not TOML: {}", error.message()));
            return SettingsFile::default();
        }
    };
    sort(root, source, faults)
}

fn sort(root: toml::Table, source: String, faults: &mut Vec<Fault>) -> SettingsFile {
    let mut file = SettingsFile { source, ..SettingsFile::default() };
    let mut unknown = |setting: String| {
        faults.push(Fault {
            setting,
            source: file.source.clone(),
            problem: "there is no such setting".to_owned(),
            expected: "a key of the table in docs/SETTINGS.md".to_owned(),
        });
    };
    for (name, value) in root {
        match value {
            toml::Value::Array(entries) if name == "endpoints" => file.endpoints = entries,
            toml::Value::Table(section) => {
                for (key, value) in section {
                    let key = format!("{name}.{key}");
                    if table::all().any(|it| it.key == key) {
                        file.values.insert(key, value);
                    } else {
                        unknown(key);
                    }
                }
            }
            _ => unknown(name),
        }
    }
    file
}
