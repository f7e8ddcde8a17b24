//! A reader that holds the writer up for too long is evicted, if it may be, and
//! never otherwise; and whoever it was told apart from is told so exactly.

mod common;

use std::cell::RefCell;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use broadring::{End, Evicted, Reader, Ring, Role, TryReadError, Wait, Writer};
use common::{
    PARK, Tally, WAITS, WAYS_TO_READ, blamed, count, drain, event, events, eventually, finite,
    join, publish_at_once, publish_next, ring_of, settle_down,
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

/// Says that the reader was evicted there, and has missed so many since.
#[track_caller]
fn was_evicted(reader: &mut Reader<u64>, position: u64, missed: u64) {
    let evicted = eviction(reader);
    assert_eq!((evicted.position().get(), evicted.missed()), (position, missed));
    assert_eq!((reader.position().get(), reader.lag()), (position, missed));
}

/// Sees that the ring is full and stays so.
#[track_caller]
fn is_full(writer: &mut Writer<u64>) {
    for _ in 0..3 {
        assert_eq!(writer.try_publish(0).unwrap_err().into_inner(), 0);
    }
    assert!(writer.publish_timeout(0, BRIEFLY).is_err());
    assert!(writer.try_claim(1).unwrap_err().is_full());
}

#[test]
fn nobody_is_evicted_who_may_not_be() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    fill(&mut writer);
    is_full(&mut writer);
    thread::sleep(BRIEFLY);
    is_full(&mut writer);
    for sequence in 0..4 {
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
    }
}

#[test]
fn nobody_is_evicted_before_its_time() {
    for patience in [AN_HOUR, Duration::from_secs(u64::MAX), Duration::MAX] {
        let (mut writer, ring) = Ring::builder(4).build(|| 0);
        let mut reader = evictable(&ring, patience);
        fill(&mut writer);
        is_full(&mut writer);
        for sequence in 0..20 {
            assert_eq!(reader.try_recv(), Ok(event(sequence)));
            publish_at_once(&mut writer);
            is_full(&mut writer);
        }
    }
}

#[test]
fn who_may_not_hold_the_writer_up_at_all_is_evicted_as_soon_as_the_ring_is_full() {
    for capacity in [1, 2, 16] {
        for read in 0..=capacity {
            let (mut writer, ring) = Ring::builder(capacity as usize).build(|| 0);
            let mut reader = evictable(&ring, Duration::ZERO);
            fill(&mut writer);
            for sequence in 0..read {
                assert_eq!(reader.try_recv(), Ok(event(sequence)));
            }
            for _ in 0..read {
                publish_at_once(&mut writer);
            }
            // The ring is full once more, and nobody has been evicted yet.
            assert!(writer.has_readers());
            for published in 1..3 * capacity {
                publish_at_once(&mut writer);
                was_evicted(&mut reader, read, capacity + published);
                assert!(!writer.has_readers());
            }
            assert_eq!(ring.reader_count(), 1);
        }
    }
}

#[test]
fn every_way_to_publish_evicts() {
    finite(|| {
        type Way = fn(&mut Writer<u64>, u64);
        let ways: [(&str, Way); 10] = [
            ("publish", |writer, event| {
                writer.publish(event);
            }),
            ("publish_with", |writer, event| {
                writer.publish_with(|slot| *slot = event);
            }),
            ("try_publish", |writer, event| {
                writer.try_publish(event).unwrap();
            }),
            ("try_publish_with", |writer, event| {
                assert!(writer.try_publish_with(|slot| *slot = event).is_ok());
            }),
            ("publish_timeout", |writer, event| {
                writer.publish_timeout(event, Duration::ZERO).unwrap();
            }),
            ("publish_deadline", |writer, event| {
                writer.publish_deadline(event, Instant::now()).unwrap();
            }),
            ("publish_all", |writer, event| {
                writer.publish_all([event]);
            }),
            ("claim", |writer, event| {
                let mut claim = writer.claim(1).unwrap();
                claim[0] = event;
                claim.publish();
            }),
            ("try_claim", |writer, event| {
                let mut claim = writer.try_claim(1).unwrap();
                claim[0] = event;
                claim.publish();
            }),
            ("claim_up_to", |writer, event| {
                let mut claim = writer.claim_up_to(4).unwrap();
                claim[0] = event;
                claim.publish_first(1);
            }),
        ];
        for (name, way) in ways {
            let (mut writer, ring) = ring_that_parks(4);
            let mut steady = ring.subscribe().unwrap();
            let mut reader = evictable(&ring, Duration::ZERO);
            fill(&mut writer);
            assert_eq!(steady.try_batch().unwrap().len(), 4, "{name}");
            way(&mut writer, event(4));
            was_evicted(&mut reader, 0, 5);
            assert_eq!(steady.try_recv(), Ok(event(4)), "{name}");
        }
    });
}

#[test]
fn nobody_is_evicted_while_a_batch_of_it_is_held() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0);
    let mut reader = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    let mut batch = reader.try_batch().unwrap();
    for committed in 0..8 {
        is_full(&mut writer);
        assert!(batch.iter().all(|(at, &seen)| seen == event(at.get())));
        batch.commit_through(committed.into());
        // What is committed is free, and what is not is held.
        publish_at_once(&mut writer);
    }
    assert!(batch.is_empty());
    is_full(&mut writer);
    drop(batch);
    // Now it looks at nothing.
    publish_at_once(&mut writer);
    was_evicted(&mut reader, 8, 9);
}

#[test]
fn nobody_is_evicted_while_events_are_lent_one_by_one() {
    let (mut writer, ring) = Ring::builder(16).build(|| 0);
    let mut reader = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    let mut batch = reader.try_batch().unwrap();
    let mut tally = Tally::at(0.into());
    while let Some((at, &seen)) = batch.next_event() {
        while writer.try_publish(event(writer.cursor().get())).is_ok() {}
        tally.take_at(at, seen);
    }
    drop(batch);
    tally.ends_at(16);
    // Twelve were released on the way, a quarter of the ring at a time.
    assert_eq!(writer.cursor().get(), 28);
    reader.try_batch_up_to(12).unwrap().for_each(|&seen, at| {
        while writer.try_publish(event(writer.cursor().get())).is_ok() {}
        tally.take_at(at, seen);
    });
    tally.ends_at(28);
    assert_eq!(reader.position().get(), 28);
}

/// An event that does something when it is cloned.
struct Bystander(u64);

thread_local! {
    static WHEN_CLONED: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

impl Clone for Bystander {
    fn clone(&self) -> Self {
        WHEN_CLONED.with_borrow_mut(|act| act.iter_mut().for_each(|act| act()));
        Self(self.0)
    }
}

#[test]
fn nobody_is_evicted_while_an_event_is_cloned() {
    let (mut writer, ring) = Ring::builder(2).build(|| Bystander(u64::MAX));
    let mut reader = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    assert!(writer.try_publish(Bystander(0)).is_ok());
    assert!(writer.try_publish(Bystander(1)).is_ok());
    let mut next = 2;
    WHEN_CLONED.set(Some(Box::new(move || {
        // What was read before is free, and the one that is being cloned is not.
        while writer.try_publish(Bystander(next)).is_ok() {
            next += 1;
        }
    })));
    for sequence in 0..100 {
        match reader.try_recv() {
            Ok(Bystander(number)) => assert_eq!(number, sequence),
            Err(error) => panic!("{error:?}"),
        }
    }
    WHEN_CLONED.set(None);
}

#[test]
fn a_clone_that_panics_ends_the_look_and_the_event_comes_again() {
    let (mut writer, ring) = Ring::builder(2).build(|| Bystander(u64::MAX));
    let mut reader = ring.reader().evict_after(Duration::ZERO).subscribe().unwrap();
    assert!(writer.try_publish(Bystander(0)).is_ok());
    assert!(writer.try_publish(Bystander(1)).is_ok());
    WHEN_CLONED.set(Some(Box::new(|| panic::resume_unwind(Box::new(())))));
    for _ in 0..3 {
        assert!(panic::catch_unwind(AssertUnwindSafe(|| reader.try_recv())).is_err());
        assert!(panic::catch_unwind(AssertUnwindSafe(|| reader.recv())).is_err());
    }
    WHEN_CLONED.set(None);
    assert_eq!((reader.position().get(), reader.lag()), (0, 2));
    assert!(matches!(reader.try_recv(), Ok(Bystander(0))));
    WHEN_CLONED.set(Some(Box::new(|| panic::resume_unwind(Box::new(())))));
    assert!(panic::catch_unwind(AssertUnwindSafe(|| reader.try_recv())).is_err());
    WHEN_CLONED.set(None);
    // It is not for ever that it looks.
    assert!(writer.try_publish(Bystander(2)).is_ok());
    assert!(writer.try_publish(Bystander(3)).is_ok());
    assert!(reader.try_recv().is_err_and(|error| error.end().is_some_and(End::is_evicted)));
}

#[test]
fn a_handler_that_panics_ends_the_look() {
    finite(|| {
        for panics_at in 0..8 {
            let (mut writer, ring) = Ring::builder(8).build(|| 0);
            let mut reader = evictable(&ring, Duration::ZERO);
            fill(&mut writer);
            let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
                reader.run(|_, at, _| {
                    if at.get() == panics_at {
                        panic::resume_unwind(Box::new(()));
                    }
                })
            }));
            assert!(panicked.is_err());
            for _ in 0..=panics_at {
                publish_at_once(&mut writer);
            }
            assert!(writer.has_readers());
            publish_at_once(&mut writer);
            was_evicted(&mut reader, panics_at + 1, 9);
        }
    });
}

#[test]
fn who_has_forgotten_a_batch_is_not_evicted_before_it_has_dropped_another() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    let mut reader = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    mem::forget(reader.try_batch().unwrap());
    is_full(&mut writer);
    // The same events come again, and are forgotten again.
    assert_eq!(reader.try_batch().unwrap().len(), 4);
    fill(&mut writer);
    let mut batch = reader.try_batch().unwrap();
    batch.commit_through(4.into());
    mem::forget(batch);
    publish_at_once(&mut writer);
    is_full(&mut writer);
    drop(reader.try_batch_up_to(0).unwrap());
    publish_at_once(&mut writer);
    was_evicted(&mut reader, 5, 5);
}

#[test]
fn who_has_forgotten_a_batch_may_be_evicted_once_it_has_read_anything() {
    type Way = fn(&mut Reader<u64>) -> u64;
    let ways: [(&str, Way); 5] = [
        ("recv", |reader| reader.recv().unwrap()),
        ("try_recv", |reader| reader.try_recv().unwrap()),
        ("recv_timeout", |reader| reader.recv_timeout(Duration::MAX).unwrap()),
        ("iter", |reader| reader.iter().next().unwrap()),
        ("try_batch_up_to", |reader| reader.try_batch_up_to(1).unwrap()[0]),
    ];
    finite(move || {
        for (name, way) in ways {
            for commits in [false, true] {
                let (mut writer, ring) = Ring::builder(4).build(|| 0);
                let mut reader = evictable(&ring, Duration::ZERO);
                fill(&mut writer);
                let mut batch = reader.try_batch().unwrap();
                if commits {
                    batch.commit_through(0.into());
                }
                mem::forget(batch);
                let start = reader.position().get();
                fill(&mut writer);
                is_full(&mut writer);
                assert_eq!(way(&mut reader), event(start), "{name}");
                publish_at_once(&mut writer);
                // The ring is full once more, and nothing is looked at.
                publish_at_once(&mut writer);
                was_evicted(&mut reader, start + 1, 5);
            }
        }
    });
}

#[test]
fn of_those_at_the_same_event_all_are_evicted_or_none_is() {
    for evictables in 1..4 {
        // Beside one who may not be evicted, nobody is: it would help nobody.
        let (mut writer, mut steady, ring) = ring_of(4);
        let mut readers: Vec<_> =
            (0..evictables).map(|_| evictable(&ring, Duration::ZERO)).collect();
        fill(&mut writer);
        is_full(&mut writer);
        for reader in &mut readers {
            let clone = reader.clone();
            assert_eq!(reader.try_recv(), Ok(event(0)));
            *reader = clone;
        }
        assert_eq!(steady.try_recv(), Ok(event(0)));
        // Nor beside one who is looking.
        let mut last = readers.pop().unwrap();
        let batch = last.try_batch_up_to(1).unwrap();
        is_full(&mut writer);
        assert_eq!(batch[0], event(0));
        drop(batch);
        publish_at_once(&mut writer);
        assert_eq!(ring.stats().writer.evictions, readers.len() as u64);
        for reader in &mut readers {
            was_evicted(reader, 0, 5);
        }
        is_full(&mut writer);
        // Those who were further are still there.
        assert_eq!(steady.try_recv(), Ok(event(1)));
        assert_eq!(last.try_recv(), Ok(event(1)));
    }
}

#[test]
fn only_the_slowest_is_evicted() {
    let (mut writer, ring) = Ring::builder(8).build(|| 0);
    let mut readers: Vec<_> = (0..8).map(|_| evictable(&ring, Duration::ZERO)).collect();
    fill(&mut writer);
    for (position, reader) in (0..).zip(&mut readers) {
        for sequence in 0..position {
            assert_eq!(reader.try_recv(), Ok(event(sequence)));
        }
    }
    for evicted in 0..8 {
        publish_at_once(&mut writer);
        was_evicted(&mut readers[evicted as usize], evicted, 9);
        assert_eq!(ring.stats().writer.evictions, evicted + 1);
        for (position, reader) in (0..).zip(&readers).skip(evicted as usize + 1) {
            assert_eq!((reader.position().get(), reader.lag()), (position, 9 + evicted - position));
        }
        // It comes back, so as not to change what follows.
        readers[evicted as usize].rejoin().unwrap();
    }
}

#[test]
fn one_that_was_evicted_says_so_however_it_is_asked_and_for_as_long_as_it_is() {
    finite(|| {
        for (name, way) in WAYS_TO_READ {
            let (mut writer, ring) = Ring::builder(2).build(|| 0);
            let mut reader = evictable(&ring, Duration::ZERO);
            fill(&mut writer);
            let told = |end: End, missed: u64| match end {
                End::Evicted(evicted) => {
                    assert_eq!((evicted.position().get(), evicted.missed()), (0, missed), "{name}");
                    let message =
                        format!("the reader was evicted at event 0 and has missed {missed}");
                    assert_eq!(evicted.to_string(), message);
                }
                end => panic!("{name}: {end:?}"),
            };
            for missed in 3..6 {
                publish_at_once(&mut writer);
                told(way(&mut reader), missed);
                // To borrow nothing is no read.
                assert!(reader.try_batch_up_to(0).unwrap().is_empty());
            }
            // The end of the stream changes nothing: it has not read all of it.
            drop(writer);
            told(way(&mut reader), 5);
            assert_eq!(reader.rejoin(), Ok(5));
            assert!(way(&mut reader).is_closed(), "{name}");
        }
    });
}

#[test]
fn who_comes_back_goes_on_with_the_next_event_and_is_told_how_many_it_has_missed() {
    let (mut writer, ring) = Ring::builder(4).max_readers(1).build(|| 0);
    let builder = ring.reader().name("dashboard").evict_after(Duration::ZERO);
    let mut reader = builder.subscribe().unwrap();
    let member = reader.member().clone();
    let mut seen = 0;
    for round in 0..50 {
        let before = reader.position().get();
        for _ in 0..4 + round % 7 {
            publish_at_once(&mut writer);
        }
        let evicted = round % 7 > 0;
        assert_eq!(writer.has_readers(), !evicted);
        if evicted {
            was_evicted(&mut reader, before, writer.cursor().get() - before);
        }
        assert_eq!(reader.rejoin(), Ok(writer.cursor().get() - before));
        assert_eq!(reader.member(), &member);
        assert_eq!((reader.position(), reader.lag()), (writer.cursor(), 0));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        assert!(writer.has_readers());
        assert_eq!(writer.remaining_capacity(), 4);
        for _ in 0..round % 5 {
            publish_at_once(&mut writer);
        }
        let mut tally = Tally::at(reader.position());
        while let Ok(event) = reader.try_recv() {
            tally.take(event);
            seen += 1;
        }
        tally.ends_at(writer.cursor().get());
        assert_eq!((ring.reader_count(), reader.rejoin()), (1, Ok(0)));
    }
    assert_eq!(seen, (0..50).map(|round| round % 5).sum());
}

#[test]
fn anybody_may_leave_out_what_is_there() {
    let (mut writer, mut reader, ring) = ring_of(8);
    for published in 0..8 {
        let mut clone = reader.clone();
        if published % 2 == 0 {
            // Also what it has known of, and what it has forgotten.
            drop(clone.try_batch_up_to(1));
            mem::forget(clone.try_batch());
        }
        let before = clone.position().get();
        assert_eq!(clone.rejoin(), Ok(published - before));
        publish_at_once(&mut writer);
        assert_eq!(clone.try_recv(), Ok(event(published)));
        assert_eq!(clone.try_recv(), Err(TryReadError::Empty));
    }
    assert!(writer.try_publish(0).is_err());
    assert_eq!(reader.rejoin(), Ok(8));
    for _ in 0..8 {
        publish_at_once(&mut writer);
    }
    assert_eq!(ring.reader_count(), 1);
}

#[test]
fn a_writer_that_sleeps_is_woken_by_one_that_leaves_events_out() {
    finite(|| {
        for round in 0..count(40) {
            let (mut writer, ring) = ring_that_parks(2);
            let mut reader = ring.subscribe().unwrap();
            fill(&mut writer);
            let writing = thread::spawn(move || {
                publish_next(&mut writer);
                writer
            });
            settle_down(round);
            // The event that the writer waits to publish may be among those left out.
            let left_out = reader.rejoin().unwrap();
            assert_eq!(left_out, 2);
            drop(join(writing));
            assert_eq!(reader.recv(), Ok(event(2)));
        }
    });
}

#[test]
fn one_that_others_come_after_comes_back_to_a_place_of_its_own() {
    let (mut writer, ring) = Ring::builder(4).max_readers(4).build(|| 0);
    let builder = ring.reader().name("first").evict_after(Duration::ZERO);
    let mut first = builder.subscribe().unwrap();
    let member = first.member().clone();
    fill(&mut writer);
    // The second has joined further ahead, and so waits for the first.
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    assert_eq!(first.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    was_evicted(&mut first, 1, 5);
    assert_eq!(first.rejoin(), Ok(5));
    assert_eq!(first.member(), &member);
    assert_eq!(ring.reader_count(), 2);
    for _ in 0..2 {
        publish_at_once(&mut writer);
    }
    assert_eq!(first.try_batch().unwrap().len(), 2);
    // Those behind it were told where it was lost, and nothing of what came then.
    assert_eq!(blamed(second.recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
    assert_eq!(blamed(second.clone().recv().unwrap_err()), ("reader \"first\"".to_owned(), 1));
    let mut third = ring.reader().after(&first).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(third.try_recv(), Err(TryReadError::Empty));
    assert_eq!(first.try_recv(), Ok(event(8)));
    assert_eq!(third.try_recv(), Ok(event(8)));
    // Its old place is free when the second is gone, as that of the second is.
    assert!(ring.subscribe().is_err());
    drop(second);
    let guests = [ring.subscribe().unwrap(), ring.subscribe().unwrap()];
    assert!(ring.subscribe().is_err());
    drop(guests);
}

#[test]
fn who_finds_no_place_to_come_back_to_stays_where_it_is_and_may_try_again() {
    let (mut writer, ring) = Ring::builder(2).max_readers(2).build(|| 0);
    let mut first = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    publish_at_once(&mut writer);
    for published in 4..8 {
        was_evicted(&mut first, 0, published - 1);
        assert_eq!(first.rejoin().unwrap_err().max_readers(), 2);
        was_evicted(&mut first, 0, published - 1);
        assert_eq!(blamed(second.recv().unwrap_err()), ("reader 0".to_owned(), 0));
        publish_at_once(&mut writer);
    }
    assert_eq!(ring.reader_count(), 2);
    drop(second);
    assert_eq!(first.rejoin(), Ok(7));
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(7)));
    assert_eq!(ring.reader_count(), 1);
}

#[test]
fn one_that_comes_after_another_and_is_evicted_with_it_is_told_of_itself_first() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut first = evictable(&ring, Duration::ZERO);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut second = builder.subscribe().unwrap();
    fill(&mut writer);
    publish_at_once(&mut writer);
    was_evicted(&mut second, 0, 3);
    was_evicted(&mut first, 0, 3);
    assert_eq!(second.rejoin(), Ok(3));
    assert_eq!(blamed(second.recv().unwrap_err()), ("reader 0".to_owned(), 0));
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn one_that_waits_for_another_does_not_save_it() {
    for (patience, many) in [(Duration::ZERO, false), (Duration::ZERO, true), (BRIEFLY, true)] {
        let (mut writer, ring) = Ring::builder(2).build(|| 0);
        let mut first = evictable(&ring, patience);
        let mut second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        // Not even one that comes after both.
        let both = || ring.reader().after(&first)?.after(&second);
        let mut third = many.then(|| both().unwrap().subscribe().unwrap());
        fill(&mut writer);
        assert_eq!(first.try_recv(), Ok(event(0)));
        assert_eq!(second.try_recv(), Ok(event(0)));
        if let Some(third) = &mut third {
            assert_eq!(third.try_recv(), Ok(event(0)));
        }
        publish_next(&mut writer);
        // Now all are at the same event. Who is evicted opens the way when the others know.
        eventually("the first is evicted", || {
            assert!(writer.try_publish(0).is_err());
            second.try_recv() != Err(TryReadError::Empty)
        });
        was_evicted(&mut first, 1, 2);
        assert_eq!(blamed(second.recv().unwrap_err()), ("reader 0".to_owned(), 1));
        if let Some(mut third) = third {
            assert_eq!(blamed(third.recv().unwrap_err()).1, 1);
        }
        publish_at_once(&mut writer);
    }
}

#[test]
fn one_that_waits_for_another_is_not_evicted_for_it() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut patient = evictable(&ring, AN_HOUR);
    let hasty = ring.reader().after(&patient).unwrap().evict_after(Duration::ZERO);
    let mut hasty = hasty.subscribe().unwrap();
    fill(&mut writer);
    is_full(&mut writer);
    assert_eq!(patient.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    was_evicted(&mut hasty, 0, 3);
    assert_eq!(patient.try_recv(), Ok(event(1)));
}

#[test]
fn the_time_that_another_takes_is_not_that_of_one_that_waits_for_it() {
    // How the other goes, and the writer notices: it moves on, leaves, or is evicted itself.
    type Goes = fn(Reader<u64>) -> Option<Reader<u64>>;
    let ways: [(&str, Duration, Goes); 3] = [
        ("moves on", AN_HOUR, |mut other| {
            assert_eq!(other.try_recv(), Ok(event(1)));
            Some(other)
        }),
        ("leaves", AN_HOUR, |_| None),
        ("is evicted", BRIEFLY, Some),
    ];
    for (way, patience, goes) in ways {
        for third in [false, true] {
            let (mut writer, ring) = Ring::builder(2).build(|| 0);
            let mut other = evictable(&ring, patience);
            let builder = ring.reader().after(&other).unwrap().evict_after(A_WHILE);
            let mut waiting = builder.subscribe().unwrap();
            let both = || ring.reader().after(&other)?.after(&waiting);
            let mut third =
                third.then(|| both().unwrap().evict_after(BRIEFLY).subscribe().unwrap());
            fill(&mut writer);
            // What each has held up before does not count.
            for reader in [&mut other, &mut waiting].into_iter().chain(&mut third) {
                assert!(writer.try_publish(0).is_err());
                assert_eq!(reader.try_recv(), Ok(event(0)));
            }
            fill(&mut writer);
            assert!(writer.try_publish(0).is_err());
            thread::sleep(A_WHILE);
            let started = Instant::now();
            let other = goes(other);
            assert!(writer.try_publish(0).is_err(), "{way}");
            let stats = ring.stats();
            let row = |reader: &Reader<u64>| {
                stats.members.iter().find(|row| row.member == *reader.member()).unwrap()
            };
            let holding = row(&waiting).holding.unwrap();
            assert!(holding <= started.elapsed(), "{way}");
            for reader in third.iter().chain(&other) {
                assert_eq!(row(reader).holding, None, "{way}");
            }
            thread::sleep(A_WHILE);
            assert_eq!(writer.try_publish(0).is_ok(), third.is_none(), "{way}");
            was_evicted(&mut waiting, 1, if third.is_some() { 2 } else { 3 });
            if let Some(mut third) = third {
                thread::sleep(BRIEFLY);
                assert!(writer.try_publish(0).is_ok());
                was_evicted(&mut third, 1, 3);
            }
        }
    }
}

#[test]
fn the_time_that_another_takes_is_not_that_of_its_clone() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let original = evictable(&ring, A_WHILE);
    fill(&mut writer);
    assert!(writer.try_publish(0).is_err());
    thread::sleep(A_WHILE);
    let mut clone = original.clone();
    drop(original);
    // The next one has the place of the first, too.
    let mut last = clone.clone();
    drop(clone);
    assert!(writer.try_publish(0).is_err());
    thread::sleep(A_WHILE);
    assert!(writer.try_publish(0).is_ok());
    was_evicted(&mut last, 0, 3);
    clone = last.clone();
    was_evicted(&mut clone, 0, 3);
}

#[test]
fn one_that_comes_after_another_is_evicted_alone_when_it_is_alone() {
    let (mut writer, mut first, ring) = ring_of(4);
    let builder = ring.reader().after(&first).unwrap().evict_after(Duration::ZERO);
    let mut second = builder.subscribe().unwrap();
    let mut third = ring.reader().after(&second).unwrap().subscribe().unwrap();
    fill(&mut writer);
    // The first may not be evicted, and so nobody is.
    is_full(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(0)));
    assert_eq!(second.try_recv(), Ok(event(0)));
    // Nor may the third, which waits for nobody there.
    is_full(&mut writer);
    assert_eq!(third.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    drop(third);
    for sequence in 1..5 {
        assert_eq!(first.try_recv(), Ok(event(sequence)));
    }
    publish_at_once(&mut writer);
    was_evicted(&mut second, 1, 5);
    assert_eq!(second.rejoin(), Ok(5));
    assert_eq!(second.try_recv(), Err(TryReadError::Empty));
    assert_eq!(first.try_recv(), Ok(event(5)));
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(6)));
    assert_eq!(second.try_recv(), Ok(event(6)));
}

#[test]
fn clones_of_one_that_was_evicted_were_evicted_too_and_come_back_each_on_its_own() {
    let (mut writer, ring) = Ring::builder(4).build(|| 0);
    let builder = ring.reader().name("dashboard").evict_after(Duration::ZERO);
    let mut original = builder.subscribe().unwrap();
    fill(&mut writer);
    assert_eq!(original.try_recv(), Ok(event(0)));
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let mut clone = original.clone();
    was_evicted(&mut clone, 1, 5);
    was_evicted(&mut original, 1, 5);
    assert_eq!(clone.name(), Some("dashboard"));
    let mut clone_of_the_clone = clone.clone();
    // None of them holds the writer up.
    for _ in 0..10 {
        publish_at_once(&mut writer);
    }
    assert_eq!(original.rejoin(), Ok(15));
    was_evicted(&mut clone, 1, 15);
    publish_at_once(&mut writer);
    assert_eq!(clone.rejoin(), Ok(16));
    was_evicted(&mut clone_of_the_clone, 1, 16);
    publish_at_once(&mut writer);
    assert_eq!(clone.try_recv(), Ok(event(17)));
    assert_eq!(original.try_batch().unwrap().len(), 2);
    // Those that have come back are clones like any other, and may be evicted again.
    let mut young = clone.clone();
    for _ in 0..5 {
        publish_at_once(&mut writer);
    }
    for reader in [&mut original, &mut clone, &mut young] {
        was_evicted(reader, 18, 5);
    }
}

#[test]
fn a_clone_of_one_that_is_evicted_meanwhile_is_whole_or_evicted() {
    finite(|| {
        for capacity in [1, 2, 8] {
            let (mut writer, ring) = Ring::builder(capacity).build(|| 0);
            let total = count(20_000);
            let cloning = thread::spawn(move || {
                let mut seen = 0;
                let mut original = evictable(&ring, Duration::ZERO);
                while ring.cursor().get() < total {
                    let mut clone = original.clone();
                    let start = clone.position();
                    match clone.try_recv() {
                        Ok(first) => {
                            assert_eq!(first, event(start.get()));
                            seen += 1;
                        }
                        Err(TryReadError::Empty) => thread::yield_now(),
                        Err(error) => assert!(error.end().is_some_and(End::is_evicted)),
                    }
                    match original.try_recv() {
                        Ok(first) => assert_eq!(first, event(start.get())),
                        Err(TryReadError::Empty) => (),
                        Err(_) => assert!(original.rejoin().is_ok()),
                    }
                }
                seen
            });
            for sequence in 0..total {
                publish_next(&mut writer);
                if sequence % 3 == 0 {
                    thread::yield_now();
                }
            }
            let _seen: u64 = join(cloning);
        }
    });
}

#[test]
fn the_writer_waits_for_as_long_as_it_is_told_and_goes_on_by_itself() {
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
fn the_time_begins_again_whenever_the_reader_moves_on() {
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
fn who_is_overdue_while_it_looks_is_evicted_when_it_looks_away() {
    finite(|| {
        for round in 0..count(20) {
            let (mut writer, ring) = ring_that_parks(2);
            let mut slow = evictable(&ring, Duration::from_micros(100));
            fill(&mut writer);
            let mut batch = slow.try_batch().unwrap();
            let writing = thread::spawn(move || {
                writer.claim(2).unwrap().publish();
                writer
            });
            settle_down(round);
            assert_eq!((batch[0], batch[1]), (event(0), event(1)));
            batch.commit_through(0.into());
            mem::forget(batch);
            settle_down(round);
            drop(slow.try_batch_up_to(0).unwrap());
            drop(join(writing));
            was_evicted(&mut slow, 1, 3);
        }
    });
}

#[test]
fn one_that_sleeps_because_it_has_read_everything_is_never_evicted() {
    finite(|| {
        let total = count(2_000);
        let (mut writer, ring) = Ring::builder(64).reader_wait(PARK).build(|| 0);
        let builder = ring.reader().evict_after(Duration::ZERO);
        let mut reader = builder.subscribe().unwrap();
        let reading = thread::spawn(move || {
            let mut tally = Tally::at(reader.position());
            let end = reader.run(|&event, at, _| tally.take_at(at, event));
            assert_eq!(end, End::Closed);
            tally
        });
        for _ in 0..total {
            publish_next(&mut writer);
            // Never so far ahead that the ring is full.
            eventually("the reader is near", || writer.remaining_capacity() > 32);
        }
        drop(writer);
        join(reading).ends_at(total);
    });
}

#[test]
fn a_publication_that_was_in_vain_says_who_held_it_up() {
    let named = |writer: &mut Writer<u64>| {
        let refused = writer.publish_timeout(7, BRIEFLY).unwrap_err();
        let holder = refused.holder().cloned();
        let by = holder.as_ref().map(|by| format!(", because of the {by}")).unwrap_or_default();
        assert_eq!(refused.to_string(), format!("the ring was full until the time was up{by}"));
        assert_eq!(refused.into_inner(), 7);
        holder
    };
    let (mut writer, mut first, ring) = ring_of(4);
    let mut second = ring.reader().name("second").subscribe().unwrap();
    fill(&mut writer);
    assert_eq!(second.try_recv(), Ok(event(0)));
    assert_eq!(named(&mut writer).as_ref(), Some(first.member()));
    assert_eq!(first.try_batch().unwrap().len(), 4);
    publish_at_once(&mut writer);
    assert_eq!(named(&mut writer).as_ref(), Some(second.member()));
    // A refusal at once has no time to ask who it was.
    assert_eq!(writer.try_publish(0).unwrap_err().editor_left(), None);
    let clone = second.clone();
    drop(second);
    assert_eq!(named(&mut writer).as_ref(), Some(clone.member()));
    assert_eq!(clone.member().name(), Some("second"));
    drop(clone);
    // One that may be evicted, but not yet, is named like any other.
    assert_eq!(first.try_recv(), Ok(event(4)));
    let patient = evictable(&ring, AN_HOUR);
    fill(&mut writer);
    assert_eq!(first.try_batch().unwrap().len(), 4);
    assert_eq!(named(&mut writer).as_ref(), Some(patient.member()));
    drop(patient);
    // And so is one that only looks in, for as long as it looks.
    let mut observer = ring.reader().from_oldest().observe().unwrap();
    publish_at_once(&mut writer);
    assert_eq!(first.try_recv(), Ok(event(9)));
    let member = observer.member().clone();
    let glimpse = observer.look().unwrap();
    while writer.try_publish(0).is_ok() {
        assert!(first.try_recv().is_ok());
    }
    assert_eq!(named(&mut writer).as_ref(), Some(&member));
    assert_eq!(member.role(), Role::Observer);
    drop(glimpse);
    writer.publish(0);
}

#[test]
fn one_that_was_evicted_frees_its_place_when_it_is_dropped() {
    let (mut writer, ring) = Ring::builder(2).max_readers(1).build(|| 0);
    for round in 0..20 {
        let mut reader = evictable(&ring, Duration::ZERO);
        for _ in 0..3 {
            publish_at_once(&mut writer);
        }
        was_evicted(&mut reader, 3 * round, 3);
        assert!(ring.subscribe().is_err());
        assert_eq!(ring.reader_count(), 1);
    }
    // The next one who has the place may not be evicted.
    let mut steady = ring.subscribe().unwrap();
    fill(&mut writer);
    is_full(&mut writer);
    assert_eq!(steady.try_recv(), Ok(event(60)));
}

/// An event that shows when it is torn.
#[derive(Clone)]
struct Whole(Box<u64>, [u64; 5]);

impl Whole {
    fn new(sequence: u64) -> Self {
        Self(Box::new(event(sequence)), [sequence; 5])
    }

    #[track_caller]
    fn check(&self, sequence: u64) {
        assert_eq!((*self.0, self.1), (event(sequence), [sequence; 5]), "a torn event");
    }
}

/// Reads until the end, coming back whenever it is evicted; and returns how many it has
/// seen and how many it has missed.
fn read_and_come_back(mut reader: Reader<Whole>, seed: u64) -> (u64, u64) {
    let (mut seen, mut missed) = (0, 0);
    loop {
        let before = reader.position().get();
        let dice = event(seed + before + missed);
        if dice.is_multiple_of(50) {
            thread::sleep(Duration::from_micros(200));
        }
        let read = match dice % 4 {
            0 => reader.recv().map(|event| {
                event.check(before);
                1
            }),
            1 => reader.wait_batch().map(|batch| {
                let len = batch.len() as u64;
                batch.for_each(|event, at| event.check(at.get()));
                len
            }),
            _ => reader.wait_batch_up_to(1 + dice as usize % 9).map(|batch| {
                batch.iter().for_each(|(at, event)| event.check(at.get()));
                // Whatever the writer does meanwhile: what is borrowed stays what it is.
                thread::yield_now();
                batch.iter().for_each(|(at, event)| event.check(at.get()));
                batch.len() as u64
            }),
        };
        match read {
            Ok(read) => {
                assert_eq!(reader.position().get(), before + read);
                seen += read;
            }
            Err(End::Evicted(evicted)) => {
                assert_eq!(evicted.position().get(), before);
                let left_out = reader.rejoin().unwrap();
                // More may have come since it was told.
                assert!(left_out >= evicted.missed() && evicted.missed() > 0);
                assert_eq!(reader.position().get(), before + left_out);
                missed += left_out;
            }
            Err(end) => {
                assert_eq!(end, End::Closed);
                return (seen, missed);
            }
        }
    }
}

#[test]
fn whoever_is_evicted_and_comes_back_has_seen_or_missed_every_event() {
    finite(|| {
        let total = count(20_000);
        for capacity in [1, 2, 16, 128] {
            let builder = Ring::builder(capacity).writer_wait(Wait::PARK.yields(2));
            let (mut writer, ring) = builder.build(|| Whole::new(u64::MAX));
            let evictables: Vec<_> = (0..6)
                .map(|index| {
                    let patience = Duration::from_micros([0, 0, 1, 20, 100, 1000][index]);
                    let reader = ring.reader().evict_after(patience).subscribe().unwrap();
                    thread::spawn(move || read_and_come_back(reader, index as u64 * 1_000_000))
                })
                .collect();
            let mut steady = ring.subscribe().unwrap();
            let steady = thread::spawn(move || {
                let mut next = 0;
                let end = steady.run(|event, at, _| {
                    assert_eq!(at.get(), next);
                    event.check(next);
                    next += 1;
                });
                assert_eq!(end, End::Closed);
                next
            });
            while writer.cursor().get() < total {
                let next = writer.cursor().get();
                if event(next).is_multiple_of(5) {
                    let run = (1 + event(next + 1) % capacity as u64).min(total - next);
                    let mut claim = writer.claim(run as usize).unwrap();
                    for (slot, at) in claim.iter_mut().zip(next..) {
                        *slot = Whole::new(at);
                    }
                    claim.publish();
                } else {
                    writer.publish(Whole::new(next));
                }
            }
            drop(writer);
            assert_eq!(join(steady), total);
            for reader in evictables {
                let (seen, missed) = join(reader);
                assert_eq!(seen + missed, total);
            }
        }
    });
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
fn the_time_does_not_begin_again_when_somebody_else_looks_in() {
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

#[test]
fn who_is_due_as_soon_as_the_writer_notices_is_evicted_too() {
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
