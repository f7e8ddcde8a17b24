//! Groups: a partition moves from one member to another, and nothing is lost or committed twice.
//!
//! A slot is not used again once a batch of it was dropped without a commit: loom would take it for
//! borrowed for ever.

use broadring::Writer;
use broadring_order::group::{Group, Member};
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, ring};

/// A group of one partition with this capacity, for two members.
fn group(capacity: usize) -> (Writer<Event>, Group<Event>) {
    let (writer, ring) = ring(capacity, 3);
    (writer, Group::builder("group").max_members(2).build([ring]).unwrap())
}

/// What became of an attempt to read what is there and to commit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Attempt {
    /// So many events were committed; 0 if there were none.
    Committed(usize),
    /// The member has got events, and was evicted before its commit.
    Refused,
    /// The member was evicted.
    Evicted,
}
use Attempt::{Committed, Evicted, Refused};

fn attempt(member: &mut Member<Event>) -> Attempt {
    match member.try_batch() {
        Ok(batch) => {
            for (sequence, event) in &batch {
                assert_eq!(event.number(), sequence.get());
            }
            let count = batch.len();
            batch.commit().map_or(Refused, |()| Committed(count))
        }
        Err(error) if error.is_empty() => Committed(0),
        Err(_) => Evicted,
    }
}

#[test]
fn a_commit_counts_or_the_next_owner_gets_the_events() {
    let outcomes = [(Committed(1), Committed(0)), (Refused, Committed(1)), (Evicted, Committed(1))];
    explore(100, outcomes, || {
        let (mut writer, group) = group(1);
        let mut first = group.join().unwrap();
        assert_eq!(attempt(&mut first), Committed(0));
        let (id, mut second) = (first.id().clone(), group.join().unwrap());
        assert_eq!(attempt(&mut first), Committed(0));
        publish(&mut writer, [0]);
        let committing = thread::spawn(move || (attempt(&mut first), first));
        assert!(group.evict(&id));
        let second = attempt(&mut second);
        let (first, _member) = committing.join().unwrap();
        (first, second)
    });
}

#[test]
fn what_an_evicted_member_borrows_is_not_overwritten() {
    let outcomes = [(Committed(1), Committed(0)), (Refused, Committed(1)), (Evicted, Committed(1))];
    explore(5000, outcomes, || {
        let (mut writer, group) = group(1);
        let mut first = group.join().unwrap();
        assert_eq!(attempt(&mut first), Committed(0));
        publish(&mut writer, [0]);
        let id = first.id().clone();
        let committing = thread::spawn(move || attempt(&mut first));
        group.evict(&id); // unless it has left
        let second = attempt(&mut group.join().unwrap());
        publish(&mut writer, [1]);
        (committing.join().unwrap(), second)
    });
}

#[test]
fn a_partition_moves_while_the_writer_publishes() {
    // How many events each of them has got.
    let outcomes = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [2, 0]];
    explore(1600, outcomes, || {
        let (mut writer, group) = group(2);
        let mut first = group.join().unwrap();
        assert_eq!(attempt(&mut first), Committed(0));
        let mut second = group.join().unwrap();
        let publishing = thread::spawn(move || {
            publish(&mut writer, [0, 1]);
            writer
        });
        let mut counts = [0, 0];
        let read = |member: &mut Member<Event>, count: &mut usize| match attempt(member) {
            Committed(more) => *count += more,
            other => panic!("{other:?}"),
        };
        read(&mut first, &mut counts[0]);
        read(&mut first, &mut counts[0]);
        drop(first);
        read(&mut second, &mut counts[1]);
        read(&mut second, &mut counts[1]);
        assert_eq!(group.committed(0).get(), (counts[0] + counts[1]) as u64);
        drop((publishing.join().unwrap(), second));
        counts
    });
}

#[test]
fn a_commit_counts_also_before_the_publication_is_finished() {
    // How many events the member has got in each batch. Three events share a block and its stamp.
    let outcomes = [[2, 0], [2, 1], [2, 2]];
    explore(80, outcomes, || {
        let (mut writer, group) = group(4);
        let mut member = group.join().unwrap();
        publish(&mut writer, [0, 1]);
        let batch = member.try_batch().unwrap();
        let publishing = thread::spawn(move || {
            publish(&mut writer, [2, 3]);
            writer
        });
        let first = batch.len();
        batch.commit().unwrap();
        let Committed(second) = attempt(&mut member) else { panic!("it is a member") };
        assert_eq!(group.committed(0).get(), (first + second) as u64);
        drop((publishing.join().unwrap(), member));
        [first, second]
    });
}

#[test]
fn the_next_owner_begins_after_the_part_that_was_committed() {
    // Which events the next owner has got.
    explore(3000, [vec![1]], || {
        let (mut writer, group) = group(2);
        let mut first = group.join().unwrap();
        assert_eq!(attempt(&mut first), Committed(0));
        let mut second = group.join().unwrap();
        publish(&mut writer, [0, 1]);
        let publishing = thread::spawn(move || {
            publish(&mut writer, [2]); // where event 0 was
            writer
        });
        let mut batch = first.try_batch().unwrap();
        let (sequence, _) = batch.first().unwrap();
        batch.commit_through(sequence).unwrap();
        drop(batch);
        drop(first);
        let got = match second.try_batch() {
            Ok(batch) => batch.events().map(|event| event.number()).collect(),
            Err(_) => Vec::new(),
        };
        drop((publishing.join().unwrap(), second));
        got
    });
}

mod sleep {
    use std::sync::Mutex;

    use broadring::Wait;
    use broadring_order::group::{Change, End};

    use crate::ring_that_waits;

    use super::*;

    /// A group of one partition whose writer does not wake anybody: there is one event in it.
    fn group() -> (Writer<Event>, Group<Event>) {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 3);
        let group = Group::builder("group").max_members(2).build([ring]).unwrap();
        publish(&mut writer, [0]);
        (writer, group)
    }

    #[test]
    fn a_member_asleep_is_woken_by_its_eviction() {
        explore(30, [()], || {
            let (writer, ring) = ring_that_waits(Wait::PARK, 1, 3);
            let group = Group::builder("group").max_members(1).build([ring]).unwrap();
            let mut member = group.join().unwrap();
            let id = member.id().clone();
            let waiting = thread::spawn(move || {
                assert!(member.wait_batch().is_err_and(|end| end.is_evicted()));
                member
            });
            assert!(group.evict(&id));
            drop(waiting.join().unwrap());
            drop(writer);
        });
    }

    #[test]
    fn a_member_asleep_is_woken_when_another_one_leaves() {
        explore(330, [()], || {
            let (writer, group) = group();
            let mut first = group.join().unwrap();
            drop(first.try_batch().unwrap());
            let mut second = group.join().unwrap();
            let waiting = thread::spawn(move || {
                second.wait_batch().unwrap().commit().unwrap();
                second
            });
            drop(first);
            drop(waiting.join().unwrap());
            drop(writer);
        });
    }

    #[test]
    fn a_member_asleep_is_woken_by_the_end_of_the_last_partition() {
        explore(95, [()], || {
            let (writer, group) = group();
            let mut first = group.join().unwrap();
            drop(writer);
            assert_eq!(attempt(&mut first), Committed(1));
            let mut second = group.join().unwrap();
            let waiting = thread::spawn(move || {
                assert_eq!(second.wait_batch().map(drop), Err(End::Closed));
                second
            });
            assert!(first.wait_batch().is_err());
            drop((waiting.join().unwrap(), first));
        });
    }

    #[test]
    fn a_member_asleep_is_woken_when_another_one_has_given_its_partition_up() {
        explore(70, [()], || {
            let [kept, (mut writer, moved)] = [(); 2].map(|()| ring_that_waits(Wait::PARK, 1, 3));
            let group = Group::builder("group").max_members(2).build([kept.1, moved]).unwrap();
            let mut first = group.join().unwrap();
            assert_eq!(attempt(&mut first), Committed(0));
            let mut second = group.join().unwrap();
            publish(&mut writer, [0]);
            let waiting = thread::spawn(move || {
                let batch = second.wait_batch().unwrap();
                assert_eq!(batch.partition(), 1);
                batch.commit().unwrap();
                second
            });
            assert_eq!(attempt(&mut first), Committed(0)); // gives partition 1 up
            drop(waiting.join().unwrap());
            drop((first, kept.0, writer));
        });
    }

    #[test]
    fn a_member_asleep_is_woken_to_give_a_partition_up() {
        explore(4300, [()], || {
            let [kept, (writer, moved)] = [(); 2].map(|()| ring_that_waits(Wait::PARK, 1, 3));
            // The event is published when the partition has moved: nothing else wakes the first member.
            let writer = Mutex::new(Some(writer));
            let on_change = move |change: &Change| match change {
                Change::Assigned { partition: 1, member, .. } if member.number() == 1 => {
                    let mut writer = writer.lock().unwrap().take().unwrap();
                    publish(&mut writer, [0]);
                }
                _ => (),
            };
            let builder = Group::builder("group").max_members(2).on_change(on_change);
            let group = builder.build([kept.1, moved]).unwrap();
            let mut first = group.join().unwrap();
            assert_eq!(attempt(&mut first), Committed(0));
            let waiting = thread::spawn(move || {
                assert!(first.wait_batch().is_err_and(|end| end.is_closed()));
                first
            });
            let mut second = group.join().unwrap();
            let batch = second.wait_batch().unwrap();
            assert_eq!(batch.partition(), 1);
            batch.commit().unwrap();
            drop(kept.0);
            assert!(second.wait_batch().is_err_and(|end| end.is_closed()));
            drop((waiting.join().unwrap(), second));
        });
    }
}
