//! A member that was evicted commits nothing more, learns of it, and may come back.

use std::time::Duration;

use broadring::{Ring, Sequence};
use broadring_order::group::{End, Group};

use crate::rig::{call, group, on_purpose, panics, partitions, peek, read, rings};

#[test]
fn a_commit_of_an_evicted_member_is_refused_and_says_what_was_tried() {
    let (mut writers, group) = group(2, 4);
    let mut member = group.member().name("slow").join().unwrap();
    writers[1].publish_all([0, 1, 2]);
    let mut batch = member.try_batch().unwrap();
    batch.commit_through(Sequence::new(0)).unwrap();
    assert!(group.evict(batch.member()));
    assert_eq!(batch[0], 1); // still readable

    let error = batch.commit_through(Sequence::new(1)).unwrap_err();
    assert_eq!((error.partition(), error.through().get(), error.committed().get()), (1, 1, 1));
    assert_eq!(error.member(), batch.member());
    assert_eq!(batch[0], 1);
    let error = batch.commit().unwrap_err();
    assert_eq!(
        error.to_string(),
        "member 0 \"slow\" was evicted and cannot commit event 2 of partition 1, which is committed \
         up to 1"
    );
    assert_eq!(read(&mut group.join().unwrap()), (1, vec![1, 2]));
}

#[test]
fn a_commit_is_refused_also_after_the_next_owner_has_committed() {
    let (mut writers, group) = group(1, 4);
    let mut slow = group.join().unwrap();
    writers[0].publish_all([0, 1]);
    let batch = slow.try_batch().unwrap();
    group.evict(batch.member());
    let mut next = group.join().unwrap();
    assert_eq!(read(&mut next), (0, vec![0, 1]));
    writers[0].publish(2);
    assert_eq!(batch.commit().unwrap_err().committed().get(), 2);
    assert_eq!(read(&mut next), (0, vec![2]));
}

#[test]
fn a_commit_is_refused_also_if_the_member_has_the_partition_again() {
    let (mut writers, group) = group(1, 4);
    let mut slow = group.join().unwrap();
    writers[0].publish_all([0, 1]);
    let batch = slow.try_batch().unwrap();
    group.evict(batch.member());
    assert_eq!(peek(&mut group.join().unwrap()), (0, vec![0, 1]));
    assert_eq!(batch.commit().unwrap_err().committed().get(), 0);
    slow.rejoin();
    assert_eq!(read(&mut slow), (0, vec![0, 1]));
}

#[test]
fn an_evicted_member_holds_the_writer_back_until_it_notices() {
    let (mut writers, group) = group(1, 2);
    let mut slow = group.join().unwrap();
    writers[0].publish_all([0, 1]);
    drop(slow.try_batch().unwrap());
    group.evict(slow.id());
    let mut next = group.join().unwrap();
    assert_eq!(read(&mut next), (0, vec![0, 1]));
    assert!(writers[0].try_publish(2).is_err());

    let end = slow.wait_batch().map(drop).unwrap_err();
    assert_eq!(end.to_string(), "member 0 was evicted from its group");
    writers[0].publish_all([2, 3]);
    assert_eq!(read(&mut next), (0, vec![2, 3]));
}

#[test]
fn an_evicted_member_stays_evicted_until_it_joins_again() {
    let (_writers, group) = group(1, 2);
    let mut member = group.member().name("a").join().unwrap();
    call(&mut member);
    let before = member.id().clone();
    assert!(group.evict(&before));
    assert!(!group.evict(&before));
    for _ in 0..2 {
        assert!(member.try_batch().unwrap_err().end().unwrap().is_evicted());
    }
    assert!(member.run(|_, _, _| ()).is_evicted());
    assert!(partitions(&member).is_empty());
    member.rejoin();
    call(&mut member);
    assert_eq!(partitions(&member), [0]);
    assert_ne!(*member.id(), before);
    assert_eq!(member.id().name(), Some("a"));
    let again = member.id().clone();
    member.rejoin(); // is a member
    assert_eq!(*member.id(), again);
}

#[test]
fn a_member_that_does_not_come_back_is_evicted_by_the_calls_of_others() {
    let (mut writers, rings) = rings(2, 4);
    let group = Group::builder("impatient").evict_after(Duration::ZERO).build(rings).unwrap();
    let mut slow = group.join().unwrap();
    let mut other = group.join().unwrap();
    call(&mut slow);
    call(&mut other);
    assert_eq!(group.members().len(), 2); // nothing waits for anybody
    writers[0].publish(0);
    let batch = slow.try_batch().unwrap();
    assert_eq!(batch.partition(), 0);
    assert_eq!(read(&mut other), (0, vec![0]));
    assert!(batch.commit().is_err());
    assert_eq!(group.members(), [other.id().clone()]);
    slow.rejoin();
    assert_eq!(group.members().len(), 2);
}

#[test]
fn a_member_that_does_not_fetch_its_partitions_is_evicted_too() {
    let (mut writers, rings) = rings(1, 4);
    let group = Group::builder("impatient").evict_after(Duration::ZERO).build(rings).unwrap();
    let absent = group.join().unwrap();
    assert_eq!(group.evict_idle(), 0);
    writers[0].publish(0);
    assert_eq!(group.evict_idle(), 1);
    assert!(group.members().is_empty());
    drop(absent);
}

#[test]
fn nobody_is_evicted_too_early_or_where_it_was_not_asked_for() {
    let (mut writers, rings) = rings(1, 4);
    let patient =
        Group::builder("patient").evict_after(Duration::MAX).build(rings.clone()).unwrap();
    let plain = Group::new("plain", rings).unwrap();
    for group in [patient, plain] {
        let mut member = group.join().unwrap();
        let mut other = group.join().unwrap();
        writers[0].publish(0);
        let batch = member.try_batch().unwrap();
        call(&mut other);
        assert_eq!(group.evict_idle(), 0);
        batch.commit().unwrap();
    }
}

#[test]
fn a_ring_without_room_for_another_owner_says_so_and_is_tried_again() {
    let (mut writer, ring) = Ring::builder(4).max_readers(2).build(|| 0_u64);
    let (mut other_writer, other_ring) = Ring::builder(4).build(|| 0_u64);
    let group = Group::new("group", [ring, other_ring]).unwrap();
    let mut slow = group.join().unwrap();
    writer.publish(0);
    let batch = slow.try_batch().unwrap();
    group.evict(batch.member());

    let mut next = group.join().unwrap();
    other_writer.publish(0);
    assert_eq!(read(&mut next), (1, vec![0])); // first what there is
    match next.wait_batch().map(drop) {
        Err(End::NoReader { partition: 0, .. }) => (),
        other => panic!("{other:?}"),
    }
    drop(batch);
    drop(slow);
    assert_eq!(read(&mut next), (0, vec![0]));
}

#[test]
fn a_member_that_panics_while_it_is_evicted_harms_nobody() {
    let (mut writers, group) = group(1, 4);
    let mut member = group.join().unwrap();
    writers[0].publish(0);
    let evicting = group.clone();
    panics(move || {
        let batch = member.try_batch().unwrap();
        evicting.evict(batch.member());
        on_purpose()
    });
    assert_eq!(read(&mut group.join().unwrap()), (0, vec![0]));
}
