//! The writer never overtakes the slowest reader: a full ring refuses or waits,
//! and goes on as soon as the slowest reader has.

mod common;

use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use broadring::{Reader, Ring, Sequence, TryClaimError, Wait};
use common::{
    Tally, WAITS, count, event, events, finite, join, publish_at_once, publish_next, ring_of,
};

/// How the writer can wait in a test that may have more threads than cores.
const WRITER_WAITS: [Wait; 4] =
    [Wait::PARK, Wait::PARK.spins(0).yields(0), Wait::YIELD, Wait::YIELD.spins(0)];

#[test]
fn a_full_ring_refuses_and_gives_the_event_back() {
    for capacity in [1, 2, 8] {
        let (mut writer, ring) = Ring::builder(capacity).build(String::new);
        let mut reader = ring.subscribe().unwrap();
        for lap in 0..3 {
            for index in 0..capacity {
                let sequence = (lap * capacity + index) as u64;
                let published = writer.try_publish(format!("event {sequence}"));
                assert_eq!(published.unwrap(), Sequence::new(sequence));
            }
            let refused = writer.try_publish("refused".to_owned()).unwrap_err();
            assert_eq!(refused.into_inner(), "refused");
            let refused = writer.publish_timeout("late".to_owned(), Duration::ZERO).unwrap_err();
            assert_eq!(refused.into_inner(), "late");
            let refused = writer.publish_deadline("later".to_owned(), Instant::now()).unwrap_err();
            assert_eq!(refused.into_inner(), "later");
            for index in 0..capacity {
                let sequence = (lap * capacity + index) as u64;
                assert_eq!(reader.try_recv(), Ok(format!("event {sequence}")));
            }
        }
    }
}

#[test]
fn a_full_ring_gives_the_closure_back_uncalled() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let mut calls = 0;
    let refused = writer.try_publish_with(|slot| {
        calls += 1;
        *slot = event(2);
    });
    let write = refused.unwrap_err().into_inner();
    assert_eq!(reader.try_recv(), Ok(event(0)));
    assert_eq!(writer.try_publish_with(write).unwrap(), Sequence::new(2));
    assert_eq!(calls, 1);
    assert_eq!(reader.try_recv(), Ok(event(1)));
    assert_eq!(reader.try_recv(), Ok(event(2)));
}

#[test]
fn what_a_full_ring_refuses_has_no_effect() {
    let (mut writer, mut reader, ring) = ring_of(4);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    for _ in 0..100 {
        assert_eq!(writer.try_publish(1).unwrap_err().into_inner(), 1);
        assert_eq!(writer.publish_timeout(1, Duration::ZERO).unwrap_err().into_inner(), 1);
        assert_eq!(writer.try_claim(1).unwrap_err(), TryClaimError::Full);
        assert!(writer.try_publish_with(|_| unreachable!("the ring is full")).is_err());
        assert_eq!((writer.cursor().get(), ring.cursor().get()), (4, 4));
        assert_eq!((reader.lag(), writer.remaining_capacity()), (4, 0));
    }
    let mut tally = Tally::at(reader.position());
    reader.try_batch().unwrap().for_each(|&event, sequence| tally.take_at(sequence, event));
    tally.ends_at(4);
}

#[test]
fn a_slot_is_free_again_exactly_when_the_slowest_reader_has_passed_it() {
    let (mut writer, mut slow, _ring) = ring_of(8);
    let mut quick = slow.clone();
    let mut middling = slow.clone();
    for published in 0..8 {
        assert_eq!(writer.remaining_capacity(), 8 - published);
        publish_at_once(&mut writer);
    }
    for lap in 0..20 {
        let oldest = writer.cursor().get() - 8;
        assert_eq!(slow.position().get(), oldest);
        if lap % 2 == 0 {
            drop(quick.try_batch());
            assert_eq!(quick.lag(), 0);
        }
        assert!(writer.try_publish(0).is_err());
        drop(middling.try_batch_up_to(1));
        assert_eq!(writer.remaining_capacity(), 0);
        assert!(writer.try_publish(0).is_err());
        assert_eq!(slow.try_recv(), Ok(event(oldest)));
        assert_eq!(writer.remaining_capacity(), 1);
        publish_at_once(&mut writer);
        assert!(writer.try_publish(0).is_err());
    }
}

#[test]
fn the_remaining_capacity_is_exact() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    for round in 0..200_u64 {
        let free = 16 - reader.lag() as usize;
        assert_eq!(writer.remaining_capacity(), free);
        match (round * round) % 3 {
            0 if free > 0 => {
                let len = (round as usize % 7 + 1).min(free);
                let mut claim = writer.try_claim(len).unwrap();
                let first = claim.first_sequence().get();
                claim.iter_mut().zip(first..).for_each(|(slot, at)| *slot = event(at));
                claim.publish();
            }
            0 => drop(reader.try_batch()),
            _ => drop(reader.try_batch_up_to(round as usize % 4)),
        }
    }
}

#[test]
fn without_readers_the_writer_runs_free() {
    for capacity in [1, 2, 16] {
        let (mut writer, reader, ring) = ring_of(capacity);
        drop(reader);
        for lap in 0..100 {
            assert_eq!(writer.remaining_capacity(), capacity);
            assert!(!writer.has_readers());
            publish_at_once(&mut writer);
            drop(writer.try_claim(capacity).unwrap());
            writer.try_claim(capacity).unwrap().publish();
            assert_eq!(ring.cursor().get(), (lap + 1) * (capacity as u64 + 1));
        }
    }
}

#[test]
fn a_reader_gates_from_the_moment_it_joins() {
    for before in 0..20 {
        let (mut writer, early, ring) = ring_of(8);
        drop(early);
        for _ in 0..before {
            publish_at_once(&mut writer);
        }
        let mut reader = ring.subscribe().unwrap();
        for _ in 0..8 {
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err());
        assert!(reader.try_batch().unwrap().events().copied().eq(events(before..before + 8)));
        publish_at_once(&mut writer);
    }
}

#[test]
fn a_reader_that_leaves_no_longer_gates() {
    let (mut writer, slow, _ring) = ring_of(4);
    let mut quick = slow.clone();
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(quick.try_batch());
    assert!(writer.try_publish(0).is_err());
    drop(slow);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    assert!(writer.try_publish(0).is_err());
    assert!(quick.try_batch().unwrap().events().copied().eq(events(4..8)));
}

/// Fills the ring, starts a writer that must wait for one more slot, has the
/// reader free it in some way, and sees to it that the writer goes on.
fn a_blocked_writer_goes_on_after(free: fn(Reader<u64>) -> Option<Reader<u64>>) {
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
                // Sometimes it is still spinning then, and sometimes asleep.
                (0..round).for_each(|_| thread::yield_now());
                let reader = free(reader);
                join(writer);
                if let Some(reader) = reader {
                    let rest = common::drain(reader);
                    rest.ends_at(5);
                }
            }
        }
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_drops_a_batch() {
    a_blocked_writer_goes_on_after(|mut reader| {
        let batch = reader.try_batch_up_to(1).unwrap();
        assert_eq!(batch[0], event(0));
        drop(batch);
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_receives() {
    a_blocked_writer_goes_on_after(|mut reader| {
        assert_eq!(reader.try_recv(), Ok(event(0)));
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_commits_a_part() {
    a_blocked_writer_goes_on_after(|mut reader| {
        let mut batch = reader.try_batch().unwrap();
        let first = batch.sequences().start;
        batch.commit_through(first);
        std::mem::forget(batch);
        Some(reader)
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_leaves() {
    a_blocked_writer_goes_on_after(|reader| {
        drop(reader);
        None
    });
}

#[test]
fn a_blocked_writer_goes_on_when_the_reader_panics() {
    a_blocked_writer_goes_on_after(|mut reader| {
        let panicked = thread::spawn(move || {
            let batch = reader.wait_batch().unwrap();
            assert_eq!(batch.len(), 4);
            panic::resume_unwind(Box::new("a handler gave up"));
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
                assert!(cursor.cursor().get() == 8 || read >= 5, "after {read} are free");
                assert_eq!(reader.recv(), Ok(event(read)));
            }
            join(writer);
            assert!(reader.try_batch().unwrap().events().copied().eq(events(8..13)));
        }
    });
}

#[test]
fn a_timed_publish_goes_on_when_a_slot_is_freed_in_time() {
    finite(|| {
        for wait in WAITS {
            for by_deadline in [false, true] {
                let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
                let mut reader = ring.subscribe().unwrap();
                publish_at_once(&mut writer);
                let writer = thread::spawn(move || {
                    let long = Duration::from_secs(3600);
                    if by_deadline {
                        writer.publish_deadline(event(1), Instant::now() + long)
                    } else {
                        writer.publish_timeout(event(1), long)
                    }
                });
                assert_eq!(reader.recv(), Ok(event(0)));
                assert_eq!(join(writer), Ok(Sequence::new(1)));
                assert_eq!(reader.recv(), Ok(event(1)));
            }
        }
    });
}

#[test]
fn the_time_limits_of_publishing_are_kept() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = Ring::builder(1).writer_wait(wait).build(|| 0);
            let _stuck = ring.subscribe().unwrap();
            publish_at_once(&mut writer);
            for milliseconds in [0, 1, 5] {
                let limit = Duration::from_millis(milliseconds);
                let start = Instant::now();
                assert_eq!(writer.publish_timeout(7, limit).unwrap_err().into_inner(), 7);
                assert!(start.elapsed() >= limit, "gave up too early");
                let deadline = Instant::now() + limit;
                assert_eq!(writer.publish_deadline(8, deadline).unwrap_err().into_inner(), 8);
                assert!(Instant::now() >= deadline, "gave up too early");
            }
            let past = Instant::now().checked_sub(Duration::from_millis(1));
            let refused = writer.publish_deadline(9, past.unwrap_or_else(Instant::now));
            assert_eq!(refused.unwrap_err().into_inner(), 9);
            assert_eq!(writer.cursor().get(), 1);
        }
    });
}

#[test]
fn a_time_limit_that_never_ends_is_no_limit() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(1);
        assert_eq!(writer.publish_timeout(event(0), Duration::MAX), Ok(Sequence::new(0)));
        let writer = thread::spawn(move || writer.publish_timeout(event(1), Duration::MAX));
        assert_eq!(reader.recv(), Ok(event(0)));
        assert_eq!(join(writer), Ok(Sequence::new(1)));
    });
}

#[test]
fn a_free_slot_is_taken_even_when_the_time_is_up() {
    let (mut writer, mut reader, _ring) = ring_of(1);
    for sequence in 0..20 {
        let published = if sequence % 2 == 0 {
            writer.publish_timeout(event(sequence), Duration::ZERO)
        } else {
            let past = Instant::now().checked_sub(Duration::from_millis(1));
            writer.publish_deadline(event(sequence), past.unwrap_or_else(Instant::now))
        };
        assert_eq!(published, Ok(Sequence::new(sequence)));
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
    }
}

/// What is free when the event at each index of a full ring of that capacity is
/// being handled, if everything is released every quarter of the ring.
fn free_by_quarters(capacity: usize) -> Vec<usize> {
    let quarter = (capacity / 4).max(1);
    (0..capacity).map(|index| index / quarter * quarter).collect()
}

#[test]
fn a_long_batch_is_released_every_quarter_ring_as_it_is_handled() {
    finite(|| {
        type Handle = fn(&mut Reader<u64>, &mut dyn FnMut(Sequence, u64));
        let in_quarters: [(&str, Handle); 4] = [
            ("for_each", |reader, handle| {
                reader.try_batch().unwrap().for_each(|&event, sequence| handle(sequence, event));
            }),
            ("next_event", |reader, handle| {
                let mut batch = reader.try_batch().unwrap();
                while let Some((sequence, &event)) = batch.next_event() {
                    handle(sequence, event);
                }
            }),
            ("run_until", |reader, handle| {
                let ended = reader.run_until(|&event, sequence, end_of_batch| {
                    handle(sequence, event);
                    if end_of_batch {
                        std::ops::ControlFlow::Break(())
                    } else {
                        std::ops::ControlFlow::Continue(())
                    }
                });
                assert_eq!(ended, Ok(()));
            }),
            ("try_for_each", |reader, handle| {
                let handled = reader.try_batch().unwrap().try_for_each(|&event, sequence| {
                    handle(sequence, event);
                    std::ops::ControlFlow::<()>::Continue(())
                });
                assert!(handled.is_continue());
            }),
        ];
        for capacity in [1, 2, 4, 8, 64] {
            for (name, handle) in in_quarters {
                let (mut writer, mut reader, _ring) = ring_of(capacity);
                for lap in 0..3 {
                    writer.publish_all(events(lap * capacity as u64..(lap + 1) * capacity as u64));
                    let mut tally = Tally::at(reader.position());
                    let mut free = Vec::new();
                    handle(&mut reader, &mut |sequence, event| {
                        tally.take_at(sequence, event);
                        free.push(writer.remaining_capacity());
                        let claimed = writer.try_claim(free[free.len() - 1]);
                        assert!(claimed.is_ok(), "what is free can be claimed");
                    });
                    assert_eq!(free, free_by_quarters(capacity), "{name}, capacity {capacity}");
                    tally.ends_at((lap + 1) * capacity as u64);
                    assert_eq!(writer.remaining_capacity(), capacity);
                }
            }
        }
    });
}

#[test]
fn run_lets_the_writer_go_on_in_the_middle_of_a_batch() {
    finite(|| {
        let (writer, mut reader, _ring) = ring_of(16);
        let mut writer = Some(writer);
        publish_all_now(writer.as_mut().unwrap(), 16);
        let mut tally = Tally::at(reader.position());
        let mut ends = Vec::new();
        // The handler itself fills the ring again, as far as it can, and stops at 160.
        reader.run(|&event, sequence, end_of_batch| {
            tally.take_at(sequence, event);
            if end_of_batch {
                ends.push(sequence.get());
            }
            if let Some(writer) = &mut writer {
                let room = writer.remaining_capacity();
                let a_quarter_is_done = sequence.get() > 0 && sequence.get() % 4 == 0;
                assert_eq!(room, if a_quarter_is_done { 4 } else { 0 });
                publish_all_now(writer, room);
            }
            if sequence.get() >= 160 {
                writer = None;
            }
        });
        assert_eq!(ends.last(), Some(&175));
        tally.ends_at(160 + 16);
    });
}

fn publish_all_now(writer: &mut broadring::Writer<u64>, len: usize) {
    for _ in 0..len {
        publish_at_once(writer);
    }
}

#[test]
fn iterating_over_a_batch_releases_nothing_before_its_end() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    for _ in 0..5 {
        publish_all_now(&mut writer, 16);
        let batch = reader.try_batch().unwrap();
        for (_, &event) in &batch {
            assert_eq!(writer.remaining_capacity(), 0);
            assert_eq!(writer.try_publish(event).unwrap_err().into_inner(), event);
        }
        for index in 0..batch.len() {
            let _ = batch[index];
            assert_eq!(writer.remaining_capacity(), 0);
        }
        assert_eq!(batch.len(), 16);
        drop(batch);
        assert_eq!(writer.remaining_capacity(), 16);
    }
}

#[test]
fn commit_through_releases_what_it_says_and_no_more() {
    for through in 0..16 {
        let (mut writer, mut reader, _ring) = ring_of(16);
        publish_all_now(&mut writer, 16);
        let mut batch = reader.try_batch().unwrap();
        batch.commit_through(Sequence::new(through));
        let released = through as usize + 1;
        assert_eq!(writer.remaining_capacity(), released);
        assert_eq!(batch.sequences(), Sequence::new(through + 1)..Sequence::new(16));
        assert_eq!(batch.len(), 16 - released);
        // Once more, or something before it, does nothing.
        batch.commit_through(Sequence::new(through));
        batch.commit_through(Sequence::new(0));
        assert_eq!(writer.remaining_capacity(), released);
        // The writer goes on while what is left stays as it is.
        publish_all_now(&mut writer, released);
        assert!(writer.try_publish(0).is_err());
        assert!(batch.events().copied().eq(events(through + 1..16)));
        drop(batch);
        assert_eq!(reader.position().get(), 16);
        assert_eq!(reader.lag(), through + 1);
    }
}

#[test]
fn commit_through_counts_what_was_taken_out_before() {
    let (mut writer, mut reader, _ring) = ring_of(16);
    publish_all_now(&mut writer, 16);
    let mut batch = reader.try_batch().unwrap();
    for sequence in 0..3 {
        assert_eq!(batch.next_event(), Some((Sequence::new(sequence), &event(sequence))));
    }
    assert_eq!((batch.len(), writer.remaining_capacity()), (13, 0));
    batch.commit_through(Sequence::new(1));
    assert_eq!((batch.len(), writer.remaining_capacity()), (13, 2));
    batch.commit_through(Sequence::new(5));
    assert_eq!((batch.len(), writer.remaining_capacity()), (10, 6));
    assert_eq!(batch.next_event(), Some((Sequence::new(6), &event(6))));
    drop(batch);
    assert_eq!(writer.remaining_capacity(), 16);
}

#[test]
fn every_reader_of_several_holds_the_writer_back_on_its_own() {
    let (mut writer, first, _ring) = ring_of(8);
    let mut readers: Vec<_> = (0..5).map(|_| first.clone()).collect();
    drop(first);
    publish_all_now(&mut writer, 8);
    let last = readers.len() - 1;
    for turn in 0..60 {
        // Whoever comes last is another one each time.
        for offset in 0..readers.len() {
            assert!(writer.try_publish(0).is_err());
            let index = (turn + offset) % readers.len();
            assert_eq!(readers[index].try_recv(), Ok(event(turn as u64)));
            assert_eq!(writer.remaining_capacity(), usize::from(offset == last));
        }
        publish_at_once(&mut writer);
    }
}

#[test]
fn the_writer_is_never_more_than_a_ring_ahead_of_a_running_reader() {
    finite(|| {
        let total = count(20_000);
        for capacity in [1, 2, 8] {
            let (mut writer, mut reader, ring) = ring_of(capacity);
            let reading = thread::spawn(move || {
                let mut tally = Tally::at(reader.position());
                while let Ok(batch) = reader.wait_batch() {
                    for (sequence, &event) in &batch {
                        // Nothing of this batch is released while it is held.
                        let ahead = ring.cursor() - batch.sequences().start;
                        assert!(ahead <= capacity as u64, "{ahead} ahead");
                        tally.take_at(sequence, event);
                    }
                }
                tally
            });
            for _ in 0..total {
                publish_next(&mut writer);
            }
            drop(writer);
            join(reading).ends_at(total);
        }
    });
}
