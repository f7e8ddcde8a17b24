//! Stress: readers of every kind join and leave while the writer publishes in every way, and each sees
//! exactly what it should.

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use broadring::{End, Reader, Ring, TryReadError, Wait, Writer};
use common::{Tally, count, event, events, finite, join, publish_next};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        event(self.0) % sides
    }
}

/// The strategies that let others run, since there are more threads than cores.
const WAITS: [Wait; 5] = [
    Wait::PARK,
    Wait::PARK.spins(0).yields(0),
    Wait::PARK.spins(500),
    Wait::YIELD,
    Wait::YIELD.spins(3),
];

/// Publishes up to that many, now this way, now that.
fn publish_this_way_and_that(mut writer: Writer<u64>, total: u64, mut dice: Dice) {
    let capacity = writer.capacity() as u64;
    while writer.cursor().get() < total {
        let next = writer.cursor().get();
        let run = (dice.roll(capacity.min(40)) + 1).min(total - next);
        match dice.roll(6) {
            0 => {
                writer.publish_all(events(next..next + run));
            }
            1 => {
                let mut claim = writer.claim(run as usize).unwrap();
                claim.iter_mut().zip(next..).for_each(|(slot, at)| *slot = event(at));
                claim.publish_first(dice.roll(run + 1) as usize);
            }
            2 => {
                let mut claim = writer.claim_up_to(run as usize).unwrap();
                claim.iter_mut().zip(next..).for_each(|(slot, at)| *slot = event(at));
                claim.publish();
            }
            3 => {
                while writer.try_publish(event(next)).is_err() {
                    thread::yield_now();
                }
            }
            _ => {
                publish_next(&mut writer);
            }
        }
    }
}

/// Reads until `stay` events are read or the stream ends, now this way, now that.
fn read_this_way_and_that(reader: &mut Reader<u64>, tally: &mut Tally, stay: u64, dice: &mut Dice) {
    let end = tally.next() + stay;
    while tally.next() < end {
        let left = (end - tally.next()) as usize;
        let limit = (dice.roll(20) as usize + 1).min(left);
        let closed = match dice.roll(7) {
            0 => reader.recv().map(|event| tally.take(event)).is_err(),
            1 => match reader.try_batch_up_to(limit) {
                Ok(batch) => {
                    batch.iter().for_each(|(at, &event)| tally.take_at(at, event));
                    false
                }
                Err(TryReadError::Empty) => {
                    thread::yield_now();
                    false
                }
                Err(TryReadError::Ended(_)) => true,
            },
            2 => reader
                .run_until(|&event, at, end_of_batch| {
                    tally.take_at(at, event);
                    if end_of_batch || tally.next() == end {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })
                .is_err(),
            3 => match reader.wait_batch_up_to(left) {
                Ok(mut batch) => {
                    // Some of it is committed early, and the rest comes again.
                    let taken = dice.roll(batch.len() as u64) as usize;
                    for _ in 0..=taken {
                        let (at, &event) = batch.next_event().unwrap();
                        tally.take_at(at, event);
                    }
                    let last = batch.sequences().start.get() - 1;
                    batch.commit_through(last.into());
                    std::mem::forget(batch);
                    false
                }
                Err(_) => true,
            },
            _ => match reader.wait_batch_up_to(limit) {
                Ok(batch) => {
                    batch.for_each(|&event, at| tally.take_at(at, event));
                    false
                }
                Err(_) => true,
            },
        };
        if closed {
            return;
        }
        if dice.roll(50) == 0 {
            thread::yield_now();
        }
    }
}

/// Reads to the end of the stream.
fn regular(mut reader: Reader<u64>, mut dice: Dice) -> Tally {
    let mut tally = Tally::at(reader.position());
    read_this_way_and_that(&mut reader, &mut tally, u64::MAX - (1 << 40), &mut dice);
    assert_eq!(reader.try_recv(), Err(TryReadError::Ended(End::Closed)));
    tally
}

/// Joins in some way, reads for a while, and leaves, at least once and until the
/// stream ends. Returns how many events it has seen.
fn guest(ring: &Ring<u64>, total: u64, mut dice: Dice) -> u64 {
    let mut seen = 0;
    loop {
        let mut builder = ring.reader().wait(WAITS[dice.roll(WAITS.len() as u64) as usize]);
        if dice.roll(2) == 0 {
            builder = builder.from_oldest();
        }
        let mut reader = builder.subscribe().unwrap();
        let start = reader.position();
        let mut tally = Tally::at(start);
        let stay = dice.roll(300);
        read_this_way_and_that(&mut reader, &mut tally, stay, &mut dice);
        if dice.roll(2) == 0 {
            // The clone goes on where the original stands, which leaves.
            reader = reader.clone();
            assert_eq!(reader.position(), tally.next());
            read_this_way_and_that(&mut reader, &mut tally, stay, &mut dice);
        }
        let end = tally.next();
        assert!(end - start == stay || end - start == 2 * stay || end.get() == total);
        drop(reader);
        tally.ends_at(end.get());
        seen += end - start;
        if ring.cursor().get() == total {
            return seen;
        }
    }
}

fn everything_at_once(capacity: usize, total: u64, seed: u64) {
    finite(move || {
        let (writer, ring) = Ring::builder(capacity)
            .max_readers(16)
            .writer_wait(WAITS[(seed % 5) as usize])
            .build(|| u64::MAX);
        let regulars: Vec<JoinHandle<Tally>> = (0..6)
            .map(|index| {
                let wait = WAITS[index as usize % WAITS.len()];
                let reader = ring.reader().wait(wait).subscribe().unwrap();
                thread::spawn(move || regular(reader, Dice(seed << 32 | index << 16)))
            })
            .collect();
        let guests: Vec<_> = (0..3)
            .map(|index| {
                let ring = ring.clone();
                let dice = Dice(seed << 32 | (100 + index) << 16);
                thread::spawn(move || guest(&ring, total, dice))
            })
            .collect();
        publish_this_way_and_that(writer, total, Dice(seed << 32 | 77 << 16));
        for reader in regulars {
            join(reader).ends_at(total);
        }
        for guest in guests {
            join(guest);
        }
        assert!(ring.is_closed());
        assert_eq!((ring.cursor().get(), ring.reader_count()), (total, 0));
    });
}

#[test]
fn everything_at_once_on_a_ring_of_one() {
    everything_at_once(1, count(4_000), 1);
}

#[test]
fn everything_at_once_on_a_small_ring() {
    everything_at_once(4, count(12_000), 2);
}

#[test]
fn everything_at_once_on_a_ring_of_a_few_lines() {
    everything_at_once(64, count(40_000), 3);
}

#[test]
fn everything_at_once_on_a_large_ring() {
    everything_at_once(4096, count(100_000), 4);
}

#[test]
fn sixteen_rings_in_one_process_do_not_disturb_each_other() {
    finite(|| {
        let total = count(2_000);
        let rings: Vec<_> = (0..if cfg!(miri) { 3 } else { 16 })
            .map(|index| {
                thread::spawn(move || {
                    let (writer, ring) = Ring::builder(8).build(|| u64::MAX);
                    let reader = ring.subscribe().unwrap();
                    let dice = Dice(index << 40);
                    let reading = thread::spawn(move || regular(reader, dice));
                    publish_this_way_and_that(writer, total, Dice(index << 20));
                    join(reading).ends_at(total);
                })
            })
            .collect();
        rings.into_iter().for_each(join);
    });
}

#[test]
fn seeing_an_event_means_seeing_what_came_before_it() {
    // Each event refers to a counter beside the ring, which the writer stored
    // before it published, with no ordering of its own.
    finite(|| {
        let total = count(20_000);
        let (mut writer, ring) = Ring::builder(16).build(|| 0_u64);
        let beside = Arc::new(AtomicU64::new(0));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mut reader = ring.subscribe().unwrap();
                let beside = Arc::clone(&beside);
                thread::spawn(move || {
                    let mut seen = 0;
                    reader.run(|&event, _, _| {
                        assert!(beside.load(Ordering::Relaxed) >= event);
                        seen += 1;
                        assert_eq!(event, seen);
                    });
                    seen
                })
            })
            .collect();
        for number in 1..=total {
            beside.store(number, Ordering::Relaxed);
            writer.publish(number);
        }
        drop(writer);
        for reader in readers {
            assert_eq!(join(reader), total);
        }
    });
}

#[test]
fn events_that_own_memory_arrive_whole() {
    finite(|| {
        let total = count(10_000);
        let (mut writer, ring) = Ring::builder(32).build(Vec::new);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let mut reader = ring.subscribe().unwrap();
                thread::spawn(move || {
                    let mut seen = 0;
                    reader.run(|list: &Vec<u64>, sequence, _| {
                        assert_eq!(sequence.get(), seen);
                        let len = seen % 9;
                        assert!(list.iter().copied().eq(events(seen..seen + len)));
                        seen += 1;
                    });
                    seen
                })
            })
            .collect();
        for sequence in 0..total {
            let list = events(sequence..sequence + sequence % 9);
            if sequence % 3 == 0 {
                writer.publish(list.collect());
            } else {
                writer.publish_with(|slot| {
                    slot.clear();
                    slot.extend(list);
                });
            }
        }
        drop(writer);
        for reader in readers {
            assert_eq!(join(reader), total);
        }
    });
}
