//! There can be as many merged readers as the order was built for, and what keeps one out is named.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broadring::{End, TryReadError};
use broadring_order::clock::Lamport;
use broadring_order::{SourceId, SubscribeError, Writers};

#[test]
fn as_many_readers_as_the_order_was_built_for_can_join() {
    for max in [1, 2, 3, 32, 100] {
        let (writers, order) =
            Writers::builder(2).max_readers(max).clock(Lamport::new()).build(|| 0_u64);
        let mut writer = writers.join();
        for _ in 0..3 {
            let mut readers: Vec<_> = (0..max).map(|_| order.subscribe().unwrap()).collect();
            let refused = order.subscribe().unwrap_err();
            assert_eq!(refused, SubscribeError::TooManyReaders { max });
            assert_eq!(
                refused.to_string(),
                format!("there are {max} merged readers already, and no room for more")
            );
            assert!(refused.source().is_none());
            writer.publish(1);
            for reader in &mut readers {
                assert_eq!(reader.recv().unwrap().event, 1);
            }
        }
    }
}

#[test]
fn readers_of_one_ring_that_leave_no_room_are_named_by_their_source() {
    let (writers, order) = Writers::builder(2).max_readers(1).build(|| 0_u64);
    let _first = writers.join();
    let second = writers.join();
    let ring = second.source().ring().clone();
    let direct = [ring.subscribe().unwrap(), ring.subscribe().unwrap()];
    let refused = order.subscribe().unwrap_err();
    assert!(matches!(&refused, SubscribeError::Source { source, .. } if *source == second.id()));
    let text = refused.to_string();
    assert!(text.starts_with("the ring of source 1: "), "{text}");
    assert!(refused.source().is_some());
    // The refused one has left no trace.
    assert_eq!(order.sources()[0].ring().reader_count(), 0);
    drop(direct);
    order.subscribe().unwrap();
}

#[test]
fn writers_are_numbered_in_the_order_in_which_they_come_and_numbers_are_not_given_again() {
    let (writers, order) = Writers::builder(4).build(|| 0_u64);
    let a = writers.writer().name("a").capacity(16).join();
    let b = writers.join();
    assert_eq!((a.id(), b.id()), (SourceId::new(0), SourceId::new(1)));
    assert_eq!((a.capacity(), b.capacity()), (16, 4));
    let named = |name: Option<&str>| name.map(str::to_owned);
    let sources = || -> Vec<_> {
        order.sources().iter().map(|source| (source.id().get(), named(source.name()))).collect()
    };
    assert_eq!(sources(), [(0, Some("a".to_owned())), (1, None)]);
    drop(a);
    assert_eq!(sources(), [(1, None)]);
    let c = writers.writer().name("c").join();
    assert_eq!(c.id().get(), 2);
    assert_eq!(sources(), [(1, None), (2, Some("c".to_owned()))]);
    assert_eq!(c.source().ring().name(), Some("c"));
}

#[test]
fn readers_have_their_name_in_the_ring_of_every_writer() {
    let (writers, order) = Writers::builder(4).build(|| 0_u64);
    let early = writers.join();
    let mut reader = order.reader().name("audit").subscribe().unwrap();
    let late = writers.join();
    assert_eq!(reader.name(), Some("audit"));
    assert!(matches!(reader.try_recv(), Err(TryReadError::Empty)));
    for writer in [&early, &late] {
        let stats = writer.source().ring().stats();
        let names: Vec<_> = stats.members.iter().map(|member| member.member.name()).collect();
        assert_eq!(names, [Some("audit")]);
    }
    assert_eq!(order.subscribe().unwrap().name(), None);
}

#[test]
fn published_events_are_counted_also_those_of_writers_that_have_left() {
    let (writers, order) = Writers::builder(4).build(|| 0_u64);
    let mut total = 0;
    for events in 0..10 {
        let mut writer = writers.join();
        assert_eq!(writer.publish_all(0..events), events);
        assert_eq!(writer.cursor().get(), events);
        total += events;
        assert_eq!(order.published(), total);
        drop(writer);
        assert_eq!(order.published(), total);
        assert_eq!(order.subscribe().unwrap().position(), total);
    }
}

#[test]
fn a_factory_that_panics_adds_no_writer_and_keeps_nobody() {
    let calls = Arc::new(AtomicU64::new(0));
    let factory = {
        let calls = Arc::clone(&calls);
        move || {
            assert!(calls.fetch_add(1, Ordering::Relaxed) != 5, "on purpose");
            7_u64
        }
    };
    let (writers, order) = Writers::builder(4).clock(Lamport::new()).build(factory);
    let mut reader = order.subscribe().unwrap();
    let mut first = writers.join();
    assert!(catch_unwind(AssertUnwindSafe(|| writers.join())).is_err());
    assert_eq!(order.sources().len(), 1);
    let mut second = writers.join();
    assert_eq!(second.id().get(), 1);
    first.publish(1);
    second.publish(2);
    drop((writers, first, second));
    let mut heard = Vec::new();
    assert_eq!(reader.run(|event| heard.push(*event.event)), End::Closed);
    assert_eq!(heard, [1, 2]);
}

#[test]
fn capacities_that_are_no_powers_of_two_are_refused() {
    for capacity in [0, 3, 12] {
        let built = catch_unwind(|| drop(Writers::<u64>::builder(capacity)));
        let message = *built.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(message, format!("the capacity of a ring is a power of two, not {capacity}"));
    }
    let (writers, order) = Writers::builder(4).build(|| 0_u64);
    let odd = AssertUnwindSafe(|| drop(writers.writer().capacity(3).join()));
    assert!(catch_unwind(odd).is_err());
    assert!(order.sources().is_empty());
    let mut reader = order.subscribe().unwrap();
    drop(writers);
    assert_eq!(reader.recv(), Err(End::Closed));
}
