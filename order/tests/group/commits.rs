//! What was committed never comes again, and everything else does.

use std::cell::Cell;
use std::ops::ControlFlow;

use broadring::Sequence;

use crate::rig::{call, group, on_purpose, panics, peek, read};

#[test]
fn a_batch_that_is_dropped_forgotten_or_unwound_comes_again() {
    let (mut writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    writers[0].publish_all([0, 1]);
    drop(member.try_batch().unwrap());
    assert_eq!(peek(&mut member), (0, vec![0, 1]));
    std::mem::forget(member.try_batch().unwrap());
    assert_eq!(peek(&mut member), (0, vec![0, 1]));
    panics(|| {
        let _batch = member.try_batch().unwrap();
        on_purpose()
    });
    assert_eq!(read(&mut member), (0, vec![0, 1]));
    call(&mut member);
}

#[test]
fn a_part_that_was_committed_is_out_of_the_batch() {
    let (mut writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    writers[0].publish_all(0..4);
    let mut batch = member.try_batch().unwrap();
    batch.commit_through(Sequence::new(1)).unwrap();
    batch.commit_through(Sequence::new(0)).unwrap(); // is committed already
    assert_eq!(batch.iter().map(|(_, event)| *event).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(group.committed(0).get(), 2);
    writers[0].publish_all([4, 5]);
    assert!(writers[0].try_publish(6).is_err());
    drop(batch);
    assert_eq!(read(&mut member), (0, vec![2, 3]));
    assert_eq!(read(&mut member), (0, vec![4, 5]));
}

#[test]
fn an_empty_rest_can_be_committed() {
    let (mut writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    writers[0].publish(0);
    let mut batch = member.try_batch().unwrap();
    batch.commit_through(Sequence::new(0)).unwrap();
    assert!(batch.is_empty());
    batch.commit().unwrap();
    call(&mut member);
    assert_eq!(group.lag(), 0);
}

#[test]
fn only_events_of_the_batch_can_be_committed() {
    let (mut writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    writers[0].publish(0);
    let mut batch = member.try_batch().unwrap();
    writers[0].publish(1);
    panics(|| batch.commit_through(Sequence::new(1)));
    assert_eq!(group.committed(0).get(), 0);
    drop(batch);
    assert_eq!(read(&mut member), (0, vec![0]));
}

#[test]
fn a_closure_gets_everything_and_what_it_has_handled_is_committed() {
    let (mut writers, group) = group(2, 16);
    let mut member = group.join().unwrap();
    for writer in &mut writers {
        writer.publish_all(0..10);
    }
    drop(writers);
    let mut seen = [const { Vec::new() }; 2];
    let end = member.run(|partition, sequence, &event| {
        assert_eq!(sequence.get(), event);
        seen[partition].push(event);
        // A quarter of the ring is four events.
        assert_eq!(group.committed(partition).get(), event / 4 * 4);
    });
    assert!(end.is_closed());
    assert_eq!(seen, [(); 2].map(|()| (0..10).collect::<Vec<_>>()));
    assert_eq!(group.lag(), 0);
}

#[test]
fn an_event_at_which_a_closure_panics_comes_again() {
    let (mut writers, group) = group(1, 16);
    let mut member = group.join().unwrap();
    writers[0].publish_all(0..10);
    let last = Cell::new(0);
    panics(|| {
        member.run(|_, _, &event| {
            last.set(event);
            if event == 6 {
                on_purpose();
            }
        })
    });
    assert_eq!((last.get(), group.committed(0).get()), (6, 6));
    assert_eq!(read(&mut member), (0, vec![6, 7, 8, 9]));
}

#[test]
fn an_event_at_which_a_closure_breaks_is_handled() {
    let (mut writers, group) = group(1, 16);
    let mut member = group.join().unwrap();
    writers[0].publish_all(0..10);
    let found = member.run_until(|_, sequence, &event| match event {
        6 => ControlFlow::Break(sequence),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(found, Ok(Sequence::new(6)));
    assert_eq!(read(&mut member), (0, vec![7, 8, 9]));
}

#[test]
fn a_member_that_panics_leaves_what_it_has_not_committed_to_others() {
    let (mut writers, group) = group(1, 4);
    let mut other = group.join().unwrap();
    let mut member = group.join().unwrap();
    assert!(group.evict(other.id()));
    writers[0].publish_all([0, 1, 2]);
    panics(move || {
        let mut batch = member.try_batch().unwrap();
        batch.commit_through(Sequence::new(0)).unwrap();
        on_purpose()
    });
    assert!(group.members().is_empty());
    other.rejoin();
    assert_eq!(read(&mut other), (0, vec![1, 2]));
}
