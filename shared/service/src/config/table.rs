//! The table of all settings. A setting exists by standing here, and nowhere else.

use counterfoil_domain::reconcile::Policy;

use super::typed::{LogFormat, Mode};

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Its name in the TOML file: table and key.
    pub(super) key: &'static str,
    /// Its name in the environment.
    pub(super) env: &'static str,
    /// Its value where no source has one, in the form a source would have it.
    pub(super) default: Option<&'static str>,
    /// What values it takes.
    pub(super) kind: Kind,
    /// Whether its value must never be shown.
    pub(super) secret: bool,
    /// What it does, in a sentence.
    pub(super) doc: &'static str,
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// An address with a port.
    Address,
    /// A whole number within bounds, and what it counts.
    Count { unit: &'static str, min: u64, max: u64 },
    /// A span of time within bounds in milliseconds.
    Duration { min_ms: u64, max_ms: u64 },
    /// `true` or `false`.
    Flag,
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// A text of a certain form, and that form in words.
    Text(&'static str),
    /// Several texts, and the form of each in words.
    List(&'static str),
}

impl Kind {
    /// What is expected of a value, in words.
    pub(super) fn expectation(self) -> String {
        match self {
            Self::Address => "an address with a port, such as 127.0.0.1:8080".to_owned(),
            Self::Count { unit, min, max } => format!("a whole number of {unit}, {min} to {max}"),
            Self::Duration { min_ms, max_ms } => {
                let (min, max) = (duration_in_words(min_ms), duration_in_words(max_ms));
                format!("a duration from {min} to {max}, such as 250ms, 10s, 5m, 1h")
            }
            Self::Flag => "true or false".to_owned(),
            Self::OneOf(names) => format!("one of {}", names.join(", ")),
            Self::Text(form) => form.to_owned(),
            Self::List(form) => format!("a list (in the environment: comma-separated) of {form}"),
        }
    }

    /// The unit or form for the column of the documented table.
    pub(super) fn unit(self) -> String {
        match self {
            Self::Address => "address:port".to_owned(),
            Self::Count { unit, min, max } => format!("{unit}, {min} to {max}"),
            Self::Duration { min_ms, max_ms } => {
                format!("duration, {} to {}", duration_in_words(min_ms), duration_in_words(max_ms))
            }
            Self::Flag => "true, false".to_owned(),
            Self::OneOf(names) => names.join(", "),
            Self::Text(form) => form.to_owned(),
            Self::List(form) => format!("list of {form}"),
        }
    }
}

/// The shortest way to write a span: `90s`, `5m`.
pub(super) fn duration_in_words(ms: u64) -> String {
    for (unit, length_ms) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms >= length_ms && ms.is_multiple_of(length_ms) {
            return format!("{}{unit}", ms / length_ms);
        }
    }
    format!("{ms}ms")
}

const SECOND_MS: u64 = 1_000;
const HOUR_MS: u64 = 3_600 * SECOND_MS;
const MEBIBYTE: u64 = 1 << 20;
/// The form of a schedule.
const CRON: &str =
    "six fields as cron has them (second, minute, hour, day, month, weekday; UTC), or off";

macro_rules! settings {
    ($($name:ident: $key:literal, $env:literal, $kind:expr, $default:expr, $doc:literal;)*) => {
        $(pub(super) const $name: Setting = Setting {
            key: $key, env: $env, default: $default, kind: $kind, secret: false, doc: $doc,
        };)*
        /// All settings that are not secret, by subject.
        const PLAIN: &[Setting] = &[$($name),*];
    };
    (secret $($name:ident: $key:literal, $env:literal, $kind:expr, $doc:literal;)*) => {
        $(pub(super) const $name: Setting = Setting {
            key: $key, env: $env, default: None, kind: $kind, secret: true, doc: $doc,
        };)*
        /// The settings whose values are never shown.
        const SECRET: &[Setting] = &[$($name),*];
    };
}

settings! { secret
    DATABASE_URL: "store.url", "DATABASE_URL", Kind::Text("postgres://user:password@host:port/database"),
        "Where Postgres is.";
    AMQP_URL: "bus.url", "AMQP_URL", Kind::Text("amqp://user:password@host:port/vhost, or amqps://…"),
        "Where RabbitMQ is.";
    STRIPE_SECRET_KEY: "stripe.secret_key", "STRIPE_SECRET_KEY", Kind::Text("a key that begins with sk_test_, sk_live_, rk_test_ or rk_live_"),
        "The key for Stripe's API; the webhook receiver never needs it.";
    STRIPE_WEBHOOK_SECRET: "stripe.webhook_secret", "STRIPE_WEBHOOK_SECRET", Kind::List("signing secrets such as whsec_…, none of them blank"),
        "The signing secrets of the endpoint `stripe`; give the old and the new one while they are rotated.";
    PAYLOAD_KEYS: "payload.keys", "COUNTERFOIL_PAYLOAD_KEYS", Kind::List("keys as name:64 hexadecimal digits, such as 2026a:9f…"),
        "The keys that events' bodies are encrypted with, the one in use first; without any they are kept plain.";
}

settings! {
    INGEST_LISTEN: "ingest.listen", "COUNTERFOIL_INGEST_LISTEN", Kind::Address, Some("127.0.0.1:8080"),
        "Where webhooks are received.";
    INGEST_BODY_LIMIT_BYTES: "ingest.body_limit_bytes", "COUNTERFOIL_INGEST_BODY_LIMIT_BYTES", Kind::Count { unit: "bytes", min: 1_024, max: 64 * MEBIBYTE }, Some("1048576"),
        "The longest body that is read; a longer one is refused with 413.";
    INGEST_HEADER_TIMEOUT: "ingest.header_timeout", "COUNTERFOIL_INGEST_HEADER_TIMEOUT", Kind::Duration { min_ms: 100, max_ms: HOUR_MS }, Some("10s"),
        "How long a client may take to send a request's head; a connection idle for longer is closed.";
    INGEST_BODY_TIMEOUT: "ingest.body_timeout", "COUNTERFOIL_INGEST_BODY_TIMEOUT", Kind::Duration { min_ms: 100, max_ms: HOUR_MS }, Some("10s"),
        "How long a client may take to send a request's body; after that it is refused with 408.";
    INGEST_CONNECTIONS_MAX: "ingest.connections_max", "COUNTERFOIL_INGEST_CONNECTIONS_MAX", Kind::Count { unit: "connections", min: 1, max: 1_000_000 }, Some("4096"),
        "How many connections are served at once; further ones are turned away with 503.";
    INGEST_REQUESTS_PER_ADDRESS_PER_SECOND: "ingest.requests_per_address_per_second", "COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", Kind::Count { unit: "requests", min: 0, max: 1_000_000 }, Some("500"),
        "How many requests one address may send each second on average; more are refused with 429, and 0 means no limit.";
    INGEST_REQUESTS_PER_ADDRESS_BURST: "ingest.requests_per_address_burst", "COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_BURST", Kind::Count { unit: "requests", min: 1, max: 10_000_000 }, Some("2000"),
        "How many requests one address may send at once before the average counts.";
    INGEST_CLIENT_ADDRESS: "ingest.client_address", "COUNTERFOIL_INGEST_CLIENT_ADDRESS", Kind::Text("peer, none, or header:NAME"), Some("peer"),
        "Where a client's address is read from: the connection, nowhere (behind a proxy that names nobody; limits by address are off), or the last entry of a header that a trusted proxy writes.";
    INGEST_ALLOWED_ADDRESSES: "ingest.allowed_addresses", "COUNTERFOIL_INGEST_ALLOWED_ADDRESSES", Kind::List("addresses or ranges such as 3.18.12.63 or 10.0.0.0/8"), Some(""),
        "The only addresses that may send webhooks, such as those that Stripe publishes; empty allows all.";
    INGEST_DRAIN_TIMEOUT: "ingest.drain_timeout", "COUNTERFOIL_INGEST_DRAIN_TIMEOUT", Kind::Duration { min_ms: 0, max_ms: HOUR_MS }, Some("10s"),
        "How long requests in flight may take to finish once the process is asked to end.";
    INGEST_CONFIRM_TIMEOUT: "ingest.confirm_timeout", "COUNTERFOIL_INGEST_CONFIRM_TIMEOUT", Kind::Duration { min_ms: 10, max_ms: HOUR_MS }, Some("5s"),
        "How long the broker may take to confirm an event before its sender is answered 503.";
    API_LISTEN: "api.listen", "COUNTERFOIL_API_LISTEN", Kind::Address, Some("127.0.0.1:8081"),
        "Where the billing API is served.";
    ADMIN_INGEST_LISTEN: "admin.ingest_listen", "COUNTERFOIL_ADMIN_INGEST_LISTEN", Kind::Address, Some("127.0.0.1:9101"),
        "Where the webhook receiver answers probes and shows its metrics.";
    ADMIN_WORKER_LISTEN: "admin.worker_listen", "COUNTERFOIL_ADMIN_WORKER_LISTEN", Kind::Address, Some("127.0.0.1:9102"),
        "Where the worker answers probes and shows its metrics.";
    ADMIN_RECONCILER_LISTEN: "admin.reconciler_listen", "COUNTERFOIL_ADMIN_RECONCILER_LISTEN", Kind::Address, Some("127.0.0.1:9103"),
        "Where the reconciler answers probes and shows its metrics.";
    ADMIN_API_LISTEN: "admin.api_listen", "COUNTERFOIL_ADMIN_API_LISTEN", Kind::Address, Some("127.0.0.1:9104"),
        "Where the API answers probes and shows its metrics.";
    STRIPE_API_BASE: "stripe.api_base", "STRIPE_API_BASE", Kind::Text("https://host, or http://host:port for a simulator"), Some("https://api.stripe.com"),
        "Where Stripe's API is; another address for the simulator.";
    STRIPE_ACCOUNT: "stripe.account", "COUNTERFOIL_STRIPE_ACCOUNT", Kind::Text("an account id such as acct_…"), None,
        "The Stripe account that rows are kept under; needed once there is more than one.";
    STRIPE_LIVEMODE: "stripe.livemode", "COUNTERFOIL_STRIPE_LIVEMODE", Kind::OneOf(Mode::NAMES), Some("any"),
        "The mode this installation works in; a key or an event of the other mode is refused or set aside.";
    STRIPE_API_VERSION: "stripe.api_version", "COUNTERFOIL_STRIPE_API_VERSION", Kind::Text("a version such as 2026-10-28.endive"), None,
        "The API version that events are expected to be rendered with; another one raises a metric.";
    STRIPE_WEBHOOK_TOLERANCE: "stripe.webhook_tolerance", "COUNTERFOIL_STRIPE_WEBHOOK_TOLERANCE", Kind::Duration { min_ms: SECOND_MS, max_ms: 24 * HOUR_MS }, Some("300s"),
        "How far a signature's time may lie from now, in both directions.";
    STRIPE_CONNECT: "stripe.connect", "COUNTERFOIL_STRIPE_CONNECT", Kind::Flag, Some("false"),
        "Whether the endpoint `stripe` receives the events of connected accounts.";
    BUS_PREFIX: "bus.prefix", "COUNTERFOIL_BUS_PREFIX", Kind::Text("1 to 64 letters, digits, `-`, `_` or `.`"), Some("counterfoil"),
        "What the names of all exchanges and queues begin with.";
    BUS_QUEUE_LENGTH_MAX: "bus.queue_length_max", "COUNTERFOIL_BUS_QUEUE_LENGTH_MAX", Kind::Count { unit: "messages", min: 1, max: 1_000_000_000 }, Some("10000000"),
        "How many messages one queue may hold before the broker refuses more and senders are answered 503.";
    STORE_CONNECTIONS_MAX: "store.connections_max", "COUNTERFOIL_STORE_CONNECTIONS_MAX", Kind::Count { unit: "connections", min: 1, max: 1_000 }, Some("10"),
        "How many connections one process opens to Postgres at most.";
    STORE_MIGRATE_AT_START: "store.migrate_at_start", "COUNTERFOIL_STORE_MIGRATE_AT_START", Kind::Flag, Some("true"),
        "Whether a service that starts brings the schema up to date first.";
    WORKER_BATCH_MAX: "worker.batch_max", "COUNTERFOIL_WORKER_BATCH_MAX", Kind::Count { unit: "events", min: 1, max: 1_000 }, Some("200"),
        "How many events are absorbed in one transaction at most.";
    WORKER_PREFETCH: "worker.prefetch", "COUNTERFOIL_WORKER_PREFETCH", Kind::Count { unit: "messages", min: 1, max: 65_535 }, Some("300"),
        "How many unacknowledged messages the broker hands out on each queue, per batch in flight; each may hold sixteen events.";
    WORKER_BATCHES_IN_FLIGHT: "worker.batches_in_flight", "COUNTERFOIL_WORKER_BATCHES_IN_FLIGHT", Kind::Count { unit: "batches", min: 1, max: 64 }, Some("2"),
        "How many batches are worked on at once.";
    WORKER_REFETCH_CONCURRENCY: "worker.refetch_concurrency", "COUNTERFOIL_WORKER_REFETCH_CONCURRENCY", Kind::Count { unit: "requests", min: 1, max: 256 }, Some("4"),
        "How many objects are fetched from Stripe at once when events alone cannot decide.";
    WORKER_ALWAYS_ASK: "worker.always_ask", "COUNTERFOIL_WORKER_ALWAYS_ASK", Kind::List("kinds of object, named as Stripe's `object` field names them, such as subscription"), Some(""),
        "Objects of these kinds are asked of Stripe at every event instead of being taken from it: the cautious way, at the price of calls.";
    STRIPE_CALLS_PER_SECOND: "stripe.calls_per_second", "COUNTERFOIL_STRIPE_CALLS_PER_SECOND", Kind::Count { unit: "calls", min: 0, max: 10_000 }, Some("0"),
        "How many calls to Stripe all processes together may make in a second; 0 means half of Stripe's limit, 50 in live mode and 12 otherwise.";
    STRIPE_WEBHOOK_URL: "stripe.webhook_url", "COUNTERFOIL_STRIPE_WEBHOOK_URL", Kind::Text("https://host/path, or http://host:port/path for a simulator"), None,
        "The address under which Stripe knows the endpoint `stripe`; the reconciler then looks after it there.";
    STRIPE_MANAGE_ENDPOINT: "stripe.manage_endpoint", "COUNTERFOIL_STRIPE_MANAGE_ENDPOINT", Kind::Flag, Some("false"),
        "Whether the reconciler may enable the endpoint `stripe` at Stripe and add types of events that it is not sent; needs `stripe.webhook_url`.";
    RECONCILER_GAP_FILL: "reconciler.gap_fill", "COUNTERFOIL_RECONCILER_GAP_FILL", Kind::Text(CRON), Some("0 */5 * * * *"),
        "When Stripe's list of events is compared with the inbox, and what is lacking fetched.";
    RECONCILER_OBJECTS: "reconciler.objects", "COUNTERFOIL_RECONCILER_OBJECTS", Kind::Text(CRON), Some("0 23 3 * * *"),
        "When every object that Stripe lists is compared with the mirror.";
    RECONCILER_ENDPOINTS: "reconciler.endpoints", "COUNTERFOIL_RECONCILER_ENDPOINTS", Kind::Text(CRON), Some("0 11,41 * * * *"),
        "When Stripe's webhook endpoints are looked after.";
    RECONCILER_JANITORS: "reconciler.janitors", "COUNTERFOIL_RECONCILER_JANITORS", Kind::Text(CRON), Some("0 29 * * * *"),
        "When events and objects are looked after that should have moved on.";
    RECONCILER_PAYLOADS: "reconciler.payloads", "COUNTERFOIL_RECONCILER_PAYLOADS", Kind::Text(CRON), Some("0 17 * * * *"),
        "When the partitions of payloads are made and dropped.";
    RECONCILER_KINDS: "reconciler.kinds", "COUNTERFOIL_RECONCILER_KINDS", Kind::List("kinds of object, named as Stripe's `object` field names them, such as subscription"), Some(""),
        "The kinds of object that a full pass compares; empty means all. Payment methods, tax ids, entitlements and credit balance transactions cost a call for each customer.";
    RECONCILER_GRACE: "reconciler.grace", "COUNTERFOIL_RECONCILER_GRACE", Kind::Duration { min_ms: 0, max_ms: 24 * HOUR_MS }, Some("60s"),
        "How long what is on its way may take before a difference counts as drift.";
    RECONCILER_BACKLOG_WAIT: "reconciler.backlog_wait", "COUNTERFOIL_RECONCILER_BACKLOG_WAIT", Kind::Duration { min_ms: 0, max_ms: 24 * HOUR_MS }, Some("15m"),
        "How long a run waits at most for the workers to absorb what waits.";
    RECONCILER_PARALLEL: "reconciler.parallel", "COUNTERFOIL_RECONCILER_PARALLEL", Kind::Count { unit: "calls", min: 1, max: 64 }, Some("4"),
        "How many pages are asked for at once; `stripe.calls_per_second` bounds them all the same.";
    RECONCILER_REPAIRS_MAX: "reconciler.repairs_max", "COUNTERFOIL_RECONCILER_REPAIRS_MAX", Kind::Count { unit: "objects", min: 0, max: 1_000_000_000 }, Some("1000"),
        "How many objects one run may change; a run that would change more stops, changes nothing and alerts.";
    RECONCILER_SILENCE_AFTER: "reconciler.silence_after", "COUNTERFOIL_RECONCILER_SILENCE_AFTER", Kind::Duration { min_ms: 60 * SECOND_MS, max_ms: 24 * HOUR_MS }, Some("15m"),
        "How long Stripe may have events while none is delivered before that is an alarm.";
    RECONCILER_REPAIR_MISSING_HERE: "reconciler.repair_missing_here", "COUNTERFOIL_RECONCILER_REPAIR_MISSING_HERE", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Who mends it when Stripe has an object that is not held: the run, a person who is asked, or never.";
    RECONCILER_REPAIR_MISSING_THERE: "reconciler.repair_missing_there", "COUNTERFOIL_RECONCILER_REPAIR_MISSING_THERE", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Likewise when an object is held that Stripe no longer has.";
    RECONCILER_REPAIR_FIELD_DIFFERS: "reconciler.repair_field_differs", "COUNTERFOIL_RECONCILER_REPAIR_FIELD_DIFFERS", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Likewise when a field differs.";
    RECONCILER_REPAIR_REMOVED_CHILD: "reconciler.repair_removed_child", "COUNTERFOIL_RECONCILER_REPAIR_REMOVED_CHILD", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Likewise when a child, such as a subscription's item, is on one side only.";
    RECONCILER_REPAIR_ENTITLEMENT: "reconciler.repair_entitlement", "COUNTERFOIL_RECONCILER_REPAIR_ENTITLEMENT", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Likewise when a customer's entitlements differ.";
    RECONCILER_REPAIR_SILENCE: "reconciler.repair_silence", "COUNTERFOIL_RECONCILER_REPAIR_SILENCE", Kind::OneOf(Policy::NAMES), Some("automatic"),
        "Likewise when an endpoint that may be managed is disabled or lacks types of events.";
    PAYLOAD_RETENTION_DAYS: "payload.retention_days", "COUNTERFOIL_PAYLOAD_RETENTION_DAYS", Kind::Count { unit: "days", min: 1, max: 3_650 }, Some("35"),
        "How long an event's body is kept; what became of it is kept for ever.";
    LOG_FORMAT: "log.format", "COUNTERFOIL_LOG_FORMAT", Kind::OneOf(LogFormat::NAMES), Some("readable"),
        "The form of log lines.";
    LOG_FILTER: "log.filter", "COUNTERFOIL_LOG_FILTER", Kind::Text("a filter such as info or info,counterfoil_ingest=debug"), Some("info"),
        "What is logged.";
    SHUTDOWN_GRACE: "shutdown.grace", "COUNTERFOIL_SHUTDOWN_GRACE", Kind::Duration { min_ms: 0, max_ms: HOUR_MS }, Some("25s"),
        "How long the process may take to finish what it has once it is asked to end.";
}

/// Every setting: the secrets first, then the others by subject.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    SECRET.iter().chain(PLAIN)
}

/// The name in the environment of the TOML file's path.
pub(super) const CONFIG_FILE_ENV: &str = "COUNTERFOIL_CONFIG";

/// What every name of ours in the environment begins with.
pub(super) const ENV_PREFIX: &str = "COUNTERFOIL_";

/// What is appended to a secret's name in the environment to name a file that holds it.
pub(super) const FILE_SUFFIX: &str = "_FILE";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_follow_one_pattern() {
        let keys: BTreeSet<&str> = all().map(|it| it.key).collect();
        let names: BTreeSet<&str> = all().map(|it| it.env).collect();
        assert_eq!(keys.len(), all().count());
        assert_eq!(names.len(), all().count());
        for it in all() {
            let derived = format!("{ENV_PREFIX}{}", it.key.to_uppercase().replace('.', "_"));
            let well_known = it.secret || it.env == "STRIPE_API_BASE";
            assert!(it.env == derived || well_known, "{} {}", it.key, it.env);
            assert!(it.doc.ends_with('.'), "{}", it.key);
            assert_eq!(it.key.split('.').count(), 2, "{}", it.key);
        }
    }

    #[test]
    fn spans_are_written_in_their_largest_whole_unit() {
        for (ms, words) in
            [(0, "0ms"), (250, "250ms"), (1_000, "1s"), (90_000, "90s"), (3_600_000, "1h")]
        {
            assert_eq!(duration_in_words(ms), words);
        }
    }
}
