//! What was handed out counts as read, under its position, and nothing else.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use broadring::TryReadError;
use broadring_order::clock::{Clock, Lamport};
use broadring_order::{Merged, Writer, Writers};

/// Two writers with three events each, in turns, and a reader of them. A batch lends the first five: behind
/// the last event that it has of one writer, another one of that writer might come.
fn six_events() -> (Writer<u64, Lamport>, Writer<u64, Lamport>, Merged<u64, Lamport>) {
    let (writers, order) = Writers::builder(16).clock(Lamport::new()).build(|| 0_u64);
    let reader = order.subscribe().unwrap();
    let (mut a, mut b) = (writers.join(), writers.join());
    for event in [0, 2, 4] {
        a.publish(event);
        b.publish(event + 1);
    }
    (a, b, reader)
}

/// Reads all that there is, of which position and event must be the same from `next` on.
#[track_caller]
fn reads<C: Clock>(reader: &mut Merged<u64, C>, next: u64, end: u64) {
    let mut at = next;
    while let Ok(event) = reader.try_recv() {
        assert_eq!((event.position, event.event), (at, at));
        at += 1;
    }
    assert_eq!((at, reader.position()), (end, end));
}

#[test]
fn events_of_a_batch_that_is_dropped_at_once_come_again() {
    let (_a, _b, mut reader) = six_events();
    for _ in 0..3 {
        drop(reader.try_batch().unwrap());
        assert_eq!(reader.position(), 0);
    }
    reads(&mut reader, 0, 6);
}

#[test]
fn events_of_a_batch_that_was_read_in_part_come_from_there_on() {
    for taken in 0..=5 {
        let (_a, _b, mut reader) = six_events();
        let mut batch = reader.try_batch().unwrap();
        assert_eq!(batch.iter().take(taken).count(), taken);
        drop(batch);
        assert_eq!(reader.position(), taken as u64);
        reads(&mut reader, taken as u64, 6);
    }
}

#[test]
fn an_iterator_goes_on_where_the_one_before_it_was_dropped() {
    let (_a, _b, mut reader) = six_events();
    let mut batch = reader.try_batch().unwrap();
    for at in 0..5 {
        let event = batch.iter().next().unwrap();
        assert_eq!((event.position, *event.event), (at, at));
    }
    assert_eq!(batch.iter().next(), None);
    assert_eq!(batch.iter().next(), None);
}

#[test]
fn an_iterator_that_is_forgotten_has_handed_out_its_events() {
    let (_a, _b, mut reader) = six_events();
    let mut batch = reader.try_batch().unwrap();
    let mut iter = batch.iter();
    iter.next();
    iter.next();
    mem::forget(iter);
    drop(batch);
    reads(&mut reader, 2, 6);
}

#[test]
fn events_of_a_batch_that_is_forgotten_come_again_under_the_same_positions() {
    for taken in 0..=5 {
        let (_a, _b, mut reader) = six_events();
        let mut batch = reader.try_batch().unwrap();
        assert_eq!(batch.iter().take(taken).count(), taken);
        mem::forget(batch);
        assert_eq!(reader.position(), 0);
        reads(&mut reader, 0, 6);
    }
}

#[test]
fn an_event_at_which_a_handler_panics_or_breaks_counts_as_read() {
    for stop in 0..6 {
        for panics in [false, true] {
            let (_a, _b, mut reader) = six_events();
            let caught = catch_unwind(AssertUnwindSafe(|| {
                reader.run_until(|event| {
                    if event.position == stop {
                        assert!(!panics, "on purpose");
                        return ControlFlow::Break(event.position);
                    }
                    ControlFlow::Continue(())
                })
            }));
            assert_eq!(caught.is_err(), panics);
            reads(&mut reader, stop + 1, 6);
        }
    }
}

#[test]
fn a_batch_can_be_folded_after_some_of_it_was_taken() {
    let (_a, _b, mut reader) = six_events();
    let mut batch = reader.try_batch().unwrap();
    let mut iter = batch.iter();
    iter.next();
    let heard = iter.fold(Vec::new(), |mut heard, event| {
        heard.push((event.position, *event.event));
        heard
    });
    assert_eq!(heard, [(1, 1), (2, 2), (3, 3), (4, 4)]);
    drop(batch);
    reads(&mut reader, 5, 6);
}

/// An event whose clone panics once.
#[derive(Debug)]
struct Shy(u64, AtomicBool);

impl Clone for Shy {
    fn clone(&self) -> Self {
        assert!(!self.1.swap(false, Ordering::Relaxed), "on purpose");
        Self(self.0, AtomicBool::new(false))
    }
}

#[test]
fn an_event_whose_clone_panics_is_not_read_and_comes_again() {
    let (writers, order) =
        Writers::builder(8).clock(Lamport::new()).build(|| Shy(0, AtomicBool::new(false)));
    let mut reader = order.subscribe().unwrap();
    let mut writer = writers.join();
    writer.publish(Shy(7, AtomicBool::new(true)));
    writer.publish(Shy(8, AtomicBool::new(true)));
    for event in [7, 8] {
        let panicked = catch_unwind(AssertUnwindSafe(|| reader.try_recv().map(drop)));
        assert!(panicked.is_err());
        assert_eq!(reader.position(), event - 7);
        let seen = reader.try_recv().unwrap();
        assert_eq!(
            (seen.position, seen.sequence.get(), seen.event.0),
            (event - 7, event - 7, event)
        );
    }
    assert!(matches!(reader.try_recv(), Err(TryReadError::Empty)));
}
