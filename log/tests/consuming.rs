//! Consumers: effects and position stay together, whatever fails.

mod common;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use broadring_log::codec::{Bytes, Fixed};
use broadring_log::{
    BoxError, ConsumeError, Consumer, KeyedConsumer, KeyedStore, Log, LogReader, Position,
    ReadError, Retention, Transactional,
};
use common::consumers::{Memory, Transaction, copy, push};
use tempfile::TempDir;

fn codec() -> Fixed<u64> {
    Fixed::new(1)
}

/// A log of these many numbers, in frames of ten.
fn log_of(numbers: u64) -> (TempDir, Log) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    push(&mut log, 0..numbers);
    (directory, log)
}

/// The effect of the tests: the events, in order.
#[allow(clippy::unnecessary_wraps)]
fn note(
    transaction: &mut Transaction<'_>,
    sequence: broadring::Sequence,
    number: &u64,
) -> Result<(), BoxError> {
    assert_eq!(sequence, (*number).into());
    transaction.copy.effects.push(*number);
    Ok(())
}

fn open(reader: &LogReader, store: Memory) -> Consumer<Memory, Fixed<u64>> {
    Consumer::open(reader, "test", codec(), store).unwrap()
}

#[test]
fn a_consumer_goes_on_where_the_one_before_it_has_ended() {
    let (_directory, mut log) = log_of(25);
    let mut consumer = open(&log.reader(), Memory::default());
    assert_eq!(consumer.position().unwrap(), None);
    assert_eq!(consumer.run(note).unwrap(), 25);
    assert_eq!(consumer.run(note).unwrap(), 0);
    let store = consumer.close().unwrap();

    push(&mut log, 25..40);
    let mut consumer = open(&log.reader(), store);
    assert_eq!(consumer.position().unwrap(), Some(25.into()));
    assert_eq!(consumer.run(note).unwrap(), 15);
    assert_eq!(consumer.store().effects, Vec::from_iter(0..40));
}

#[test]
fn a_batch_has_several_frames_and_no_more_events_than_the_limit() {
    let (_directory, log) = log_of(100);
    for limit in [1, 3, 10, 25, 99, 100, 1000] {
        let long = Duration::from_secs(3600);
        let mut consumer =
            open(&log.reader(), Memory::default()).events_per_batch(limit).time_per_batch(long);
        let mut next = 0;
        while let Some(batch) = consumer.next_batch(note).unwrap() {
            let end = (next + limit).min(100);
            assert_eq!(batch, next.into()..end.into());
            next = end;
        }
        assert_eq!(next, 100);
        assert_eq!(consumer.store().commits, 100_u64.div_ceil(limit));
        assert_eq!(consumer.store().effects, Vec::from_iter(0..100));
    }
}

#[test]
fn a_batch_whose_time_is_over_ends_behind_the_event() {
    let (_directory, log) = log_of(5);
    let mut consumer = open(&log.reader(), Memory::default()).time_per_batch(Duration::ZERO);
    for number in 0..5_u64 {
        assert_eq!(consumer.next_batch(note).unwrap(), Some(number.into()..(number + 1).into()));
    }
    assert_eq!(consumer.next_batch(note).unwrap(), None);
}

#[test]
fn a_closure_that_fails_takes_its_batch_back() {
    let (_directory, log) = log_of(30);
    let mut consumer = open(&log.reader(), Memory::default()).events_per_batch(8);
    let failed = consumer.run(|transaction, sequence, number| {
        note(transaction, sequence, number)?;
        if *number == 19 { Err("no more".into()) } else { Ok(()) }
    });
    let Err(ConsumeError::Effect { sequence, source }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!((sequence, source.to_string()), (19.into(), "no more".to_owned()));
    assert_eq!(consumer.store().effects, Vec::from_iter(0..16));
    assert_eq!(consumer.position().unwrap(), Some(16.into()));
    assert_eq!(consumer.run(note).unwrap(), 14);
    assert_eq!(consumer.store().effects, Vec::from_iter(0..30));
}

#[test]
fn a_closure_that_panics_takes_its_batch_back() {
    let (_directory, log) = log_of(30);
    let mut consumer = open(&log.reader(), Memory::default()).events_per_batch(8);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        consumer.run(|transaction, sequence, number| {
            note(transaction, sequence, number)?;
            assert_ne!(*number, 19, "on purpose");
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(consumer.store().effects, Vec::from_iter(0..16));
    assert_eq!(consumer.run(note).unwrap(), 14);
    assert_eq!(consumer.store().effects, Vec::from_iter(0..30));
}

/// A store whose commits fail when they are told to: before or behind the commit.
#[derive(Default)]
struct Unsure {
    memory: Memory,
    fails: Option<Fails>,
}

#[derive(Clone, Copy)]
enum Fails {
    Before,
    Behind,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection is gone")]
struct Gone;

impl Transactional for Unsure {
    type Transaction<'t> = (Transaction<'t>, Option<Fails>);
    type Error = Gone;

    fn begin(&mut self) -> Result<Self::Transaction<'_>, Gone> {
        let fails = self.fails.take();
        match self.memory.begin() {
            Ok(transaction) => Ok((transaction, fails)),
        }
    }
    fn position(
        transaction: &mut Self::Transaction<'_>,
        consumer: &str,
    ) -> Result<Option<Position>, Gone> {
        match Memory::position(&mut transaction.0, consumer) {
            Ok(position) => Ok(position),
        }
    }
    fn commit(
        (transaction, fails): Self::Transaction<'_>,
        consumer: &str,
        position: Position,
    ) -> Result<(), Gone> {
        if matches!(fails, Some(Fails::Before)) {
            return Err(Gone);
        }
        let committed: Result<(), Infallible> = Memory::commit(transaction, consumer, position);
        match (committed, fails) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(_)) => Err(Gone),
        }
    }
}

#[test]
fn a_commit_that_fails_is_not_taken_for_one_that_has_happened_nor_for_one_that_has_not() {
    let (_directory, log) = log_of(30);
    for fails in [Fails::Before, Fails::Behind] {
        let mut consumer = Consumer::open(&log.reader(), "unsure", codec(), Unsure::default())
            .unwrap()
            .events_per_batch(10);
        let mut effect =
            |transaction: &mut (Transaction<'_>, Option<Fails>), sequence, number: &u64| {
                note(&mut transaction.0, sequence, number)
            };
        consumer.next_batch(&mut effect).unwrap();
        consumer.store_mut().fails = Some(fails);
        assert!(matches!(consumer.next_batch(&mut effect), Err(ConsumeError::Store(_))));
        consumer.run(&mut effect).unwrap();
        assert_eq!(consumer.store().memory.effects, Vec::from_iter(0..30));
    }
}

#[test]
fn of_two_consumers_of_one_name_one_learns_of_the_other() {
    let (_directory, log) = log_of(30);
    let mut first = open(&log.reader(), Memory::default()).events_per_batch(10);
    first.next_batch(note).unwrap();
    let mut second = open(&log.reader(), first.store().clone()).events_per_batch(10);
    second.next_batch(note).unwrap();
    // Both have the same store, as two connections to one database would.
    *first.store_mut() = second.store().clone();
    let moved = first.next_batch(note);
    let Err(ConsumeError::Moved { expected: Some(expected), found: Some(found) }) = moved else {
        panic!("{moved:?}");
    };
    assert_eq!((expected.next, found.next), (10.into(), 20.into()));
    // It may go on all the same, from where the other one is.
    first.run(note).unwrap();
    assert_eq!(first.store().effects, Vec::from_iter(0..30));
}

#[test]
fn a_position_in_another_log_is_an_error() {
    let (_directory, log) = log_of(10);
    let mut consumer = open(&log.reader(), Memory::default());
    consumer.run(note).unwrap();
    let store = consumer.close().unwrap();
    let (_directory, other) = log_of(20);
    let refused = open(&other.reader(), store).run(note);
    let Err(ConsumeError::OtherLog { expected, found }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((expected, found), (other.id(), log.id()));
}

#[test]
fn a_log_that_has_lost_its_end_is_an_error() {
    let (directory, mut log) = log_of(10);
    let before = copy(directory.path());
    push(&mut log, 10..20);
    let mut consumer = open(&log.reader(), Memory::default());
    consumer.run(note).unwrap();
    let store = consumer.close().unwrap();
    let ended = LogReader::open(before.path()).unwrap();
    let log = Log::open(before.path()).unwrap();
    for reader in [ended, LogReader::open(before.path()).unwrap(), log.reader()] {
        let refused = open(&reader, store.clone()).run(note);
        let Err(ConsumeError::Ahead { next }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(next, 20.into());
    }
}

/// A log of which only the end is kept, although a consumer of the name `test` has come to 10 only. Returns which
/// event is the oldest one.
fn cut_log() -> (TempDir, Log, Memory, u64) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::options()
        .segment_bytes(1024)
        .retention(Retention::default().bytes(4096).despite_checkpoints())
        .open(directory.path())
        .unwrap();
    push(&mut log, 0..10);
    let mut consumer = open(&log.reader(), Memory::default());
    consumer.run(note).unwrap();
    let store = consumer.close().unwrap();
    push(&mut log, 10..2000);
    let oldest = u64::from(log.oldest());
    assert!(oldest > 1000);
    (directory, log, store, oldest)
}

#[test]
fn a_consumer_learns_which_events_it_has_lost_and_goes_on_behind_them_when_told() {
    let (_directory, log, store, oldest) = cut_log();
    let mut consumer = open(&log.reader(), store);
    for _ in 0..2 {
        let lost = consumer.run(note);
        let Err(ConsumeError::Lost { sequences }) = lost else {
            panic!("{lost:?}");
        };
        assert_eq!(sequences, 10.into()..oldest.into());
    }
    assert_eq!(consumer.skip_to(oldest).unwrap(), 10.into()..oldest.into());
    consumer.run(note).unwrap();
    let expected: Vec<u64> = (0..10).chain(oldest..2000).collect();
    assert_eq!(consumer.store().effects, expected);
}

#[test]
fn a_keyed_consumer_learns_which_events_it_has_lost_and_goes_on_behind_them_when_told() {
    let (_directory, log, _, oldest) = cut_log();
    let mut consumer =
        KeyedConsumer::open(&log.reader(), "test", codec(), Keyed::default()).unwrap();
    let lost = consumer.run(put);
    let Err(ConsumeError::Lost { sequences }) = lost else {
        panic!("{lost:?}");
    };
    assert_eq!(sequences, 10.into()..oldest.into());
    assert_eq!(consumer.skip_to(sequences.end).unwrap(), 10.into()..oldest.into());
    assert_eq!(consumer.run(put).unwrap(), 2000 - oldest);
    assert_eq!(consumer.position(), Some(2000.into()));
}

#[test]
fn events_that_are_lost_while_reading_are_told_exactly() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::options()
        .segment_bytes(1024)
        .retention(Retention::default().bytes(4096).despite_checkpoints())
        .open(directory.path())
        .unwrap();
    push(&mut log, 0..20);
    let mut consumer = open(&log.reader(), Memory::default()).events_per_batch(15);
    consumer.next_batch(note).unwrap();
    push(&mut log, 20..2000);
    let oldest = u64::from(log.oldest());
    let mut seen = 0;
    let lost = loop {
        match consumer.next_batch(note) {
            Ok(Some(batch)) => seen = batch.end.into(),
            Ok(None) => panic!("nothing is lost, and {seen} were seen"),
            Err(ConsumeError::Lost { sequences }) => break sequences,
            Err(error) => panic!("{error}"),
        }
    };
    let position = consumer.position().unwrap().unwrap();
    assert_eq!(lost, position..oldest.into());
    assert_eq!(consumer.store().effects, Vec::from_iter(0..position.into()));
}

#[test]
#[should_panic(expected = "cannot go back")]
fn a_consumer_does_not_go_back() {
    let (_directory, log) = log_of(10);
    let mut consumer = open(&log.reader(), Memory::default());
    consumer.run(note).unwrap();
    let _ = consumer.skip_to(9);
}

#[test]
fn the_log_keeps_what_a_consumer_needs_and_removes_what_it_has_consumed() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::options()
        .segment_bytes(1024)
        .retention(Retention::default().consumed())
        .open(directory.path())
        .unwrap();
    // A consumer that has consumed nothing yet.
    let mut consumer = open(&log.reader(), Memory::default());
    push(&mut log, 0..1000);
    assert_eq!(log.oldest(), 0.into());
    consumer.run(note).unwrap();
    log.retain().unwrap();
    assert!(u64::from(log.oldest()) > 900);
    push(&mut log, 1000..2000);
    assert!(u64::from(log.oldest()) <= 1000);
    consumer.run(note).unwrap();
    assert_eq!(consumer.store().effects, Vec::from_iter(0..2000));
}

#[test]
fn the_checkpoint_is_never_ahead_of_the_store() {
    let (_directory, mut log) = log_of(10);
    let mut consumer = open(&log.reader(), Memory::default());
    consumer.run(note).unwrap();
    let yesterday = consumer.store().clone();
    push(&mut log, 10..20);
    consumer.run(note).unwrap();
    let told = || log.reader().checkpoints().unwrap()[0].position;
    assert_eq!(told(), Some(20.into()));
    drop(consumer);
    // The store comes back from a copy.
    let mut consumer = open(&log.reader(), yesterday).events_per_batch(1);
    let failed = consumer.next_batch(|_, _, _| Err("not yet".into()));
    assert!(matches!(failed, Err(ConsumeError::Effect { .. })));
    assert_eq!(told(), Some(10.into()));
    // Another one that has lost its store begins with what there is.
    let mut consumer = open(&log.reader(), Memory::default());
    let failed = consumer.next_batch(|_, _, _| Err("not yet".into()));
    assert!(matches!(failed, Err(ConsumeError::Effect { .. })));
    assert_eq!(told(), Some(0.into()));
}

#[test]
fn a_consumer_waits_for_events_and_learns_of_the_end() {
    let (_directory, mut log) = log_of(10);
    let mut consumer = open(&log.reader(), Memory::default());
    let writer = std::thread::spawn(move || {
        for number in 10..200 {
            push(&mut log, number..number + 1);
        }
        log.close().unwrap();
    });
    while consumer.wait_batch(None, note).unwrap().is_some() {}
    assert_eq!(consumer.store().effects, Vec::from_iter(0..200));
    writer.join().unwrap();
}

#[test]
fn a_consumer_in_another_process_waits_until_its_deadline() {
    let (directory, mut log) = log_of(10);
    // It learns of the log from its files, as another process does.
    let mut consumer = open(&LogReader::open(directory.path()).unwrap(), Memory::default());
    consumer.run(note).unwrap();
    let deadline = Instant::now() + Duration::from_millis(5);
    assert_eq!(consumer.wait_batch(Some(deadline), note).unwrap(), None);
    assert!(Instant::now() >= deadline);
    push(&mut log, 10..20);
    assert_eq!(consumer.wait_batch(None, note).unwrap(), Some(10.into()..20.into()));
}

#[test]
fn an_event_that_is_none_of_the_type_stops_a_consumer_until_it_is_skipped() {
    let (_directory, mut log) = log_of(10);
    log.push(&Bytes, &b"no number".to_vec()).unwrap();
    push(&mut log, 11..20);
    let mut consumer = open(&log.reader(), Memory::default()).events_per_batch(4);
    let refused = consumer.run(note);
    assert_eq!(consumer.store().effects, Vec::from_iter(0..10));
    let Err(ConsumeError::Read(ReadError::OtherCodec { sequence, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(consumer.position().unwrap(), Some(sequence));
    consumer.skip_to(sequence + 1).unwrap();
    consumer.run(note).unwrap();
    assert_eq!(consumer.store().effects, Vec::from_iter((0..10).chain(11..20)));
}

#[test]
fn a_consumer_in_another_process_learns_that_the_writer_has_gone() {
    let (directory, mut log) = log_of(10);
    let mut consumer = open(&LogReader::open(directory.path()).unwrap(), Memory::default());
    consumer.run(note).unwrap();
    push(&mut log, 10..20);
    drop(log);
    assert_eq!(consumer.wait_batch(None, note).unwrap(), Some(10.into()..20.into()));
    assert_eq!(consumer.wait_batch(None, note).unwrap(), None);
}

/// Effects by sequence, and those of them that are durable.
#[derive(Clone, Default)]
struct Keyed {
    effects: std::collections::BTreeMap<u64, u64>,
    durable: u64,
    repeated: u64,
    fails: bool,
}

impl KeyedStore for Keyed {
    fn sync(&mut self) -> Result<(), BoxError> {
        if self.fails {
            return Err("the disk is full".into());
        }
        self.durable = self.effects.len() as u64;
        Ok(())
    }
}

#[allow(clippy::unnecessary_wraps)]
fn put(store: &mut Keyed, sequence: broadring::Sequence, number: &u64) -> Result<(), BoxError> {
    if store.effects.insert(sequence.into(), *number).is_some() {
        store.repeated += 1;
    }
    Ok(())
}

#[test]
fn keyed_effects_are_repeated_under_the_same_sequence_after_a_crash() {
    let (_directory, log) = log_of(50);
    let open = |store| {
        KeyedConsumer::open(&log.reader(), "keyed", codec(), store).unwrap().events_per_batch(10)
    };
    let mut consumer = open(Keyed::default());
    let failed = consumer.run(|store, sequence, number| {
        put(store, sequence, number)?;
        if *number == 25 { Err("no more".into()) } else { Ok(()) }
    });
    assert!(matches!(failed, Err(ConsumeError::Effect { .. })));
    assert_eq!(consumer.position(), Some(20.into()));
    let mut consumer = open(consumer.into_store());
    consumer.run(put).unwrap();
    assert_eq!(consumer.store().repeated, 6);
    assert_eq!(consumer.store().effects, (0..50).map(|number| (number, number)).collect());
}

#[test]
fn the_position_of_a_keyed_consumer_is_never_ahead_of_its_durable_effects() {
    let (_directory, log) = log_of(50);
    let mut consumer = KeyedConsumer::open(&log.reader(), "keyed", codec(), Keyed::default())
        .unwrap()
        .events_per_batch(10);
    consumer.next_batch(put).unwrap();
    consumer.store_mut().fails = true;
    assert!(matches!(consumer.next_batch(put), Err(ConsumeError::Store(_))));
    assert_eq!(consumer.position(), Some(10.into()));
    assert_eq!(consumer.store().durable, 10);
    consumer.store_mut().fails = false;
    assert_eq!(consumer.run(put).unwrap(), 40);
    assert_eq!(consumer.store().durable, 50);
}
