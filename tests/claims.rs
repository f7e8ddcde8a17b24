//! A claim lends free slots, publishes all of them, the first few or none, and gives the rest up.

#![allow(
    clippy::forget_non_drop,
    reason = "a claim may be forgotten, whether it has a destructor or not"
)]

mod common;

use std::mem;
use std::thread;

use broadring::{Ring, Sequence, TryClaimError, TryReadError};
use common::{Tally, count, drain, event, events, finite, join, publish_at_once, ring_of};

#[test]
fn a_claim_lends_exactly_the_requested_number_of_slots() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        for len in 0..=8 {
            let first = writer.cursor();
            let mut claim = writer.claim(len).unwrap();
            assert_eq!(claim.len(), len);
            assert_eq!(claim.is_empty(), len == 0);
            assert_eq!(claim.first_sequence(), first);
            assert_eq!(claim.iter_mut().len(), len);
            assert_eq!(claim.iter_mut().count(), len);
            assert_eq!((&mut claim).into_iter().count(), len);
            assert_eq!(claim.publish(), first..first + len as u64);
            assert_eq!(writer.cursor(), first + len as u64);
            drop(reader.try_batch_up_to(len).unwrap());
            assert_eq!(reader.lag(), 0);
        }
    });
}

#[test]
fn a_claim_lends_the_same_slots_by_index_and_by_iterator() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        for _ in 0..20 {
            let first = writer.cursor().get();
            let mut claim = writer.claim(5).unwrap();
            for (slot, event) in claim.iter_mut().zip(events(first..first + 5)) {
                *slot = event;
            }
            for index in 0..5 {
                assert_eq!(claim[index], event(first + index as u64));
                claim[index] ^= 1;
            }
            let seen: Vec<_> = claim.iter_mut().map(|slot| *slot ^ 1).collect();
            assert!(events(first..first + 5).eq(seen));
            // `fold` goes on exactly where `next` stopped.
            let mut slots = claim.iter_mut();
            *slots.next().unwrap() ^= 1;
            *slots.next().unwrap() ^= 1;
            slots.for_each(|slot| *slot ^= 1);
            claim.publish();
            assert!(reader.try_batch().unwrap().events().copied().eq(events(first..first + 5)));
        }
    });
}

#[test]
fn a_claim_of_no_slots_succeeds_on_a_full_ring_and_publishes_nothing() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(2);
        for published in 0..=2 {
            // In the last round the ring is full, and a claim of no slots still succeeds.
            let here = Sequence::new(published)..Sequence::new(published);
            assert_eq!(writer.claim(0).unwrap().publish(), here);
            assert_eq!(writer.try_claim(0).unwrap().publish(), here);
            assert_eq!(writer.claim_up_to(0).unwrap().publish(), here);
            assert_eq!(writer.claim(0).unwrap().publish_first(0), here);
            assert!(writer.try_claim(0).unwrap().is_empty());
            assert_eq!(writer.cursor().get(), published);
            assert_eq!(reader.lag(), published);
            if published < 2 {
                publish_at_once(&mut writer);
            }
        }
        assert_eq!(reader.try_recv(), Ok(event(0)));
        assert_eq!(reader.try_recv(), Ok(event(1)));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
    });
}

#[test]
fn a_claim_larger_than_the_ring_fails_at_once() {
    finite(|| {
        for capacity in [1, 2, 16] {
            let (mut writer, _stuck, _ring) = ring_of(capacity);
            for _ in 0..=capacity {
                for requested in [capacity + 1, 10 * capacity, usize::MAX] {
                    let error = writer.claim(requested).unwrap_err();
                    assert_eq!((error.requested(), error.capacity()), (requested, capacity));
                    assert_eq!(writer.claim_up_to(requested).unwrap_err(), error);
                    assert_eq!(
                        writer.try_claim(requested).unwrap_err(),
                        TryClaimError::TooLarge(error)
                    );
                }
                // Repeated on an empty ring, a full one, and every state between.
                let _ = writer.try_publish(0);
            }
        }
    });
}

#[test]
fn a_claim_of_the_whole_ring_succeeds_once_every_event_is_read() {
    let (mut writer, mut reader, _ring) = ring_of(4);
    for _ in 0..10 {
        let first = writer.cursor().get();
        let mut claim = writer.try_claim(4).unwrap();
        claim.iter_mut().zip(events(first..first + 4)).for_each(|(slot, event)| *slot = event);
        claim.publish();
        assert_eq!(writer.try_claim(1).unwrap_err(), TryClaimError::Full);
        for sequence in first..first + 4 {
            assert_eq!(writer.try_claim(4).unwrap_err(), TryClaimError::Full);
            assert_eq!(reader.try_recv(), Ok(event(sequence)));
        }
    }
}

#[test]
fn try_claim_succeeds_exactly_if_that_many_slots_are_free() {
    let (mut writer, mut reader, _ring) = ring_of(8);
    for published in 0..40 {
        for read_ahead in 0..=(published % 9) {
            let free = writer.remaining_capacity();
            for len in 0..=8 {
                match writer.try_claim(len) {
                    Ok(claim) => assert!(claim.len() == len && len <= free),
                    Err(error) => assert!(error.is_full() && len > free, "{len} of {free}"),
                }
            }
            if read_ahead > 4 {
                let _ = reader.try_recv();
            }
        }
        if writer.remaining_capacity() == 0 {
            reader.try_recv().unwrap();
        }
        publish_at_once(&mut writer);
    }
}

#[test]
fn claim_up_to_claims_the_free_slots_up_to_the_limit() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        let mut read = 0;
        for round in 0..100 {
            let free = writer.remaining_capacity();
            let asked = round % 8 + 1;
            if free == 0 {
                let batch = reader.try_batch_up_to(round % 5 + 1).unwrap();
                assert!(batch.events().copied().eq(events(read..read + batch.len() as u64)));
                read += batch.len() as u64;
                continue;
            }
            let mut claim = writer.claim_up_to(asked).unwrap();
            assert_eq!(claim.len(), asked.min(free));
            let first = claim.first_sequence().get();
            for index in 0..claim.len() {
                claim[index] = event(first + index as u64);
            }
            claim.publish();
        }
        assert!(read > 80, "the ring was used for many laps");
    });
}

#[test]
fn claim_up_to_waits_until_at_least_one_slot_is_free() {
    finite(|| {
        let total = count(2_000);
        for capacity in [1, 8] {
            let (mut writer, reader, _ring) = ring_of(capacity);
            let reader = thread::spawn(move || drain(reader));
            while writer.cursor().get() < total {
                let left = (total - writer.cursor().get()) as usize;
                let mut claim = writer.claim_up_to(capacity.min(left)).unwrap();
                assert!(!claim.is_empty());
                let first = claim.first_sequence().get();
                for (slot, sequence) in claim.iter_mut().zip(first..) {
                    *slot = event(sequence);
                }
                claim.publish();
            }
            drop(writer);
            join(reader).ends_at(total);
        }
    });
}

#[test]
fn publish_first_publishes_that_many_events_and_gives_the_rest_up() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        for round in 0..30 {
            let (len, publish) = (round % 8 + 1, round % (round % 8 + 2));
            let first = writer.cursor().get();
            let end = first + publish as u64;
            let mut claim = writer.claim(len).unwrap();
            for (slot, event) in claim.iter_mut().zip(events(first..first + len as u64)) {
                *slot = event;
            }
            assert_eq!(claim.publish_first(publish), Sequence::new(first)..Sequence::new(end));
            assert_eq!(writer.cursor().get(), end);
            assert_eq!(writer.remaining_capacity(), 8 - publish);
            let batch = reader.try_batch_up_to(publish).unwrap();
            assert!(batch.events().copied().eq(events(first..end)));
            drop(batch);
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        }
    });
}

#[test]
fn a_claim_that_is_dropped_or_forgotten_publishes_nothing() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(4);
        for round in 0..12 {
            for forget in [false, true] {
                let mut claim = writer.claim(3).unwrap();
                claim.iter_mut().for_each(|slot| *slot = 13);
                if forget {
                    mem::forget(claim)
                } else {
                    drop(claim)
                }
                assert_eq!(writer.cursor().get(), round);
                assert_eq!(writer.remaining_capacity(), 4);
                assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            }
            // The next claim lends the same slots, with what was written to them.
            let mut claim = writer.claim(3).unwrap();
            assert_eq!(claim.first_sequence().get(), round);
            assert!(claim.iter_mut().all(|slot| *slot == 13));
            claim[0] = event(round);
            claim.publish_first(1);
            assert_eq!(reader.try_recv(), Ok(event(round)));
        }
    });
}

#[test]
fn a_slot_is_lent_with_the_event_from_one_lap_before() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(4).build(|| vec![0_u64]);
        let mut reader = ring.subscribe().unwrap();
        for sequence in 0..20 {
            let a_lap_ago = u64::saturating_sub(sequence, 4);
            if sequence % 2 == 0 {
                writer.publish_with(|slot| {
                    assert_eq!(*slot, [a_lap_ago]);
                    slot[0] = sequence;
                });
            } else {
                let mut claim = writer.claim(1).unwrap();
                assert_eq!(claim[0], [a_lap_ago]);
                claim[0][0] = sequence;
                claim.publish();
            }
            assert_eq!(reader.try_recv(), Ok(vec![sequence]));
        }
    });
}

#[test]
fn concurrent_readers_get_the_events_of_mixed_claims_in_order() {
    finite(|| {
        let total = count(6_000);
        let (mut writer, reader, _ring) = ring_of(16);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let reader = reader.clone();
                thread::spawn(move || drain(reader))
            })
            .collect();
        drop(reader);
        let mut round = 0;
        while writer.cursor().get() < total {
            let left = (total - writer.cursor().get()) as usize;
            let len = (round % 16 + 1).min(left);
            let mut claim = writer.claim(len).unwrap();
            let first = claim.first_sequence().get();
            for (slot, sequence) in claim.iter_mut().zip(first..) {
                *slot = event(sequence);
            }
            match round % 5 {
                0 => drop(claim),
                1 => mem::forget(claim),
                2 => assert_eq!(claim.publish_first(len / 2).start.get(), first),
                _ => assert_eq!(claim.publish().end.get(), first + len as u64),
            }
            round += 1;
        }
        drop(writer);
        for reader in readers {
            let tally: Tally = join(reader);
            tally.ends_at(total);
        }
    });
}
