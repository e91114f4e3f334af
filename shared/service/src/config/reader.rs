//! Reads single settings from the first source that has them, and collects what is wrong.
//!
//! A reader goes on after a fault with a stand-in value, so that all faults are found; the load
//! as a whole is refused, so no stand-in is ever used.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use super::fault::Fault;
use super::file::{self, SettingsFile};
use super::sources::Sources;
use super::table::{self, CONFIG_FILE_ENV, ENV_PREFIX, FILE_SUFFIX, Kind, Setting};
use super::value;

/// Reads settings and remembers what was wrong with them.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    pub(super) file: SettingsFile,
    pub(super) faults: Vec<Fault>,
}

/// A value as its source has it.
struct Found {
    text: Raw,
    source: String,
}

enum Raw {
    One(String),
    Several(Vec<String>),
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        let mut faults = Vec::new();
        let file = file::read(sources, &mut faults);
        let mut reader = Self { sources, file, faults };
        reader.refuse_unknown_names();
        reader
    }

    fn refuse_unknown_names(&mut self) {
        for name in self.sources.environment.keys() {
            let name = name.to_string_lossy();
            let known = table::all().any(|it| {
                name == it.env || (it.secret && name.strip_suffix(FILE_SUFFIX) == Some(it.env))
            });
            if name.starts_with(ENV_PREFIX) && !known && name != CONFIG_FILE_ENV {
                self.faults.push(Fault {
                    setting: name.into_owned(),
                    source: "environment".to_owned(),
                    problem: "there is no such setting".to_owned(),
                    expected: "a name of the table in docs/SETTINGS.md".to_owned(),
                });
            }
        }
    }

    /// Says what is wrong with a value. `problem` must not show a secret.
    pub(super) fn fault(&mut self, setting: &Setting, source: &str, problem: String) {
        self.faults.push(Fault {
            setting: setting.key.to_owned(),
            source: source.to_owned(),
            problem,
            expected: setting.kind.expectation(),
        });
    }

    /// Says that a needed setting has no value, unless something else is already wrong with it.
    pub(super) fn missing(&mut self, setting: &Setting) {
        if !self.faults.iter().any(|it| it.setting == setting.key) {
            let source = format!("environment {0} or {0}{FILE_SUFFIX}", setting.env);
            self.fault(setting, &source, "it is not set".to_owned());
        }
    }

    pub(super) fn address(&mut self, setting: &Setting) -> SocketAddr {
        let stand_in = SocketAddr::from(([127, 0, 0, 1], 0));
        self.parsed(setting, |text| text.parse().ok()).unwrap_or(stand_in)
    }

    pub(super) fn count<T: TryFrom<u64> + Default>(&mut self, setting: &Setting) -> T {
        let Kind::Count { min, max, .. } = setting.kind else { return T::default() };
        let within = |text: &str| {
            let number: u64 = text.parse().ok()?;
            (min..=max).contains(&number).then_some(number)
        };
        let number = self.parsed(setting, within).unwrap_or(min);
        T::try_from(number).unwrap_or_default()
    }

    pub(super) fn duration(&mut self, setting: &Setting) -> Duration {
        let Kind::Duration { min_ms, max_ms } = setting.kind else { return Duration::ZERO };
        let (min, max) = (Duration::from_millis(min_ms), Duration::from_millis(max_ms));
        let within = |text: &str| value::duration(text).filter(|it| (min..=max).contains(it));
        self.parsed(setting, within).unwrap_or(min)
    }

    pub(super) fn flag(&mut self, setting: &Setting) -> bool {
        self.parsed(setting, |text| text.parse().ok()).unwrap_or_default()
    }

    pub(super) fn text(
        &mut self,
        setting: &Setting,
        fits: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.parsed(setting, |text| fits(text).then(|| text.to_owned()))
    }

    pub(super) fn secret(
        &mut self,
        setting: &Setting,
        fits: impl Fn(&str) -> bool,
    ) -> Option<SecretString> {
        self.text(setting, fits).map(SecretString::from)
    }

    /// The value of a setting that is one text, if it has one and `parse` takes it.
    pub(super) fn parsed<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.find(setting)?;
        match found.text {
            Raw::One(text) => {
                let value = parse(&text);
                if value.is_none() {
                    self.refuse(setting, &found.source, &text);
                }
                value
            }
            Raw::Several(_) => {
                self.fault(setting, &found.source, "it is a list".to_owned());
                None
            }
        }
    }

    /// The values of a setting that is a list; each that `parse` refuses is a fault of its own.
    pub(super) fn list<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(found) = self.find(setting) else { return Vec::new() };
        let texts = match found.text {
            Raw::One(text) if text.is_empty() => Vec::new(),
            Raw::One(text) => text.split(',').map(|it| it.trim().to_owned()).collect(),
            Raw::Several(texts) => texts,
        };
        let mut values = Vec::new();
        for text in texts {
            match parse(&text) {
                Some(value) => values.push(value),
                None => self.refuse(setting, &found.source, &text),
            }
        }
        values
    }

    fn refuse(&mut self, setting: &Setting, source: &str, text: &str) {
        let problem = if setting.secret {
            "its value does not fit (it is not shown)".to_owned()
        } else {
            format!("{} does not fit", shown(text))
        };
        self.fault(setting, source, problem);
    }

    fn find(&mut self, setting: &Setting) -> Option<Found> {
        let faults_before = self.faults.len();
        let in_environment = self.in_environment(setting.env, setting);
        if let Some(text) = in_environment {
            let source = format!("environment {}", setting.env);
            return Some(Found { text: Raw::One(text), source });
        }
        if setting.secret {
            let name = format!("{}{FILE_SUFFIX}", setting.env);
            if let Some(path) = self.in_environment(&name, setting) {
                let source = format!("file {path}, named by {name}");
                let text = self.secret_in_file(setting, Path::new(&path), &source)?;
                return Some(Found { text: Raw::One(text), source });
            }
        }
        // What was given and is broken must not silently become the next source's value.
        if self.faults.len() > faults_before {
            return None;
        }
        if let Some(found) = self.in_settings_file(setting) {
            return Some(found);
        }
        let default = setting.default?.to_owned();
        Some(Found { text: Raw::One(default), source: "default".to_owned() })
    }

    /// An empty value counts as not set: that is how compose files and charts pass "nothing".
    fn in_environment(&mut self, name: &str, setting: &Setting) -> Option<String> {
        let text = self.sources.environment.get(OsStr::new(name)).filter(|it| !it.is_empty())?;
        let text = text.to_str().map(str::to_owned);
        if text.is_none() {
            self.fault(setting, &format!("environment {name}"), "it is not UTF-8".to_owned());
        }
        text
    }

    fn secret_in_file(&mut self, setting: &Setting, path: &Path, source: &str) -> Option<String> {
        match read_secret(self.sources, path) {
            Ok(text) => Some(text),
            Err(problem) => {
                self.fault(setting, source, problem);
                None
            }
        }
    }

    fn in_settings_file(&mut self, setting: &Setting) -> Option<Found> {
        let value = self.file.values.get(setting.key)?.clone();
        let source = self.file.source.clone();
        let text = text_of(value);
        if text.is_none() {
            self.fault(setting, &source, "it is neither a value nor a list".to_owned());
        }
        text.map(|text| Found { text, source })
    }

    /// The content of a file that holds a secret, or what is wrong with it.
    pub(super) fn read_secret(&self, path: &str) -> Result<String, String> {
        read_secret(self.sources, Path::new(path))
    }
}

/// Editors and `echo` end a file with a newline that is not part of the secret.
fn read_secret(sources: &Sources, path: &Path) -> Result<String, String> {
    let bytes = (sources.read_file)(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn text_of(value: toml::Value) -> Option<Raw> {
    match value {
        toml::Value::String(text) => Some(Raw::One(text)),
        toml::Value::Integer(number) => Some(Raw::One(number.to_string())),
        toml::Value::Boolean(flag) => Some(Raw::One(flag.to_string())),
        toml::Value::Array(entries) => {
            let texts = entries.into_iter().map(|it| it.as_str().map(str::to_owned)).collect();
            Option::<Vec<String>>::map(texts, Raw::Several)
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// A value as it is shown in a fault: quoted, and cut where it is long.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    if text.chars().count() <= CHARACTERS_MAX {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(CHARACTERS_MAX).collect();
    format!("{cut:?}…")
}
