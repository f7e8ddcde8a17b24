//! A merged reader that is too slow for one writer can be evicted, leaves all of them, and may come back.

use std::mem;
use std::time::Duration;

use broadring::{End, TryReadError};
use broadring_order::clock::{Clock, Lamport};
use broadring_order::{Merged, Order, SubscribeError, Writer, Writers};

type Parts = (Writers<u64, Lamport>, Order<u64, Lamport>);

/// A way to ask for something to read, which says whether the stream has ended.
type Way = fn(&mut Merged<u64, Lamport>) -> Option<End>;

fn order(max_readers: usize) -> Parts {
    Writers::builder(4).max_readers(max_readers).clock(Lamport::new()).build(|| 0)
}

/// A reader that any writer may evict at once.
fn evictable(order: &Order<u64, Lamport>) -> Merged<u64, Lamport> {
    order.reader().name("slow").evict_after(Duration::ZERO).subscribe().unwrap()
}

/// Publishes more than the ring holds, which evicts whoever is in the way.
fn overrun(writer: &mut Writer<u64, Lamport>) {
    (0..6).for_each(|event| _ = writer.try_publish(event).unwrap());
}

#[track_caller]
fn was_evicted<T: Clone, C: Clock>(reader: &mut Merged<T, C>) {
    for _ in 0..2 {
        match reader.try_recv().map(drop) {
            Err(TryReadError::Ended(End::Evicted(_))) => (),
            other => panic!("{other:?}"),
        }
        assert!(matches!(reader.wait_batch().map(drop), Err(End::Evicted(_))));
    }
}

#[track_caller]
fn has_left_all(order: &Order<u64, Lamport>) {
    for source in order.sources() {
        assert_eq!(source.ring().reader_count(), 0, "in the ring of source {}", source.id());
    }
}

#[test]
fn a_slow_reader_is_evicted_by_the_writer_that_it_holds_back() {
    let (writers, order) = order(4);
    let mut reader = evictable(&order);
    let (mut a, mut b) = (writers.join(), writers.join());
    overrun(&mut a);
    b.publish(7);
    was_evicted(&mut reader);
    has_left_all(&order);
}

#[test]
fn a_reader_that_is_evicted_after_it_has_seen_what_is_next_leaves_all_rings() {
    let ways: [Way; 4] = [
        |reader| reader.try_batch().map(drop).err()?.end().cloned(),
        |reader| reader.try_recv().map(drop).err()?.end().cloned(),
        |reader| reader.wait_batch().map(drop).err(),
        |reader| reader.recv().map(drop).err(),
    ];
    for way in ways {
        for evicting in [0, 1] {
            let (writers, order) = order(4);
            let mut reader = evictable(&order);
            let mut both = [writers.join(), writers.join()];
            both[0].publish(1);
            both[1].publish(2);
            // It knows the next event of each.
            drop(reader.try_batch().unwrap());
            overrun(&mut both[evicting]);
            let mut end = way(&mut reader);
            if end.is_none() {
                // What is next came from the other ring.
                end = way(&mut reader);
            }
            assert!(matches!(end, Some(End::Evicted(_))));
            has_left_all(&order);
        }
    }
}

#[test]
fn a_reader_that_was_evicted_joins_no_new_writer() {
    let (writers, order) = order(4);
    let mut reader = evictable(&order);
    overrun(&mut writers.join());
    was_evicted(&mut reader);
    let mut late = writers.join();
    has_left_all(&order);
    overrun(&mut late);
    was_evicted(&mut reader);
}

#[test]
fn a_reader_with_a_batch_in_its_hands_is_not_evicted_by_its_writer() {
    let (writers, order) = order(4);
    let mut reader = evictable(&order);
    let mut a = writers.join();
    (0..4).for_each(|event| _ = a.publish(event));
    let mut batch = reader.try_batch().unwrap();
    assert!(a.try_publish(4).is_err());
    assert_eq!(batch.iter().map(|event| *event.event).collect::<Vec<_>>(), [0]);
    drop(batch);
    a.try_publish(4).unwrap();
    for event in 1..5 {
        assert_eq!(reader.try_recv().unwrap().event, event);
    }
}

#[test]
fn a_reader_that_comes_back_goes_on_with_what_is_published_from_then_on() {
    let (writers, order) = order(1);
    let mut other = writers.join();
    let mut reader = evictable(&order);
    for round in 0..20_u64 {
        let mut a = writers.join();
        other.publish(round);
        overrun(&mut a);
        was_evicted(&mut reader);
        if round % 2 == 0 {
            drop(a);
        } else {
            mem::forget(a); // stays, and is silent
        }
        reader.rejoin().unwrap();
        assert_eq!(reader.name(), Some("slow"));
        assert!(matches!(reader.try_recv(), Err(TryReadError::Empty)));
        assert_eq!(reader.position(), order.published());
        other.publish(100);
        let seen = reader.try_recv().unwrap();
        assert_eq!((seen.position, seen.event), (8 * round + 7, 100));
        assert_eq!(seen.sequence.get(), 2 * round + 1);
    }
}

#[test]
fn any_reader_may_skip_to_what_comes_from_now_on() {
    let (writers, order) = order(1);
    let mut reader = order.subscribe().unwrap();
    let mut a = writers.join();
    (0..4).for_each(|event| _ = a.publish(event));
    reader.rejoin().unwrap();
    (4..8).for_each(|event| _ = a.try_publish(event).unwrap());
    let seen = reader.try_recv().unwrap();
    assert_eq!((seen.position, seen.event), (4, 4));
}

#[test]
fn a_reader_whose_place_was_taken_cannot_come_back_until_it_is_free() {
    let (writers, order) = order(1);
    let mut reader = evictable(&order);
    let mut a = writers.join();
    overrun(&mut a);
    was_evicted(&mut reader);
    // It has left, so there is room for another one.
    let other = order.subscribe().unwrap();
    assert_eq!(reader.rejoin(), Err(SubscribeError::TooManyReaders { max: 1 }));
    assert!(reader.try_recv().unwrap_err().end().is_some());
    drop(other);
    reader.rejoin().unwrap();
    a.publish(9);
    assert_eq!(reader.try_recv().unwrap().event, 9);
}
