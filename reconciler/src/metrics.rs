//! The reconciler's numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_domain::Timestamp;
use counterfoil_store::OpenCount;
use prometheus::core::Collector;
use prometheus::{
    Error, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};

/// The reconciler's numbers; clones count into the same.
#[derive(Debug, Clone)]
pub struct ReconcilerMetrics {
    runs: IntCounterVec,
    completed: IntGaugeVec,
    drift: IntGaugeVec,
    /// Labels under which drift was shown.
    shown: Arc<Mutex<BTreeSet<[String; 3]>>>,
    findings: IntGaugeVec,
    correcting: HistogramVec,
    requests: IntCounterVec,
    compared: IntCounterVec,
    repairs: IntCounterVec,
    braked: IntCounterVec,
    missed: IntCounter,
    cursor: IntGaugeVec,
}

/// From a second to a month: what is mended in a run, by the next, and by a person.
const CORRECTING_SECONDS: [f64; 11] =
    [1.0, 10.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0];

impl ReconcilerMetrics {
    /// Registers them. Fails only when they are registered already.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let counter =
            |opts: Opts, labels: &[&str]| registered(registry, IntCounterVec::new(opts, labels)?);
        let gauge =
            |opts: Opts, labels: &[&str]| registered(registry, IntGaugeVec::new(opts, labels)?);
        Ok(Self {
            runs: counter(Opts::new("counterfoil_reconciler_runs_total", "Runs of a job, by how they ended."), &["job", "result"])?,
            completed: gauge(Opts::new("counterfoil_reconciler_completed_timestamp_seconds", "When a job last ran to its end, in seconds since 1970; 0 for never."), &["job"])?,
            drift: gauge(Opts::new("counterfoil_reconciler_drift_open", "Open findings, by type and account."), &["type", "account", "mode"])?,
            shown: Arc::default(),
            findings: gauge(Opts::new("counterfoil_reconciler_findings_open", "Open findings, by severity."), &["severity"])?,
            correcting: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "counterfoil_reconciler_time_to_correct_seconds",
                        "From the first sight of a finding, or the making of a missed event, to its correction.",
                    )
                    .buckets(CORRECTING_SECONDS.to_vec()),
                    &["type"],
                )?,
            )?,
            requests: counter(Opts::new("counterfoil_reconciler_requests_total", "Calls to Stripe."), &["job"])?,
            compared: counter(Opts::new("counterfoil_reconciler_objects_compared_total", "Objects that were compared with what Stripe lists."), &["kind"])?,
            repairs: counter(Opts::new("counterfoil_reconciler_repairs_total", "Findings that were mended by absorbing what Stripe says."), &["type"])?,
            braked: counter(Opts::new("counterfoil_reconciler_braked_total", "Runs that stopped instead of changing too much."), &["job"])?,
            missed: registered(
                registry,
                IntCounter::new(
                    "counterfoil_reconciler_events_missed_total",
                    "Events that were never delivered and were fetched from Stripe's list.",
                )?,
            )?,
            cursor: gauge(Opts::new("counterfoil_reconciler_event_cursor_timestamp_seconds", "Up to which second Stripe's list of events was compared with the inbox."), &["form"])?,
        })
    }

    pub(crate) fn ended(&self, job: &str, result: &str) {
        self.runs.with_label_values(&[job, result]).inc();
        if result == "braked" {
            self.braked.with_label_values(&[job]).inc();
        }
    }

    /// When a job last came to its end; `None` for never.
    pub(crate) fn completed(&self, job: &str, at: Option<Timestamp>) {
        let second = at.map_or(0, Timestamp::unix_seconds);
        self.completed.with_label_values(&[job]).set(second);
        // Present from the start, so that the first of them is an increase.
        self.braked.with_label_values(&[job]).inc_by(0);
        for result in ["completed", "failed", "braked", "skipped"] {
            self.runs.with_label_values(&[job, result]).inc_by(0);
        }
    }

    /// The open findings there are now; what is no longer there shows as none.
    pub(crate) fn open(&self, counts: &[OpenCount]) {
        let mut drift: BTreeMap<[String; 3], i64> = BTreeMap::new();
        let mut findings = BTreeMap::from(["info", "warning", "critical"].map(|it| (it, 0)));
        for it in counts {
            let mode = if it.scope.livemode { "live" } else { "test" };
            let labels = [it.found.clone(), it.scope.account.clone(), mode.to_owned()];
            *drift.entry(labels).or_default() += it.count;
            *findings.entry(it.severity.as_str()).or_default() += it.count;
        }
        // Each is set once and never taken away, so that nobody reads a state in between.
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for labels in shown.iter().filter(|it| !drift.contains_key(*it)) {
            self.drift.with_label_values(labels).set(0);
        }
        for (labels, count) in drift {
            self.drift.with_label_values(&labels).set(count);
            shown.insert(labels);
        }
        for (severity, count) in findings {
            self.findings.with_label_values(&[severity]).set(count);
        }
    }

    pub(crate) fn corrected(&self, found: &str, after: Duration) {
        self.correcting.with_label_values(&[found]).observe(after.as_secs_f64());
    }

    pub(crate) fn request(&self, job: &str) {
        self.requests.with_label_values(&[job]).inc();
    }

    pub(crate) fn compared(&self, kind: &str, objects: u64) {
        self.compared.with_label_values(&[kind]).inc_by(objects);
    }

    pub(crate) fn repaired(&self, found: &str) {
        self.repairs.with_label_values(&[found]).inc();
    }

    pub(crate) fn missed(&self, events: u64) {
        self.missed.inc_by(events);
    }

    pub(crate) fn cursor(&self, form: &str, at: Timestamp) {
        self.cursor.with_label_values(&[form]).set(at.unix_seconds());
    }
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, it: C) -> Result<C, Error> {
    registry.register(Box::new(it.clone()))?;
    Ok(it)
}
