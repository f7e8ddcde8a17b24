//! An observer gates the writer only while a glimpse is alive.

use std::mem;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::thread;

use broadring::{Ring, TryReadError};

use crate::common::{
    PARK, count, event, events, finite, join, publish_at_once, publish_next, ring_of, settle_down,
};
use crate::rig::{account, observed};

#[test]
fn observers_take_nothing_from_readers_and_the_writer() {
    let (mut writer, mut reader, ring) = ring_of(8);
    let mut observers: Vec<_> = (0..10).map(|_| ring.observe().unwrap()).collect();
    for sequence in 0..200 {
        publish_at_once(&mut writer);
        if sequence % 3 == 0 {
            observers.swap_remove(sequence as usize % 10);
            observers.push(ring.reader().from_oldest().observe().unwrap());
        }
        for (index, observer) in observers.iter_mut().enumerate() {
            if (sequence as usize).is_multiple_of(index + 1) {
                drop(observer.look());
                drop(observer.latest());
            }
        }
        assert_eq!(writer.remaining_capacity(), 7);
        assert_eq!((reader.position().get(), reader.lag()), (sequence, 1));
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
        assert_eq!(ring.reader_count(), 1);
    }
    drop(reader);
    assert!(!writer.has_readers());
    for _ in 0..100 {
        publish_at_once(&mut writer);
    }
}

#[test]
fn while_a_glimpse_is_held_the_writer_does_not_touch_what_it_shows() {
    for capacity in [1, 2, 8, 64] {
        let (mut writer, mut observer, ring) = observed(capacity);
        for round in 0..20 {
            for _ in 0..1 + event(round) % (2 * capacity as u64) {
                publish_at_once(&mut writer);
            }
            let limit = 1 + event(round + 1) as usize % capacity;
            let glimpse = observer.look_up_to(limit).unwrap();
            let start = glimpse.sequences().start.get();
            while writer.try_publish(event(writer.cursor().get())).is_ok() {}
            assert_eq!(writer.cursor().get(), start + capacity as u64);
            assert!(writer.has_readers());
            assert_eq!(ring.reader_count(), 0);
            account(&glimpse);
            drop(glimpse);
            assert!(!writer.has_readers());
            assert_eq!(writer.remaining_capacity(), capacity);
        }
    }
}

#[test]
fn a_forgotten_glimpse_holds_the_writer_back_until_the_next_look() {
    for ends_by in 0..3 {
        let (mut writer, mut observer, _ring) = observed(4);
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        let glimpse = observer.look().unwrap();
        let missed = account(&glimpse).0;
        mem::forget(glimpse);
        while writer.try_publish(event(writer.cursor().get())).is_ok() {}
        let full = missed + 4;
        assert_eq!((writer.cursor().get(), observer.position().get()), (full, missed));
        match ends_by {
            0 => {
                // It begins there again; but the writer has reserved half a ring.
                let glimpse = observer.look().unwrap();
                assert_eq!(account(&glimpse), (2, 2));
                assert_eq!(glimpse.sequences().end.get(), full);
            }
            1 => assert_eq!(account(&observer.latest().unwrap()), (3, 1)),
            _ => drop(observer),
        }
        assert_eq!(writer.remaining_capacity(), 4);
        for _ in 0..10 {
            publish_at_once(&mut writer);
        }
    }
}

#[test]
fn a_panic_while_a_glimpse_is_held_ends_the_look() {
    let (mut writer, mut observer, _ring) = observed(4);
    for round in 0..10 {
        publish_at_once(&mut writer);
        publish_at_once(&mut writer);
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            let glimpse = observer.look().unwrap();
            assert_eq!(account(&glimpse), (0, 2));
            panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        assert_eq!(observer.position().get(), 2 * round + 2);
        assert_eq!(observer.look().map(drop), Err(TryReadError::Empty));
        assert!(!writer.has_readers());
    }
}

#[test]
fn a_writer_asleep_behind_a_glimpse_is_woken_when_the_look_ends() {
    finite(|| {
        for round in 0..count(60) {
            let (mut writer, ring) = Ring::builder(2).writer_wait(PARK).build(|| 0);
            let mut observer = ring.observe().unwrap();
            publish_next(&mut writer);
            publish_next(&mut writer);
            let glimpse = observer.look_up_to(1 + round as usize % 2).unwrap();
            let writing = thread::spawn(move || {
                let next = writer.cursor().get();
                let mut claim = writer.claim(2).unwrap();
                claim.iter_mut().zip(events(next..next + 2)).for_each(|(slot, event)| {
                    *slot = event;
                });
                claim.publish();
                writer
            });
            settle_down(round);
            account(&glimpse);
            if round % 3 == 0 {
                mem::forget(glimpse);
                settle_down(round);
                // What ends it is the next look, or that there will be none.
                if round % 2 == 0 {
                    drop(observer.latest());
                } else {
                    drop(observer);
                }
            } else {
                drop(glimpse);
            }
            assert_eq!(join(writing).cursor().get(), 4);
        }
    });
}
