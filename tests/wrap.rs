//! Wrapping: small rings make many laps, and claims and batches reach over the end and go on at the
//! start.

mod common;

use std::thread;

use broadring::Ring;
use common::{Tally, count, drain, event, events, finite, join, publish_at_once, ring_of};

#[test]
fn small_rings_make_many_laps() {
    for capacity in [1, 2, 4] {
        let (mut writer, mut reader, _ring) = ring_of(capacity);
        let laps = count(3_000);
        let mut tally = Tally::at(reader.position());
        for sequence in 0..laps * capacity as u64 {
            publish_at_once(&mut writer);
            // Each event waits in the ring for a while, but not always as long.
            while reader.lag() > sequence % capacity as u64 {
                tally.take(reader.try_recv().unwrap());
            }
        }
        drop(writer);
        while let Ok(event) = reader.recv() {
            tally.take(event);
        }
        tally.ends_at(laps * capacity as u64);
    }
}

#[test]
fn small_rings_make_many_laps_between_threads() {
    finite(|| {
        for capacity in [1, 2, 4] {
            let (mut writer, reader, _ring) = ring_of(capacity);
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    let reader = reader.clone();
                    thread::spawn(move || drain(reader))
                })
                .collect();
            drop(reader);
            let total = count(3_000) * capacity as u64;
            writer.publish_all(events(0..total));
            drop(writer);
            for reader in readers {
                join(reader).ends_at(total);
            }
        }
    });
}

#[test]
fn claims_and_batches_of_every_length_wrap_at_every_place() {
    for capacity in [1, 2, 4, 8, 16] {
        for start in 0..capacity {
            for len in 0..=capacity {
                let (mut writer, mut reader, _ring) = ring_of(capacity);
                for _ in 0..capacity + start {
                    publish_at_once(&mut writer);
                    drop(reader.try_batch().unwrap());
                }
                let first = writer.cursor().get();
                let end = first + len as u64;

                let mut claim = writer.try_claim(len).unwrap();
                for (slot, event) in claim.iter_mut().zip(events(first..end)) {
                    *slot = event;
                }
                for index in 0..len {
                    assert_eq!(claim[index], event(first + index as u64));
                }
                claim.publish();

                let batch = reader.try_batch_up_to(len).unwrap();
                assert!(batch.events().copied().eq(events(first..end)));
                for index in 0..len {
                    assert_eq!(batch[index], event(first + index as u64));
                }
                let mut tally = Tally::at(batch.sequences().start);
                batch.for_each(|&event, sequence| tally.take_at(sequence, event));
                tally.ends_at(end);
            }
        }
    }
}

#[test]
fn slots_that_are_not_published_are_left_as_they_are() {
    // A full lap shows every slot; a claim in its middle must have touched only
    // its own, wherever it wraps.
    for start in 0..16 {
        for len in 0..=16 {
            let (mut writer, reader, _ring) = ring_of(16);
            drop(reader);
            for _ in 0..16 + start {
                publish_at_once(&mut writer);
            }
            let first = writer.cursor().get();
            writer.try_claim(len).unwrap().iter_mut().for_each(|slot| *slot = 7);
            let whole = writer.try_claim(16).unwrap();
            for index in 0..16 {
                let expected = if index < len { 7 } else { event(first + index as u64 - 16) };
                assert_eq!(whole[index], expected);
            }
        }
    }
}

#[test]
fn a_slot_comes_back_after_exactly_one_lap() {
    for capacity in [1, 2, 4, 8, 32] {
        let (mut writer, ring) = Ring::builder(capacity).build(|| 0_u64);
        let mut reader = ring.subscribe().unwrap();
        let mut addresses = Vec::new();
        for sequence in 0..4 * capacity {
            writer.publish(sequence as u64);
            let batch = reader.try_batch().unwrap();
            assert_eq!((batch.len(), batch[0]), (1, sequence as u64));
            let address = &raw const batch[0] as usize;
            if sequence < capacity {
                assert!(!addresses.contains(&address), "two slots share an address");
                addresses.push(address);
            } else {
                assert_eq!(address, addresses[sequence % capacity]);
            }
        }
    }
}
