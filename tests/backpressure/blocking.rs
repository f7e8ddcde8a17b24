//! A writer that waits for a slot goes on as soon as enough slots are free.

use std::sync::mpsc;
use std::{mem, panic, thread};

use broadring::{Reader, Ring};

use crate::common::{count, drain, event, events, finite, join, publish_at_once, publish_next};
use crate::rig::WRITER_WAITS;

/// Fills the ring, starts a writer that must wait for one more slot, lets `free` free a slot,
/// and checks that the writer goes on and that the reader, if it is still there, loses no event.
fn check_that_a_blocked_writer_goes_on_after(free: fn(Reader<u64>) -> Option<Reader<u64>>) {
    finite(move || {
        for wait in WRITER_WAITS {
            for round in 0..count(50) {
                let (mut writer, ring) = Ring::builder(4).writer_wait(wait).build(|| 0);
                let reader = ring.subscribe().unwrap();
                for _ in 0..4 {
                    publish_at_once(&mut writer);
                }
                let (full, is_full) = mpsc::channel();
                let writer = thread::spawn(move || {
                    assert!(writer.try_publish(0).is_err());
                    full.send(()).unwrap();
                    publish_next(&mut writer);
                    assert_eq!(writer.cursor().get(), 5);
                });
                is_full.recv().unwrap();
                // The later the round, the more likely it is that the writer is parked.
                (0..round).for_each(|_| thread::yield_now());
                let reader = free(reader);
                join(writer);
                if let Some(reader) = reader {
                    drain(reader).ends_at(5);
                }
            }
        }
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_drops_a_batch() {
    check_that_a_blocked_writer_goes_on_after(|mut reader| {
        let batch = reader.try_batch_up_to(1).unwrap();
        assert_eq!(batch[0], event(0));
        drop(batch);
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_receives() {
    check_that_a_blocked_writer_goes_on_after(|mut reader| {
        assert_eq!(reader.try_recv(), Ok(event(0)));
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_commits_a_part_of_a_batch() {
    check_that_a_blocked_writer_goes_on_after(|mut reader| {
        let mut batch = reader.try_batch().unwrap();
        let first = batch.sequences().start;
        batch.commit_through(first);
        mem::forget(batch);
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_leaves() {
    check_that_a_blocked_writer_goes_on_after(|reader| {
        drop(reader);
        None
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_thread_of_the_reader_panics() {
    check_that_a_blocked_writer_goes_on_after(|mut reader| {
        let panicked = thread::spawn(move || {
            let batch = reader.wait_batch().unwrap();
            assert_eq!(batch.len(), 4);
            panic::resume_unwind(Box::new("gave up"));
        });
        assert!(panicked.join().is_err());
        None
    });
}

#[test]
fn a_blocked_claim_goes_on_only_when_all_its_slots_are_free() {
    finite(|| {
        for wait in WRITER_WAITS {
            let (mut writer, ring) = Ring::builder(8).writer_wait(wait).build(|| 0);
            let mut reader = ring.subscribe().unwrap();
            for _ in 0..8 {
                publish_at_once(&mut writer);
            }
            let cursor = ring.clone();
            let writer = thread::spawn(move || {
                let mut claim = writer.claim(5).unwrap();
                assert_eq!(claim.len(), 5);
                claim.iter_mut().zip(events(8..13)).for_each(|(slot, event)| *slot = event);
                claim.publish();
            });
            for read in 0..8 {
                assert!(cursor.cursor().get() == 8 || read >= 5, "only {read} slots are free");
                assert_eq!(reader.recv(), Ok(event(read)));
            }
            join(writer);
            assert!(reader.try_batch().unwrap().events().copied().eq(events(8..13)));
        }
    });
}
