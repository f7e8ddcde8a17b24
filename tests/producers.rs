//! Several producers can share the writer behind a lock or feed it through a channel: the events of
//! each producer stay in order, all readers see the same order, and a producer that panics or waits
//! does no harm to the others.

mod common;

use std::panic;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use broadring::{Reader, Ring, Writer};
use common::{count, eventually, finite, join, ring_of};

type Shared = Arc<Mutex<Writer<u64>>>;

/// An event made of its producer and its number among the events of that producer.
fn numbered(producer: u64, number: u64) -> u64 {
    producer << 32 | number
}

/// Takes the lock, even if it is poisoned. It tries until it succeeds, because ThreadSanitizer
/// does not see how the standard library takes a lock after a wait.
fn lock(writer: &Mutex<Writer<u64>>) -> MutexGuard<'_, Writer<u64>> {
    loop {
        match writer.try_lock() {
            Ok(writer) => return writer,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
}

/// A ring whose writer is shared.
fn shared_ring_of(capacity: usize) -> (Shared, Reader<u64>, Ring<u64>) {
    let (writer, reader, ring) = ring_of(capacity);
    (Arc::new(Mutex::new(writer)), reader, ring)
}

/// Reads to the end of the stream on a thread of its own.
fn read_all(mut reader: Reader<u64>) -> JoinHandle<Vec<u64>> {
    thread::spawn(move || {
        let mut seen = Vec::new();
        while let Ok(batch) = reader.wait_batch() {
            seen.extend(batch.events());
        }
        seen
    })
}

/// Runs a closure, which must panic through [`give_up`], while the lock is held, and so poisons it.
fn give_up_with_the_lock(writer: &Shared, with: impl FnOnce(&mut Writer<u64>) + Send + 'static) {
    let writer = Arc::clone(writer);
    let thread = thread::spawn(move || with(&mut lock(&writer)));
    assert_eq!(thread.join().unwrap_err().downcast_ref(), Some(&"gave up"));
}

/// Panics without a message on standard error.
fn give_up() -> ! {
    panic::resume_unwind(Box::new("gave up"))
}

/// Checks that all readers saw the same, and every event of every producer in its order.
#[track_caller]
fn assert_same_order(seen: &[Vec<u64>], producers: u64, each: u64) {
    for other in seen {
        assert!(*other == seen[0], "the readers saw different orders");
    }
    assert_eq!(seen[0].len() as u64, producers * each);
    for producer in 0..producers {
        let theirs = seen[0].iter().copied().filter(|event| event >> 32 == producer);
        assert!(theirs.eq((0..each).map(|number| numbered(producer, number))));
    }
}

#[test]
fn the_events_of_each_producer_stay_in_order_and_all_readers_see_one_order() {
    finite(|| {
        for (capacity, batch) in [(1, 1), (4, 3), (64, 1), (64, 7), (64, 200)] {
            let (writer, reader, ring) = shared_ring_of(capacity);
            let readers = [reader, ring.subscribe().unwrap()].map(read_all);
            let each = count(2_000);
            let producers: Vec<_> = (0..3)
                .map(|producer| {
                    let writer = Arc::clone(&writer);
                    thread::spawn(move || {
                        let mut buffer = Vec::new();
                        for number in 0..each {
                            buffer.push(numbered(producer, number));
                            if buffer.len() == batch || number + 1 == each {
                                let events = buffer.len() as u64;
                                let published = lock(&writer).publish_all(buffer.drain(..));
                                // No event of another producer is in between.
                                assert_eq!(published.end - published.start, events);
                            }
                        }
                    })
                })
                .collect();
            drop(writer);
            producers.into_iter().for_each(join);
            assert_same_order(&readers.map(join), 3, each);
        }
    });
}

#[test]
fn the_ring_closes_when_the_last_producer_drops_its_share() {
    finite(|| {
        let (writer, reader, ring) = shared_ring_of(8);
        let other = Arc::clone(&writer);
        let reader = read_all(reader);
        lock(&writer).publish(1);
        drop(writer);
        assert!(!ring.is_closed());
        lock(&other).publish(2);
        // A producer that panics drops its share of the writer, too.
        let last = thread::spawn(move || {
            let _writer = lock(&other);
            give_up();
        });
        last.join().map(drop).unwrap_err();
        assert!(ring.is_closed());
        assert_eq!(join(reader), [1, 2]);
    });
}

#[test]
fn a_producer_that_panics_while_it_writes_publishes_nothing_and_the_others_go_on() {
    finite(|| {
        let (writer, mut reader, _ring) = shared_ring_of(8);
        lock(&writer).publish(1);
        give_up_with_the_lock(&writer, |writer| {
            writer.publish_with(|slot| {
                *slot = 13;
                give_up();
            });
        });
        give_up_with_the_lock(&writer, |writer| {
            let mut claim = writer.claim(3).unwrap();
            claim[0] = 13;
            claim[2] = 13;
            give_up();
        });
        assert!(writer.is_poisoned() && writer.lock().is_err());
        writer.clear_poison();
        let sequence = writer.lock().unwrap().publish(2);
        assert_eq!(sequence.get(), 1, "there is no gap");
        assert!(reader.try_batch().unwrap().events().eq(&[1, 2]));
    });
}

#[test]
fn a_producer_that_panics_in_publish_all_has_published_the_items_before() {
    finite(|| {
        let (writer, mut reader, _ring) = shared_ring_of(64);
        give_up_with_the_lock(&writer, |writer| {
            writer.publish_all((0..10).map(|n| if n == 7 { give_up() } else { n }));
        });
        lock(&writer).publish(100);
        assert!(reader.try_batch().unwrap().events().eq(&[0, 1, 2, 3, 4, 5, 6, 100]));
    });
}

#[test]
fn a_producer_that_waits_for_room_holds_the_lock_and_a_refused_one_releases_it() {
    finite(|| {
        let (writer, mut reader, _ring) = shared_ring_of(1);
        lock(&writer).publish(0);
        // A refused producer has released the lock again.
        let refused = lock(&writer).try_publish(1).unwrap_err();
        assert_eq!(refused.into_inner(), 1);
        let refused = lock(&writer).publish_timeout(1, Duration::from_millis(1)).unwrap_err();
        assert_eq!(refused.into_inner(), 1);
        assert!(writer.try_lock().is_ok());

        let waits = thread::spawn({
            let writer = Arc::clone(&writer);
            move || lock(&writer).publish(1).get()
        });
        eventually("the waiting producer has the lock", || writer.try_lock().is_err());
        thread::sleep(Duration::from_millis(5));
        assert!(writer.try_lock().is_err(), "the producer waits for room while it holds the lock");
        assert_eq!(reader.recv(), Ok(0));
        assert_eq!(join(waits), 1);
        assert_eq!(reader.recv(), Ok(1));
    });
}

#[test]
fn a_thread_that_reads_and_publishes_makes_progress_if_it_only_tries_both() {
    finite(|| {
        let (writer, mut reader, ring) = shared_ring_of(2);
        let other = read_all(ring.subscribe().unwrap());
        let each = count(500);
        let feeder = thread::spawn({
            let writer = Arc::clone(&writer);
            move || {
                for number in 0..each {
                    lock(&writer).publish(numbered(0, number));
                }
            }
        });
        // This thread answers every event into the ring that it reads from. The ring is often
        // full, and then the feeder waits for this reader while it holds the lock.
        let (mut waiting, mut answers) = (0, 0);
        while answers < each {
            while let Ok(event) = reader.try_recv() {
                waiting += u64::from(event >> 32 == 0);
            }
            if waiting > 0 {
                let published = match writer.try_lock() {
                    Ok(mut writer) => writer.try_publish(numbered(1, answers)).is_ok(),
                    Err(_) => false,
                };
                answers += u64::from(published);
                waiting -= u64::from(published);
            }
            thread::yield_now();
        }
        join(feeder);
        drop(reader);
        drop(writer);
        assert_same_order(&[join(other)], 2, each);
    });
}

/// Moves events from a channel to the ring, up to `most` at once.
fn forward(events: &Receiver<u64>, mut writer: Writer<u64>, most: usize) {
    let mut waiting = Vec::with_capacity(most);
    while let Ok(first) = events.recv() {
        waiting.push(first);
        waiting.extend(events.try_iter().take(most - 1));
        writer.publish_all(waiting.drain(..));
    }
}

#[test]
fn a_channel_in_front_of_the_writer_keeps_the_order_of_each_producer_and_closes_the_ring() {
    finite(|| {
        for (capacity, most) in [(1, 1), (16, 4), (16, 100)] {
            let (writer, reader, ring) = ring_of(capacity);
            let readers = [reader, ring.subscribe().unwrap()].map(read_all);
            let (sender, events) = sync_channel(capacity);
            let forwarder = thread::spawn(move || forward(&events, writer, most));
            let each = count(2_000);
            let producers: Vec<_> = (0..3)
                .map(|producer| {
                    let sender = sender.clone();
                    let send = move |number| sender.send(numbered(producer, number)).unwrap();
                    thread::spawn(move || (0..each).for_each(send))
                })
                .collect();
            drop(sender);
            producers.into_iter().for_each(join);
            join(forwarder);
            assert!(ring.is_closed());
            assert_same_order(&readers.map(join), 3, each);
        }
    });
}
