//! Only a reader with `evict_after` is evicted, only when the ring is full, and only the slowest.

use std::thread;
use std::time::Duration;
use std::time::Instant;

use broadring::{End, Ring, Writer};

use crate::common::{
    PARK, Tally, count, event, eventually, finite, join, publish_at_once, publish_next, ring_of,
};
use crate::rig::{AN_HOUR, BRIEFLY, evictable, fill, is_full, ring_that_parks, was_evicted};

#[test]
fn a_reader_without_evict_after_is_never_evicted() {
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
fn a_reader_is_not_evicted_before_its_patience_is_over() {
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
fn a_reader_with_zero_patience_is_evicted_as_soon_as_the_ring_is_full() {
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
fn no_reader_is_evicted_if_another_one_would_still_hold_the_writer_back() {
    let (mut writer, ring) = Ring::builder(2).build(|| 0);
    let mut busy = evictable(&ring, Duration::ZERO);
    let mut idle = evictable(&ring, Duration::ZERO);
    fill(&mut writer);
    let batch = busy.try_batch().unwrap();
    is_full(&mut writer);
    assert_eq!(idle.try_recv(), Ok(event(0)));
    drop(batch);
    publish_at_once(&mut writer);
    assert_eq!(busy.try_recv(), Ok(event(2)));
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
fn of_the_readers_at_the_same_event_all_are_evicted_or_none() {
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
fn a_reader_asleep_because_it_has_read_everything_is_never_evicted() {
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
