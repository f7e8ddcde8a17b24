//! A batch of records: what it lends, and what is committed when.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use broadring::{End, TryReadError};

use crate::common::PARK;
use crate::rig::{Seen, record, ring_of};

#[test]
fn a_batch_is_committed_when_dropped_and_comes_again_when_forgotten() {
    let (mut writer, mut reader, _ring) = ring_of(1024);
    writer.publish_all((0..5).map(record)).unwrap();
    for _ in 0..3 {
        let batch = reader.try_batch().unwrap();
        assert!(batch.iter().map(|(_, it)| it.to_vec()).eq((0..5).map(record)));
        mem::forget(batch);
        assert_eq!(reader.position().get(), 0);
    }
    drop(reader.try_batch().unwrap());
    assert_eq!((reader.position(), reader.lag()), (writer.cursor(), 0));
    assert_eq!(reader.try_batch().map(drop), Err(TryReadError::Empty));
}

#[test]
fn records_that_are_taken_one_by_one_are_committed_on_request() {
    let (mut writer, mut reader, _ring) = ring_of(1024);
    writer.publish_all((0..6).map(record)).unwrap();
    let mut batch = reader.try_batch().unwrap();
    let mut seen = Seen::default();
    for _ in 0..3 {
        let (at, bytes) = batch.next_record().unwrap();
        seen.take(at.get(), bytes);
    }
    batch.commit();
    assert!(!batch.is_empty());
    let (at, _) = batch.iter().next().unwrap();
    mem::forget(batch);
    assert_eq!(reader.position(), at);
    let mut batch = reader.try_batch().unwrap();
    while let Some((at, bytes)) = batch.next_record() {
        seen.take(at.get(), bytes);
    }
    assert!(batch.is_empty());
    drop(batch);
    assert_eq!((seen.next, reader.lag()), (6, 0));
}

#[test]
fn a_handler_that_breaks_or_panics_has_read_its_record_and_none_after_it() {
    let (mut writer, mut reader, _ring) = ring_of(1024);
    writer.publish_all((0..9).map(record)).unwrap();
    let mut seen = Seen::default();
    let broken = reader.run_until(|bytes, at, _| {
        seen.take(at.get(), bytes);
        if seen.next == 3 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
    });
    assert_eq!(broken, Ok("enough"));
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
        reader.run(|bytes, at, _| {
            seen.take(at.get(), bytes);
            if seen.next == 5 {
                panic::resume_unwind(Box::new(()));
            }
        })
    }));
    assert!(panicked.is_err());
    reader.try_batch().unwrap().for_each(|bytes, at| seen.take(at.get(), bytes));
    assert_eq!(seen.next, 9);
}

#[test]
fn the_last_record_of_a_batch_is_marked() {
    let (mut writer, mut reader, _ring) = ring_of(1024);
    writer.publish_all((0..7).map(record)).unwrap();
    drop(writer);
    let mut marks = Vec::new();
    reader.run(|_, _, end_of_batch| marks.push(end_of_batch));
    assert_eq!(marks.iter().position(|&mark| mark), Some(6));
    assert_eq!(marks.len(), 7);
}

#[test]
fn records_are_committed_every_quarter_of_the_ring_and_not_sooner() {
    let (mut writer, mut reader, ring) = ring_of(512);
    let committed = || ring.slowest().map(|slowest| slowest.position.get());
    // The first lap begins at 0, the second one does not.
    for lap in 0..2 {
        let start = writer.cursor().get();
        while writer.try_publish(&[lap; 24]).is_ok() {}
        let expected = |record: u64| Some(start + record / 4 * 128);
        if lap == 0 {
            let mut batch = reader.try_batch().unwrap();
            for record in 0..15 {
                batch.next_record().unwrap();
                assert_eq!(committed(), expected(record), "record {record}");
            }
            assert!(batch.next_record().is_none());
        } else {
            let mut record = 0;
            reader.try_batch().unwrap().for_each(|_, _| {
                assert_eq!(committed(), expected(record), "record {record}");
                record += 1;
            });
            assert_eq!(record, 15);
        }
        assert_eq!(reader.lag(), 0);
    }
}

#[test]
fn clones_rejoining_and_evictions_work_as_for_events() {
    let (mut writer, reader, ring) = ring_of(256);
    let mut clone = reader.clone();
    writer.publish(&record(0)).unwrap();
    assert_eq!((clone.position(), clone.lag()), (reader.position(), reader.lag()));
    assert_eq!(clone.rejoin(), Ok(writer.cursor().get()));
    drop((reader, clone));

    let mut slow = ring.reader().evict_after(Duration::ZERO).wait(PARK).subscribe().unwrap();
    let joined = slow.position();
    for number in 1..20 {
        writer.publish(&record(number)).unwrap();
    }
    let Err(End::Evicted(evicted)) = slow.wait_batch().map(drop) else { panic!("it is evicted") };
    assert_eq!(evicted.position(), joined);
    assert_eq!(slow.rejoin(), Ok(writer.cursor() - joined));
    writer.publish(&record(20)).unwrap();
    assert!(slow.try_batch().unwrap().iter().map(|(_, it)| it.to_vec()).eq([record(20)]));
    drop(writer);
    assert_eq!(slow.wait_batch().map(drop), Err(End::Closed));
    assert!(slow.is_empty() && ring.is_closed());
}
