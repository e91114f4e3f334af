//! The receiver in numbers.

use std::collections::BTreeMap;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use counterfoil_domain::Lane;

/// The receiver's counters. Those of the common way are looked up once, at the start.
pub(crate) struct Metrics {
    pub(crate) received: IntCounter,
    refused: IntCounterVec,
    parked: IntCounterVec,
    endpoints: BTreeMap<String, EndpointMetrics>,
    pub(crate) request_seconds: Histogram,
    pub(crate) connections: IntGauge,
    pub(crate) connections_refused: IntCounter,
    connections_broken: IntCounterVec,
}

/// One endpoint's counters.
pub(crate) struct EndpointMetrics {
    access: IntCounter,
    record: IntCounter,
    version_mismatch: IntCounter,
}

impl EndpointMetrics {
    pub(crate) fn published(&self, lane: Lane) {
        match lane {
            Lane::Access => self.access.inc(),
            Lane::Record => self.record.inc(),
        }
    }

    pub(crate) fn version_differed(&self) {
        self.version_mismatch.inc();
    }
}

impl Metrics {
    /// Registers the counters. Fails only when they are registered already.
    pub(crate) fn register<'a>(
        registry: &Registry,
        endpoints: impl Iterator<Item = &'a str>,
    ) -> Result<Self, prometheus::Error> {
        let published = shown(
            registry,
            IntCounterVec::new(
                Opts::new(
                    "counterfoil_ingest_published_total",
                    "Events that the broker confirmed, by endpoint and lane.",
                ),
                &["endpoint", "lane"],
            )?,
        )?;
        let version_mismatch = shown(
            registry,
            IntCounterVec::new(
                Opts::new(
                    "counterfoil_ingest_api_version_mismatch_total",
                    "Events rendered by another API version than their endpoint expects.",
                ),
                &["endpoint"],
            )?,
        )?;
        let seconds = HistogramOpts::new(
            "counterfoil_ingest_request_seconds",
            "From the end of a request's head until its answer.",
        )
        .buckets(vec![
            0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 1.0,
            5.0, 10.0,
        ]);
        let endpoints = endpoints.map(|name| {
            let of = |lane: Lane| published.with_label_values(&[name, lane.as_str()]);
            let metrics = EndpointMetrics {
                access: of(Lane::Access),
                record: of(Lane::Record),
                version_mismatch: version_mismatch.with_label_values(&[name]),
            };
            (name.to_owned(), metrics)
        });
        Ok(Self {
            endpoints: endpoints.collect(),
            received: shown(
                registry,
                IntCounter::new(
                    "counterfoil_ingest_received_total",
                    "Requests whose head was read, whatever became of them.",
                )?,
            )?,
            refused: shown(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "counterfoil_ingest_refused_total",
                        "Requests that were not answered 200, by cause.",
                    ),
                    &["cause"],
                )?,
            )?,
            parked: shown(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "counterfoil_ingest_parked_total",
                        "Signed bodies published to be parked, by reason.",
                    ),
                    &["reason"],
                )?,
            )?,
            request_seconds: shown(registry, Histogram::with_opts(seconds)?)?,
            connections: shown(
                registry,
                IntGauge::new("counterfoil_ingest_connections", "Connections that are open.")?,
            )?,
            connections_refused: shown(
                registry,
                IntCounter::new(
                    "counterfoil_ingest_connections_refused_total",
                    "Connections turned away because as many as allowed were open.",
                )?,
            )?,
            connections_broken: shown(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "counterfoil_ingest_connections_broken_total",
                        "Connections that ended otherwise than after an answer, by cause.",
                    ),
                    &["cause"],
                )?,
            )?,
        })
    }

    pub(crate) fn refused(&self, cause: &str) {
        self.refused.with_label_values(&[cause]).inc();
    }

    pub(crate) fn connection_broke(&self, cause: &str) {
        self.connections_broken.with_label_values(&[cause]).inc();
    }

    pub(crate) fn parked(&self, reason: &str) {
        self.parked.with_label_values(&[reason]).inc();
    }

    pub(crate) fn endpoint(&self, name: &str) -> Option<&EndpointMetrics> {
        self.endpoints.get(name)
    }
}

fn shown<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
