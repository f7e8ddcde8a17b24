//! A reader is not evicted while it borrows events, whether in a batch, one by one or for a clone.

use std::cell::RefCell;
use std::mem;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::thread;
use std::time::Duration;

use broadring::{End, Reader, Ring};

use crate::common::{Tally, count, event, finite, join, publish_at_once, settle_down};
use crate::rig::{evictable, fill, is_full, ring_that_parks, was_evicted};

#[test]
fn a_reader_is_not_evicted_while_it_holds_a_batch() {
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
fn a_reader_is_not_evicted_while_events_are_lent_one_by_one() {
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
fn a_reader_is_not_evicted_while_it_clones_an_event() {
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
fn a_panic_while_cloning_an_event_releases_the_gate_and_the_event_comes_again() {
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
fn a_handler_that_panics_releases_the_gate() {
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
fn a_reader_that_forgot_a_batch_is_not_evicted_before_it_has_dropped_another() {
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
fn a_reader_that_forgot_a_batch_is_evictable_once_it_has_read_again() {
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
fn a_reader_overdue_while_it_holds_a_batch_is_evicted_when_it_drops_the_batch() {
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
