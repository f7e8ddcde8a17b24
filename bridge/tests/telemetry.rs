//! What a stream, a shipper and a mirror tell of themselves.

#![cfg(feature = "servers")]

mod common;

use broadring::{Ring, Writer};
use broadring_jetstream::protocol::LEAP;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{Mirror, Shipper, Stream};
use broadring_log::codec::Bytes;

use common::{PATIENCE, connect, options, servers, wait_until};

/// A stream that is shipped and mirrored.
struct Started {
    stream: Stream,
    shipper: Shipper<Vec<u8>>,
    mirror: Mirror,
    /// Without it, the shipper would end.
    _writer: Writer<Vec<u8>>,
}

/// Ships so many events of ten bytes one by one, and mirrors them. Both go on.
fn started(servers: &Servers, events: u64) -> Started {
    let stream = connect(&options(servers, "s"));
    let leadership = stream.candidate("somebody").claim().unwrap();
    let (mut writer, ring) = Ring::builder(16).build(Vec::new);
    let shipper = Shipper::builder(leadership, Bytes).start(&ring).unwrap();
    let (mirror_writer, _) = Ring::builder(16).build(Vec::new);
    let mirror = stream.mirror(Bytes).name("audit").start(mirror_writer);
    for number in 0..events {
        writer.publish(vec![number as u8; 10]);
        assert!(shipper.wait_acknowledged(number + 1, PATIENCE));
    }
    wait_until("the mirror has it", || mirror.next_sequence() == events.into());
    wait_until("the mirror says so", || mirror.stats().frames == events);
    Started { stream, shipper, mirror, _writer: writer }
}

/// The bytes of a message with one event of ten bytes: the identity, the header of a frame, the length of the event, the
/// event, padded.
const MESSAGE: u64 = 16 + 64 + 16;

#[test]
fn a_shipper_and_a_mirror_count_what_they_do() {
    let Some(servers) = servers(1) else { return };
    let Started { stream, shipper, mirror, _writer } = started(&servers, 100);
    let stats = shipper.stats();
    assert_eq!((stats.epoch, stats.acknowledged, stats.framed), (1, 100.into(), 100.into()));
    assert_eq!((stats.frames, stats.bytes), (100, 100 * MESSAGE));
    assert_eq!((stats.in_flight, stats.doubts), (0, 0));
    assert_eq!((stats.outage, stats.failure), (None, None));
    let stats = mirror.stats();
    assert_eq!((stats.epoch, stats.next), (1, 100.into()));
    assert_eq!((stats.frames, stats.bytes), (100, 100 * MESSAGE));
    assert_eq!((stats.pending, stats.restarts), (0, 0));
    assert_eq!((stats.stalled, stats.failure), (None, None));
    let status = stream.status().unwrap();
    assert_eq!((&*status.name, status.epoch, status.resigned), ("s", 1, false));
    assert_eq!(status.id, Some(stream.id().unwrap().unwrap().to_string()));
    assert_eq!(status.writer.as_deref(), Some("somebody"));
    // The claim is a message too.
    assert_eq!((status.oldest, status.next, status.messages), (0, 100, 100 + LEAP));
    let names: Vec<_> = status.mirrors.iter().map(|mirror| (&*mirror.name, mirror.lag)).collect();
    assert_eq!(names, [("audit", 0)]);
    shipper.stop();
    shipper.join().unwrap();
    wait_until("the mirror is told", || stream.status().unwrap().resigned);
    mirror.stop();
    mirror.join().unwrap();
}

#[cfg(feature = "serde")]
#[test]
fn snapshots_can_be_serialized() {
    let Some(servers) = servers(1) else { return };
    let Started { stream, shipper, mirror, _writer } = started(&servers, 3);
    let stats = serde_json::to_value(shipper.stats()).unwrap();
    assert_eq!((&stats["epoch"], &stats["acknowledged"]), (&1.into(), &3.into()));
    assert_eq!((&stats["frames"], &stats["doubts"]), (&3.into(), &0.into()));
    assert!(stats["failure"].is_null() && stats["outage"].is_null());
    let stats = serde_json::to_value(mirror.stats()).unwrap();
    assert_eq!((&stats["next"], &stats["frames"]), (&3.into(), &3.into()));
    assert!(stats["stalled"].is_null());
    let status = serde_json::to_value(stream.status().unwrap()).unwrap();
    assert_eq!((&status["name"], &status["writer"]), (&"s".into(), &"somebody".into()));
    assert_eq!((&status["next"], &status["mirrors"][0]["name"]), (&3.into(), &"audit".into()));
}

#[cfg(feature = "metrics")]
#[test]
fn metrics_are_handed_to_the_recorder() {
    use broadring_jetstream::{MirrorStats, ShipperStats};
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    let Some(servers) = servers(1) else { return };
    let Started { shipper, mirror, .. } = &started(&servers, 5);
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        ShipperStats::describe_metrics();
        MirrorStats::describe_metrics();
        shipper.stats().record_metrics("orders");
        mirror.stats().record_metrics("orders");
    });
    let recorded = snapshotter.snapshot().into_vec();
    let mut counters = Vec::new();
    let mut gauges = Vec::new();
    for (key, unit, described, value) in &recorded {
        let name = key.key().name().trim_start_matches("broadring_");
        assert!(unit.is_some() && described.is_some(), "{name}");
        let label = if name.starts_with("shipper") { "stream" } else { "mirror" };
        let labels: Vec<_> = key.key().labels().map(|label| (label.key(), label.value())).collect();
        assert_eq!(labels, [(label, "orders")]);
        match value {
            DebugValue::Counter(value) => counters.push((name, *value)),
            DebugValue::Gauge(value) => gauges.push((name, value.0)),
            DebugValue::Histogram(_) => panic!("{name}"),
        }
    }
    counters.sort_unstable();
    gauges.sort_by_key(|gauge| gauge.0);
    assert_eq!(
        counters,
        [
            ("mirror_bytes", 5 * MESSAGE),
            ("mirror_frames", 5),
            ("mirror_next", 5),
            ("mirror_restarts", 0),
            ("shipper_acknowledged", 5),
            ("shipper_bytes", 5 * MESSAGE),
            ("shipper_doubts", 0),
            ("shipper_frames", 5),
        ]
    );
    assert_eq!(
        gauges,
        [
            ("mirror_epoch", 1.0),
            ("mirror_pending", 0.0),
            ("mirror_stalled_seconds", 0.0),
            ("shipper_epoch", 1.0),
            ("shipper_lag", 0.0),
            ("shipper_outage_seconds", 0.0),
        ]
    );
}

#[cfg(feature = "tracing")]
#[test]
fn what_happens_to_a_stream_is_told() {
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

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

    let Some(mut servers) = servers(1) else { return };
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer({
            let lines = lines.clone();
            move || lines.clone()
        })
        .finish();
    // The threads of the streams tell it, and not this one. So other tests do too; their streams have other names.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let options = options(&servers, "told").timeout(Duration::from_millis(500));
    let stream = connect(&options);
    let leadership = stream.candidate("first-writer").claim().unwrap();
    let (mut writer, ring) = Ring::builder(16).build(Vec::new);
    let first = Shipper::builder(leadership, Bytes).start(&ring).unwrap();
    let (mirror_writer, _) = Ring::builder(16).build(Vec::new);
    let mirror = stream.mirror(Bytes).name("told-mirror").patience(Duration::from_millis(100));
    let mirror = mirror.start(mirror_writer);
    writer.publish(vec![1]);
    wait_until("the mirror has it", || mirror.next_sequence() == 1.into());
    servers.kill(0).unwrap();
    writer.publish(vec![2]);
    wait_until("both notice", || first.stats().doubts > 0 && mirror.stats().stalled.is_some());
    servers.restart(0).unwrap();
    wait_until("both go on", || mirror.next_sequence() == 2.into());
    wait_until("the mirror says so", || mirror.stats().stalled.is_none());
    assert!(first.wait_acknowledged(2, PATIENCE));
    let second = connect(&options).candidate("second-writer").claim().unwrap();
    wait_until("the first is deposed", || first.failure().is_some());
    let (writer, ring) = Ring::builder(16).first_sequence(2).build(Vec::new);
    let second = Shipper::builder(second, Bytes).start(&ring).unwrap();
    drop(writer);
    second.join().unwrap();
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for told in [
        "claimed the stream writer=\"first-writer\" epoch=1 next=0",
        "the mirror does not get on mirror=\"told-mirror\" next=1",
        "asks what the stream has epoch=1 in_flight=1",
        "goes on epoch=1",
        "the mirror gets on again mirror=\"told-mirror\"",
        "claimed the stream writer=\"second-writer\" epoch=2 next=2",
        "was deposed epoch=1 by=2",
        "gave the stream back epoch=2 next=2",
    ] {
        assert!(lines.contains(told), "{told} is not in {lines}");
    }
    mirror.stop();
    mirror.join().unwrap();
}
