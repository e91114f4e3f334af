//! Running services: any of them, or all, in one process.
//!
//! Each service has its own registry, health and admin listener, as if it ran alone. What a service
//! waits for at its start (the database, the broker) shows in its health; only what no waiting
//! mends ends the process. On SIGTERM or SIGINT every service finishes what it has in hand; the
//! admin listeners answer until the end.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use counterfoil_api::Api;
use counterfoil_bus::{AmqpUrl, Bound, BusMetrics, BusOptions, Publisher, Topology};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_ingest::{Ingest, Parts};
use counterfoil_reconciler::{
    Context as ReconcilerContext, Job, Policies, ReconcilerMetrics, ReconcilerOptions, Schedule,
    Settings, Wanted, WantedEndpoint,
};
use counterfoil_service::admin::register_build_info;
use counterfoil_service::config::{Config, Need, Payload, Sources, StoreConfig};
use counterfoil_service::wait::pause;
use counterfoil_service::{Admin, Clock, Health, Shutdown, telemetry};
use counterfoil_store::{ConnectOptions, PayloadKeys, Rate, Store, StoreError};
use counterfoil_stripe_client::{ClientOptions, StripeClient};
use counterfoil_worker::{Choices, WorkerMetrics, WorkerOptions};
use prometheus::Registry;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

use crate::scope::own_scope;

/// One of the four services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ingest,
    Worker,
    Reconciler,
    Api,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Ingest, Self::Worker, Self::Reconciler, Self::Api];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Worker => "worker",
            Self::Reconciler => "reconciler",
            Self::Api => "api",
        }
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Self::Ingest => &[Need::Bus, Need::Endpoints],
            Self::Worker => &[Need::Bus, Need::Store],
            Self::Reconciler => &[Need::Store],
            Self::Api => &[],
        }
    }
}

/// How long a call to Stripe may take.
const STRIPE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a query waits for a connection before Postgres counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before asking for Postgres again at the start.
const POSTGRES_PAUSE: Duration = Duration::from_secs(1);

/// What every service of the process shares.
struct Process {
    config: Config,
    clock: Clock,
    shutdown: Shutdown,
    /// Requested last, for the admin listeners.
    end: Shutdown,
}

/// Runs these services until the process is asked to end, or one of them cannot go on.
pub(crate) async fn run(services: &[Service], sources: &Sources) -> anyhow::Result<()> {
    let needs: Vec<Need> = services.iter().flat_map(|it| it.needs()).copied().collect();
    let config = Config::load(sources, &needs)?;
    telemetry::init(&config.telemetry, &counterfoil_bus::LOG_DIRECTIVES)?;
    let shutdown = Shutdown::new();
    shutdown.watch_signals().context("the signals of this process cannot be watched")?;
    let grace = config.shutdown_grace;
    let process = Process {
        config,
        clock: Clock::system(),
        shutdown: shutdown.clone(),
        end: Shutdown::new(),
    };
    let mut running = JoinSet::new();
    for service in services {
        start(&process, *service, &mut running)
            .await
            .with_context(|| format!("{} cannot start", service.as_str()))?;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "counterfoil is running");
    let first = running.join_next().await;
    // Whatever ended first, the others are to finish.
    shutdown.request();
    let mut result = ended(first);
    let rest = async {
        while let Some(next) = running.join_next().await {
            let next = ended(Some(next));
            if result.is_ok() {
                result = next;
            }
        }
    };
    if tokio::time::timeout(grace, rest).await.is_err() {
        tracing::warn!("not everything was finished in time; it is repeated after the next start");
    }
    process.end.request();
    result
}

fn ended(task: Option<Result<anyhow::Result<()>, tokio::task::JoinError>>) -> anyhow::Result<()> {
    match task {
        None => Ok(()),
        Some(Ok(result)) => result,
        Some(Err(_)) => anyhow::bail!("a service panicked; the log holds its message"),
    }
}

async fn start(
    process: &Process,
    service: Service,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let (registry, health) = (Registry::new(), Health::new());
    register_build_info(&registry, service.as_str(), env!("CARGO_PKG_VERSION"))?;
    let config = &process.config;
    let address = match service {
        Service::Ingest => config.admin.ingest,
        Service::Worker => config.admin.worker,
        Service::Reconciler => config.admin.reconciler,
        Service::Api => config.admin.api,
    };
    let admin = Admin::bind(address, health.clone(), registry.clone()).await?;
    tracing::info!(service = service.as_str(), admin = %admin.address(), "starting");
    tokio::spawn(admin.run(process.end.clone()));
    match service {
        Service::Ingest => start_ingest(process, &registry, health, running).await,
        Service::Worker => start_worker(process, &registry, health, running),
        Service::Reconciler => start_reconciler(process, &registry, health, running),
        Service::Api => start_api(process, health, running).await,
    }
}

async fn start_ingest(
    process: &Process,
    registry: &Registry,
    health: Health,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let mut bus = bus_options(&process.config, "ingest", Some(registry))?;
    bus.confirm_timeout = process.config.ingest.confirm_timeout;
    let ingest = Ingest::bind(Parts {
        config: process.config.ingest.clone(),
        publisher: Publisher::connect(bus).await,
        clock: process.clock.clone(),
        registry: registry.clone(),
        health,
        shutdown: process.shutdown.clone(),
    })?;
    tracing::info!(address = %ingest.address(), "ingest listens");
    running.spawn(async move {
        ingest.run().await;
        Ok(())
    });
    Ok(())
}

fn start_worker(
    process: &Process,
    registry: &Registry,
    health: Health,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let config = &process.config;
    let store_config = config.store()?.clone();
    let options = WorkerOptions {
        store: open_store(&store_config, "counterfoil worker")?,
        bus: bus_options(config, "worker", Some(registry))?,
        stripe: stripe_client(config)?,
        batch_max: config.worker.batch_max,
        prefetch: config.worker.prefetch,
        batches_in_flight: config.worker.batches_in_flight,
        refetch_concurrency: config.worker.refetch_concurrency,
        rate: rate(config),
        choices: Choices { always_ask: config.worker.always_ask.iter().copied().collect() },
        clock: process.clock.clone(),
        health,
        metrics: WorkerMetrics::register(registry)?,
    };
    let shutdown = process.shutdown.clone();
    running.spawn(async move {
        let store = options.store.clone();
        if !prepare(&store, &store_config, &options.health, &shutdown).await? {
            return Ok(());
        }
        let ended = counterfoil_worker::run(options, shutdown).await;
        store.close().await;
        Ok(ended?)
    });
    Ok(())
}

fn start_reconciler(
    process: &Process,
    registry: &Registry,
    health: Health,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let config = &process.config;
    let store_config = config.store()?.clone();
    let store = open_store(&store_config, "counterfoil reconciler")?;
    let metrics = ReconcilerMetrics::register(registry)?;
    let (clock, shutdown) = (process.clock.clone(), process.shutdown.clone());
    let options = ReconcilerOptions {
        context: reconciler_context(config, store, clock, shutdown, metrics)?,
        schedules: schedules(config)?,
        health,
    };
    let shutdown = process.shutdown.clone();
    running.spawn(async move {
        let store = options.context.store.clone();
        if !prepare(&store, &store_config, &options.health, &shutdown).await? {
            return Ok(());
        }
        let ended = counterfoil_reconciler::run(options, shutdown).await;
        store.close().await;
        Ok(ended?)
    });
    Ok(())
}

async fn start_api(
    process: &Process,
    health: Health,
    running: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let api = Api::bind(process.config.api.listen).await?;
    tracing::info!(address = %api.address(), "api listens");
    let shutdown = process.shutdown.clone();
    running.spawn(async move { Ok(api.run(&health, shutdown).await?) });
    Ok(())
}

/// What the reconciler's jobs work with, by the configuration.
pub(crate) fn reconciler_context(
    config: &Config,
    store: Store,
    clock: Clock,
    shutdown: Shutdown,
    metrics: ReconcilerMetrics,
) -> anyhow::Result<ReconcilerContext> {
    let chosen = &config.reconciler;
    let bus = match config.bus() {
        Ok(_) => Some(bus_options(config, "reconciler", None)?),
        // The jobs that need it say so.
        Err(_) => None,
    };
    let kinds =
        if chosen.kinds.is_empty() { ObjectKind::ALL.to_vec() } else { chosen.kinds.clone() };
    let endpoints = config.ingest.endpoints.iter().map(|it| WantedEndpoint {
        name: it.name.clone(),
        url: it.url.clone(),
        api_version: it.api_version.clone(),
        thin: it.payload == Payload::Thin,
        managed: it.managed,
    });
    Ok(ReconcilerContext {
        store,
        stripe: stripe_client(config)?,
        bus,
        scope: own_scope(config),
        rate: rate(config),
        settings: Settings {
            grace: chosen.grace,
            backlog_wait: chosen.backlog_wait,
            repairs_max: chosen.repairs_max,
            policies: Policies::new(chosen.policies.iter().copied()),
            parallel: chosen.parallel,
            kinds,
            silence_after: chosen.silence_after,
            endpoints: endpoints.collect(),
            payload_keep_days: u16::try_from(chosen.payload_retention_days).unwrap_or(u16::MAX),
        },
        tables: counterfoil_projection::tables().collect(),
        clock,
        shutdown,
        metrics,
        wanted: Wanted::default(),
    })
}

/// When each job runs.
fn schedules(config: &Config) -> anyhow::Result<BTreeMap<Job, Schedule>> {
    let mut all = BTreeMap::new();
    for (name, text) in &config.reconciler.schedules {
        let job = Job::parse(name).with_context(|| format!("there is no job {name}"))?;
        let schedule = Schedule::parse(text).with_context(|| format!("reconciler.{name}"))?;
        all.extend(schedule.map(|it| (job, it)));
    }
    Ok(all)
}

/// Waits for Postgres and sees to its schema. `false` when the process is asked to end meanwhile.
async fn prepare(
    store: &Store,
    config: &StoreConfig,
    health: &Health,
    shutdown: &Shutdown,
) -> anyhow::Result<bool> {
    let postgres = health.component("postgres");
    loop {
        let ready = if config.migrate_at_start {
            store.migrate().await.map(|_| true)
        } else {
            store.is_migrated().await
        };
        match ready {
            Ok(true) => {
                postgres.working();
                return Ok(true);
            }
            Ok(false) => {
                postgres
                    .waiting("its schema is older than this program; run `counterfoil migrate`");
            }
            Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict)) => {
                tracing::warn!(%error, "waiting for Postgres");
                postgres.waiting(error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = shutdown.requested() => return Ok(false),
            () = pause(POSTGRES_PAUSE) => {}
        }
    }
}

/// A handle on the configured database; it connects when first used.
pub(crate) fn open_store(config: &StoreConfig, name: &'static str) -> anyhow::Result<Store> {
    let options = ConnectOptions {
        connections_max: config.connections_max,
        acquire_timeout: ACQUIRE_TIMEOUT,
        application_name: name,
    };
    Ok(Store::open(config.url.expose_secret(), &options)?.with_keys(payload_keys(config)?))
}

fn payload_keys(config: &StoreConfig) -> anyhow::Result<PayloadKeys> {
    let mut keys = Vec::new();
    for key in &config.payload_keys {
        let bytes = hex::decode(key.digits.expose_secret())
            .map_err(|_| anyhow::anyhow!("key {} is not hexadecimal", key.name))?;
        keys.push((key.name.as_str(), bytes));
    }
    let keys = keys.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
    PayloadKeys::new(keys).context("COUNTERFOIL_PAYLOAD_KEYS cannot be used")
}

/// How fast Stripe may be called. What comes at once after a quiet time is a second's worth.
pub(crate) fn rate(config: &Config) -> Rate {
    let calls_per_second = config.stripe.calls_per_second.max(1);
    Rate { calls_per_second, burst: calls_per_second }
}

/// The configured broker.
pub(crate) fn bus_options(
    config: &Config,
    role: &str,
    registry: Option<&Registry>,
) -> anyhow::Result<BusOptions> {
    let bus = config.bus()?;
    let mut options = BusOptions::new(AmqpUrl::new(bus.url.clone())?);
    let length = i64::try_from(bus.queue_length_max).unwrap_or(i64::MAX);
    options.topology = Topology::new(&bus.prefix)?.with_bound(Bound::Messages(length));
    options.connection_name = format!("counterfoil {role}");
    // Processes must not wait in step; their ids differ, and so do their starts.
    options.seed =
        u64::from(std::process::id()) ^ Clock::system().now().unix_micros().unsigned_abs();
    if let Some(registry) = registry {
        options.metrics = BusMetrics::register(registry)?;
    }
    Ok(options)
}

pub(crate) fn stripe_client(config: &Config) -> anyhow::Result<Option<StripeClient>> {
    let Some(key) = config.stripe.secret_key.clone() else {
        tracing::warn!(
            "STRIPE_SECRET_KEY is not set: events whose order must be asked of Stripe are parked"
        );
        return Ok(None);
    };
    StripeClient::new(ClientOptions {
        base: config.stripe.api_base.clone(),
        key,
        account: config.stripe.account.clone(),
        version: config.stripe.api_version.clone(),
        timeout: STRIPE_TIMEOUT,
    })
    .map(Some)
    .map_err(anyhow::Error::msg)
}
