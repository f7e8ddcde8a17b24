//! Publishing, reading, reusing a slot.

use broadring::Ring;
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, read, read_now, read_to_end, ring};

#[test]
fn a_reader_sees_whole_events_in_order() {
    explore(18, [0, 1, 2], || {
        let (mut writer, ring) = ring(4, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || publish(&mut writer, 0..2));
        let seen = read_now(&mut reader);
        writing.join().unwrap();
        assert_eq!(seen + read_now(&mut reader), 2);
        seen
    });
}

#[test]
fn a_slot_is_reused_only_after_it_was_read() {
    explore(410, [()], || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || publish(&mut writer, 0..3));
        read(&mut reader, 3);
        writing.join().unwrap();
    });
}

#[test]
fn every_reader_holds_the_writer_back() {
    explore(7400, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let first = thread::spawn(move || read(&mut first, 1));
        let second = thread::spawn(move || read(&mut second, 1));
        publish(&mut writer, [1]);
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn a_reader_that_is_behind_takes_all_there_is() {
    // Each event has a block of its own, so the stamp of the first tells nothing about the
    // others, and the reader loads the cursor, which may be further on.
    explore(18, [1, 2, 3], || {
        let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| [0; 8]);
        let mut reader = ring.subscribe().unwrap();
        writer.publish([0; 8]);
        let writing = thread::spawn(move || {
            writer.publish([1; 8]);
            writer.publish([2; 8]);
        });
        let batch = reader.try_batch().unwrap();
        let seen = batch.len();
        assert!(batch.events().zip(0..).all(|(event, number)| *event == [number; 8]));
        drop(batch);
        writing.join().unwrap();
        seen
    });
}

#[test]
fn a_claim_becomes_visible_as_a_whole() {
    // Four slots in two blocks, of which only the first is stamped.
    explore(13, [0, 4], || {
        let (mut writer, ring) = ring(4, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || {
            let mut claim = writer.claim(4).unwrap();
            for (slot, number) in claim.iter_mut().zip(0..) {
                *slot = Event::new(number);
            }
            claim.publish();
        });
        let seen = read_now(&mut reader);
        writing.join().unwrap();
        assert_eq!(seen + read_now(&mut reader), 4);
        seen
    });
}

#[test]
fn only_the_committed_part_of_a_batch_is_reused() {
    explore(10, [false, true], || {
        let (mut writer, ring) = ring(2, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, 0..2);
        let writing = thread::spawn(move || writer.try_publish(Event::new(2)).is_ok());
        let mut batch = reader.try_batch().unwrap();
        batch.commit_through(0.into());
        assert_eq!(batch[0].number(), 1);
        drop(batch);
        writing.join().unwrap()
    });
}

#[test]
fn a_batch_is_committed_as_it_is_handed_out() {
    // A quarter of this ring is one slot: the writer needs no more to go on.
    explore(270, [(0, 4)], || {
        let (mut writer, ring) = ring(2, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, 0..2);
        let writing = thread::spawn(move || publish(&mut writer, 2..4));
        let ends = read_to_end(&mut reader);
        writing.join().unwrap();
        ends
    });
}
