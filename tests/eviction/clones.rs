//! A clone of an evictable reader is evictable, starts where the original is, and has a patience of its own.

use std::mem;
use std::thread;
use std::time::Duration;

use broadring::{End, Ring, TryReadError};

use crate::common::{count, event, finite, join, publish_at_once, publish_next};
use crate::rig::{A_WHILE, AN_HOUR, evictable, fill, was_evicted};

#[test]
fn a_clone_of_an_evictable_reader_starts_at_its_position() {
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
fn the_time_of_a_reader_does_not_count_against_its_clone() {
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
fn clones_of_an_evicted_reader_are_evicted_too_and_rejoin_on_their_own() {
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
fn a_clone_of_a_reader_that_has_forgotten_a_batch_may_be_evicted() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut original = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    mem::forget(original.try_batch().unwrap());
    let mut clone = original.clone();
    // The batch still protects the events, but for the original only.
    assert!(writer.try_publish(0).is_err());
    drop(original);
    let batch = clone.try_batch().unwrap();
    assert!(writer.try_publish(0).is_err(), "a batch of its own protects them again");
    mem::forget(batch);
    assert!(writer.try_publish(0).is_err());
    clone = clone.clone();
    publish_at_once(&mut writer);
    // Nobody has told the clone yet.
    let mut clone_of_the_clone = clone.clone();
    was_evicted(&mut clone, 0, 3);
    was_evicted(&mut clone_of_the_clone, 0, 3);
}

#[test]
fn a_clone_of_a_reader_that_is_just_evicted_is_intact_or_evicted() {
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
