//! Every event is dropped exactly once: overwritten, refused, unread, or left when the ring goes.

#![allow(
    clippy::forget_non_drop,
    reason = "a claim may be forgotten, whether it has a destructor or not"
)]

mod common;

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use broadring::{Reader, Ring, Writer};
use common::{count, finite, join};

/// Counts the drops of every value that was made: one entry for each value.
#[derive(Clone, Default)]
struct Register(Arc<Mutex<Vec<u32>>>);

impl Register {
    /// Makes a value that is counted here.
    fn make(&self) -> Value {
        self.make_with(false)
    }

    /// Makes a value whose drop panics if `panics` is set.
    fn make_with(&self, panics: bool) -> Value {
        let mut drops = self.0.lock().unwrap();
        drops.push(0);
        Value { register: self.clone(), number: drops.len() - 1, panics }
    }

    /// The number of values that were made.
    fn made(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The number of dropped values, none of which may be dropped twice.
    #[track_caller]
    fn dropped(&self) -> usize {
        let drops = self.0.lock().unwrap();
        assert!(drops.iter().all(|&times| times <= 1), "dropped twice: {drops:?}");
        drops.iter().filter(|&&times| times == 1).count()
    }

    /// The number of values that are not dropped yet.
    fn alive(&self) -> usize {
        self.made() - self.dropped()
    }
}

/// A value that counts its drop.
struct Value {
    register: Register,
    number: usize,
    /// Whether its drop panics.
    panics: bool,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        self.register.make_with(false)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.register.0.lock().unwrap()[self.number] += 1;
        if self.panics {
            panic::resume_unwind(Box::new(self.number));
        }
    }
}

/// A ring whose values are counted, with a reader.
fn ring_of_values(capacity: usize) -> (Register, Writer<Value>, Reader<Value>, Ring<Value>) {
    let register = Register::default();
    let (writer, ring) = Ring::builder(capacity).build(|| register.make());
    let reader = ring.subscribe().unwrap();
    (register, writer, reader, ring)
}

/// The number of the value whose drop made `body` panic, if it did.
fn panicking_value<R>(body: impl FnOnce() -> R) -> Option<usize> {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err()?;
    Some(*payload.downcast().expect("the panic of a value"))
}

#[test]
fn the_initial_values_are_dropped_with_the_ring() {
    for capacity in [1, 2, 8, 64] {
        let (register, writer, reader, ring) = ring_of_values(capacity);
        assert_eq!((register.made(), register.dropped()), (capacity, 0));
        drop(writer);
        drop(ring);
        assert_eq!(register.dropped(), 0);
        drop(reader);
        assert_eq!(register.dropped(), capacity);
    }
}

#[test]
fn the_last_handle_of_any_kind_drops_the_values() {
    for last in 0..4 {
        let (register, writer, reader, ring) = ring_of_values(4);
        let builder = ring.reader();
        let mut handles: [Option<Box<dyn std::any::Any>>; 4] = [
            Some(Box::new(writer)),
            Some(Box::new(reader)),
            Some(Box::new(ring)),
            Some(Box::new(builder)),
        ];
        handles.swap(last, 3);
        for handle in &mut handles {
            assert_eq!(register.dropped(), 0);
            drop(handle.take());
        }
        assert_eq!(register.dropped(), 4);
    }
}

#[test]
fn a_value_is_dropped_when_it_is_overwritten_and_not_before() {
    let (register, mut writer, mut reader, _ring) = ring_of_values(4);
    for published in 1..=20 {
        writer.publish(register.make());
        assert_eq!(register.dropped(), published);
        assert_eq!(register.alive(), 4);
        // Reading and committing a value do not drop it.
        drop(reader.try_batch().unwrap());
        assert_eq!(register.dropped(), published);
    }
    drop((writer, reader, _ring));
    assert_eq!((register.made(), register.dropped()), (24, 24));
}

#[test]
fn recv_returns_a_clone_and_leaves_the_value_in_the_ring() {
    let (register, mut writer, mut reader, _ring) = ring_of_values(2);
    for _ in 0..10 {
        writer.publish(register.make());
        let clone = reader.recv().unwrap();
        assert_eq!(register.alive(), 3);
        drop(clone);
        assert_eq!(register.alive(), 2);
    }
    drop((writer, reader, _ring));
    assert_eq!(register.made(), register.dropped());
}

#[test]
fn unread_values_are_dropped_with_the_ring() {
    for unread in 0..=4 {
        let (register, mut writer, mut reader, ring) = ring_of_values(4);
        for _ in 0..6 {
            writer.publish(register.make());
            drop(reader.try_batch().unwrap());
        }
        for _ in 0..unread {
            writer.publish(register.make());
        }
        drop((writer, reader, ring));
        assert_eq!((register.made(), register.dropped()), (10 + unread, 10 + unread));
    }
}

#[test]
fn a_refused_value_is_returned_and_not_dropped() {
    let (register, mut writer, _stuck, _ring) = ring_of_values(1);
    writer.publish(register.make());
    let before = register.dropped();
    let refused = writer.try_publish(register.make()).map(drop).unwrap_err();
    assert_eq!(register.dropped(), before);
    drop(refused.into_inner());
    assert_eq!(register.dropped(), before + 1);
    let refused = writer.publish_timeout(register.make(), Duration::ZERO);
    assert_eq!(register.dropped(), before + 1);
    drop(refused);
    assert_eq!(register.dropped(), before + 2);
}

#[test]
fn publish_all_drops_the_values_that_it_overwrites() {
    finite(|| {
        let (register, mut writer, mut reader, ring) = ring_of_values(8);
        let total = count(1_000) as usize;
        let reading = thread::spawn(move || {
            let mut seen = 0;
            reader.run(|_, _, _| seen += 1);
            seen
        });
        writer.publish_all((0..total).map(|_| register.make()));
        drop(writer);
        assert_eq!(join(reading), total);
        assert_eq!((register.made(), register.dropped()), (total + 8, total));
        drop(ring);
        assert_eq!(register.dropped(), total + 8);
    });
}

#[test]
fn assigning_to_a_lent_slot_drops_the_old_value() {
    let (register, mut writer, reader, ring) = ring_of_values(4);
    drop(reader);
    for written in 1..=10 {
        writer.publish_with(|slot| *slot = register.make());
        assert_eq!(register.dropped(), 2 * written - 1);
        let mut claim = writer.claim(3).unwrap();
        claim[1] = register.make();
        match written % 3 {
            0 => drop(claim),
            1 => mem::forget(claim),
            _ => drop(claim.publish_first(2)),
        }
        assert_eq!(register.dropped(), 2 * written);
        assert_eq!(register.alive(), 4);
    }
    drop((writer, ring));
    assert_eq!((register.made(), register.dropped()), (24, 24));
}

#[test]
fn forgotten_batches_and_claims_drop_no_value_and_leak_none() {
    let (register, mut writer, mut reader, ring) = ring_of_values(4);
    writer.publish(register.make());
    for _ in 0..10 {
        mem::forget(reader.try_batch().unwrap());
        mem::forget(writer.claim(3).unwrap());
    }
    assert_eq!((register.made(), register.dropped()), (5, 1));
    drop((writer, reader, ring));
    assert_eq!(register.dropped(), 5);
}

#[test]
fn a_factory_that_panics_leaves_no_value_behind() {
    for capacity in [1, 8, 32] {
        for good in 0..capacity {
            let register = Register::default();
            let panicked = panicking_value(|| {
                Ring::builder(capacity).build(|| {
                    if register.made() == good {
                        panic::resume_unwind(Box::new(good));
                    }
                    register.make()
                })
            });
            assert_eq!(panicked, Some(good));
            assert_eq!((register.made(), register.dropped()), (good, good));
        }
    }
}

#[test]
fn publish_publishes_the_new_value_even_if_the_drop_of_the_old_one_panics() {
    let (register, mut writer, mut reader, ring) = ring_of_values(2);
    let explosive = register.make_with(true);
    let number = explosive.number;
    writer.publish(explosive);
    writer.publish(register.make());
    drop(reader.try_batch().unwrap());
    let new = register.make();
    let new_number = new.number;
    assert_eq!(panicking_value(|| writer.publish(new)), Some(number));
    assert_eq!(writer.cursor().get(), 3);
    assert_eq!(reader.try_batch().unwrap()[0].number, new_number);
    for _ in 0..5 {
        writer.publish(register.make());
        assert_eq!(reader.try_batch().unwrap().len(), 1);
    }
    assert_eq!(register.alive(), 2);
    drop((writer, reader, ring));
    assert_eq!(register.made(), register.dropped());
}

#[test]
fn publish_all_stops_after_the_value_that_replaced_one_whose_drop_panics() {
    for explosive_at in 0..8 {
        let (register, mut writer, mut reader, ring) = ring_of_values(8);
        writer.publish_all((0..8).map(|index| register.make_with(index == explosive_at)));
        drop(reader.try_batch().unwrap());
        let given_out = register.made();
        let panicked = panicking_value(|| {
            writer.publish_all((0..8).map(|_| register.make()).collect::<Vec<_>>())
        });
        assert_eq!(panicked, Some(8 + explosive_at));
        // The new values up to the replacement of the explosive one are published. The others
        // are dropped with the iterator.
        assert_eq!(writer.cursor().get(), 8 + explosive_at as u64 + 1);
        let batch = reader.try_batch().unwrap();
        assert!(batch.events().map(|value| value.number).eq(given_out..=given_out + explosive_at));
        drop(batch);
        assert_eq!(register.alive(), 8);
        writer.publish(register.make());
        assert_eq!(reader.try_batch().unwrap().len(), 1);
        drop((writer, reader, ring));
        assert_eq!(register.made(), register.dropped());
    }
}

#[test]
fn a_ring_drops_every_value_even_if_the_drop_of_one_panics() {
    for explosive_at in 0..16 {
        let (register, mut writer, reader, ring) = ring_of_values(16);
        for index in 0..16 {
            writer.publish(register.make_with(index == explosive_at));
        }
        drop((writer, reader));
        assert_eq!(panicking_value(|| drop(ring)), Some(16 + explosive_at));
        assert_eq!((register.made(), register.dropped()), (32, 32));
    }
}

#[test]
fn every_value_is_dropped_once_while_threads_publish_and_read() {
    finite(|| {
        let total = count(3_000) as usize;
        let (register, mut writer, reader, ring) = ring_of_values(4);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let mut reader = reader.clone();
                thread::spawn(move || {
                    let mut last = None;
                    let mut seen = 0;
                    reader.run(|value, _, _| {
                        assert!(last < Some(value.number), "the values come in order");
                        last = Some(value.number);
                        seen += 1;
                    });
                    seen
                })
            })
            .collect();
        drop(reader);
        for _ in 0..total {
            writer.publish(register.make());
        }
        drop(writer);
        for reader in readers {
            assert_eq!(join(reader), total);
        }
        assert_eq!(register.alive(), 4);
        drop(ring);
        assert_eq!((register.made(), register.dropped()), (total + 4, total + 4));
    });
}

#[test]
fn zero_sized_values_are_dropped_as_often_as_they_are_made() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Clone)]
    struct Nothing;

    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    let (mut writer, ring) = Ring::builder(8).build(|| Nothing);
    let mut reader = ring.subscribe().unwrap();
    for published in 1..=20 {
        writer.publish(Nothing);
        assert_eq!(reader.try_batch().unwrap().events().count(), 1);
        assert_eq!(DROPPED.load(Ordering::Relaxed), published);
    }
    drop((writer, reader, ring));
    assert_eq!(DROPPED.load(Ordering::Relaxed), 28);
}
