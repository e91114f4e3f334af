//! The bus in numbers.

use std::fmt;
use std::sync::Arc;

use prometheus::{
    Histogram, HistogramOpts, HistogramTimer, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec,
    Opts, Registry,
};

use crate::delivery::Settlement;
use crate::publisher::Receipt;
use crate::topology::Line;

/// The counters of publishers and consumers; clones count together.
#[derive(Clone)]
pub struct BusMetrics(Arc<Inner>);

struct Inner {
    published: IntCounterVec,
    confirm_seconds: HistogramVec,
    consumed: IntCounterVec,
    batch_size: HistogramVec,
    settled: IntCounterVec,
    paused: IntGaugeVec,
    connected: IntGaugeVec,
    /// What every publish touches, found once.
    lines: [LineMetrics; Line::ALL.len()],
}

struct LineMetrics {
    confirmed: IntCounter,
    confirm_seconds: Histogram,
}

impl fmt::Debug for BusMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BusMetrics")
    }
}

impl BusMetrics {
    /// Counters that the registry shows. An error means that it already shows some of their names.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let it = Inner::new()?;
        registry.register(Box::new(it.published.clone()))?;
        registry.register(Box::new(it.confirm_seconds.clone()))?;
        registry.register(Box::new(it.consumed.clone()))?;
        registry.register(Box::new(it.batch_size.clone()))?;
        registry.register(Box::new(it.settled.clone()))?;
        registry.register(Box::new(it.paused.clone()))?;
        registry.register(Box::new(it.connected.clone()))?;
        Ok(Self(Arc::new(it)))
    }

    /// Counters that nobody sees.
    #[must_use]
    pub fn unregistered() -> Self {
        match Inner::new() {
            Ok(it) => Self(Arc::new(it)),
            Err(error) => unreachable!("the names of the metrics are constants: {error}"),
        }
    }

    pub(crate) fn published(&self, line: Line, receipt: Receipt) {
        if receipt == Receipt::Confirmed {
            self.0.lines[line.index()].confirmed.inc();
        } else {
            self.0.published.with_label_values(&[line.as_str(), receipt.as_str()]).inc();
        }
    }

    pub(crate) fn confirm_timer(&self, line: Line) -> HistogramTimer {
        self.0.lines[line.index()].confirm_seconds.start_timer()
    }

    pub(crate) fn batch(&self, line: Line, size: usize) {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.0.consumed.with_label_values(&[line.as_str()]).inc_by(u64::from(size));
        self.0.batch_size.with_label_values(&[line.as_str()]).observe(f64::from(size));
    }

    pub(crate) fn settled(&self, line: Line, settlement: &Settlement) {
        let name = match settlement {
            Settlement::Done => "done",
            Settlement::RetryAfter(_) => "retry",
            Settlement::Onward(_) => "onward",
            Settlement::Park(_) => "park",
        };
        self.0.settled.with_label_values(&[line.as_str(), name]).inc();
    }

    pub(crate) fn paused(&self, line: Line) -> Raised {
        Raised::new(self.0.paused.with_label_values(&[line.as_str()]))
    }

    pub(crate) fn connected(&self, role: &str) -> Raised {
        Raised::new(self.0.connected.with_label_values(&[role]))
    }
}

/// Holds a gauge one higher while it lives.
pub(crate) struct Raised(prometheus::IntGauge);

impl Raised {
    fn new(gauge: prometheus::IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Inner {
    fn new() -> Result<Self, prometheus::Error> {
        let confirm = HistogramOpts::new(
            "counterfoil_bus_publish_confirm_seconds",
            "From handing a message to the broker until its confirm.",
        )
        .buckets(vec![
            0.0002, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 1.0, 5.0,
        ]);
        let batch = HistogramOpts::new(
            "counterfoil_bus_batch_size",
            "How many deliveries a handler was given at once.",
        )
        .buckets(vec![1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1_000.0]);
        let published = IntCounterVec::new(
            Opts::new(
                "counterfoil_bus_published_total",
                "Messages published, by line and by what the broker said.",
            ),
            &["line", "receipt"],
        )?;
        let confirm_seconds = HistogramVec::new(confirm, &["line"])?;
        Ok(Self {
            lines: Line::ALL.map(|line| LineMetrics {
                confirmed: published
                    .with_label_values(&[line.as_str(), Receipt::Confirmed.as_str()]),
                confirm_seconds: confirm_seconds.with_label_values(&[line.as_str()]),
            }),
            published,
            confirm_seconds,
            consumed: IntCounterVec::new(
                Opts::new("counterfoil_bus_consumed_total", "Deliveries taken, by line."),
                &["line"],
            )?,
            batch_size: HistogramVec::new(batch, &["line"])?,
            settled: IntCounterVec::new(
                Opts::new(
                    "counterfoil_bus_settled_total",
                    "Deliveries acknowledged, by line and by what became of them.",
                ),
                &["line", "settlement"],
            )?,
            paused: IntGaugeVec::new(
                Opts::new(
                    "counterfoil_bus_consumer_paused",
                    "Batches that wait because the other side is away, by line.",
                ),
                &["line"],
            )?,
            connected: IntGaugeVec::new(
                Opts::new(
                    "counterfoil_bus_connected",
                    "Connections to the broker that are open, by role.",
                ),
                &["role"],
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_registered_and_shown_under_its_name() {
        let registry = Registry::new();
        let metrics = BusMetrics::register(&registry).unwrap();
        metrics.published(Line::Outbound, Receipt::Confirmed);
        metrics.confirm_timer(Line::Outbound).observe_duration();
        metrics.batch(Line::Emissions, 3);
        metrics.settled(Line::Emissions, &Settlement::Done);
        let (_paused, _connected) =
            (metrics.paused(Line::Emissions), metrics.connected("publisher"));
        let mut names: Vec<String> =
            registry.gather().iter().map(|it| it.name().to_owned()).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "counterfoil_bus_batch_size",
                "counterfoil_bus_connected",
                "counterfoil_bus_consumed_total",
                "counterfoil_bus_consumer_paused",
                "counterfoil_bus_publish_confirm_seconds",
                "counterfoil_bus_published_total",
                "counterfoil_bus_settled_total",
            ]
        );
        assert!(BusMetrics::register(&registry).is_err());
    }
}
