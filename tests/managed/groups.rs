//! Threads that start together, or never.

use broadring::managed::{Group, SpawnError};
use broadring::{End, Ring, Sequence};

use crate::common::{Tally, count, eventually, finite, publish_at_once, publish_next};
use crate::handlers::{Checks, LONG, never_built, ring};

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
                Checks(Tally::at(Sequence::new(0)))
            })
        };
        let threads: Vec<_> = (0..MEMBERS).map(|_| spawn().unwrap()).collect();
        for _ in 0..8 {
            publish_at_once(&mut writer);
        }
        assert!(writer.try_publish(0).is_err(), "nobody reads yet");
        assert!(threads.iter().all(|thread| thread.lag() == 8));
        group.start();
        group.start();
        while writer.cursor().get() < 50 {
            publish_next(&mut writer);
        }
        drop(writer);
        for thread in threads {
            let (tally, end) = thread.join().unwrap();
            tally.ends_at(50);
            assert_eq!(end, End::Closed);
        }
    });
}

#[test]
fn who_joins_a_group_that_is_started_starts_at_once() {
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
fn a_group_that_is_dropped_before_it_is_started_ends_its_members() {
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
        let error = late.spawn(|_, _, _| unreachable!("nobody starts it")).unwrap().join();
        assert!(!error.unwrap_err().is_panic());
        assert_eq!(ring.reader_count(), 0);
        publish_at_once(&mut writer);
    });
}

#[test]
fn a_group_is_left_by_all_if_one_member_cannot_be_spawned() {
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
        eventually("nobody is left", || ring.reader_count() == 0);
    });
}

#[test]
fn a_member_that_is_stopped_before_the_start_is_never_built() {
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
fn a_started_group_that_is_dropped_leaves_its_members_alone() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let builder = ring.reader().managed().group(&group);
        let thread = builder.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
        group.start();
        drop(group);
        for _ in 0..20 {
            publish_next(&mut writer);
        }
        drop(writer);
        thread.join().unwrap().0.ends_at(20);
    });
}
