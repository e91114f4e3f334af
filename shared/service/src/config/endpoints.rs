//! Webhook endpoints: the default one from the plain settings, the others from `[[endpoints]]`.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::SecretString;

use super::fault::Fault;
use super::reader::{Reader, shown};
use super::table;
use super::typed::{EndpointConfig, Mode, Payload, StripeConfig};
use super::value;

/// The keys of one entry of `[[endpoints]]`: name, form, whether it must be there, and what it is.
pub(super) const ENTRY_KEYS: &[(&str, &str, &str)] = &[
    (
        "name",
        "1 to 64 of a-z, 0-9, - and _",
        "Its name in the path `/webhooks/stripe/{name}`; required.",
    ),
    (
        "secrets",
        "list of signing secrets",
        "Its signing secrets; this or `secrets_file` is required.",
    ),
    ("secrets_file", "path", "A file with its signing secrets, one on each line."),
    (
        "tolerance_seconds",
        "seconds, 1 to 86400",
        "How far a signature's time may lie from now; else `stripe.webhook_tolerance`.",
    ),
    (
        "api_version",
        "a version such as 2026-10-28.endive",
        "The API version its events are expected to be rendered with; else `stripe.api_version`, thin events have none.",
    ),
    (
        "account",
        "an account id such as acct_…",
        "The Stripe account it belongs to; else `stripe.account`. Ties of an account that STRIPE_SECRET_KEY is not of are parked, unless `connect`.",
    ),
    ("mode", "any, live, test", "The mode its events must be of; else `stripe.livemode`."),
    ("payload", "snapshot, thin", "The form of its events; snapshot unless set."),
    (
        "connect",
        "true, false",
        "Whether it receives the events of connected accounts; false unless set.",
    ),
    (
        "url",
        "https://host/path",
        "The address under which Stripe knows it; the reconciler then looks after it there.",
    ),
    (
        "managed",
        "true, false",
        "Whether the reconciler may enable it at Stripe and add types of events; false unless set.",
    ),
];

/// All endpoints. The default one exists where `STRIPE_WEBHOOK_SECRET` is set.
pub(super) fn read(reader: &mut Reader<'_>, stripe: &StripeConfig) -> Vec<EndpointConfig> {
    let tolerance = reader.duration(&table::STRIPE_WEBHOOK_TOLERANCE);
    let connect = reader.flag(&table::STRIPE_CONNECT);
    let secrets = reader.list(&table::STRIPE_WEBHOOK_SECRET, secret);
    let default = EndpointConfig {
        name: EndpointConfig::DEFAULT_NAME.to_owned(),
        secrets,
        tolerance,
        api_version: stripe.api_version.clone(),
        account: stripe.account.clone(),
        mode: stripe.livemode,
        payload: Payload::Snapshot,
        connect,
        url: reader.text(&table::STRIPE_WEBHOOK_URL, is_address),
        managed: reader.flag(&table::STRIPE_MANAGE_ENDPOINT),
    };
    let entries = std::mem::take(&mut reader.file.endpoints);
    let mut endpoints: Vec<EndpointConfig> = Vec::new();
    if !default.secrets.is_empty() {
        endpoints.push(default.clone());
    }
    for (at, entry) in entries.into_iter().enumerate() {
        let mut entry = Entry::new(reader, at, entry);
        let endpoint = entry.endpoint(&default);
        if stripe.livemode != Mode::Any && endpoint.mode != stripe.livemode {
            entry.fault("mode", "it differs from `stripe.livemode`", "the same mode");
        }
        endpoints.push(endpoint);
    }
    let mut names = BTreeSet::new();
    let source = reader.file.source.clone();
    for endpoint in &endpoints {
        if !names.insert(endpoint.name.as_str()) {
            reader.faults.push(Fault {
                setting: "endpoints.name".to_owned(),
                source: source.clone(),
                problem: format!("{} is there twice", shown(&endpoint.name)),
                expected: "one entry for each name; `stripe` is STRIPE_WEBHOOK_SECRET's".to_owned(),
            });
        }
    }
    endpoints
}

fn is_address(text: &str) -> bool {
    value::is_url(text, &["https", "http"])
}

fn secret(text: &str) -> Option<SecretString> {
    (!text.trim().is_empty()).then(|| SecretString::from(text))
}

/// One entry of `[[endpoints]]` while it is read.
struct Entry<'r, 'a> {
    reader: &'r mut Reader<'a>,
    number: usize,
    table: toml::Table,
}

impl<'r, 'a> Entry<'r, 'a> {
    fn new(reader: &'r mut Reader<'a>, at: usize, entry: toml::Value) -> Self {
        let number = at + 1;
        let (table, is_table) = match entry {
            toml::Value::Table(table) => (table, true),
            _ => (toml::Table::new(), false),
        };
        let mut it = Self { reader, number, table };
        if !is_table {
            it.fault("", "it is no table", "[[endpoints]] with keys below it");
        }
        let unknown: Vec<String> = it
            .table
            .keys()
            .filter(|key| ENTRY_KEYS.iter().all(|(known, ..)| known != key))
            .cloned()
            .collect();
        for key in unknown {
            it.fault(&key, "there is no such setting", "a key of the table in docs/SETTINGS.md");
        }
        it
    }

    fn endpoint(&mut self, default: &EndpointConfig) -> EndpointConfig {
        let name = self.text("name", |it| value::is_endpoint_name(it).then(|| it.to_owned()));
        if name.is_none() && !self.table.contains_key("name") {
            self.fault("name", "it is not set", "a name of its own");
        }
        let payload = self.text("payload", Payload::parse).unwrap_or(Payload::Snapshot);
        let version = |it: &str| value::is_api_version(it).then(|| it.to_owned());
        let account = |it: &str| value::is_account(it).then(|| it.to_owned());
        let api_version = self.text("api_version", version);
        EndpointConfig {
            name: name.unwrap_or_default(),
            secrets: self.secrets(),
            tolerance: self.tolerance().unwrap_or(default.tolerance),
            api_version: match payload {
                Payload::Snapshot => api_version.or_else(|| default.api_version.clone()),
                Payload::Thin => api_version,
            },
            account: self.text("account", account).or_else(|| default.account.clone()),
            mode: self.text("mode", Mode::parse).unwrap_or(default.mode),
            payload,
            connect: self.flag("connect").unwrap_or(false),
            url: self.text("url", |it| is_address(it).then(|| it.to_owned())),
            managed: self.flag("managed").unwrap_or(false),
        }
    }

    fn secrets(&mut self) -> Vec<SecretString> {
        let mut texts: Vec<String> = Vec::new();
        match self.table.get("secrets").cloned() {
            None => {}
            Some(toml::Value::String(one)) => texts.push(one),
            Some(toml::Value::Array(several)) => {
                for it in several {
                    texts.push(it.as_str().unwrap_or_default().to_owned());
                }
            }
            Some(_) => self.fault("secrets", "it is no list of texts", "a list of signing secrets"),
        }
        if let Some(path) = self.text("secrets_file", |it| Some(it.to_owned())) {
            match self.reader.read_secret(&path) {
                Ok(content) => texts.extend(content.lines().map(str::to_owned)),
                Err(problem) => {
                    self.fault("secrets_file", &problem, "a file with one secret on each line");
                }
            }
        }
        if texts.is_empty() {
            self.fault("secrets", "no secret is set", "secrets, or secrets_file with a path");
        }
        let secrets: Vec<SecretString> = texts.iter().filter_map(|it| secret(it)).collect();
        if secrets.len() < texts.len() {
            self.fault("secrets", "one of them is blank or no text", "signing secrets");
        }
        secrets
    }

    fn tolerance(&mut self) -> Option<Duration> {
        let seconds = self.table.get("tolerance_seconds")?.as_integer();
        let seconds = seconds.and_then(|it| u64::try_from(it).ok());
        let seconds = seconds.filter(|it| (1..=86_400).contains(it));
        if seconds.is_none() {
            self.fault("tolerance_seconds", "it does not fit", "a whole number, 1 to 86400");
        }
        seconds.map(Duration::from_secs)
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        let flag = self.table.get(key)?.as_bool();
        if flag.is_none() {
            self.fault(key, "it does not fit", "true or false");
        }
        flag
    }

    fn text<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.table.get(key)?.as_str().map(str::to_owned);
        let value = text.as_deref().and_then(parse);
        if value.is_none() {
            let form = ENTRY_KEYS.iter().find(|it| it.0 == key).map_or("a text", |it| it.1);
            let problem = text
                .map_or("it is no text".to_owned(), |it| format!("{} does not fit", shown(&it)));
            self.fault(key, &problem, form);
        }
        value
    }

    fn fault(&mut self, key: &str, problem: &str, expected: &str) {
        self.reader.faults.push(Fault {
            setting: format!("endpoints[{}].{key}", self.number),
            source: self.reader.file.source.clone(),
            problem: problem.to_owned(),
            expected: expected.to_owned(),
        });
    }
}
