//! Many threads at once: writers and readers come and go, and all readers see the same order.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use broadring::{End, TryReadError};
use broadring_order::clock::{Clock, Hlc, Lamport, Monotonic, Turns};
use broadring_order::{Merged, Order, Ordered, Writers};

use crate::common::{Dice, Stepped, WAITS, count, finite, join, mixed};

/// An event says who has published it, and how many that one had published before.
type Event = (u32, u64);

/// What a reader has seen: the digest of every place, so that any two can be compared where both were.
#[derive(Default)]
struct Account {
    next: Option<u64>,
    digests: BTreeMap<u64, u64>,
    latest: BTreeMap<u32, u64>,
}

impl Account {
    fn take(&mut self, seen: Ordered<impl Borrow<Event>>) {
        let Ordered { position, stamp, source, sequence, event, .. } = seen;
        assert_eq!(*event.borrow(), (source.get(), sequence.get()));
        assert_eq!(position, *self.next.get_or_insert(position), "a gap");
        self.next = Some(position + 1);
        if let Some(before) = self.latest.insert(source.get(), sequence.get()) {
            assert_eq!(sequence.get(), before + 1, "a gap in one writer's events");
        }
        let digest = mixed(stamp.get()) ^ mixed(u64::from(source.get()) << 40 | sequence.get());
        self.digests.insert(position, digest);
    }

    /// Reads until the end, or until it has seen enough.
    fn read<C: Clock>(
        &mut self,
        reader: &mut Merged<Event, C>,
        enough: u64,
        dice: &mut Dice,
    ) -> bool {
        let mut seen = 0;
        while seen < enough {
            let mut noted = 0;
            let ended = match dice.roll(5) {
                0 => reader.recv().map(|event| {
                    noted += 1;
                    self.take(event);
                }),
                1 => match reader.try_batch() {
                    Ok(mut batch) => {
                        let some = dice.roll(9) as usize;
                        batch.iter().take(some).for_each(|event| {
                            noted += 1;
                            self.take(event);
                        });
                        Ok(())
                    }
                    Err(TryReadError::Empty) => {
                        thread::yield_now();
                        Ok(())
                    }
                    Err(TryReadError::Ended(end)) => Err(end),
                },
                2 => reader.wait_batch().map(std::mem::forget),
                3 => reader.run_until(|event| {
                    noted += 1;
                    self.take(event);
                    if noted % 7 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                }),
                _ => reader.wait_batch().map(|mut batch| {
                    for event in &mut batch {
                        noted += 1;
                        self.take(event);
                    }
                }),
            };
            seen += noted;
            match ended {
                Ok(()) => (),
                Err(End::Closed) => return true,
                Err(end) => panic!("{end:?}"),
            }
        }
        false
    }
}

/// Comes, publishes this way and that, and leaves, again and again.
fn write<C: Clock>(writers: &Writers<Event, C>, stays: u64, mut dice: Dice) -> u64 {
    let mut published = 0;
    for _ in 0..stays {
        let capacity = 1 << dice.roll(6);
        let mut writer = writers.writer().capacity(capacity).join();
        let id = writer.id().get();
        let events = dice.roll(80);
        while writer.cursor().get() < events {
            let next = writer.cursor().get();
            match dice.roll(6) {
                0 => {
                    let run = dice.roll(10);
                    writer.publish_all((next..next + run).map(|number| (id, number)));
                }
                1 => {
                    let mut claim = writer.claim_up_to(capacity.min(5)).unwrap();
                    for (slot, number) in claim.iter_mut().zip(next..) {
                        *slot = (id, number);
                    }
                    if dice.roll(2) == 0 {
                        thread::yield_now();
                    }
                    let some = dice.roll(claim.len() as u64 + 1) as usize;
                    claim.publish_first(some);
                }
                2 => {
                    writer.publish_with(|slot| {
                        thread::yield_now();
                        *slot = (id, next);
                    });
                }
                3 if writer.try_publish((id, next)).is_err() => thread::yield_now(),
                3 => (),
                _ => {
                    writer.publish((id, next));
                }
            }
        }
        published += writer.cursor().get();
    }
    published
}

/// Joins, reads for a while and leaves, until the order has ended. Returns an account for each stay.
fn visit<C: Clock>(order: &Order<Event, C>, over: &AtomicBool, mut dice: Dice) -> Vec<Account> {
    let mut accounts = Vec::new();
    loop {
        let wait = WAITS[dice.roll(WAITS.len() as u64) as usize];
        let mut reader = order.reader().wait(wait).subscribe().unwrap();
        let mut account = Account::default();
        let enough = dice.roll(200);
        let mut ended = account.read(&mut reader, enough, &mut dice);
        accounts.push(account);
        if !ended && dice.roll(2) == 0 {
            reader.rejoin().unwrap();
            let mut account = Account::default();
            ended = account.read(&mut reader, enough, &mut dice);
            accounts.push(account);
        }
        if ended || over.load(Ordering::Acquire) {
            return accounts;
        }
    }
}

fn everybody_comes_and_goes<C: Clock>(clock: C, threads: u64, stays: u64, seed: u64) {
    finite(move || {
        let (writers, order) = Writers::builder(8).clock(clock).build(|| (u32::MAX, u64::MAX));
        let over = Arc::new(AtomicBool::new(false));
        let regulars: Vec<_> = (0..3)
            .map(|index| {
                let wait = WAITS[index as usize];
                let mut reader = order.reader().wait(wait).subscribe().unwrap();
                let mut dice = Dice(seed << 32 | index << 16);
                thread::spawn(move || {
                    let mut account = Account::default();
                    assert!(account.read(&mut reader, u64::MAX, &mut dice));
                    (account, reader.position())
                })
            })
            .collect();
        let guests: Vec<_> = (0..2)
            .map(|index| {
                let (order, over) = (order.clone(), Arc::clone(&over));
                let dice = Dice(seed << 32 | (50 + index) << 16);
                thread::spawn(move || visit(&order, &over, dice))
            })
            .collect();
        let writing: Vec<_> = (0..threads)
            .map(|index| {
                let writers = writers.clone();
                let dice = Dice(seed << 32 | (100 + index) << 16);
                thread::spawn(move || write(&writers, stays, dice))
            })
            .collect();
        drop(writers);
        let published: u64 = writing.into_iter().map(join).sum();
        over.store(true, Ordering::Release);
        assert_eq!(order.published(), published);
        let regulars: Vec<_> = regulars.into_iter().map(join).collect();
        for (account, position) in &regulars {
            assert_eq!((account.digests.len() as u64, *position), (published, published));
            assert_eq!(account.digests, regulars[0].0.digests);
        }
        for account in guests.into_iter().flat_map(join) {
            for (position, digest) in &account.digests {
                assert_eq!(regulars[0].0.digests.get(position), Some(digest), "at {position}");
            }
        }
        assert!(order.sources().is_empty());
    });
}

#[test]
fn all_see_the_same_order_by_the_time_while_everybody_comes_and_goes() {
    everybody_comes_and_goes(Monotonic::new(), 4, count(100), 1);
}

#[test]
fn all_see_the_same_order_by_turns_while_everybody_comes_and_goes() {
    everybody_comes_and_goes(Turns::new(), 4, count(100), 2);
}

#[test]
fn all_see_the_same_order_by_a_logical_clock_while_everybody_comes_and_goes() {
    everybody_comes_and_goes(Lamport::new(), 5, count(80), 3);
}

#[test]
fn all_see_the_same_order_by_a_hybrid_clock_while_everybody_comes_and_goes() {
    everybody_comes_and_goes(Hlc::new(), 3, count(100), 4);
}

#[test]
fn all_see_the_same_order_by_a_coarse_clock_while_everybody_comes_and_goes() {
    everybody_comes_and_goes(Stepped::<false>::new(), 4, count(100), 5);
    everybody_comes_and_goes(Stepped::<true>::new(), 4, count(60), 6);
}

#[test]
fn twenty_writers_at_once_are_merged_as_one_is() {
    everybody_comes_and_goes(Turns::new(), 20, count(10), 7);
    everybody_comes_and_goes(Monotonic::new(), 20, count(10), 8);
    everybody_comes_and_goes(Lamport::new(), 1, count(100), 9);
}
