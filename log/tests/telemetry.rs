//! What a log and a journal tell of themselves.

use broadring::Ring;
use broadring_log::codec::Bytes;
use broadring_log::{Journal, Log};

#[test]
fn a_journal_counts_what_it_writes() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path()).unwrap();
    let (mut writer, ring) = Ring::builder(16).build(Vec::new);
    let journal = Journal::builder(log, Bytes).start(&ring).unwrap();
    let mut durable = ring.reader().after(&journal).unwrap().from_oldest().subscribe().unwrap();
    for number in 0..100_u8 {
        writer.publish(vec![number; 10]);
        durable.recv().unwrap();
    }
    let stats = journal.stats();
    assert_eq!(
        (stats.log.events, stats.log.committed, stats.log.durable),
        (100, 100.into(), 100.into())
    );
    // Each event was waited for.
    assert_eq!((stats.log.frames, stats.log.syncs, stats.log.sync_times.count()), (100, 100, 100));
    assert_eq!(stats.log.bytes, 100 * (64 + 16));
    assert_eq!((stats.lag, stats.in_memory, stats.failure.as_deref()), (0, None, None));
    assert!(stats.log.sync_times.quantile(0.5) <= stats.log.sync_times.longest());
    assert_eq!(stats.log.sync_times.buckets().map(|(_, count)| count).sum::<u64>(), 100);
    assert!(
        stats.to_string().starts_with(
            "100 events in 100 frames, 8000 bytes; on the disk before 100; 100 syncs, "
        )
    );
    drop(writer);
    journal.join().unwrap();
}

#[cfg(feature = "serde")]
#[test]
fn statistics_can_be_serialized() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    log.push(&Bytes, &vec![1, 2, 3]).unwrap();
    log.end_batch().unwrap();
    let stats = serde_json::to_value(log.stats()).unwrap();
    assert_eq!((&stats["events"], &stats["durable"]), (&1.into(), &1.into()));
    assert_eq!(stats["sync_times"]["count"], 1);
}

#[cfg(feature = "metrics")]
#[test]
fn metrics_are_handed_to_the_recorder() {
    use broadring_log::JournalStats;
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::open(directory.path()).unwrap();
        let (mut writer, ring) = Ring::builder(16).build(Vec::new);
        let journal = Journal::builder(log, Bytes).start(&ring).unwrap();
        let mut durable = ring.reader().after(&journal).unwrap().from_oldest().subscribe().unwrap();
        writer.publish(vec![7]);
        durable.recv().unwrap();
        JournalStats::describe_metrics();
        journal.stats().record_metrics("orders");
        drop(writer);
        journal.join().unwrap();
    });
    let recorded = snapshotter.snapshot().into_vec();
    let value = |name: &str| {
        let (_, _, described, value) =
            recorded.iter().find(|(key, ..)| key.key().name() == name).unwrap();
        assert!(described.is_some());
        value
    };
    assert!(matches!(value("broadring_log_events_total"), DebugValue::Counter(1)));
    assert!(matches!(value("broadring_log_durable_total"), DebugValue::Counter(1)));
    assert!(
        matches!(value("broadring_log_stopped"), DebugValue::Gauge(stopped) if stopped.0 == 0.0)
    );
    assert!(
        recorded.iter().all(|(key, ..)| key.key().labels().any(|label| label.value() == "orders"))
    );
}

#[cfg(feature = "tracing")]
#[test]
fn opening_after_a_crash_and_full_segments_are_events() {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer({
            let lines = lines.clone();
            move || lines.clone()
        })
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::options().segment_bytes(1000).open(directory.path()).unwrap();
        for _ in 0..3 {
            log.push(&Bytes, &vec![1; 1000]).unwrap();
            log.end_batch().unwrap();
        }
        log.close().unwrap();
        let last = directory.path().join(format!("{:020}.frames", 2));
        std::fs::OpenOptions::new().append(true).open(last).unwrap().write_all(b"torn").unwrap();
        Log::open(directory.path()).unwrap();
    });
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let count = |text: &str| lines.lines().filter(|line| line.contains(text)).count();
    assert_eq!(
        count("a segment is full first=0 end=1") + count("a segment is full first=1 end=2"),
        2,
        "{lines}"
    );
    assert_eq!(count("opened, after a crash"), 1, "{lines}");
    assert_eq!(count("4 bytes were cut off"), 1, "{lines}");
}
