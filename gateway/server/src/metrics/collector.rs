//! The collector: gathers every metric when monitoring asks, from atomics and views on cold cores.

use std::collections::BTreeMap;
use std::fmt;

use matchgate_core::domain::Phase;
use matchgate_follower::SinkHealth;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::family::{Family, Kind, family, series_of};
use crate::venue::Observed;

/// Labels of one sample, by name.
type Labels = Vec<(&'static str, String)>;

/// Gathers the metrics of one venue.
#[derive(Clone, Debug)]
pub(super) struct MetricsSource(pub(super) Observed);

/// Samples by family, in the order of names, so that each family is written once and whole.
#[derive(Debug, Default)]
struct Gathered {
    families: BTreeMap<&'static str, Samples>,
}

/// All samples of one family.
#[derive(Debug)]
struct Samples {
    family: &'static Family,
    values: Vec<(Labels, u64)>,
}

impl Gathered {
    fn add(&mut self, family: &'static Family, labels: Labels, value: u64) {
        let entry = self.families.entry(family.name);
        let values = Vec::new();
        let samples = entry.or_insert(Samples { family, values });
        samples.values.push((labels, value));
    }

    /// Adds a sample of a family that the collector names itself.
    fn add_named(&mut self, name: &str, labels: Labels, value: u64) {
        let known = family(name);
        debug_assert!(known.is_some(), "{name} is in the table of families");
        if let Some(known) = known {
            self.add(known, labels, value);
        }
    }
}

impl MetricsSource {
    /// Returns the followers and sinks that have stopped for good. One that waits for its server
    /// is no fault of the venue's: to end it for that would make two outages of one.
    pub(super) fn stopped(&self) -> Vec<String> {
        let followed = self.0.followed.iter();
        let stopped = followed.filter_map(|one| match one.health.get() {
            SinkHealth::Stopped(reason) => Some(format!("{}: {reason}", one.name)),
            SinkHealth::Healthy | SinkHealth::Waiting(_) => None,
        });
        stopped.collect()
    }

    fn gather(&self) -> Gathered {
        let mut gathered = Gathered::default();
        gathered.add_named("venue_ready", Vec::new(), 1);
        gathered.add_named("epoch", Vec::new(), u64::from(self.0.epoch.get()));
        self.gather_counters(&mut gathered);
        self.gather_streams(&mut gathered);
        self.gather_followers(&mut gathered);
        for (instrument, phase) in self.0.control.state().instruments() {
            let labels = vec![("symbol", instrument.symbol.to_string())];
            let is_halted = u64::from(*phase == Phase::Halt);
            gathered.add_named("instrument_halted", labels, is_halted);
        }
        gathered
    }

    fn gather_counters(&self, gathered: &mut Gathered) {
        let names: Vec<String> = self.0.followed.iter().map(|one| one.name.clone()).collect();
        for sample in self.0.sampler.sample() {
            if let Some(series) = series_of(&sample.label, &names) {
                let labels = series.which.into_iter().collect();
                gathered.add(series.family, labels, sample.value);
            }
        }
    }

    fn gather_streams(&self, gathered: &mut Gathered) {
        for marks in &self.0.marks {
            let labels = || vec![("stream", marks.stream().to_string())];
            gathered.add_named("journal_written_sequence", labels(), marks.written());
            gathered.add_named("journal_synced_sequence", labels(), marks.synced());
            gathered.add_named("journal_applied_sequence", labels(), marks.applied());
        }
    }

    fn gather_followers(&self, gathered: &mut Gathered) {
        for (place, one) in self.0.followed.iter().enumerate() {
            let follower = ("follower", one.name.clone());
            let is_healthy = u64::from(one.health.get() == SinkHealth::Healthy);
            gathered.add_named("follower_healthy", vec![follower.clone()], is_healthy);
            for position in one.view.positions() {
                let shard = ("shard", position.shard.to_string());
                let labels = vec![follower.clone(), shard.clone()];
                let sequence = position.sequence.get();
                gathered.add_named("follower_sequence", labels, sequence);
                if place == 0 {
                    let live = u64::from(position.live_orders);
                    gathered.add_named("shard_live_orders", vec![shard.clone()], live);
                    let time_ns = position.time_ns;
                    gathered.add_named("shard_state_time_ns", vec![shard], time_ns);
                }
            }
        }
    }
}

impl Collector for MetricsSource {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for Samples { family, values } in self.gather().families.into_values() {
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
            };
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            for (labels, value) in values {
                if labels.is_empty() {
                    encode_value(&mut metric, family.kind, value)?;
                } else {
                    encode_value(&mut metric.encode_family(&labels)?, family.kind, value)?;
                }
            }
        }
        Ok(())
    }
}

fn encode_value(metric: &mut MetricEncoder<'_>, kind: Kind, value: u64) -> Result<(), fmt::Error> {
    match kind {
        Kind::Counter => metric.encode_counter::<NoLabelSet, u64, u64>(&value, None),
        Kind::Gauge => metric.encode_gauge(&value),
    }
}
