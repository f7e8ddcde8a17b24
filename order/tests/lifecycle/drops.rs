//! Every event is dropped exactly once, whoever leaves when.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broadring_order::clock::Lamport;
use broadring_order::{Merged, Writer, Writers};

use crate::common::Dice;

/// Counts how many there are.
#[derive(Debug)]
struct Counted {
    alive: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
    /// A second drop would find it taken.
    dropped: bool,
}

impl Counted {
    fn new(alive: &Arc<AtomicU64>, made: &Arc<AtomicU64>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        made.fetch_add(1, Ordering::Relaxed);
        Self { alive: Arc::clone(alive), made: Arc::clone(made), dropped: false }
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(&self.alive, &self.made)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        assert!(!self.dropped, "dropped twice");
        self.dropped = true;
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn every_event_is_dropped_exactly_once() {
    for seed in 0..20 {
        let mut dice = Dice(seed << 32);
        let (alive, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let event = || Counted::new(&alive, &made);
        let factory = {
            let (alive, made) = (Arc::clone(&alive), Arc::clone(&made));
            move || Counted::new(&alive, &made)
        };
        let (writers, order) = Writers::builder(4).clock(Lamport::new()).build(factory);
        let mut several: Vec<Writer<Counted, Lamport>> = vec![writers.join()];
        let mut readers: Vec<Merged<Counted, Lamport>> = vec![order.subscribe().unwrap()];
        for _ in 0..300 {
            let writer = dice.roll(several.len() as u64) as usize;
            let reader = dice.roll(readers.len() as u64) as usize;
            match dice.roll(12) {
                0 if several.len() < 6 => several.push(writers.join()),
                1 if several.len() > 1 => drop(several.swap_remove(writer)),
                2 if readers.len() < 4 => readers.push(order.subscribe().unwrap()),
                3 if readers.len() > 1 => drop(readers.swap_remove(reader)),
                4 => {
                    if let Ok(mut claim) = several[writer].try_claim_up_to(3) {
                        claim.iter_mut().for_each(|slot| *slot = event());
                        claim.publish_first(1);
                    }
                }
                5 => {
                    let full = several[writer].remaining_capacity() == 0;
                    if !full {
                        let writer = AssertUnwindSafe(&mut several[writer]);
                        let panicked = catch_unwind(move || {
                            { writer }.publish_with(|_| std::panic::resume_unwind(Box::new(())))
                        });
                        assert!(panicked.is_err());
                    }
                }
                6 => std::mem::forget(readers[reader].try_batch()),
                7 => {
                    if let Ok(mut batch) = readers[reader].try_batch() {
                        batch.iter().take(2).for_each(|event| drop(event.event.clone()));
                    }
                }
                8 | 9 => drop(readers[reader].try_recv()),
                _ => {
                    let room = several[writer].remaining_capacity();
                    several[writer].publish_all((0..room / 2).map(|_| event()));
                    drop(several[writer].try_publish(event()));
                }
            }
            // Each slot has one, and there are no others.
            let there: usize = several.iter().map(Writer::capacity).sum();
            assert!(alive.load(Ordering::Relaxed) >= there as u64);
        }
        drop((writers, several));
        drop(readers);
        drop(order);
        assert_eq!(alive.load(Ordering::Relaxed), 0, "of {}", made.load(Ordering::Relaxed));
        assert!(made.load(Ordering::Relaxed) > 100);
    }
}

#[test]
fn the_ring_of_a_writer_that_has_left_is_given_back_when_everybody_has_read_it() {
    let (alive, made) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let factory = {
        let (alive, made) = (Arc::clone(&alive), Arc::clone(&made));
        move || Counted::new(&alive, &made)
    };
    let (writers, order) = Writers::builder(8).clock(Lamport::new()).build(factory);
    let mut reader = order.subscribe().unwrap();
    for round in 0..5 {
        let mut writer = writers.join();
        writer.publish(Counted::new(&alive, &made));
        drop(writer);
        assert_eq!(alive.load(Ordering::Relaxed), 8);
        assert_eq!(reader.try_recv().unwrap().position, round);
        assert!(reader.try_recv().is_err());
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
}
