//! An evictable reader sees the same events as any other reader until it is evicted.

use std::thread;
use std::time::Duration;

use broadring::{End, Reader, Ring, TryReadError, Wait};

use crate::common::{Tally, count, event, events, finite, join, publish_at_once};
use crate::rig::{AN_HOUR, evictable};

#[test]
fn an_evictable_reader_sees_the_events_of_a_claim_together() {
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
fn an_evictable_reader_borrows_all_available_events() {
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
fn an_evictable_reader_can_start_at_the_oldest_event() {
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
fn an_evicted_reader_that_rejoins_has_seen_or_missed_every_event() {
    finite(|| {
        let total = count(5_000);
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
