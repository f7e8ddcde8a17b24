//! Snapshots as metrics, for the recorder that the program has installed.

#![forbid(unsafe_code)]

use core::time::Duration;

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, gauge};

use super::snapshot::{MemberStats, Stats};

/// A metric of a ring or of a member.
struct Metric<S> {
    name: &'static str,
    unit: Unit,
    says: &'static str,
    value: Value<S>,
}

enum Value<S> {
    Counter(fn(&S) -> u64),
    Gauge(fn(&S) -> f64),
}

use Value::{Counter, Gauge};

/// The metrics of a ring.
const OF_RING: [Metric<Stats>; 11] = [
    Metric {
        name: "broadring_capacity",
        unit: Unit::Count,
        says: "Slots of the ring",
        value: Gauge(|stats| stats.capacity as f64),
    },
    Metric {
        name: "broadring_members",
        unit: Unit::Count,
        says: "Readers, observers and editors of the ring",
        value: Gauge(|stats| stats.members.len() as f64),
    },
    Metric {
        name: "broadring_closed",
        unit: Unit::Count,
        says: "1 when the writer is gone, 0 before",
        value: Gauge(|stats| f64::from(u8::from(stats.closed))),
    },
    Metric {
        name: "broadring_published_total",
        unit: Unit::Count,
        says: "Events that the writer has published",
        value: Counter(|stats| stats.published.get()),
    },
    Metric {
        name: "broadring_visible_total",
        unit: Unit::Count,
        says: "Events that every editor has passed on, so that readers see them",
        value: Counter(|stats| stats.cursor.get()),
    },
    Metric {
        name: "broadring_stalls_total",
        unit: Unit::Count,
        says: "Times that the writer found the ring full",
        value: Counter(|stats| stats.writer.stalls),
    },
    Metric {
        name: "broadring_stalled_nanoseconds_total",
        unit: Unit::Nanoseconds,
        says: "Time for which the writer was held up",
        value: Counter(|stats| u64::try_from(stats.writer.stalled.as_nanos()).unwrap_or(u64::MAX)),
    },
    Metric {
        name: "broadring_evictions_total",
        unit: Unit::Count,
        says: "Readers that the writer went on without, because they held it up for too long",
        value: Counter(|stats| stats.writer.evictions),
    },
    Metric {
        name: "broadring_writer_parks_total",
        unit: Unit::Count,
        says: "Times that the writer went to sleep",
        value: Counter(|stats| stats.writer.parks),
    },
    Metric {
        name: "broadring_writer_wakes_total",
        unit: Unit::Count,
        says: "Times that the writer was called while it slept, or was about to",
        value: Counter(|stats| stats.writer.wakes),
    },
    Metric {
        name: "broadring_reader_wakes_total",
        unit: Unit::Count,
        says: "Times that those were called who sleep until there is something to read",
        value: Counter(|stats| stats.reader_wakes),
    },
];

/// The metrics of a member.
const OF_MEMBER: [Metric<MemberStats>; 6] = [
    Metric {
        name: "broadring_position_total",
        unit: Unit::Count,
        says: "Sequence of the next event that the member will be done with",
        value: Counter(|row| row.position.get()),
    },
    Metric {
        name: "broadring_lag",
        unit: Unit::Count,
        says: "Events that the member is behind",
        value: Gauge(|row| row.lag as f64),
    },
    Metric {
        name: "broadring_batches_total",
        unit: Unit::Count,
        says: "Times that the member has looked and found events",
        value: Counter(|row| row.batches),
    },
    Metric {
        name: "broadring_largest_batch",
        unit: Unit::Count,
        says: "Most events that the member has found at one look",
        value: Gauge(|row| row.largest_batch as f64),
    },
    Metric {
        name: "broadring_parks_total",
        unit: Unit::Count,
        says: "Times that the member went to sleep",
        value: Counter(|row| row.parks),
    },
    Metric {
        name: "broadring_holding_seconds",
        unit: Unit::Seconds,
        says: "Time for which the member has held the writer up where it is now, or 0",
        value: Gauge(|row| row.holding.as_ref().map_or(0.0, Duration::as_secs_f64)),
    },
];

impl<S> Metric<S> {
    fn describe(&self) {
        match self.value {
            Counter(_) => describe_counter!(self.name, self.unit, self.says),
            Gauge(_) => describe_gauge!(self.name, self.unit, self.says),
        }
    }

    fn record(&self, of: &S, labels: &[Label]) {
        let labels = labels.iter();
        match self.value {
            Counter(value) => counter!(self.name, labels).absolute(value(of)),
            Gauge(value) => gauge!(self.name, labels).set(value(of)),
        }
    }
}

impl Stats {
    /// Describes the metrics of [`record_metrics`](Self::record_metrics) to the recorder of the
    /// `metrics` crate. Call it once, after the recorder was installed.
    pub fn describe_metrics() {
        OF_RING.iter().for_each(Metric::describe);
        OF_MEMBER.iter().for_each(Metric::describe);
    }

    /// Hands the snapshot to the recorder of the `metrics` crate, as counters and gauges. Call it
    /// as often as they are to be updated, perhaps once a second.
    ///
    /// All metrics have the label `ring`, with [the name of the ring](crate::RingBuilder::name), or
    /// empty if it has none: give each ring of a program a name of its own. Those of members also
    /// have `role` (`reader`, `observer` or `editor`), `member` (the name, or the number of a member
    /// without a name) and `number`, which tells members with the same name apart, such as clones. A
    /// member that has left keeps its last values, unless the recorder forgets idle metrics.
    ///
    /// | of the ring | |
    /// |---|---|
    /// | `broadring_capacity`, `_members`, `_closed` | gauges |
    /// | `broadring_published_total`, `_visible_total` | counters |
    /// | `broadring_stalls_total`, `_stalled_nanoseconds_total` | counters |
    /// | `broadring_evictions_total` | counter |
    /// | `broadring_writer_parks_total`, `_writer_wakes_total`, `_reader_wakes_total` | counters |
    ///
    /// | of a member | |
    /// |---|---|
    /// | `broadring_lag`, `_largest_batch`, `_holding_seconds` | gauges |
    /// | `broadring_position_total`, `_batches_total`, `_parks_total` | counters |
    ///
    /// They mean what the fields of [`Stats`] and [`MemberStats`] do.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::{Ring, Stats};
    ///
    /// let (mut writer, ring) = Ring::builder(8).name("orders").build(|| 0);
    /// let reader = ring.reader().name("journal").subscribe()?;
    ///
    /// // Once, with a recorder in place:
    /// Stats::describe_metrics();
    ///
    /// // Now and then:
    /// writer.publish_all(0..5);
    /// ring.stats().record_metrics();
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn record_metrics(&self) {
        let ring = self.name.as_deref().unwrap_or_default();
        let labels = vec![Label::new("ring", ring.to_owned())];
        for metric in &OF_RING {
            metric.record(self, &labels);
        }
        for row in &self.members {
            let number = row.member.number().to_string();
            let name = row.member.name().map_or_else(|| number.clone(), str::to_owned);
            let mut labels = labels.clone();
            labels.push(Label::new("role", row.member.role().to_string()));
            labels.push(Label::new("member", name));
            labels.push(Label::new("number", number));
            for metric in &OF_MEMBER {
                metric.record(row, &labels);
            }
        }
    }
}
