//! The slowest reader decides how many slots are free, from when it joins to when it leaves.

use std::thread;

use crate::common::{
    Tally, count, event, events, finite, join, publish_at_once, publish_next, ring_of,
};
use crate::rig::publish_n;

#[test]
fn a_slot_is_free_exactly_when_the_slowest_reader_has_committed_its_event() {
    let (mut writer, mut slow, _ring) = ring_of(8);
    let mut fast = slow.clone();
    let mut medium = slow.clone();
    for published in 0..8 {
        assert_eq!(writer.remaining_capacity(), 8 - published);
        publish_at_once(&mut writer);
    }
    for lap in 0..20 {
        let oldest = writer.cursor().get() - 8;
        assert_eq!(slow.position().get(), oldest);
        if lap % 2 == 0 {
            drop(fast.try_batch());
            assert_eq!(fast.lag(), 0);
        }
        assert!(writer.try_publish(0).is_err());
        drop(medium.try_batch_up_to(1));
        assert_eq!(writer.remaining_capacity(), 0);
        assert!(writer.try_publish(0).is_err());
        assert_eq!(slow.try_recv(), Ok(event(oldest)));
        assert_eq!(writer.remaining_capacity(), 1);
        publish_at_once(&mut writer);
        assert!(writer.try_publish(0).is_err());
    }
}

#[test]
fn each_of_several_readers_holds_the_writer_back() {
    let (mut writer, first, _ring) = ring_of(8);
    let mut readers: Vec<_> = (0..5).map(|_| first.clone()).collect();
    drop(first);
    publish_n(&mut writer, 8);
    let last = readers.len() - 1;
    for turn in 0..60 {
        // In every turn another reader comes last.
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
fn the_remaining_capacity_is_exact_while_no_other_thread_reads() {
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
fn a_writer_without_readers_is_never_held_back() {
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
fn a_reader_holds_the_writer_back_from_the_moment_it_joins() {
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
fn a_reader_that_has_left_no_longer_holds_the_writer_back() {
    let (mut writer, slow, _ring) = ring_of(4);
    let mut fast = slow.clone();
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(fast.try_batch());
    assert!(writer.try_publish(0).is_err());
    drop(slow);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    assert!(writer.try_publish(0).is_err());
    assert!(fast.try_batch().unwrap().events().copied().eq(events(4..8)));
}

#[test]
fn the_writer_is_never_more_than_a_ring_ahead_of_a_reader_that_runs() {
    finite(|| {
        let total = count(20_000);
        for capacity in [1, 2, 8] {
            let (mut writer, mut reader, ring) = ring_of(capacity);
            let reading = thread::spawn(move || {
                let mut tally = Tally::at(reader.position());
                while let Ok(batch) = reader.wait_batch() {
                    for (sequence, &event) in &batch {
                        // No slot of this batch is freed while the batch is held.
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
