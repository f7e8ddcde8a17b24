//! A record that is too long is refused at once, whatever the ring holds, and a full ring refuses or
//! waits as one asks.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use broadring::ByteRing;

use crate::common::{PARK, finite, join};
use crate::rig::{record, ring_of};

#[test]
fn the_longest_record_fits_wherever_the_writer_is_and_a_longer_one_is_refused_at_once() {
    for capacity in [32, 64, 256, 4096] {
        let (mut writer, mut reader, _ring) = ring_of(capacity);
        let max = writer.max_record();
        assert_eq!(max, capacity / 2 - 8);
        let too_long = vec![0; max + 1];
        for filler in 0..capacity / 4 {
            // Wherever the last record has ended.
            if filler <= max {
                writer.publish(&vec![1; filler]).unwrap();
            }
            drop(reader.try_batch());
            let cursor = writer.cursor();
            let error = writer.publish(&too_long).unwrap_err();
            assert_eq!((error.requested(), error.max_record()), (max + 1, max));
            assert!(writer.try_publish(&too_long).unwrap_err().is_too_large());
            assert!(writer.claim(usize::MAX).is_err());
            assert!(writer.claim_timeout(max + 1, Duration::MAX).unwrap_err().is_too_large());
            assert_eq!(writer.cursor(), cursor);
            writer.try_publish(&vec![filler as u8; max]).unwrap();
            let batch = reader.try_batch().unwrap();
            assert!(batch.iter().map(|(_, it)| it.to_vec()).eq([vec![filler as u8; max]]));
        }
    }
}

#[test]
fn a_refused_record_of_several_comes_back_and_those_before_it_are_published() {
    let (mut writer, mut reader, _ring) = ring_of(128);
    let records = [vec![1; 3], vec![2; 56], vec![3; 57], vec![4; 1]];
    let refused = writer.publish_all(records).unwrap_err();
    assert_eq!(refused.reason().requested(), 57);
    assert_eq!(refused.into_inner(), vec![3; 57]);
    let batch = reader.try_batch().unwrap();
    assert!(batch.iter().map(|(_, it)| it.to_vec()).eq([vec![1; 3], vec![2; 56]]));
}

#[test]
fn a_full_ring_refuses_a_record_until_the_reader_has_committed() {
    let (mut writer, mut reader, ring) = ring_of(128);
    let mut published = 0;
    while writer.try_publish(&[7; 24]).is_ok() {
        published += 1;
    }
    // Four words each, and one for the header behind the last.
    assert_eq!(published, 3);
    assert!(writer.try_claim(24).unwrap_err().is_full());
    let error = writer.publish_timeout(&[7; 24], Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.holder(), Some(reader.member()));
    assert!(error.is_timeout());
    assert_eq!(ring.slowest().unwrap().lag, reader.lag());
    drop(reader.try_batch().unwrap());
    assert!(writer.try_publish(&[7; 24]).is_ok());
}

#[test]
fn a_writer_that_waits_for_room_is_woken_by_a_commit() {
    finite(|| {
        for _ in 0..50 {
            let (mut writer, ring) = ByteRing::builder(64).writer_wait(PARK).build();
            let mut reader = ring.subscribe().unwrap();
            writer.publish(&[1; 24]).unwrap();
            let writing = thread::spawn(move || {
                writer.publish(&[2; 24]).unwrap();
                writer
            });
            reader.wait_batch().unwrap().for_each(|record, _| assert_eq!(record, [1; 24]));
            let writer = join(writing);
            reader.wait_batch().unwrap().for_each(|record, _| assert_eq!(record, [2; 24]));
            drop(writer);
        }
    });
}

#[test]
fn a_record_that_is_dropped_forgotten_or_unwound_is_not_published() {
    let (mut writer, mut reader, _ring) = ring_of(256);
    for number in 0..60 {
        writer.claim(20).unwrap().fill(9);
        #[allow(clippy::forget_non_drop, reason = "whether it has a drop or not")]
        mem::forget(writer.claim(100).unwrap());
        let unwound = panic::catch_unwind(AssertUnwindSafe(|| {
            writer.claim(40).unwrap()[0] = 1;
            panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err());
        assert!(reader.is_empty());
        writer.publish(&record(number)).unwrap();
        let batch = reader.try_batch().unwrap();
        assert!(batch.iter().map(|(_, it)| it.to_vec()).eq([record(number)]));
    }
}

#[test]
fn an_iterator_that_panics_publishes_what_it_has_yielded() {
    let (mut writer, mut reader, _ring) = ring_of(1024);
    let yields = (0..9).inspect(|&number| {
        if number == 5 {
            panic::resume_unwind(Box::new(()));
        }
    });
    let published =
        panic::catch_unwind(AssertUnwindSafe(|| writer.publish_all(yields.map(record))));
    assert!(published.is_err());
    let batch = reader.try_batch().unwrap();
    assert!(batch.iter().map(|(_, it)| it.to_vec()).eq((0..5).map(record)));
}

#[test]
fn records_of_an_iterator_become_visible_a_quarter_of_the_ring_at_a_time() {
    // With the header behind the last of a run, three just fit into a quarter.
    for (len, span) in [(24, 32), (32, 40)] {
        let (mut writer, _reader, ring) = ring_of(512);
        let mut visible = Vec::new();
        let records = (0..12).map(|_| {
            visible.push(ring.cursor().get());
            vec![3; len]
        });
        writer.publish_all(records).unwrap();
        let expected = (0..12_u64).map(|record| record.saturating_sub(1) / 3 * 3 * span);
        assert!(visible.iter().copied().eq(expected), "{visible:?}");
    }
}

#[test]
fn a_claimed_record_is_read_and_written_in_place() {
    let (mut writer, _reader, _ring) = ring_of(256);
    let mut record = writer.claim(4).unwrap();
    record.copy_from_slice(b"here");
    record[0] = b't';
    assert_eq!((&*record, record.len()), (&b"tere"[..], 4));
}

#[test]
fn a_capacity_must_be_a_power_of_two_and_hold_a_record() {
    for (capacity, suggestion) in [(0, 32), (1, 32), (31, 32), (33, 64), (1000, 1024)] {
        let error = ByteRing::try_builder(capacity).unwrap_err();
        assert_eq!((error.capacity(), error.suggestion()), (capacity, Some(suggestion)));
    }
    assert_eq!(ByteRing::try_builder(1 << (usize::BITS - 1)).unwrap_err().suggestion(), None);
}
