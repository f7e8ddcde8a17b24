//! Each change is reported once, when and where the documentation says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use broadring::Writer;
use broadring_order::group::{Change, Group, Member};

use crate::rig::{Journal, call, on_purpose, panics, partitions, peek, read, rings};

/// A group that writes a journal, its writers, and its members.
struct Journaled<const N: usize> {
    writers: Vec<Writer<u64>>,
    group: Group<u64>,
    members: [Member<u64>; N],
    journal: Journal,
}

/// Makes such a group, and members with these names.
fn journaled<const N: usize>(partitions: usize, names: [&str; N]) -> Journaled<N> {
    let (writers, rings) = rings(partitions, 8);
    let journal = Journal::default();
    let group = Group::builder("group").on_change(journal.write()).build(rings).unwrap();
    let members = names.map(|name| group.member().name(name).join().unwrap());
    Journaled { writers, group, members, journal }
}

#[test]
fn a_partition_that_moves_is_revoked_and_then_assigned() {
    let Journaled { mut writers, group, members: [mut a], journal } = journaled(2, ["a"]);
    assert!(journal.take().is_empty());
    call(&mut a);
    assert_eq!(journal.take(), ["+0@0 a", "+1@0 a"]);

    writers[1].publish_all([0, 1]);
    read(&mut a);
    let mut b = group.member().name("b").join().unwrap();
    call(&mut b);
    assert!(journal.take().is_empty());
    call(&mut a);
    assert_eq!(journal.take(), ["-1@2 a"]);
    call(&mut b);
    assert_eq!(journal.take(), ["+1@2 b"]);

    drop(b);
    assert_eq!(journal.take(), ["-1@2 b"]);
    call(&mut a);
    assert_eq!(journal.take(), ["+1@2 a"]);
}

#[test]
fn a_partition_that_ends_is_revoked() {
    let Journaled { mut writers, members: [mut a], journal, .. } = journaled(1, ["a"]);
    writers[0].publish(0);
    drop(writers);
    read(&mut a);
    assert!(a.wait_batch().is_err_and(|end| end.is_closed()));
    drop(a);
    assert_eq!(journal.take(), ["+0@0 a", "-0@1 a"]);
}

#[test]
fn what_an_evicted_member_has_had_is_lost_where_it_was_evicted() {
    let Journaled { mut writers, group, members: [mut a, mut b], journal } =
        journaled(1, ["a", "b"]);
    writers[0].publish_all([0, 1]);
    peek(&mut a);
    assert_eq!(journal.take(), ["+0@0 a"]);
    group.evict(a.id());
    assert_eq!(journal.take(), ["!0@0 a"]);
    drop(a);
    read(&mut b);
    assert_eq!(journal.take(), ["+0@0 b"]);
}

#[test]
fn what_a_member_has_had_that_panics_is_lost_on_its_thread() {
    let (_writers, rings) = rings(1, 2);
    let lost_on = Arc::new(OnceLock::new());
    let notice = Arc::clone(&lost_on);
    let on_change = move |change: &Change| {
        if let Change::Lost { .. } = change {
            notice.set(thread::current().id()).unwrap();
            on_purpose(); // must not abort
        }
    };
    let group = Group::builder("group").on_change(on_change).build(rings).unwrap();
    let mut member = group.join().unwrap();
    call(&mut member);
    let thread = thread::spawn(move || {
        let _member = member;
        on_purpose()
    });
    let id = thread.thread().id();
    assert!(thread.join().is_err());
    assert_eq!(lost_on.get(), Some(&id));
    assert!(group.members().is_empty());
}

#[test]
fn nobody_else_gets_a_partition_before_its_revocation_was_reported() {
    let (_writers, rings) = rings(1, 2);
    let (cell, revoked) =
        (Arc::new(OnceLock::<Group<u64>>::new()), Arc::new(AtomicBool::new(false)));
    let (group, noticed) = (Arc::clone(&cell), Arc::clone(&revoked));
    let on_change = move |change: &Change| {
        if let Change::Revoked { partition, member, .. } = change {
            assert_eq!(group.get().unwrap().owners()[*partition].as_ref(), Some(member));
            noticed.store(true, Ordering::Relaxed);
        }
    };
    let group = Group::builder("group").on_change(on_change).build(rings).unwrap();
    cell.set(group.clone()).unwrap();
    let mut first = group.join().unwrap();
    call(&mut first);
    drop(first);
    assert!(revoked.load(Ordering::Relaxed));
    assert_eq!(group.owners(), [None]);
}

#[test]
fn a_member_that_is_evicted_while_it_is_told_is_told_once() {
    let (_writers, rings) = rings(2, 2);
    let cell = Arc::new(OnceLock::<Group<u64>>::new());
    let journal = Journal::default();
    let (group, write) = (Arc::clone(&cell), journal.write());
    let on_change = move |change: &Change| {
        write(change);
        if let Change::Revoked { member, .. } = change {
            group.get().unwrap().evict(member);
        }
    };
    let group = Group::builder("group").on_change(on_change).build(rings).unwrap();
    cell.set(group.clone()).unwrap();
    let mut a = group.member().name("a").join().unwrap();
    call(&mut a);
    let b = group.member().name("b").join().unwrap();
    assert!(a.try_batch().unwrap_err().end().unwrap().is_evicted());
    drop((a, b));
    assert_eq!(journal.take(), ["+0@0 a", "+1@0 a", "-1@0 a", "!0@0 a"]);
}

#[test]
fn a_member_whose_closure_panics_goes_on_and_nothing_is_told_twice() {
    let (mut writers, rings) = rings(2, 4);
    let journal = Journal::default();
    let write = journal.write();
    let on_change = move |change: &Change| {
        write(change);
        on_purpose()
    };
    let group = Group::builder("group").on_change(on_change).build(rings).unwrap();
    let mut a = group.member().name("a").join().unwrap();
    panics(|| a.try_batch().map(drop));
    call(&mut a);
    assert_eq!(partitions(&a), [0, 1]);
    assert_eq!(journal.take(), ["+0@0 a"]);

    let mut b = group.member().name("b").join().unwrap();
    panics(|| a.try_batch().map(drop));
    assert_eq!(journal.take(), ["-1@0 a"]);
    call(&mut a);
    panics(|| b.try_batch().map(drop));
    assert_eq!(journal.take(), ["+1@0 b"]);
    writers[1].publish(0);
    read(&mut b);
    panics(move || drop(b));
    assert_eq!(journal.take(), ["-1@1 b"]);
    panics(|| a.try_batch().map(drop));
    assert_eq!(partitions(&a), [0, 1]);
    assert_eq!(group.members().len(), 1);
    std::mem::forget(a);
}
