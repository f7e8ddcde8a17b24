//! A journal whose disk refuses stops, goes on in memory, or leaves, as it was told; whatever it has committed is
//! there, once.

use std::thread;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring, Writer};
use broadring_log::codec::{Codec, CodecId, DecodeError, EncodeError, Postcard, SchemaId};
use broadring_log::{Journal, JournalError, Log, OnFailure};

use crate::common::{Disk, disk::Faults};

const CAPACITY: u64 = 64;

/// Waits until something is so.
///
/// # Panics
///
/// If it takes longer than anything here may take.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "this does not happen: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

struct Setup {
    disk: Disk,
    writer: Writer<u64>,
    ring: Ring<u64>,
    journal: Journal<u64>,
    /// Comes after the journal.
    acknowledged: Reader<u64>,
}

/// A journal that has written the first ten events.
fn setup(on_failure: OnFailure) -> Setup {
    let disk = Disk::new(1);
    let log = Log::options().segment_bytes(2000).open_on(disk.storage()).unwrap();
    let (mut writer, ring) = Ring::builder(CAPACITY as usize).build(|| 0_u64);
    let journal = Journal::builder(log, Postcard::new(0));
    let journal = journal.on_failure(on_failure).start(&ring).unwrap();
    let mut acknowledged = ring.reader().after(&journal).unwrap().subscribe().unwrap();
    for event in 0..10 {
        writer.publish(event);
        assert_eq!(acknowledged.recv(), Ok(event));
    }
    assert!(journal.failure().is_none() && journal.in_memory().is_none());
    Setup { disk, writer, ring, journal, acknowledged }
}

impl Setup {
    fn break_disk(&self) {
        self.disk.set_faults(Faults { one_in: Some(1), ..Faults::default() });
    }

    fn repair_disk(&self) {
        self.disk.set_faults(Faults::default());
    }

    /// Publishes until there is no room because the journal has stopped, and returns the next event.
    fn fill(&mut self) -> u64 {
        let mut next = self.ring.cursor().get();
        wait_until("the journal holds the writer back", || {
            let stopped = self.journal.failure().is_some() && self.journal.is_finished();
            // Nobody but the journal holds the writer back.
            while self.acknowledged.try_recv().is_ok() {}
            while self.writer.try_publish(next).is_ok() {
                next += 1;
            }
            stopped
        });
        next
    }
}

/// Checks that the log has just these events.
fn check(log: &Log, end: u64) {
    let codec = Postcard::<u64>::new(0);
    let mut next = 0;
    let mut frames = log.reader().from(0).unwrap();
    while let Some(frame) = frames.next_frame().unwrap() {
        for event in frame.decode(&codec) {
            assert_eq!(event.unwrap(), (next.into(), next));
            next += 1;
        }
    }
    assert_eq!(next, end);
    assert_eq!(log.next_sequence(), end.into());
}

#[test]
fn a_journal_that_stops_holds_the_writer_back_and_loses_nothing() {
    let mut setup = setup(OnFailure::Stop);
    setup.break_disk();
    let end = setup.fill();
    assert_eq!(end, 10 + CAPACITY, "more was overwritten than was written down");
    let reason = setup.journal.failure().unwrap().to_string();
    assert!(reason.contains("the disk refuses"), "{reason}");
    assert_eq!(setup.journal.durable(), 10.into());
    assert!(
        setup.acknowledged.try_recv().is_err(),
        "an event is passed on that is not on the disk"
    );
    assert_eq!(setup.acknowledged.position(), 10.into());
    // It stays so, also when the disk is well again.
    setup.repair_disk();
    assert!(setup.writer.try_publish(end).is_err());

    let Err(JournalError::Failed { failure, mut log }) = setup.journal.join() else {
        panic!("it has not failed");
    };
    assert!(!failure.is_full());
    // What it has read is in the log's memory, and what it has not is still in the ring.
    log.sync().unwrap();
    let journal = Journal::builder(*log, Postcard::new(0)).start(&setup.ring).unwrap();
    drop(setup.acknowledged);
    for event in end..end + 500 {
        setup.writer.publish(event);
    }
    drop(setup.writer);
    check(&journal.join().unwrap(), end + 500);
}

#[test]
fn a_journal_that_goes_on_in_memory_catches_up_when_the_disk_is_well_again() {
    let limits = OnFailure::Memory { within: Duration::from_secs(3600), bytes: 1 << 30 };
    let mut setup = setup(limits);
    setup.break_disk();
    for event in 10..600 {
        setup.writer.publish(event);
        assert_eq!(setup.acknowledged.recv(), Ok(event));
    }
    let (reason, _) = setup.journal.in_memory().expect("it goes on in memory");
    assert!(reason.to_string().contains("the disk refuses"), "{reason}");
    assert!(setup.journal.failure().is_none());
    assert_eq!(setup.journal.durable(), 10.into());
    assert!(setup.journal.stats().log.failures > 0);
    setup.repair_disk();
    wait_until("the journal catches up", || setup.journal.durable() == 600.into());
    wait_until("it knows", || setup.journal.in_memory().is_none());
    // The disk is full for a while, and refuses again and again.
    for event in 600..1000 {
        if event % 40 == 0 {
            let full = event % 80 == 0;
            setup.disk.set_faults(Faults { one_in: Some(3), full, ..Faults::default() });
        }
        setup.writer.publish(event);
        assert_eq!(setup.acknowledged.recv(), Ok(event));
    }
    setup.repair_disk();
    drop(setup.writer);
    let log = setup.journal.join().unwrap();
    check(&log, 1000);
    setup.disk.cut_power();
    drop(log);
    let log = Log::options().open_on(setup.disk.storage()).unwrap();
    check(&log, 1000);
}

#[test]
fn a_journal_that_has_too_much_in_memory_stops() {
    let limits = OnFailure::Memory { within: Duration::from_secs(3600), bytes: 5000 };
    let mut setup = setup(limits);
    setup.break_disk();
    let end = setup.fill();
    assert!(end > 10 + CAPACITY, "nothing went on in memory");
    let stats = setup.journal.stats();
    assert!(stats.failure.unwrap().contains("the disk refuses"));
    setup.repair_disk();
    let Err(JournalError::Failed { mut log, .. }) = setup.journal.join() else {
        panic!("it has not failed");
    };
    // Not much more than the limit: a batch.
    assert!(
        log.unsynced_bytes() > 5000 && log.unsynced_bytes() < 10_000,
        "{}",
        log.unsynced_bytes()
    );
    log.sync().unwrap();
    let journal = Journal::builder(*log, Postcard::new(0)).start(&setup.ring).unwrap();
    drop(setup.writer);
    check(&journal.join().unwrap(), end);
}

#[test]
fn a_journal_that_leaves_lets_the_stream_go_on() {
    let mut setup = setup(OnFailure::Leave);
    setup.break_disk();
    for event in 10..50 {
        setup.writer.publish(event);
    }
    let failed = || setup.journal.failure().is_some() && setup.journal.is_finished();
    wait_until("the journal has left", failed);
    // Those who come after it learn so, and have seen nothing that is not on the disk.
    let end = setup.acknowledged.recv().unwrap_err();
    assert!(end.is_upstream_left(), "{end:?}");
    let Setup { disk, mut writer, journal, acknowledged, .. } = setup;
    drop(acknowledged);
    for event in 50..1000 {
        writer.publish(event);
    }
    assert_eq!(journal.durable(), 10.into());
    disk.set_faults(Faults::default());
    let Err(JournalError::Failed { mut log, .. }) = journal.join() else {
        panic!("it has not failed");
    };
    let read = log.sync().unwrap().get();
    assert!((10..=50).contains(&read));
    check(&log, read);
}

#[test]
fn the_end_of_the_stream_on_a_disk_that_refuses_is_an_error_that_keeps_the_log() {
    for on_failure in [
        OnFailure::Stop,
        OnFailure::Memory { within: Duration::from_millis(50), bytes: 1 << 30 },
        OnFailure::Leave,
    ] {
        let mut setup = setup(on_failure);
        setup.break_disk();
        setup.writer.publish(10);
        drop(setup.writer);
        let Err(JournalError::Failed { mut log, .. }) = setup.journal.join() else {
            panic!("it has not failed");
        };
        setup.disk.set_faults(Faults::default());
        log.sync().unwrap();
        check(&log, 11);
    }
}

#[test]
fn what_is_in_memory_at_the_end_of_the_stream_has_its_time_to_get_to_the_disk() {
    let limits = OnFailure::Memory { within: Duration::from_secs(3600), bytes: 1 << 30 };
    let mut setup = setup(limits);
    setup.break_disk();
    setup.writer.publish(10);
    drop(setup.writer);
    wait_until("the journal goes on in memory", || setup.journal.in_memory().is_some());
    setup.disk.set_faults(Faults::default());
    check(&setup.journal.join().unwrap(), 11);
}

#[test]
fn publishing_beside_a_journal_that_has_stopped_returns_the_event_with_the_reason() {
    let mut setup = setup(OnFailure::Stop);
    // Nobody but the journal holds the writer back.
    drop(setup.acknowledged);
    // While it writes, it is publishing as usual, also when the ring is full now and then.
    for event in 10..1000 {
        assert_eq!(setup.journal.publish(&mut setup.writer, event).unwrap(), event.into());
    }
    setup.disk.set_faults(Faults { one_in: Some(1), ..Faults::default() });
    let mut next = 1000;
    let stopped = loop {
        match setup.journal.publish(&mut setup.writer, next) {
            Ok(_) => next += 1,
            Err(stopped) => break stopped,
        }
    };
    assert!(next <= 1000 + CAPACITY);
    assert!(stopped.to_string().starts_with("the journal has stopped: cannot "), "{stopped}");
    assert!(!stopped.failure().is_full());
    assert_eq!(stopped.into_inner(), next);
}

#[test]
fn publishing_goes_on_beside_a_journal_that_has_left() {
    let mut setup = setup(OnFailure::Leave);
    drop(setup.acknowledged);
    let mut reader = setup.ring.subscribe().unwrap();
    setup.disk.set_faults(Faults { one_in: Some(1), ..Faults::default() });
    setup.writer.publish(10);
    wait_until("the journal has left", || setup.journal.failure().is_some());
    // Another reader makes room, and is waited for.
    let reading = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        reader.iter().count()
    });
    for event in 11..1000 {
        assert_eq!(setup.journal.publish(&mut setup.writer, event).unwrap(), event.into());
    }
    drop(setup.writer);
    assert_eq!(reading.join().unwrap(), 990);
}

#[test]
fn publishing_beside_a_journal_that_has_panicked_is_an_error() {
    struct Panics;
    impl Codec for Panics {
        type Event = u64;
        type View<'a> = u64;
        fn id(&self) -> CodecId {
            CodecId::custom(1)
        }
        fn encode(&self, event: &u64, _: &mut Vec<u8>) -> Result<(), EncodeError> {
            panic!("as was asked for, by event {event}");
        }
        fn view(&self, _: SchemaId, _: &[u8]) -> Result<u64, DecodeError> {
            unreachable!("nothing was written")
        }
        fn decode(&self, _: SchemaId, _: &[u8]) -> Result<u64, DecodeError> {
            unreachable!("nothing was written")
        }
    }

    let log = Log::options().open_on(Disk::new(1).storage()).unwrap();
    let (mut writer, ring) = Ring::builder(CAPACITY as usize).build(|| 0_u64);
    let journal = Journal::builder(log, Panics).start(&ring).unwrap();
    let mut next = 0;
    let stopped = loop {
        match journal.publish(&mut writer, next) {
            Ok(_) => next += 1,
            Err(stopped) => break stopped,
        }
    };
    assert_eq!(next, CAPACITY);
    assert_eq!(stopped.to_string(), "the journal has stopped: its thread has panicked");
    assert!(matches!(journal.join(), Err(JournalError::Panicked(_))));
    // It holds nobody back any more.
    assert!(writer.try_publish(next).is_ok());
}
