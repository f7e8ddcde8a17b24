//! A group can have members of every kind: they start together, and shut down in the order of the
//! stream.

use std::sync::mpsc;
use std::time::Duration;

use broadring::managed::{Fate, Group, ThreadBuilder};
use broadring::{End, Ring, Sequence};

use crate::common::{WAITS, count, event, eventually, finite, publish_at_once, publish_next};
use crate::rig::{Closures, LONG, expect_panic, give_up};

#[test]
fn editors_readers_and_observers_of_a_group_handle_everything_before_a_shutdown_returns() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, mut editors, ring) =
                Ring::builder(16).build_with_editors(["first", "second"], || 0);
            editors.iter_mut().for_each(|editor| editor.set_wait(wait));
            let journal = ring.reader().name("journal").wait(wait).subscribe().unwrap();
            let logic = ring.reader().wait(wait).after(&journal).unwrap().subscribe().unwrap();
            let tap = ring.reader().wait(wait).observe().unwrap();
            let group = Group::new();
            let edits = editors.map(|editor| {
                let builder = ThreadBuilder::new(editor).group(&group);
                builder.spawn(|event: &mut u64, _, _| *event = event.wrapping_add(1)).unwrap()
            });
            let check = |&seen: &u64, at: Sequence, _: bool| {
                assert_eq!(seen, event(at.get()).wrapping_add(2));
            };
            let reads = [journal, logic]
                .map(|reader| ThreadBuilder::new(reader).group(&group).spawn(check).unwrap());
            let looks = ThreadBuilder::new(tap).group(&group).spawn(check).unwrap();
            assert!(edits.iter().all(|thread| thread.position().get() == 0));
            (0..16).for_each(|_| publish_at_once(&mut writer));
            group.start();
            (0..count(500)).for_each(|_| {
                publish_next(&mut writer);
            });
            group.shutdown(writer, LONG).unwrap();
            for thread in edits.into_iter().chain(reads).chain([looks]) {
                assert!(thread.is_finished());
                assert_eq!((thread.position().get(), thread.lag()), (16 + count(500), 0));
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn a_shutdown_names_a_stuck_editor_and_the_members_behind_it() {
    finite(|| {
        let (mut writer, [stuck, behind], ring) =
            Ring::builder(8).build_with_editors(["stuck", "behind"], || 0_u64);
        let tap = ring.reader().name("tap").observe().unwrap();
        let group = Group::new().grace(Duration::from_millis(100));
        let (reach, reached) = mpsc::channel();
        let (hold, released) = mpsc::channel::<()>();
        let stuck = ThreadBuilder::new(stuck).group(&group).spawn(move |_, at, _| {
            if at.get() == 2 {
                reach.send(at).unwrap();
                let _ = released.recv();
            }
        });
        let behind = ThreadBuilder::new(behind).group(&group).spawn(|_, _, _| ()).unwrap();
        let builder = ring.reader().name("reader").managed().group(&group);
        let reader = builder.spawn_with(|| Closures::new(|_, _| ())).unwrap();
        let tap = ThreadBuilder::new(tap).group(&group);
        let tap = tap.spawn_with(|| Closures::new(|_, _| ())).unwrap();
        (0..6).for_each(|_| publish_at_once(&mut writer));
        group.start();
        assert_eq!(reached.recv(), Ok(Sequence::new(2)));
        eventually("the reader has read two events", || reader.position().get() == 2);
        eventually("the observer has seen them too", || tap.position().get() == 2);

        let error = group.shutdown(writer, Duration::from_millis(5)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the editor \"stuck\" is still running (4 events are left, from 2 on); \
             the editor \"behind\" was stopped; \
             the reader \"reader\" was stopped; \
             the observer \"tap\" was stopped"
        );
        let fates: Vec<_> = error.failures().iter().map(|failure| failure.fate()).collect();
        assert_eq!(fates, [&Fate::Running, &Fate::Stopped, &Fate::Stopped, &Fate::Stopped]);
        drop(hold);
        stuck.unwrap().join().unwrap();
        behind.join().unwrap();
        assert_eq!((reader.join().unwrap(), tap.join().unwrap()), (End::Stopped, End::Stopped));
    });
}

#[test]
fn a_shutdown_names_readers_that_wait_for_an_editor_outside_of_the_group() {
    finite(|| {
        let (mut writer, [mut editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0_u64);
        let group = Group::new().grace(LONG);
        let spawned = ring.reader().name("reader").managed().group(&group).spawn(|_, _, _| ());
        (0..6).for_each(|_| publish_at_once(&mut writer));
        drop(editor.try_batch_up_to(2).unwrap());
        let error = group.shutdown(writer, Duration::from_millis(5)).unwrap_err();
        assert_eq!(error.to_string(), "the reader \"reader\" was stopped");
        spawned.unwrap().join().unwrap();
    });
}

#[test]
fn a_shutdown_stops_those_behind_others_first_so_that_nobody_is_said_to_have_left_them() {
    finite(|| {
        for _ in 0..50 {
            let (mut writer, [_outside, inside], ring) =
                Ring::builder(8).build_with_editors(["outside", "inside"], || 0_u64);
            let first = ring.reader().name("first").subscribe().unwrap();
            let second = ring.reader().name("second").after(&first).unwrap();
            let second = second.subscribe().unwrap();
            let third = ring.reader().name("third").after(&second).unwrap().subscribe().unwrap();
            let tap = ring.reader().name("tap").observe().unwrap();
            publish_at_once(&mut writer);
            let group = Group::new().grace(LONG);
            // Those that the others come after are the first members.
            let inside = ThreadBuilder::new(inside).group(&group).spawn(|_, _, _| ()).unwrap();
            let readers = [first, second, third]
                .map(|it| ThreadBuilder::new(it).group(&group).spawn(|_, _, _| ()).unwrap());
            let tap = ThreadBuilder::new(tap).group(&group).spawn(|_, _, _| ()).unwrap();
            let error = group.shutdown(writer, Duration::from_millis(1)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the editor \"inside\" was stopped; the reader \"first\" was stopped; \
                 the reader \"second\" was stopped; the reader \"third\" was stopped; \
                 the observer \"tap\" was stopped"
            );
            readers.into_iter().chain([inside, tap]).for_each(|thread| thread.join().unwrap());
        }
    });
}

#[test]
fn a_shutdown_names_the_editor_that_panicked_and_the_members_that_got_no_further() {
    finite(|| {
        let (mut writer, [editor], ring) =
            Ring::builder(8).build_with_editors(["pricing"], || 0_u64);
        let group = Group::new();
        let editor = ThreadBuilder::new(editor).group(&group).spawn(|_, at, _| {
            if at.get() == 3 {
                give_up();
            }
        });
        let reader = ring.reader().name("reader").managed().group(&group).spawn(|_, _, _| ());
        (0..6).for_each(|_| publish_at_once(&mut writer));
        let error = group.shutdown(writer, LONG).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the editor \"pricing\" panicked: gave up (3 events are left, from 3 on); \
             the reader \"reader\" got no further: the editor \"pricing\", which comes first, \
             has left before event 3"
        );
        expect_panic(editor.unwrap());
        reader.unwrap().join().unwrap();
    });
}

#[test]
fn dropping_a_group_that_was_not_started_makes_its_editors_and_observers_leave() {
    finite(|| {
        let (mut writer, [editor], ring) =
            Ring::builder(8).build_with_editors(["editor"], || 0_u64);
        let mut reader = ring.subscribe().unwrap();
        let group = Group::new();
        let editor = ThreadBuilder::new(editor).group(&group).spawn(|_, _, _| unreachable!());
        let tap = ThreadBuilder::new(ring.observe().unwrap()).group(&group);
        let tap = tap.spawn(|_, _, _| unreachable!());
        publish_at_once(&mut writer);
        drop(group);
        for member in [editor.unwrap(), tap.unwrap()] {
            assert!(!member.join().unwrap_err().is_panic());
        }
        assert_eq!(ring.reader_count(), 1);
        assert!(reader.recv().is_err_and(|end| end.is_upstream_left()));
    });
}
