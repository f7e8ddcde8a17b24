//! More threads than cores, whose members join, leave, panic and are evicted at random: each event is
//! handled, and committed once.
//!
//! `GROUP_EVENTS` sets how many events there are in each partition, and `GROUP_SEED` the seed.

use std::env;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use broadring::Sequence;
use broadring_order::group::{Assigned, Group, Member, MemberId};

use crate::rig::{group, on_purpose};

const PARTITIONS: usize = 8;
const MEMBERS: u64 = 8;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// What became of the events of a partition.
struct Ledger {
    handled: Box<[AtomicU8]>,
    committed: Box<[AtomicU8]>,
}

impl Ledger {
    fn new(events: u64) -> Self {
        let zeros = || (0..events).map(|_| AtomicU8::new(0)).collect();
        Self { handled: zeros(), committed: zeros() }
    }

    fn handle(&self, sequence: u64) {
        self.handled[sequence as usize].store(1, Ordering::Relaxed);
    }

    fn commit(&self, sequences: std::ops::Range<u64>) {
        for sequence in sequences {
            self.committed[sequence as usize].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A thread whose members work.
struct Worker {
    group: Group<u64>,
    ledgers: Arc<Vec<Ledger>>,
    /// Members that may be evicted by anybody.
    prey: Arc<Mutex<Vec<MemberId>>>,
    evictions: Arc<AtomicU64>,
    random: Random,
}

impl Worker {
    /// Lets one member after another work until the end.
    fn work(&mut self) {
        loop {
            let member = self.group.join().unwrap();
            self.prey.lock().unwrap().push(member.id().clone());
            let life = self.random.below(400);
            // A panic drops the member on its way.
            let life_of_a_member = AssertUnwindSafe(|| {
                let mut member = member;
                for _ in 0..life {
                    self.turn(&mut member)?;
                }
                ControlFlow::Continue(())
            });
            if let Ok(ControlFlow::Break(())) = catch_unwind(life_of_a_member) {
                return;
            }
        }
    }

    /// Reads one batch. Breaks at the end.
    fn turn(&mut self, member: &mut Member<u64>) -> ControlFlow<()> {
        if self.random.below(50) == 0 {
            self.evict_somebody();
        }
        let Self { ledgers, random, .. } = self;
        let end = match member.wait_batch() {
            Ok(batch) => {
                let ledger = &ledgers[batch.partition()];
                for (sequence, &event) in &batch {
                    assert_eq!(sequence.get(), event);
                    ledger.handle(event);
                }
                finish(batch, ledger, random);
                return ControlFlow::Continue(());
            }
            Err(end) => end,
        };
        match end.is_evicted() {
            true => {
                member.rejoin();
                ControlFlow::Continue(())
            }
            false => {
                assert!(end.is_closed(), "{end}");
                ControlFlow::Break(())
            }
        }
    }

    fn evict_somebody(&mut self) {
        let prey = {
            let mut prey = self.prey.lock().unwrap();
            let at = self.random.below(prey.len().max(1) as u64) as usize;
            (at < prey.len()).then(|| prey.swap_remove(at))
        };
        if prey.is_some_and(|prey| self.group.evict(&prey)) {
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Commits a batch, or a part of it, or nothing.
fn finish(mut batch: Assigned<'_, u64>, ledger: &Ledger, random: &mut Random) {
    let sequences = batch.sequences();
    let (start, end) = (sequences.start.get(), sequences.end.get());
    match random.below(20) {
        0 => drop(batch),
        1 => on_purpose(),
        2..6 => {
            let through = start + random.below(end - start);
            if batch.commit_through(Sequence::new(through)).is_ok() {
                ledger.commit(start..through + 1);
            }
        }
        _ => {
            if batch.commit().is_ok() {
                ledger.commit(start..end);
            }
        }
    }
}

#[test]
fn members_that_come_and_go_handle_each_event_and_commit_it_once() {
    let events = setting("GROUP_EVENTS", 160_000);
    let seed = setting("GROUP_SEED", 1);
    let (writers, group) = group(PARTITIONS, 64);
    let ledgers = Arc::new((0..PARTITIONS).map(|_| Ledger::new(events)).collect::<Vec<_>>());
    let prey = Arc::new(Mutex::new(Vec::new()));
    let evictions = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..MEMBERS)
        .map(|number| {
            let mut worker = Worker {
                group: group.clone(),
                ledgers: Arc::clone(&ledgers),
                prey: Arc::clone(&prey),
                evictions: Arc::clone(&evictions),
                random: Random(seed.wrapping_mul(1000) + number),
            };
            thread::spawn(move || worker.work())
        })
        .collect();
    // Two partitions for each thread that publishes.
    let mut writers = writers.into_iter();
    let publishing: Vec<_> = std::iter::from_fn(|| Some([writers.next()?, writers.next()?]))
        .map(|mut pair| {
            thread::spawn(move || {
                for event in 0..events {
                    for writer in &mut pair {
                        writer.publish(event);
                    }
                }
            })
        })
        .collect();
    publishing.into_iter().for_each(|thread| thread.join().unwrap());
    workers.into_iter().for_each(|thread| thread.join().unwrap());

    assert!(evictions.load(Ordering::Relaxed) > 0);
    assert_eq!(group.lag(), 0);
    for (partition, ledger) in ledgers.iter().enumerate() {
        assert_eq!(group.committed(partition).get(), events);
        let all = |counts: &[AtomicU8]| counts.iter().all(|it| it.load(Ordering::Relaxed) == 1);
        assert!(all(&ledger.handled), "an event of partition {partition} was not handled");
        assert!(all(&ledger.committed), "an event of partition {partition} was not committed once");
    }
}
