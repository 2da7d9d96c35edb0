//! Figures for Prometheus.

use std::fmt;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters of the receiver.
pub(super) struct Metrics {
    registry: Registry,
    events: Family<Outcome, Counter>,
    last: Family<Source, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    source: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: String,
}

impl Metrics {
    /// Figures of these sources, which begin at zero: a counter that is not there raises no alarm.
    pub(super) fn new(sources: Vec<String>) -> Self {
        let mut registry = Registry::with_prefix("vpp_receive");
        let events = Family::<Outcome, Counter>::default();
        registry.register("events", "Events by what became of them", events.clone());
        let last = Family::<Source, Gauge>::default();
        registry.register("last_event_seconds", "When an event was kept last", last.clone());
        for source in sources {
            for outcome in ["kept", "forged", "unknown", "failed"] {
                let outcome = Outcome { source: source.clone(), outcome: outcome.to_owned() };
                let _ = events.get_or_create(&outcome);
            }
        }
        Self { registry, events, last }
    }

    pub(super) fn count(&self, source: &str, outcome: &str) {
        let outcome = Outcome { source: source.to_owned(), outcome: outcome.to_owned() };
        self.events.get_or_create(&outcome).inc();
    }

    pub(super) fn heard(&self, source: &str, at: Timestamp) {
        self.last.get_or_create(&Source { source: source.to_owned() }).set(at.as_second());
    }

    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
