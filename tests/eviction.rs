//! A reader that holds the writer up for too long is evicted, if it may be, and
//! never otherwise; and whoever it was told apart from is told so exactly.

mod common;

use std::mem;
use std::thread;
use std::time::Duration;

use broadring::{End, Evicted, Reader, Ring, TryReadError, Writer};
use common::{
    PARK, Tally, event, events, finite, join, publish_at_once, publish_next, settle_down,
};

/// Long enough for other threads to do what they do meanwhile; nothing depends on it.
const A_WHILE: Duration = Duration::from_millis(if cfg!(miri) { 2000 } else { 100 });

/// Over as soon as one looks at the clock again a while later.
const BRIEFLY: Duration = Duration::from_millis(2);

/// For ever, but with an end that a clock can hold.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Adds a reader that may be evicted after that long.
fn evictable(ring: &Ring<u64>, patience: Duration) -> Reader<u64> {
    ring.reader().evict_after(patience).subscribe().unwrap()
}

/// A ring whose writer sleeps at once.
fn ring_that_parks(capacity: usize) -> (Writer<u64>, Ring<u64>) {
    Ring::builder(capacity).writer_wait(PARK).build(|| u64::MAX)
}

/// Publishes until the ring is full.
fn fill(writer: &mut Writer<u64>) {
    while writer.remaining_capacity() > 0 {
        publish_at_once(writer);
    }
}

/// What a reader that was evicted is told.
#[track_caller]
fn eviction(reader: &mut Reader<u64>) -> Evicted {
    match reader.recv() {
        Err(End::Evicted(evicted)) => evicted,
        other => panic!("not evicted: {other:?}"),
    }
}

#[test]
fn a_writer_that_sleeps_evicts_also_when_somebody_else_held_it_up_at_first() {
    // Who may not be evicted, or not so soon, stands beside one who may, and then moves on
    // or leaves.
    for (other, leaves) in
        [(None, false), (None, true), (Some(AN_HOUR), false), (Some(AN_HOUR), true)]
    {
        finite(move || {
            let (mut writer, ring) = ring_that_parks(4);
            let mut slow = evictable(&ring, A_WHILE);
            let builder = ring.reader();
            let builder = match other {
                Some(patience) => builder.evict_after(patience),
                None => builder,
            };
            let mut steady = builder.subscribe().unwrap();
            fill(&mut writer);
            let writing = thread::spawn(move || {
                publish_next(&mut writer);
                writer
            });
            settle_down(0);
            if leaves {
                drop(steady);
            } else {
                assert_eq!(steady.try_batch().unwrap().len(), 4);
            }
            let writer = join(writing);
            assert_eq!(writer.cursor().get(), 5);
            let evicted = eviction(&mut slow);
            assert_eq!((evicted.position().get(), evicted.missed()), (0, 5));
        });
    }
}

#[test]
fn a_writer_that_claims_many_slots_evicts_one_reader_after_the_other() {
    for patience in [Duration::ZERO, Duration::from_millis(1), A_WHILE] {
        for reads in [false, true] {
            finite(move || {
                let (mut writer, ring) = ring_that_parks(8);
                let mut readers: Vec<_> = (0..8)
                    .map(|_| {
                        let reader = evictable(&ring, patience);
                        publish_at_once(&mut writer);
                        reader
                    })
                    .collect();
                let writing = thread::spawn(move || {
                    writer.claim(8).unwrap().publish();
                    writer
                });
                settle_down(0);
                let mut position = 0;
                if reads && readers[0].recv().is_ok() {
                    position = 1;
                }
                let writer = join(writing);
                assert_eq!(writer.cursor().get(), 16);
                for (start, reader) in (0..).zip(&mut readers) {
                    let start = if start == 0 { position } else { start };
                    let evicted = eviction(reader);
                    assert_eq!((evicted.position().get(), evicted.missed()), (start, 16 - start));
                }
            });
        }
    }
}

#[test]
fn a_reader_that_may_be_evicted_sees_all_of_what_was_published_together() {
    for len in [1, 2, 7, 8, 20, 64] {
        for limit in [1, 2, 3, 10, usize::MAX] {
            let (mut writer, ring) = Ring::builder(64).build(|| 0);
            let mut one_by_one = evictable(&ring, Duration::MAX);
            let mut in_batches = evictable(&ring, Duration::MAX);
            for round in 0..5 {
                let (start, end) = (round * len as u64, (round + 1) * len as u64);
                let mut claim = writer.claim(len).unwrap();
                claim.iter_mut().zip(events(start..end)).for_each(|(slot, event)| *slot = event);
                claim.publish();
                for sequence in start..end {
                    assert_eq!(one_by_one.try_recv(), Ok(event(sequence)));
                }
                let mut tally = Tally::at(in_batches.position());
                while let Ok(batch) = in_batches.try_batch_up_to(limit) {
                    batch.iter().for_each(|(at, &event)| tally.take_at(at, event));
                }
                tally.ends_at(end);
                assert_eq!(one_by_one.try_recv(), Err(TryReadError::Empty));
            }
        }
    }
}

#[test]
fn a_reader_that_may_be_evicted_borrows_everything_that_is_there() {
    for published in 1..=64 {
        let (mut writer, ring) = Ring::builder(64).build(|| 0);
        let mut reader = evictable(&ring, AN_HOUR);
        for _ in 0..published {
            publish_at_once(&mut writer);
        }
        assert_eq!(reader.try_batch().unwrap().len(), published);
    }
}

#[test]
fn a_reader_that_may_be_evicted_starts_at_the_oldest_event_wherever_that_is() {
    for published in 0..200 {
        let (mut writer, ring) = Ring::builder(64).build(|| 0);
        for sequence in 0..published {
            writer.publish(event(sequence));
        }
        let mut claim = writer.claim(20).unwrap();
        claim.iter_mut().zip(events(published..published + 20)).for_each(|(slot, event)| {
            *slot = event;
        });
        claim.publish();
        let builder = ring.reader().from_oldest().evict_after(Duration::MAX);
        let mut reader = builder.subscribe().unwrap();
        let mut tally = Tally::at(reader.position());
        let mut clone = reader.clone();
        let mut cloned = Tally::at(clone.position());
        while let Ok(event) = reader.try_recv() {
            tally.take(event);
        }
        while let Ok(event) = clone.try_recv() {
            cloned.take(event);
        }
        tally.ends_at(published + 20);
        cloned.ends_at(published + 20);
    }
}

#[test]
fn the_time_that_an_editor_takes_is_not_the_reader_s() {
    let builder = Ring::builder(2);
    let (mut writer, [mut editor], ring) = builder.build_with_editors(["editor"], || 0);
    let mut reader = evictable(&ring, BRIEFLY);
    fill(&mut writer);
    for sequence in 0..5 {
        assert!(writer.try_publish(0).is_err());
        thread::sleep(2 * BRIEFLY);
        assert_eq!(editor.try_batch_up_to(1).unwrap().len(), 1);
        // The reader has only just got something to read.
        assert!(writer.try_publish(0).is_err());
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
        publish_at_once(&mut writer);
    }
}

#[test]
fn the_time_that_one_takes_who_may_not_be_evicted_is_not_the_reader_s() {
    for comes_after in [false, true] {
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let mut slow = ring.subscribe().unwrap();
        let builder = ring.reader().evict_after(BRIEFLY);
        let builder = if comes_after { builder.after(&slow).unwrap() } else { builder };
        let mut reader = builder.subscribe().unwrap();
        for round in 0..5 {
            fill(&mut writer);
            assert!(writer.try_publish(0).is_err());
            thread::sleep(2 * BRIEFLY);
            assert!(writer.try_publish(0).is_err());
            assert_eq!(slow.try_batch().unwrap().len(), 2);
            // Now it is this reader alone that holds the writer up.
            assert!(writer.try_publish(0).is_err());
            assert_eq!(reader.try_recv(), Ok(event(2 * round)));
            assert_eq!(reader.try_recv(), Ok(event(2 * round + 1)));
        }
    }
}

#[test]
fn a_clone_of_one_who_may_be_evicted_starts_where_that_one_is() {
    for read in 0..8 {
        for forgets in [false, true] {
            let (mut writer, ring) = Ring::builder(8).build(|| 0);
            let mut original = evictable(&ring, AN_HOUR);
            fill(&mut writer);
            assert!(writer.try_publish(0).is_err());
            for sequence in 0..read {
                assert_eq!(original.try_recv(), Ok(event(sequence)));
                publish_at_once(&mut writer);
            }
            if forgets {
                mem::forget(original.try_batch().unwrap());
            }
            let mut clone = original.clone();
            let mut clone_of_the_clone = clone.clone();
            drop(original);
            assert!(writer.try_publish(0).is_err());
            for sequence in read..read + 8 {
                assert_eq!(clone.try_recv(), Ok(event(sequence)));
                assert!(writer.try_publish(0).is_err());
                assert_eq!(clone_of_the_clone.try_recv(), Ok(event(sequence)));
                publish_at_once(&mut writer);
            }
        }
    }
}
