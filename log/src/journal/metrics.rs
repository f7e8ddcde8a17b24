//! What a journal tells of itself, as metrics.

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, gauge};

use super::stats::JournalStats;

/// A metric of a journal and its log.
struct Metric {
    name: &'static str,
    unit: Unit,
    says: &'static str,
    value: Value,
}

enum Value {
    Counter(fn(&JournalStats) -> u64),
    Gauge(fn(&JournalStats) -> f64),
}

use Value::{Counter, Gauge};

const ALL: [Metric; 13] = [
    Metric {
        name: "broadring_log_committed_total",
        unit: Unit::Count,
        says: "Sequence before which everything is as durable as the policy promises",
        value: Counter(|stats| stats.log.committed.get()),
    },
    Metric {
        name: "broadring_log_durable_total",
        unit: Unit::Count,
        says: "Sequence before which everything is on the disk",
        value: Counter(|stats| stats.log.durable.get()),
    },
    Metric {
        name: "broadring_log_lag",
        unit: Unit::Count,
        says: "Events that are published and not yet on the disk",
        value: Gauge(|stats| stats.lag as f64),
    },
    Metric {
        name: "broadring_log_events_total",
        unit: Unit::Count,
        says: "Events that were appended",
        value: Counter(|stats| stats.log.events),
    },
    Metric {
        name: "broadring_log_frames_total",
        unit: Unit::Count,
        says: "Frames that the events became",
        value: Counter(|stats| stats.log.frames),
    },
    Metric {
        name: "broadring_log_bytes_total",
        unit: Unit::Bytes,
        says: "Bytes of the frames",
        value: Counter(|stats| stats.log.bytes),
    },
    Metric {
        name: "broadring_log_syncs_total",
        unit: Unit::Count,
        says: "Times that a segment was synced",
        value: Counter(|stats| stats.log.syncs),
    },
    Metric {
        name: "broadring_log_sync_median_seconds",
        unit: Unit::Seconds,
        says: "Time that half of the syncs took at most",
        value: Gauge(|stats| stats.log.sync_times.quantile(0.5).as_secs_f64()),
    },
    Metric {
        name: "broadring_log_sync_p99_seconds",
        unit: Unit::Seconds,
        says: "Time that 99 of 100 syncs took at most",
        value: Gauge(|stats| stats.log.sync_times.quantile(0.99).as_secs_f64()),
    },
    Metric {
        name: "broadring_log_sync_longest_seconds",
        unit: Unit::Seconds,
        says: "Time that the longest sync took",
        value: Gauge(|stats| stats.log.sync_times.longest().as_secs_f64()),
    },
    Metric {
        name: "broadring_log_failures_total",
        unit: Unit::Count,
        says: "Times that writing or syncing has failed",
        value: Counter(|stats| stats.log.failures),
    },
    Metric {
        name: "broadring_log_in_memory_seconds",
        unit: Unit::Seconds,
        says: "Time for which the journal has gone on in memory, or 0",
        value: Gauge(|stats| stats.in_memory.unwrap_or_default().as_secs_f64()),
    },
    Metric {
        name: "broadring_log_stopped",
        unit: Unit::Count,
        says: "1 when the journal has stopped because it could not write, 0 otherwise",
        value: Gauge(|stats| f64::from(u8::from(stats.failure.is_some()))),
    },
];

impl JournalStats {
    /// Describes the metrics of [`record_metrics`](Self::record_metrics) to the recorder of the `metrics` crate. Call it
    /// once, after the recorder was installed.
    pub fn describe_metrics() {
        for metric in &ALL {
            match metric.value {
                Counter(_) => describe_counter!(metric.name, metric.unit, metric.says),
                Gauge(_) => describe_gauge!(metric.name, metric.unit, metric.says),
            }
        }
    }

    /// Hands the snapshot to the recorder of the `metrics` crate, as counters and gauges that begin with
    /// `broadring_log_` and have the label `log`. Call it as often as they are to be updated, perhaps once a second.
    pub fn record_metrics(&self, log: impl Into<String>) {
        let labels = [Label::new("log", log.into())];
        for metric in &ALL {
            match metric.value {
                Counter(value) => counter!(metric.name, labels.iter()).absolute(value(self)),
                Gauge(value) => gauge!(metric.name, labels.iter()).set(value(self)),
            }
        }
    }
}
