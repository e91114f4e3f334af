//! From the sources to the checked settings of a process.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{FindingType, Policy};
use secrecy::{ExposeSecret, SecretString};

use super::endpoints;
use super::fault::{Fault, Faults};
use super::reader::Reader;
use super::sources::Sources;
use super::table;
use super::typed::{
    AdminConfig, ApiConfig, BusConfig, ClientAddress, Config, IngestConfig, LogFormat, Mode,
    PayloadKey, ReconcilerConfig, StoreConfig, StripeConfig, TelemetryConfig, WorkerConfig,
};
use super::value;
use crate::telemetry;

/// Something that a process cannot do without, so that its setting must have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// RabbitMQ: `AMQP_URL`.
    Bus,
    /// Postgres: `DATABASE_URL`.
    Store,
    /// Stripe's API: `STRIPE_SECRET_KEY`.
    StripeKey,
    /// At least one endpoint with a signing secret: `STRIPE_WEBHOOK_SECRET` or `[[endpoints]]`.
    Endpoints,
}

impl Config {
    /// Reads and checks all settings; `needs` says which of them this process cannot do without.
    pub fn load(sources: &Sources, needs: &[Need]) -> Result<Self, Faults> {
        let mut reader = Reader::new(sources);
        let config = read(&mut reader);
        for need in needs {
            match need {
                Need::Bus if config.bus.is_none() => reader.missing(&table::AMQP_URL),
                Need::Store if config.store.is_none() => reader.missing(&table::DATABASE_URL),
                Need::StripeKey if config.stripe.secret_key.is_none() => {
                    reader.missing(&table::STRIPE_SECRET_KEY);
                }
                Need::Endpoints if config.ingest.endpoints.is_empty() => {
                    reader.missing(&table::STRIPE_WEBHOOK_SECRET);
                }
                Need::Bus | Need::Store | Need::StripeKey | Need::Endpoints => {}
            }
        }
        if reader.faults.is_empty() { Ok(config) } else { Err(Faults(reader.faults)) }
    }

    /// RabbitMQ's settings. Fails where its address is not set, which [`Need::Bus`] rules out.
    pub fn bus(&self) -> Result<&BusConfig, Faults> {
        self.bus.as_ref().ok_or_else(|| unset(&table::AMQP_URL))
    }

    /// Postgres' settings. Fails where its address is not set, which [`Need::Store`] rules out.
    pub fn store(&self) -> Result<&StoreConfig, Faults> {
        self.store.as_ref().ok_or_else(|| unset(&table::DATABASE_URL))
    }
}

fn unset(setting: &table::Setting) -> Faults {
    Faults(vec![Fault {
        setting: setting.key.to_owned(),
        source: format!("environment {}", setting.env),
        problem: "it is not set".to_owned(),
        expected: setting.kind.expectation(),
    }])
}

fn read(reader: &mut Reader<'_>) -> Config {
    let stripe = stripe(reader);
    let payload_retention_days = reader.count(&table::PAYLOAD_RETENTION_DAYS);
    Config {
        ingest: ingest(reader, &stripe),
        worker: WorkerConfig {
            batch_max: reader.count(&table::WORKER_BATCH_MAX),
            prefetch: reader.count(&table::WORKER_PREFETCH),
            batches_in_flight: reader.count(&table::WORKER_BATCHES_IN_FLIGHT),
            refetch_concurrency: reader.count(&table::WORKER_REFETCH_CONCURRENCY),
            always_ask: reader.list(&table::WORKER_ALWAYS_ASK, ObjectKind::parse),
            payload_retention_days,
        },
        reconciler: reconciler(reader, payload_retention_days),
        api: ApiConfig { listen: reader.address(&table::API_LISTEN) },
        admin: AdminConfig {
            ingest: reader.address(&table::ADMIN_INGEST_LISTEN),
            worker: reader.address(&table::ADMIN_WORKER_LISTEN),
            reconciler: reader.address(&table::ADMIN_RECONCILER_LISTEN),
            api: reader.address(&table::ADMIN_API_LISTEN),
        },
        telemetry: TelemetryConfig {
            format: reader
                .parsed(&table::LOG_FORMAT, LogFormat::parse)
                .unwrap_or(LogFormat::Readable),
            filter: reader.text(&table::LOG_FILTER, telemetry::filter_is_valid).unwrap_or_default(),
        },
        stripe,
        shutdown_grace: reader.duration(&table::SHUTDOWN_GRACE),
        bus: bus(reader),
        store: store(reader),
    }
}

fn reconciler(reader: &mut Reader<'_>, payload_retention_days: u32) -> ReconcilerConfig {
    let schedules = [
        ("gap_fill", &table::RECONCILER_GAP_FILL),
        ("objects", &table::RECONCILER_OBJECTS),
        ("endpoints", &table::RECONCILER_ENDPOINTS),
        ("janitors", &table::RECONCILER_JANITORS),
        ("payloads", &table::RECONCILER_PAYLOADS),
    ];
    let policies = [
        (FindingType::MissingHere, &table::RECONCILER_REPAIR_MISSING_HERE),
        (FindingType::MissingThere, &table::RECONCILER_REPAIR_MISSING_THERE),
        (FindingType::FieldDiffers, &table::RECONCILER_REPAIR_FIELD_DIFFERS),
        (FindingType::RemovedChild, &table::RECONCILER_REPAIR_REMOVED_CHILD),
        (FindingType::Entitlement, &table::RECONCILER_REPAIR_ENTITLEMENT),
        (FindingType::Silence, &table::RECONCILER_REPAIR_SILENCE),
    ];
    ReconcilerConfig {
        schedules: schedules
            .into_iter()
            .map(|(job, it)| (job, reader.text(it, value::is_schedule).unwrap_or_default()))
            .collect(),
        kinds: reader.list(&table::RECONCILER_KINDS, ObjectKind::parse),
        grace: reader.duration(&table::RECONCILER_GRACE),
        backlog_wait: reader.duration(&table::RECONCILER_BACKLOG_WAIT),
        parallel: reader.count(&table::RECONCILER_PARALLEL),
        repairs_max: reader.count(&table::RECONCILER_REPAIRS_MAX),
        silence_after: reader.duration(&table::RECONCILER_SILENCE_AFTER),
        policies: policies
            .into_iter()
            .map(|(found, it)| {
                (found, reader.parsed(it, Policy::parse).unwrap_or(Policy::Automatic))
            })
            .collect(),
        payload_retention_days,
    }
}

fn ingest(reader: &mut Reader<'_>, stripe: &StripeConfig) -> IngestConfig {
    let ingest = IngestConfig {
        listen: reader.address(&table::INGEST_LISTEN),
        body_limit_bytes: reader.count(&table::INGEST_BODY_LIMIT_BYTES),
        header_timeout: reader.duration(&table::INGEST_HEADER_TIMEOUT),
        body_timeout: reader.duration(&table::INGEST_BODY_TIMEOUT),
        connections_max: reader.count(&table::INGEST_CONNECTIONS_MAX),
        requests_per_address_per_second: reader
            .count(&table::INGEST_REQUESTS_PER_ADDRESS_PER_SECOND),
        requests_per_address_burst: reader.count(&table::INGEST_REQUESTS_PER_ADDRESS_BURST),
        client_address: reader
            .parsed(&table::INGEST_CLIENT_ADDRESS, value::client_address)
            .unwrap_or(ClientAddress::Peer),
        allowed_addresses: reader.list(&table::INGEST_ALLOWED_ADDRESSES, value::address_range),
        drain_timeout: reader.duration(&table::INGEST_DRAIN_TIMEOUT),
        confirm_timeout: reader.duration(&table::INGEST_CONFIRM_TIMEOUT),
        endpoints: endpoints::read(reader, stripe),
    };
    if ingest.client_address == ClientAddress::Unknown && !ingest.allowed_addresses.is_empty() {
        reader.faults.push(Fault {
            setting: table::INGEST_ALLOWED_ADDRESSES.key.to_owned(),
            source: "compared with other settings".to_owned(),
            problem: "it is set, and `ingest.client_address` is none".to_owned(),
            expected: "an empty list, or a client address that can be compared".to_owned(),
        });
    }
    ingest
}

fn bus(reader: &mut Reader<'_>) -> Option<BusConfig> {
    let url = reader.secret(&table::AMQP_URL, |it| value::is_url(it, &["amqp", "amqps"]));
    let prefix = reader.text(&table::BUS_PREFIX, value::is_bus_prefix).unwrap_or_default();
    let queue_length_max = reader.count(&table::BUS_QUEUE_LENGTH_MAX);
    Some(BusConfig { url: url?, prefix, queue_length_max })
}

fn store(reader: &mut Reader<'_>) -> Option<StoreConfig> {
    let is_url = |it: &str| value::is_url(it, &["postgres", "postgresql"]) || is_socket_url(it);
    let url = reader.secret(&table::DATABASE_URL, is_url);
    let connections_max = reader.count(&table::STORE_CONNECTIONS_MAX);
    let migrate_at_start = reader.flag(&table::STORE_MIGRATE_AT_START);
    let payload_keys = reader.list(&table::PAYLOAD_KEYS, payload_key);
    Some(StoreConfig { url: url?, connections_max, migrate_at_start, payload_keys })
}

fn payload_key(text: &str) -> Option<PayloadKey> {
    let (name, digits) = text.split_once(':')?;
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let named = (1..=64).contains(&name.len()) && name.chars().all(plain);
    let whole = digits.len() == 64 && digits.bytes().all(|it| it.is_ascii_hexdigit());
    (named && whole)
        .then(|| PayloadKey { name: name.to_owned(), digits: SecretString::from(digits) })
}

/// Postgres on a socket has no host before the path: `postgres:///name?host=/run/postgresql`.
fn is_socket_url(text: &str) -> bool {
    (text.starts_with("postgres://") || text.starts_with("postgresql://")) && text.contains("host=")
}

fn stripe(reader: &mut Reader<'_>) -> StripeConfig {
    let secret_key = reader.secret(&table::STRIPE_SECRET_KEY, |it| key_is_live(it).is_some());
    let api_base = |it: &str| value::is_url(it, &["https", "http"]);
    let mut stripe = StripeConfig {
        api_base: reader.text(&table::STRIPE_API_BASE, api_base).unwrap_or_default(),
        account: reader.text(&table::STRIPE_ACCOUNT, value::is_account),
        livemode: reader.parsed(&table::STRIPE_LIVEMODE, Mode::parse).unwrap_or(Mode::Any),
        api_version: reader.text(&table::STRIPE_API_VERSION, value::is_api_version),
        calls_per_second: reader.count(&table::STRIPE_CALLS_PER_SECOND),
        secret_key,
    };
    let live = stripe.secret_key.as_ref().and_then(|it| key_is_live(it.expose_secret()));
    if stripe.calls_per_second == 0 {
        // Half of what Stripe allows an account (STRIPE.md section 7.4).
        stripe.calls_per_second = if live == Some(true) { 50 } else { 12 };
    }
    if let Some(problem) = contradiction(&stripe) {
        reader.faults.push(Fault {
            setting: table::STRIPE_SECRET_KEY.key.to_owned(),
            source: "compared with other settings".to_owned(),
            problem: problem.to_owned(),
            expected: "key, mode and address that belong together".to_owned(),
        });
    }
    stripe
}

/// What a key, the mode and the address of Stripe must not say of one another: a key of one mode
/// never works on the other's behalf, and a live key never travels unencrypted.
fn contradiction(stripe: &StripeConfig) -> Option<&'static str> {
    let key = stripe.secret_key.as_ref().map(SecretString::expose_secret)?;
    match (key_is_live(key)?, stripe.livemode) {
        (true, Mode::Test) => Some("it is a live key, and `stripe.livemode` is test"),
        (false, Mode::Live) => Some("it is a test key, and `stripe.livemode` is live"),
        (true, Mode::Any | Mode::Live) if stripe.api_base.starts_with("http:") => {
            Some("it is a live key, and `stripe.api_base` is not https")
        }
        (true, Mode::Any | Mode::Live) | (false, Mode::Any | Mode::Test) => None,
    }
}

/// Whether an API key is of live mode, by its prefix; `None` when it is no secret or restricted
/// key.
fn key_is_live(key: &str) -> Option<bool> {
    let rest = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"))?;
    let live = match rest.split_once('_')? {
        ("live", own) if !own.is_empty() => true,
        ("test", own) if !own.is_empty() => false,
        _ => return None,
    };
    (!key.contains(char::is_whitespace)).then_some(live)
}
