//! Shutting a group down waits until every member has read everything, and names the members that
//! have not, with the reason.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use broadring::managed::{Fate, Group};
use broadring::{End, Ring, Sequence, Wait};

use crate::common::{Tally, WAITS, eventually, finite, publish_at_once, publish_next};
use crate::rig::{
    Checker, Closures, LONG, StuckChain, chain, expect_end, expect_panic, give_up, ring,
    stuck_chain,
};

#[test]
fn a_shutdown_waits_until_every_member_has_read_every_event() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(64);
            let group = Group::new();
            let spawn = |pause: u64| {
                let builder = ring.reader().wait(wait).managed().group(&group);
                builder.spawn_with(move || {
                    let mut tally = Tally::at(Sequence::new(0));
                    let event = move |event, at: Sequence| {
                        tally.take_at(at, event);
                        if at.get() % 8 < pause {
                            thread::yield_now();
                        }
                        if at.get() == 49 {
                            tally.ends_at(50);
                        }
                    };
                    Closures::new(event)
                })
            };
            let threads = [0, 1, 8].map(|pause| spawn(pause).unwrap());
            for _ in 0..50 {
                publish_at_once(&mut writer);
            }
            // The group was not started, so every event is still unread.
            group.shutdown(writer, LONG).unwrap();
            assert_eq!(ring.reader_count(), 0);
            for thread in threads {
                assert!(thread.is_finished());
                assert_eq!((thread.position().get(), thread.lag()), (50, 0));
                assert_eq!(thread.join().unwrap(), End::Closed);
            }
        }
    });
}

#[test]
fn a_shutdown_follows_a_handler_that_publishes_to_another_ring() {
    finite(|| {
        let (mut first, ring) = ring(4);
        let (mut second, other) = Ring::builder(4).build(|| 0_u64);
        let group = Group::new();
        let builder = other.reader().name("second").managed().group(&group);
        let sums = builder.spawn_with(|| Checker::at(0)).unwrap();
        // The handler owns the writer of the other ring, so that ring closes with the handler.
        let builder = ring.reader().name("first").managed().group(&group);
        let spawned = builder.spawn(move |&event, _, _| {
            second.publish(event);
        });
        spawned.unwrap();
        group.start();
        for _ in 0..100 {
            publish_next(&mut first);
        }
        group.shutdown(first, LONG).unwrap();
        expect_end(sums, 100, End::Closed);
    });
}

#[test]
fn a_shutdown_gives_up_on_a_handler_that_does_not_return_and_names_its_reader() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (mut soon_gone, other) = Ring::builder(8).build(|| u64::MAX);
        let group = Group::new().grace(Duration::from_millis(5));
        let (reach, reached) = mpsc::channel();
        let (hold, released) = mpsc::channel::<()>();
        let stuck = ring.reader().name("stuck").managed().group(&group).spawn_with(move || {
            let event = move |_, at: Sequence| {
                if at.get() == 2 {
                    reach.send(at).unwrap();
                    let _ = released.recv();
                }
            };
            Closures::new(event)
        });
        let stuck = stuck.unwrap();
        let builder = other.reader().name("fine").managed().group(&group);
        let fine = builder.spawn_with(|| Checker::at(0)).unwrap();
        group.start();
        for _ in 0..6 {
            publish_at_once(&mut writer);
            publish_at_once(&mut soon_gone);
        }
        drop(soon_gone);
        assert_eq!(reached.recv(), Ok(Sequence::new(2)));
        eventually("the other thread has ended", || fine.is_finished());

        let error = group.shutdown(writer, Duration::from_millis(5)).unwrap_err();
        let [failure] = error.failures() else { panic!("{error}") };
        assert_eq!((failure.member().name(), failure.fate()), (Some("stuck"), &Fate::Running));
        assert_eq!((failure.position().get(), failure.lag()), (2, 4));
        assert_eq!(
            error.to_string(),
            "the reader \"stuck\" is still running (4 events are left, from 2 on)"
        );
        expect_end(fine, 6, End::Closed);

        // If the handler does return later, the thread stops there.
        let stuck = stuck.join_timeout(Duration::ZERO).unwrap_err();
        drop(hold);
        eventually("the thread has ended", || stuck.is_finished());
        assert_eq!((stuck.position().get(), stuck.lag()), (3, 3));
        assert_eq!(stuck.join().unwrap(), End::Stopped);
    });
}

#[test]
fn a_shutdown_stops_a_late_thread_before_its_next_event() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (_open, other) = Ring::builder(8).build(|| 0_u64);
        let group = Group::new().grace(LONG);
        let (reach, reached) = mpsc::channel();
        let (resume, resumed) = mpsc::channel();
        let late = ring.reader().name("late").managed().group(&group).spawn_with(move || {
            let event = move |_, at| {
                reach.send(at).unwrap();
                resumed.recv().unwrap();
            };
            Closures::new(event)
        });
        // The ring of this thread stays open, so the thread ends only when it is stopped. The
        // group stops its members in order, so the late thread was stopped before.
        let idle = other.reader().name("idle").managed().group(&group).spawn_with(move || {
            let close = move |end| {
                resume.send(()).unwrap();
                end
            };
            Closures { event: |_, _| (), idle: None, close }
        });
        group.start();
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        assert_eq!(reached.recv(), Ok(Sequence::new(0)));

        let error = group.shutdown(writer, Duration::from_millis(1)).unwrap_err();
        let fates: Vec<_> = error.failures().iter().map(|failure| failure.fate()).collect();
        assert_eq!(fates, [&Fate::Stopped, &Fate::Stopped]);
        assert_eq!(
            error.to_string(),
            "the reader \"late\" was stopped (5 events are left, from 1 on); \
             the reader \"idle\" was stopped"
        );
        assert_eq!(late.unwrap().join().unwrap(), End::Stopped);
        assert_eq!(idle.unwrap().join().unwrap(), End::Stopped);
    });
}

#[test]
fn a_shutdown_names_the_readers_whose_handlers_panicked() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let spawn = |name: Option<&str>, panics_at: u64| {
            let mut reader = ring.reader();
            if let Some(name) = name {
                reader = reader.name(name);
            }
            reader.managed().group(&group).spawn(move |_, at, _| {
                if at.get() == panics_at {
                    give_up();
                }
            })
        };
        let early = spawn(Some("early"), 3).unwrap();
        let at_the_end = spawn(None, 5).unwrap();
        let never = spawn(Some("never"), 6).unwrap();
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        let error = group.shutdown(writer, LONG).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the reader \"early\" panicked: gave up (2 events are left, from 4 on); \
             the reader 1 panicked: gave up"
        );
        for failure in error.failures() {
            assert_eq!(failure.fate(), &Fate::Panicked(Some("gave up".into())));
        }
        expect_panic(early);
        expect_panic(at_the_end);
        never.join().unwrap();
    });
}

#[test]
fn a_shutdown_does_not_report_a_thread_that_was_stopped_before() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let stopped = ring.reader().managed().group(&group).spawn(|_, _, _| ()).unwrap();
        group.start();
        stopped.stop();
        eventually("the thread has ended", || stopped.is_finished());
        publish_at_once(&mut writer);
        group.shutdown(writer, LONG).unwrap();
        assert_eq!(stopped.lag(), 1);
    });
}

#[test]
fn a_shutdown_names_a_stuck_reader_and_the_readers_that_depend_on_it() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new().grace(Duration::from_millis(100));
        let StuckChain { first, second, hold } =
            stuck_chain(&mut writer, &ring, Wait::PARK, &group);
        let error = group.shutdown(writer, Duration::from_millis(1)).unwrap_err();
        let [stuck, waited] = error.failures() else { panic!("{error}") };
        assert_eq!((stuck.fate(), stuck.member()), (&Fate::Running, first.member()));
        assert_eq!((stuck.position().get(), stuck.lag()), (0, 2));
        assert_eq!((waited.member(), waited.lag()), (second.member(), 2));
        drop(hold);
        assert_eq!(first.join().unwrap(), End::Stopped);
        assert_eq!(second.join().unwrap().1, End::Stopped);
    });
}

#[test]
fn a_shutdown_names_a_dependent_reader_that_ended_because_its_upstream_panicked() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let [first, second] = chain(&ring, Wait::PARK);
        let first = first.group(&group).spawn(|_, at, _| {
            if at.get() == 2 {
                give_up();
            }
        });
        let second = second.group(&group);
        let second = second.spawn_with(|| Checker::at(0)).unwrap();
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        let error = group.shutdown(writer, LONG).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the reader \"first\" panicked: gave up (3 events are left, from 3 on); \
             the reader \"second\" got no further: the reader \"first\", which comes first, \
             has left before event 3 (3 events are left, from 3 on)"
        );
        expect_panic(first.unwrap());
        let (tally, end) = second.join().unwrap();
        tally.ends_at(3);
        assert!(end.is_upstream_left());
    });
}

#[test]
fn a_group_without_members_shuts_down_without_waiting() {
    finite(|| {
        let (writer, ring) = ring(8);
        Group::default().shutdown(writer, Duration::ZERO).unwrap();
        assert!(ring.is_closed());
        Group::new().drain(Duration::MAX).unwrap();
    });
}

#[test]
fn a_handler_whose_reader_is_evicted_before_the_start_is_closed_with_the_eviction() {
    finite(|| {
        let (mut writer, ring) = ring(2);
        let group = Group::new();
        let builder = ring.reader().evict_after(Duration::ZERO).managed().group(&group);
        let thread = builder.spawn_with(|| Checker::at(0)).unwrap();
        for _ in 0..3 {
            publish_next(&mut writer);
        }
        let error = group.shutdown(writer, LONG).unwrap_err();
        let [failure] = error.failures() else { panic!("{error}") };
        assert_eq!((failure.position().get(), failure.lag()), (0, 3));
        let (tally, end) = thread.join().unwrap();
        tally.ends_at(0);
        assert!(end.is_evicted());
        assert_eq!(failure.fate(), &Fate::Ended(end));
    });
}
