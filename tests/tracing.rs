//! With the feature `tracing`, a subscriber gets one event when a member joins or leaves, when the
//! ring closes, stalls or evicts a reader, and nothing for published events.
#![cfg(feature = "tracing")]

mod common;

use std::fmt::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use broadring::Ring;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{self, Interest};
use tracing::{Event, Level, Metadata, Subscriber};

/// A subscriber that keeps the events up to a level as lines of text.
#[derive(Clone)]
struct TestSubscriber {
    level: Level,
    lines: Arc<Mutex<Vec<String>>>,
}

impl TestSubscriber {
    fn of(level: Level) -> Self {
        Self { level, lines: Arc::default() }
    }

    /// Runs a closure; returns its result and the lines that this thread reported in it.
    fn lines_of<R>(&self, act: impl FnOnce() -> R) -> (R, Vec<String>) {
        let done = subscriber::with_default(self.clone(), act);
        (done, std::mem::take(&mut self.lines.lock().unwrap()))
    }
}

impl Subscriber for TestSubscriber {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "broadring" && *metadata.level() <= self.level
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        unreachable!("there are no spans")
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.lines.lock().unwrap().push(line.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// The level, the message and the fields of an event. The values of seconds are left out.
struct Line(String);

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        assert!((0.0..60.0).contains(&value), "{value} s");
        write!(self.0, " {}", field.name()).unwrap();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => write!(self.0, " {value:?}:").unwrap(),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

#[test]
fn joining_rejoining_leaving_and_closing_are_reported() {
    let ((), lines) = TestSubscriber::of(Level::DEBUG).lines_of(|| {
        let (mut writer, ring) = Ring::builder(8).build(|| 0_u64);
        let mut journal = ring.reader().name("journal").subscribe().unwrap();
        writer.publish_all([1, 2, 3]);
        let clone = journal.clone();
        let tap = ring.observe().unwrap();
        assert_eq!(journal.recv(), Ok(1));
        assert_eq!(journal.rejoin(), Ok(2));
        drop(journal);
        drop(tap);
        drop(writer);
        drop(clone);
    });
    let expected = [
        "DEBUG joined: member=reader \"journal\" position=0",
        "DEBUG joined: member=reader \"journal\" position=0",
        "DEBUG joined: member=observer 2 position=3",
        "DEBUG rejoined: member=reader \"journal\" position=3 missed=2",
        "DEBUG left: member=reader \"journal\" position=3",
        "DEBUG left: member=observer 2 position=3",
        "DEBUG closed: published=3",
        "DEBUG left: member=reader \"journal\" position=0",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn an_eviction_is_reported_as_a_warning() {
    let ((), lines) = TestSubscriber::of(Level::WARN).lines_of(|| {
        let (mut writer, ring) = Ring::builder(2).build(|| 0_u64);
        let slow = ring.reader().name("slow").evict_after(Duration::from_millis(1));
        let _slow = slow.subscribe().unwrap();
        writer.publish_all([1, 2, 3]);
    });
    assert_eq!(lines, ["WARN evicted: member=reader \"slow\" position=0 held_seconds"]);
}

#[test]
fn a_stall_is_reported_when_it_begins_and_when_it_ends() {
    let ((), lines) = TestSubscriber::of(Level::TRACE).lines_of(|| {
        let (mut writer, ring) = Ring::builder(2).build(|| 0_u64);
        let mut journal = ring.reader().name("journal").subscribe().unwrap();
        for _ in 0..2 {
            writer.publish_all([1, 2]);
            for _ in 0..3 {
                assert!(writer.try_publish(0).is_err());
            }
            assert!(writer.publish_timeout(0, Duration::from_millis(1)).is_err());
            assert_eq!(journal.try_batch().unwrap().len(), 2);
        }
        writer.publish(3);
    });
    let begins =
        |position| format!("TRACE the ring is full: position={position} holder=reader \"journal\"");
    let ends = || "TRACE the ring is no longer full: stalled_seconds".to_owned();
    let stalls: Vec<_> = lines.into_iter().filter(|line| line.starts_with("TRACE")).collect();
    assert_eq!(stalls, [begins(2), ends(), begins(4), ends()]);
}

#[test]
fn an_editor_that_leaves_is_reported() {
    let ((), lines) = TestSubscriber::of(Level::DEBUG).lines_of(|| {
        let (mut writer, [mut editor], _ring) =
            Ring::builder(8).build_with_editors(["enrich"], || 0_u64);
        writer.publish_all([1, 2, 3]);
        drop(editor.try_batch_up_to(2).unwrap());
        drop(editor);
        drop(writer);
    });
    let expected = ["DEBUG left: member=editor \"enrich\" position=2", "DEBUG closed: published=3"];
    assert_eq!(lines, expected);
}

#[test]
fn everything_that_is_reported_of_a_named_ring_names_it() {
    let ((), lines) = TestSubscriber::of(Level::TRACE).lines_of(|| {
        let (mut writer, [editor], ring) =
            Ring::builder(2).name("orders").build_with_editors(["enrich"], || 0_u64);
        drop(editor); // so that nothing is read
        let reader = ring.reader().name("journal").subscribe().unwrap();
        writer.publish_all([1, 2]);
        assert!(writer.try_publish(3).is_err());
        drop((reader, writer));

        let (mut writer, ring) = Ring::builder(1).name("orders").build(|| 0_u64);
        let mut slow = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
        writer.publish_all([1, 2]);
        slow.rejoin().unwrap();
    });
    assert!(lines.iter().all(|line| line.contains(": ring=\"orders\"")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("of the ring")), "once is enough: {lines:#?}");
    let kinds = ["joined", "left", "closed", "full", "no longer full", "evicted", "rejoined"];
    for kind in kinds {
        assert!(lines.iter().any(|line| line.contains(&format!("{kind}:"))), "{kind}: {lines:#?}");
    }
}

#[test]
fn publishing_and_reading_are_not_reported() {
    let (mut writer, mut reader, ring) = common::ring_of(8);
    let mut tap = ring.observe().unwrap();
    let (seen, lines) = TestSubscriber::of(Level::TRACE).lines_of(|| {
        (0..100)
            .map(|event| {
                writer.publish(event);
                tap.look().unwrap().len() + reader.try_batch().unwrap().len()
            })
            .sum::<usize>()
    });
    assert_eq!((seen, lines.len()), (200, 0));
}

/// A subscriber that panics on every event, unless its thread is unwinding already.
struct PanickingSubscriber;

impl Subscriber for PanickingSubscriber {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        unreachable!("there are no spans")
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {
        assert!(thread::panicking(), "on purpose");
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[test]
fn after_a_subscriber_panics_every_handle_still_works() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0_u64);
    let expect_subscriber_panic = |act: &mut dyn FnMut()| {
        let acted = panic::catch_unwind(AssertUnwindSafe(|| {
            subscriber::with_default(PanickingSubscriber, act)
        }));
        assert!(acted.is_err());
    };
    expect_subscriber_panic(&mut || drop(ring.subscribe()));
    assert_eq!(ring.reader_count(), 0, "the reader that could not be reported has left");

    let mut reader = ring.subscribe().unwrap();
    let clone = reader.clone();
    writer.publish_all([1, 2, 3, 4]);
    expect_subscriber_panic(&mut || drop(writer.try_publish(5)));
    let mut leaving = Some(clone);
    expect_subscriber_panic(&mut || drop(leaving.take()));
    assert!(writer.try_publish(5).is_err());
    assert_eq!(reader.recv(), Ok(1));
    expect_subscriber_panic(&mut || drop(writer.try_publish(5)));
    writer.try_publish(5).unwrap();
    let mut writer = Some(writer);
    expect_subscriber_panic(&mut || drop(writer.take()));
    assert!(reader.iter().eq([2, 3, 4, 5]));
}
