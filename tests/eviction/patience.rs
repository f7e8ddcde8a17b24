//! A reader may hold the writer back for as long as its patience lasts; only its own time counts.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use broadring::{Ring, Wait};

use crate::common::{
    WAITS, drain, event, finite, join, publish_at_once, publish_next, settle_down,
};
use crate::rig::{
    A_WHILE, AN_HOUR, BRIEFLY, evictable, eviction, fill, ring_that_parks, was_evicted,
};

#[test]
fn the_writer_waits_as_long_as_the_patience_and_goes_on_by_itself() {
    for wait in WAITS {
        finite(move || {
            let (mut writer, ring) = Ring::builder(4).writer_wait(wait).build(|| 0);
            let mut slow = evictable(&ring, BRIEFLY);
            let steady = ring.subscribe().unwrap();
            let steady = thread::spawn(move || drain(steady));
            for _ in 0..4 {
                publish_next(&mut writer);
            }
            let start = Instant::now();
            publish_next(&mut writer);
            assert!(start.elapsed() >= BRIEFLY, "evicted before its time");
            was_evicted(&mut slow, 0, 5);
            // The next one is held up by nobody but the steady reader.
            for _ in 0..20 {
                publish_next(&mut writer);
            }
            assert_eq!(slow.rejoin(), Ok(25));
            for _ in 0..4 {
                publish_next(&mut writer);
            }
            let start = Instant::now();
            writer.publish_timeout(event(29), AN_HOUR).unwrap();
            assert!(start.elapsed() >= BRIEFLY, "evicted before its time");
            was_evicted(&mut slow, 25, 5);
            drop(writer);
            join(steady).ends_at(30);
        });
    }
}

#[test]
fn the_patience_starts_again_whenever_the_reader_moves_on() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let mut slow = evictable(&ring, BRIEFLY);
        fill(&mut writer);
        for sequence in 0..10 {
            assert!(writer.try_publish(0).is_err());
            thread::sleep(2 * BRIEFLY);
            // It is late, but the writer has not looked.
            assert_eq!(slow.try_recv(), Ok(event(sequence)));
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err());
        thread::sleep(2 * BRIEFLY);
        publish_at_once(&mut writer);
        was_evicted(&mut slow, 10, 3);
    });
}

#[test]
fn of_readers_at_one_place_none_is_evicted_before_all_are_due() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut hasty = evictable(&ring, Duration::ZERO);
    let patient = evictable(&ring, AN_HOUR);
    fill(&mut writer);
    for _ in 0..3 {
        // Without the hasty one the writer would still have no room.
        assert!(writer.try_publish(0).is_err());
        thread::sleep(BRIEFLY);
    }
    assert_eq!(hasty.try_recv(), Ok(event(0)));
    drop(patient);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    was_evicted(&mut hasty, 1, 3);
}

#[test]
fn the_patience_does_not_start_again_when_an_observer_looks() {
    // An observer closes its gate a whole ring behind for a moment, before it knows more: so
    // for that moment somebody else holds up a writer that waits for several slots.
    for wait in WAITS {
        finite(move || {
            let (mut writer, ring) = Ring::builder(8).writer_wait(wait).build(|| 0);
            let mut slow = evictable(&ring, A_WHILE);
            let mut observer = ring.observe().unwrap();
            fill(&mut writer);
            assert_eq!(slow.try_batch().unwrap().len(), 8);
            for _ in 0..6 {
                publish_at_once(&mut writer);
            }
            let done = Arc::new(AtomicBool::new(false));
            let looking = {
                let done = Arc::clone(&done);
                thread::spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        drop(observer.latest());
                        thread::yield_now();
                    }
                })
            };
            writer.claim(4).unwrap().publish();
            done.store(true, Ordering::Relaxed);
            join(looking);
            was_evicted(&mut slow, 8, 10);
        });
    }
}

#[test]
fn the_time_of_an_editor_does_not_count_against_a_reader() {
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
fn the_time_of_a_reader_that_is_not_evictable_does_not_count_against_another() {
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
fn a_sleeping_writer_evicts_even_if_another_reader_held_it_back_at_first() {
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
fn a_reader_without_patience_is_evicted_even_by_a_sleeping_writer() {
    // Behind the plain reader the writer sleeps without an alarm. When it is woken, the other
    // holds it up, and has no time left by the time that the alarm would be set.
    let (mut writer, ring) = Ring::builder(1).writer_wait(Wait::PARK).build(|| 0_u64);
    let mut plain = ring.subscribe().unwrap();
    let mut idle = ring.reader().evict_after(Duration::from_nanos(1)).subscribe().unwrap();
    let reading = thread::spawn(move || plain.iter().count());
    for number in 0..2_000 {
        writer.publish(number);
        let _ = idle.rejoin();
    }
    drop(writer);
    assert_eq!(join(reading), 2_000);
}
