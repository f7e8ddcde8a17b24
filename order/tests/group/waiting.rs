//! A member that waits sleeps until there is something to do, and is woken by it.
//!
//! That it does sleep, and in every interleaving, is for the models; here it may or may not.

use std::thread;
use std::time::Duration;

use broadring::Wait;

use crate::rig::{call, group, partitions, peek, read};

#[test]
fn a_member_that_waits_gets_an_event_of_any_of_its_partitions() {
    for wait in [Wait::PARK, Wait::YIELD] {
        let (mut writers, group) = group(3, 4);
        let mut member = group.member().wait(wait).join().unwrap();
        let waiting = thread::spawn(move || {
            let batch = member.wait_batch().unwrap();
            let partition = batch.partition();
            batch.commit().unwrap();
            partition
        });
        writers[1].publish(0);
        assert_eq!(waiting.join().unwrap(), 1);
        assert_eq!(group.lag(), 0);
    }
}

#[test]
fn a_member_that_waits_gives_up_what_is_to_move() {
    let (mut writers, group) = group(2, 4);
    let mut first = group.join().unwrap();
    let waiting = thread::spawn(move || {
        let end = first.run(|_, _, _| ());
        (first, end)
    });
    let mut second = group.join().unwrap();
    writers[1].publish(0);
    while group.owners()[1].as_ref() != Some(second.id()) {
        // Either of them reads it.
        drop(second.try_batch());
        thread::yield_now();
    }
    drop(writers);
    second.run(|_, _, _| ());
    let (_first, end) = waiting.join().unwrap();
    assert!(end.is_closed());
    assert_eq!(group.lag(), 0);
}

#[test]
fn a_member_that_waits_gets_what_others_leave() {
    let (mut writers, group) = group(1, 4);
    let mut first = group.join().unwrap();
    let mut second = group.join().unwrap();
    writers[0].publish(0);
    assert_eq!(peek(&mut first), (0, vec![0]));
    call(&mut second);
    let waiting = thread::spawn(move || {
        let batch = second.wait_batch().unwrap();
        batch[0]
    });
    drop(first);
    assert_eq!(waiting.join().unwrap(), 0);
}

#[test]
fn a_member_that_waits_learns_that_it_was_evicted() {
    let (_writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    let id = member.id().clone();
    let waiting = thread::spawn(move || member.run(|_, _, _| ()));
    assert!(group.evict(&id));
    assert!(waiting.join().unwrap().is_evicted());
}

#[test]
fn a_member_that_waits_for_a_time_gives_up_then() {
    let (mut writers, group) = group(2, 4);
    let mut member = group.join().unwrap();
    let error = member.batch_timeout(Duration::from_millis(1)).map(drop).unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(partitions(&member), [0, 1]);
    writers[1].publish(0);
    let batch = member.batch_timeout(Duration::MAX).unwrap();
    assert_eq!(batch.partition(), 1);
    drop(batch);
    assert_eq!(read(&mut member), (1, vec![0]));
    drop(writers);
    let error = member.batch_timeout(Duration::ZERO).map(drop).unwrap_err();
    assert!(error.end().unwrap().is_closed());
}
