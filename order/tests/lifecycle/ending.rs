//! An order ends when the last writer and the last handle that hands writers out are gone, and readers
//! learn of it when they have read everything.

use std::ops::ControlFlow;
use std::thread;

use broadring::{End, TryReadError};
use broadring_order::clock::Lamport;
use broadring_order::{Merged, Order, Writers};

use crate::common::{PARK, count, finite, join, settle_down};

type Parts = (Writers<u64, Lamport>, Order<u64, Lamport>);

/// A way to read to the end, which returns the sum of the events.
type Way = fn(&mut Merged<u64, Lamport>) -> u64;

fn order() -> Parts {
    Writers::builder(8).clock(Lamport::new()).build(|| 0)
}

#[track_caller]
fn goes_on(reader: &mut Merged<u64, Lamport>) {
    assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
}

#[track_caller]
fn is_over(reader: &mut Merged<u64, Lamport>) {
    for _ in 0..2 {
        let ended = Err(TryReadError::Ended(End::Closed));
        assert_eq!(reader.try_recv().map(drop), ended);
        assert_eq!(reader.try_batch().map(drop), ended);
        assert_eq!(reader.recv().map(drop), Err(End::Closed));
        assert_eq!(reader.wait_batch().map(drop), Err(End::Closed));
        assert_eq!(reader.run(|_| panic!("there is nothing")), End::Closed);
        let nothing = reader.run_until(|_| ControlFlow::Break(()));
        assert_eq!(nothing, Err(End::Closed));
    }
}

#[test]
fn an_order_without_writers_goes_on_while_one_may_come() {
    let (writers, order) = order();
    let mut reader = order.subscribe().unwrap();
    goes_on(&mut reader);
    let more = writers.clone();
    drop(writers);
    goes_on(&mut reader);
    let mut writer = more.join();
    writer.publish(1);
    drop(writer);
    assert_eq!(reader.recv().unwrap().event, 1);
    goes_on(&mut reader);
    drop(more);
    is_over(&mut reader);
}

#[test]
fn an_order_goes_on_while_there_is_a_writer() {
    let (writers, order) = order();
    let mut reader = order.subscribe().unwrap();
    let (first, mut last) = (writers.join(), writers.join());
    drop(writers);
    drop(first);
    goes_on(&mut reader);
    last.publish(1);
    assert_eq!(reader.recv().unwrap().event, 1);
    goes_on(&mut reader);
    last.publish(2);
    drop(last);
    assert_eq!(reader.recv().unwrap().event, 2);
    is_over(&mut reader);
}

#[test]
fn the_end_comes_after_everything_was_read_however_it_is_read() {
    let ways: [Way; 4] = [
        |reader| {
            let mut sum = 0;
            while let Ok(event) = reader.recv() {
                sum += event.event;
            }
            sum
        },
        |reader| {
            let mut sum = 0;
            while let Ok(mut batch) = reader.wait_batch() {
                sum += batch.iter().map(|event| *event.event).sum::<u64>();
            }
            sum
        },
        |reader| {
            let mut sum = 0;
            assert_eq!(reader.run(|event| sum += event.event), End::Closed);
            sum
        },
        |reader| {
            let mut sum = 0;
            while let Ok(mut batch) = reader.wait_batch() {
                // One by one, although there are more.
                sum += batch.iter().next().map_or(0, |event| *event.event);
            }
            sum
        },
    ];
    for way in ways {
        let (writers, order) = order();
        let mut reader = order.subscribe().unwrap();
        let mut several: Vec<_> = (0..6).map(|_| writers.join()).collect();
        drop(writers);
        let events: u64 = several.iter_mut().map(|writer| writer.publish_all(0..8)).sum();
        drop(several);
        assert_eq!(way(&mut reader), 6 * 28);
        assert_eq!(reader.position(), events);
        is_over(&mut reader);
    }
}

#[test]
fn a_reader_that_joins_after_the_end_learns_of_it_and_of_what_it_has_missed() {
    let (writers, order) = order();
    writers.join().publish_all(0..5);
    drop(writers);
    let mut reader = order.subscribe().unwrap();
    is_over(&mut reader);
    assert_eq!((reader.position(), order.published()), (5, 5));
    reader.rejoin().unwrap();
    is_over(&mut reader);
}

#[test]
fn an_order_to_which_nobody_has_come_ends_without_an_event() {
    let (writers, order) = order();
    let mut reader = order.subscribe().unwrap();
    drop(writers);
    is_over(&mut reader);
    assert_eq!(reader.position(), 0);
}

#[test]
fn the_end_wakes_readers_that_sleep() {
    finite(|| {
        for round in 0..count(40) {
            let (writers, order) = order();
            let reading: Vec<_> = (0..3)
                .map(|_| {
                    let mut reader = order.reader().wait(PARK).subscribe().unwrap();
                    thread::spawn(move || {
                        let mut seen = 0;
                        (reader.run(|_| seen += 1), seen)
                    })
                })
                .collect();
            let mut writer = writers.join();
            settle_down(round);
            writer.publish(1);
            settle_down(round + 1);
            // In either order.
            if round % 2 == 0 {
                drop(writers);
                settle_down(round + 2);
                drop(writer);
            } else {
                drop(writer);
                settle_down(round + 2);
                drop(writers);
            }
            for reader in reading {
                assert_eq!(join(reader), (End::Closed, 1));
            }
        }
    });
}
