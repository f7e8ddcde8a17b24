//! Eviction of readers that hold the writer back for too long.

use std::time::Duration;

use broadring::{End, Reader, Ring, Wait};
use loom::thread;
use loom_tests::{explore, on_purpose, panics};

use crate::{Event, publish, read_now, ring, ring_that_waits};

/// Adds a reader that is evicted as soon as it holds the writer back while it holds no batch.
fn impatient<T>(ring: &Ring<T>) -> Reader<T> {
    ring.reader().evict_after(Duration::ZERO).subscribe().unwrap()
}

#[test]
fn a_reader_is_not_evicted_while_it_holds_a_batch() {
    explore(80, [0, 1, 2], || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = impatient(&ring);
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            let mut read = 0;
            for _ in 0..2 {
                match reader.try_batch() {
                    Ok(batch) => {
                        let (sequence, event) = batch.first().unwrap();
                        assert_eq!(event.number(), sequence.get());
                        read += 1;
                    }
                    Err(error) => match error.end() {
                        Some(End::Evicted(evicted)) => assert_eq!(evicted.position().get(), read),
                        _ => assert!(error.is_empty()),
                    },
                }
            }
            read
        });
        publish(&mut writer, [1]);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_is_not_evicted_while_it_clones_an_event_that_an_earlier_poll_has_seen() {
    explore(370, [0, 1, 2], || {
        let (mut writer, ring) = ring(2, 1);
        let mut reader = impatient(&ring);
        publish(&mut writer, [0, 1]);
        let reading = thread::spawn(move || {
            for number in 0..2 {
                match reader.recv() {
                    Ok(event) => assert_eq!(event.number(), number),
                    Err(End::Evicted(evicted)) => {
                        assert_eq!(evicted.position().get(), number);
                        return number;
                    }
                    Err(end) => panic!("{end}"),
                }
            }
            2
        });
        publish(&mut writer, [2, 3]);
        reading.join().unwrap()
    });
}

#[test]
fn an_evicted_reader_has_finished_reading() {
    /// An event whose clone panics: a reader reads it, and commits nothing.
    #[derive(Default)]
    struct Unclonable(#[allow(dead_code, reason = "a slot of some size")] u64);

    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            on_purpose()
        }
    }

    explore(70, [()], || {
        let builder = Ring::builder(1).max_readers(1).writer_wait(Wait::YIELD);
        let (mut writer, ring) = builder.build(Unclonable::default);
        let mut reader = impatient(&ring);
        writer.publish(Unclonable(0));
        let reading = thread::spawn(move || {
            // Either the reader reads and panics, or it learns that it was evicted.
            panics(|| assert!(reader.recv().is_err_and(|end| end.is_evicted())));
            reader
        });
        writer.publish(Unclonable(1));
        drop(reading.join().unwrap());
    });
}

#[test]
fn an_evicted_reader_rejoins_where_it_is_not_lapped() {
    explore(69500, [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2)], || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = impatient(&ring);
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            let before = reader.position().get();
            let missed = reader.rejoin().unwrap();
            assert_eq!(reader.position().get(), before + missed);
            let mut read = 0;
            if let Ok(batch) = reader.try_batch() {
                let (sequence, event) = batch.first().unwrap();
                assert_eq!(event.number(), sequence.get());
                read = 1;
            }
            (read, missed)
        });
        publish(&mut writer, 1..3);
        reading.join().unwrap()
    });
}

#[test]
fn a_clone_of_an_evictable_reader_is_protected_or_evicted_too() {
    // Whether the clone has read the event, and whether the writer has published another.
    let outcomes = [(false, false), (false, true), (true, false), (true, true)];
    explore(9400, outcomes, || {
        let (mut writer, ring) = ring(1, 2);
        let reader = impatient(&ring);
        publish(&mut writer, [0]);
        let cloning = thread::spawn(move || {
            let mut clone = reader.clone();
            let read = match clone.try_batch() {
                Ok(batch) => {
                    assert_eq!(batch.first().unwrap().1.number(), 0);
                    true
                }
                Err(error) => {
                    assert!(error.end().is_some_and(End::is_evicted));
                    false
                }
            };
            (reader, clone, read)
        });
        let went_on = writer.try_publish(Event::new(1)).is_ok();
        let (_reader, _clone, read) = cloning.join().unwrap();
        (read, went_on)
    });
}

#[test]
fn a_dependent_does_not_save_its_upstream_and_is_not_lapped() {
    // How many events each reader has read before the writer went on without it.
    explore(1450, [(0, 0), (1, 0), (1, 1)], || {
        let (mut writer, ring) = ring(1, 2);
        let mut first = impatient(&ring);
        let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
        let mut second = builder.subscribe().unwrap();
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            let mut read = [&mut first, &mut second].map(read_now);
            read[1] += read_now(&mut second);
            (read[0], read[1])
        });
        publish(&mut writer, [1]);
        reading.join().unwrap()
    });
}

mod sleep {
    use super::*;

    #[test]
    fn a_parked_dependent_is_woken_when_its_upstream_is_evicted() {
        explore(420, [()], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 2);
            let first = impatient(&ring);
            let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
            publish(&mut writer, [0]);
            let dependent = thread::spawn(move || {
                assert!(second.recv().is_err_and(|end| end.is_upstream_left()));
                second
            });
            // The writer evicts the first reader as soon as it scans, then waits for the second.
            publish(&mut writer, [1]);
            drop(dependent.join().unwrap());
            drop((first, writer));
        });
    }

    #[test]
    fn a_writer_parked_behind_a_held_batch_is_woken_to_evict_its_reader() {
        explore(260, [()], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
            let mut reader = impatient(&ring);
            publish(&mut writer, 0..2);
            let mut batch = reader.try_batch_up_to(1).unwrap();
            assert_eq!(batch.next_event().unwrap().1.number(), 0);
            let writing = thread::spawn(move || {
                let mut claim = writer.claim(2).unwrap();
                claim.iter_mut().for_each(|event| *event = Event::new(2));
                drop(claim);
                writer
            });
            // One slot is not enough for the writer, but the reader now holds no batch.
            drop(batch);
            drop(writing.join().unwrap());
            drop(reader);
        });
    }
}
