//! With the feature `metrics`, a snapshot records every number under its name, labels and unit.
#![cfg(feature = "metrics")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broadring::{Ring, Stats};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit, with_local_recorder,
};

/// A recorder that keeps the latest value of every metric.
#[derive(Default)]
struct TestRecorder {
    /// Kind and unit, by name.
    described: Mutex<BTreeMap<String, (&'static str, Option<Unit>)>>,
    /// The latest values, by name and labels.
    values: Arc<Mutex<BTreeMap<String, f64>>>,
}

/// One metric of the recorder, with its labels.
struct Entry {
    key: String,
    values: Arc<Mutex<BTreeMap<String, f64>>>,
}

impl TestRecorder {
    fn describe(&self, kind: &'static str, key: &KeyName, unit: Option<Unit>, says: &str) {
        assert!(!says.is_empty());
        let before = self.described.lock().unwrap().insert(key.as_str().to_owned(), (kind, unit));
        assert_eq!(before, None, "{} is described twice", key.as_str());
    }

    fn entry(&self, key: &Key) -> Arc<Entry> {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        let key = [key.name().to_owned()].into_iter().chain(labels).collect();
        Arc::new(Entry { key, values: Arc::clone(&self.values) })
    }

    /// Returns the value under this name and these labels.
    #[track_caller]
    fn value(&self, key: &str) -> f64 {
        *self
            .values
            .lock()
            .unwrap()
            .get(key)
            .unwrap_or_else(|| panic!("nothing is recorded as {key}"))
    }
}

impl Entry {
    fn put(&self, value: f64) {
        self.values.lock().unwrap().insert(self.key.clone(), value);
    }
}

impl CounterFn for Entry {
    fn increment(&self, _value: u64) {
        unreachable!("counters are absolute")
    }

    fn absolute(&self, value: u64) {
        self.put(value as f64);
    }
}

impl GaugeFn for Entry {
    fn increment(&self, _value: f64) {
        unreachable!("gauges are set")
    }

    fn decrement(&self, _value: f64) {
        unreachable!("gauges are set")
    }

    fn set(&self, value: f64) {
        self.put(value);
    }
}

impl Recorder for TestRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, says: SharedString) {
        self.describe("counter", &key, unit, &says);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, says: SharedString) {
        self.describe("gauge", &key, unit, &says);
    }

    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _says: SharedString) {
        unreachable!("there are no histograms")
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        assert_eq!(self.kind(key), "counter");
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        assert_eq!(self.kind(key), "gauge");
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, _key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        unreachable!("there are no histograms")
    }
}

impl TestRecorder {
    fn kind(&self, key: &Key) -> &'static str {
        self.described.lock().unwrap().get(key.name()).expect("described before it is registered").0
    }
}

#[test]
fn a_snapshot_records_every_number_under_its_name_and_labels() {
    let (mut writer, [mut editor], ring) =
        Ring::builder(4).name("orders").build_with_editors(["enrich"], || 0_u64);
    let mut journal = ring.reader().name("journal").subscribe().unwrap();
    let unnamed = ring.subscribe().unwrap();
    writer.publish_all([1, 2, 3, 4]);
    drop(editor.try_batch_up_to(3).unwrap());
    assert_eq!(journal.try_recv(), Ok(1));
    assert!(writer.publish_timeout(0, Duration::from_millis(1)).is_err());

    let recorder = TestRecorder::default();
    let stats = ring.stats();
    with_local_recorder(&recorder, || {
        Stats::describe_metrics();
        stats.record_metrics();
    });
    let of_ring = [
        ("capacity", 4.0),
        ("members", 3.0),
        ("closed", 0.0),
        ("published_total", 4.0),
        ("visible_total", 3.0),
        ("stalls_total", 1.0),
        ("stalled_nanoseconds_total", stats.writer.stalled.as_nanos() as f64),
        ("evictions_total", 0.0),
        ("writer_parks_total", stats.writer.parks as f64),
        ("writer_wakes_total", stats.writer.wakes as f64),
        ("reader_wakes_total", stats.reader_wakes as f64),
    ];
    for (name, value) in of_ring {
        assert_eq!(recorder.value(&format!("broadring_{name} ring=orders")), value, "{name}");
    }
    let holding = stats.members[2].holding.unwrap().as_secs_f64();
    let of_members = [
        ("editor", "enrich", 0, [3.0, 1.0, 1.0, 4.0, 0.0, 0.0]),
        ("reader", "journal", 1, [1.0, 2.0, 1.0, 3.0, 0.0, 0.0]),
        ("reader", "2", 2, [0.0, 3.0, 0.0, 0.0, 0.0, holding]),
    ];
    for (role, member, number, values) in of_members {
        let labels = format!("ring=orders role={role} member={member} number={number}");
        let names = [
            "position_total",
            "lag",
            "batches_total",
            "largest_batch",
            "parks_total",
            "holding_seconds",
        ];
        for (name, value) in names.iter().zip(values) {
            assert_eq!(
                recorder.value(&format!("broadring_{name} {labels}")),
                value,
                "{member} {name}"
            );
        }
    }
    assert_eq!(recorder.values.lock().unwrap().len(), 11 + 3 * 6, "no other value is recorded");
    assert_eq!(recorder.described.lock().unwrap().len(), 11 + 6);
    drop(unnamed);
}

#[test]
fn closing_and_evictions_are_recorded() {
    let (mut writer, ring) = Ring::builder(1).name("orders").build(|| 0_u64);
    let _slow = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    writer.publish_all([1, 2]);
    drop(writer);
    let recorder = TestRecorder::default();
    with_local_recorder(&recorder, || {
        Stats::describe_metrics();
        ring.stats().record_metrics();
    });
    assert_eq!(recorder.value("broadring_evictions_total ring=orders"), 1.0);
    assert_eq!(recorder.value("broadring_closed ring=orders"), 1.0);
}

#[test]
fn clones_of_a_named_reader_are_recorded_separately() {
    let (_writer, ring) = Ring::builder(4).name("orders").build(|| 0_u64);
    let journal = ring.reader().name("journal").subscribe().unwrap();
    let _clone = journal.clone();
    let recorder = TestRecorder::default();
    with_local_recorder(&recorder, || {
        Stats::describe_metrics();
        ring.stats().record_metrics();
    });
    for number in [0, 1] {
        let labels = format!("ring=orders role=reader member=journal number={number}");
        assert_eq!(recorder.value(&format!("broadring_lag {labels}")), 0.0);
    }
}

#[test]
fn metrics_are_described_with_their_kind_and_unit() {
    let recorder = TestRecorder::default();
    with_local_recorder(&recorder, Stats::describe_metrics);
    let described = recorder.described.lock().unwrap();
    assert_eq!(described["broadring_lag"], ("gauge", Some(Unit::Count)));
    assert_eq!(described["broadring_holding_seconds"], ("gauge", Some(Unit::Seconds)));
    let stalled = described["broadring_stalled_nanoseconds_total"];
    assert_eq!(stalled, ("counter", Some(Unit::Nanoseconds)));
}
