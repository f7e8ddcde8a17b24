//! The members of a group start together, or not at all.

use broadring::managed::{Group, SpawnError};
use broadring::{End, Ring};

use crate::common::{count, eventually, finite, publish_at_once, publish_next};
use crate::rig::{Checker, LONG, expect_end, never_built, ring};

#[test]
fn all_members_of_a_group_have_joined_before_the_first_handler_is_built() {
    const MEMBERS: usize = 5;

    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let spawn = || {
            let ring = ring.clone();
            let builder = ring.reader().managed().group(&group);
            builder.spawn_with(move || {
                assert_eq!(ring.reader_count(), MEMBERS);
                Checker::at(0)
            })
        };
        let threads: Vec<_> = (0..MEMBERS).map(|_| spawn().unwrap()).collect();
        for _ in 0..8 {
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err(), "no member reads yet");
        assert!(threads.iter().all(|thread| thread.lag() == 8));
        group.start();
        group.start();
        while writer.cursor().get() < 50 {
            publish_next(&mut writer);
        }
        drop(writer);
        for thread in threads {
            expect_end(thread, 50, End::Closed);
        }
    });
}

#[test]
fn a_thread_that_joins_a_started_group_starts_at_once() {
    finite(|| {
        let (writer, ring) = ring(8);
        let group = Group::new();
        let builder = ring.reader().managed().group(&group);
        group.start();
        let thread = builder.spawn(|_, _, _| ()).unwrap();
        drop(writer);
        thread.join().unwrap();
        group.drain(LONG).unwrap();
    });
}

#[test]
fn dropping_a_group_that_was_not_started_ends_its_members() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let late = ring.reader().managed().group(&group);
        let members = [never_built(&ring, &group), never_built(&ring, &group)];
        assert_eq!(ring.reader_count(), 2);
        drop(group);
        for member in members {
            let error = member.join().unwrap_err();
            assert!(!error.is_panic());
            assert!(error.into_panic().is_none());
        }
        let error = late.spawn(|_, _, _| unreachable!("the group was dropped")).unwrap().join();
        assert!(!error.unwrap_err().is_panic());
        assert_eq!(ring.reader_count(), 0);
        publish_at_once(&mut writer);
    });
}

#[test]
fn all_members_of_a_group_leave_if_one_cannot_be_spawned() {
    fn spawn_three(ring: &Ring<u64>) -> Result<(), SpawnError> {
        let group = Group::new();
        for _ in 0..3 {
            ring.reader().managed().group(&group).spawn(|_, _, _| unreachable!())?;
        }
        Ok(())
    }

    finite(|| {
        let (_writer, ring) = Ring::builder(8).max_readers(2).build(|| 0);
        assert!(matches!(spawn_three(&ring), Err(SpawnError::Subscribe(_))));
        eventually("every reader has left", || ring.reader_count() == 0);
    });
}

#[test]
fn the_handler_of_a_member_that_is_stopped_before_the_start_is_never_built() {
    finite(|| {
        for _ in 0..count(200) {
            let (writer, ring) = ring(8);
            let group = Group::new();
            let never = never_built(&ring, &group);
            never.stop();
            group.start();
            group.shutdown(writer, LONG).unwrap();
            assert!(!never.join().unwrap_err().is_panic());
        }
    });
}

#[test]
fn dropping_a_started_group_does_not_end_its_members() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let builder = ring.reader().managed().group(&group);
        let thread = builder.spawn_with(|| Checker::at(0)).unwrap();
        group.start();
        drop(group);
        for _ in 0..20 {
            publish_next(&mut writer);
        }
        drop(writer);
        thread.join().unwrap().0.ends_at(20);
    });
}
