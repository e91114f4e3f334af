//! What the settings mean, as values that the services are built from.
//!
//! A value of these types has passed every check; nothing downstream validates again.

use std::net::SocketAddr;
use std::time::Duration;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{FindingType, Policy};
use ipnet::IpNet;
use secrecy::SecretString;

/// All settings of a process, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The webhook receiver.
    pub ingest: IngestConfig,
    /// The consumers.
    pub worker: WorkerConfig,
    /// The scheduled jobs.
    pub reconciler: ReconcilerConfig,
    /// The billing API.
    pub api: ApiConfig,
    /// The admin listeners of the four services.
    pub admin: AdminConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
    /// Stripe's API.
    pub stripe: StripeConfig,
    /// How long the whole process may take to finish what it has once it is asked to end.
    pub shutdown_grace: Duration,
    /// RabbitMQ, where its address is set. Read it with [`Config::bus`].
    pub(super) bus: Option<BusConfig>,
    /// Postgres, where its address is set. Read it with [`Config::store`].
    pub(super) store: Option<StoreConfig>,
}

/// The webhook receiver.
#[derive(Debug, Clone)]
pub struct IngestConfig {
    /// Where webhooks are received. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The longest body that is read, in bytes.
    pub body_limit_bytes: usize,
    /// How long a client may take to send a request's head, or to begin the next request.
    pub header_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How many connections are served at once; beyond it they are turned away with 503.
    pub connections_max: usize,
    /// Requests per second that one address may send on average; 0 for no limit.
    pub requests_per_address_per_second: u32,
    /// Requests that one address may send at once before the average counts.
    pub requests_per_address_burst: u32,
    /// Where a client's address is read from.
    pub client_address: ClientAddress,
    /// The only addresses that may send webhooks; empty for all.
    pub allowed_addresses: Vec<IpNet>,
    /// How long requests in flight may take to finish once the process is asked to end.
    pub drain_timeout: Duration,
    /// How long the broker may take to confirm before the sender is told to try again.
    pub confirm_timeout: Duration,
    /// Where Stripe's deliveries may arrive; names are unique.
    pub endpoints: Vec<EndpointConfig>,
}

/// Where the address of a client is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// It is the other end of the connection.
    Peer,
    /// It is unknown: a proxy is in between and names nobody. Limits by address are off.
    Unknown,
    /// A trusted proxy writes it last into this header (lowercase), such as `x-forwarded-for`.
    Header(String),
}

/// One webhook endpoint of Stripe, and what may be expected of its deliveries.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// Its name in the path (`/webhooks/stripe/{name}`), in metrics and in the inbox.
    pub name: String,
    /// Its signing secrets (`whsec_…`), more than one while they are rotated; never empty.
    pub secrets: Vec<SecretString>,
    /// The greatest difference between a signature's time and now, in both directions.
    pub tolerance: Duration,
    /// The API version its events are expected to be rendered with; unset for any.
    pub api_version: Option<String>,
    /// The Stripe account (`acct_…`) it belongs to; unset for the only one there is.
    pub account: Option<String>,
    /// Which mode its events must be of.
    pub mode: Mode,
    /// The form of its events.
    pub payload: Payload,
    /// Whether it receives the events of connected accounts, each of which names its account.
    pub connect: bool,
    /// The address under which Stripe knows it, where the reconciler is to look after it.
    pub url: Option<String>,
    /// Whether it may be mended at Stripe.
    pub managed: bool,
}

impl EndpointConfig {
    /// The name of the endpoint that `POST /webhooks/stripe` belongs to.
    pub const DEFAULT_NAME: &'static str = "stripe";
}

/// Which of Stripe's modes is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Both.
    Any,
    /// Only live mode, in which money moves.
    Live,
    /// Only test mode.
    Test,
}

impl Mode {
    /// The names in settings.
    pub const NAMES: &'static [&'static str] = &["any", "live", "test"];

    /// The mode of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "any" => Some(Self::Any),
            "live" => Some(Self::Live),
            "test" => Some(Self::Test),
            _ => None,
        }
    }

    /// Whether an event of that mode is expected. An event that does not say is.
    #[must_use]
    pub fn expects(self, livemode: Option<bool>) -> bool {
        match (self, livemode) {
            (Self::Any, _) | (_, None) => true,
            (Self::Live, Some(live)) => live,
            (Self::Test, Some(live)) => !live,
        }
    }
}

/// The form of an endpoint's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// v1 events, which carry the object.
    Snapshot,
    /// v2 events, which name the object.
    Thin,
}

impl Payload {
    /// The names in settings.
    pub const NAMES: &'static [&'static str] = &["snapshot", "thin"];

    /// The payload of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "snapshot" => Some(Self::Snapshot),
            "thin" => Some(Self::Thin),
            _ => None,
        }
    }
}

/// The consumers of the bus.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Most deliveries in one transaction.
    pub batch_max: usize,
    /// Unacknowledged deliveries the broker may hand out on each queue.
    pub prefetch: u16,
    /// Batches that are worked on at once.
    pub batches_in_flight: usize,
    /// Refetches from Stripe that run at once.
    pub refetch_concurrency: usize,
    /// Kinds of object that Stripe is asked for at every event.
    pub always_ask: Vec<ObjectKind>,
    /// Days for which an event's body is kept.
    pub payload_retention_days: u32,
}

/// The scheduled jobs.
#[derive(Debug, Clone)]
pub struct ReconcilerConfig {
    /// When each job runs, by the job's name: six fields as cron has them, or `off`.
    pub schedules: Vec<(&'static str, String)>,
    /// The kinds of object that a full pass compares; empty for all.
    pub kinds: Vec<ObjectKind>,
    /// How long what is on its way may take before a difference is drift.
    pub grace: Duration,
    /// How long a run waits for the workers to absorb what waits.
    pub backlog_wait: Duration,
    /// Pages that are asked for at once.
    pub parallel: usize,
    /// Objects that one run may change.
    pub repairs_max: u64,
    /// How long Stripe may have events while none is delivered.
    pub silence_after: Duration,
    /// Who mends findings of each type.
    pub policies: Vec<(FindingType, Policy)>,
    /// Days for which an event's body is kept.
    pub payload_retention_days: u32,
}

/// The billing API.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// Where the API is served. Port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Where each service answers probes and shows its metrics.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// The webhook receiver's.
    pub ingest: SocketAddr,
    /// The worker's.
    pub worker: SocketAddr,
    /// The reconciler's.
    pub reconciler: SocketAddr,
    /// The API's.
    pub api: SocketAddr,
}

/// Logs.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// Their form.
    pub format: LogFormat,
    /// What is logged, in tracing's filter language.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Readable,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// The names in settings.
    pub const NAMES: &'static [&'static str] = &["readable", "json"];

    /// The format of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "readable" => Some(Self::Readable),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// RabbitMQ.
#[derive(Debug, Clone)]
pub struct BusConfig {
    /// Its address with user, password and virtual host (`amqp://…` or `amqps://…`).
    pub url: SecretString,
    /// What the names of all exchanges and queues begin with.
    pub prefix: String,
    /// Messages one queue may hold before the broker refuses more.
    pub queue_length_max: u64,
}

/// Postgres.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Its address with user, password and database (`postgres://…`).
    pub url: SecretString,
    /// Most connections of one process.
    pub connections_max: u32,
    /// Whether a service that starts brings the schema up to date first.
    pub migrate_at_start: bool,
    /// The keys that bodies are encrypted with, the one in use first.
    pub payload_keys: Vec<PayloadKey>,
}

/// A key that bodies are encrypted with.
#[derive(Debug, Clone)]
pub struct PayloadKey {
    /// Its name, which is kept with each body.
    pub name: String,
    /// The key itself, as 64 hexadecimal digits.
    pub digits: SecretString,
}

/// Stripe's API.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// The API key (`sk_…` or `rk_…`); unset where nothing is to be asked of Stripe.
    pub secret_key: Option<SecretString>,
    /// Where its API is, without a path; another address than Stripe's for the simulator.
    pub api_base: String,
    /// The account (`acct_…`) that rows are kept under; unset for the only one there is.
    pub account: Option<String>,
    /// Which mode this installation works in.
    pub livemode: Mode,
    /// The API version that is asked for and expected; unset for any.
    pub api_version: Option<String>,
    /// Calls that all processes together may make in a second.
    pub calls_per_second: u32,
}
