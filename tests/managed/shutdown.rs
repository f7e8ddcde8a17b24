//! Groups that are shut down: who has read everything, and who has not.

use std::sync::mpsc::{self};
use std::thread;
use std::time::Duration;

use broadring::managed::{Fate, Group};
use broadring::{End, Ring, Sequence, Wait};

use crate::common::{Tally, WAITS, eventually, finite, publish_at_once, publish_next};
use crate::handlers::{
    Checks, LONG, StuckChain, With, chain, give_up, panic_of, ring, stuck_chain,
};

#[test]
fn a_shutdown_waits_until_everybody_has_read_everything() {
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
                    With { event, idle: None, close: |end| end }
                })
            };
            let threads = [0, 1, 8].map(|pause| spawn(pause).unwrap());
            for _ in 0..50 {
                publish_at_once(&mut writer);
            }
            // It was not started: so everything is still to be read.
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
fn a_shutdown_reaches_from_ring_to_ring() {
    finite(|| {
        let (mut first, ring) = ring(4);
        let (mut second, other) = Ring::builder(4).build(|| 0_u64);
        let group = Group::new();
        let builder = other.reader().name("second").managed().group(&group);
        let sums = builder.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
        // Its handler has the writer of the other ring, which is closed with it.
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
        let (tally, end) = sums.join().unwrap();
        tally.ends_at(100);
        assert_eq!(end, End::Closed);
    });
}

#[test]
fn a_shutdown_does_not_wait_for_a_handler_that_does_not_return() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (mut soon_gone, other) = Ring::builder(8).build(|| u64::MAX);
        let group = Group::new().grace(Duration::from_millis(5));
        let (reached, stands) = mpsc::channel();
        let (never, returns) = mpsc::channel::<()>();
        let stuck = ring.reader().name("stuck").managed().group(&group).spawn_with(move || {
            let event = move |_, at: Sequence| {
                if at.get() == 2 {
                    reached.send(at).unwrap();
                    let _ = returns.recv();
                }
            };
            With { event, idle: None, close: |end| end }
        });
        let stuck = stuck.unwrap();
        let builder = other.reader().name("fine").managed().group(&group);
        let fine = builder.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
        group.start();
        for _ in 0..6 {
            publish_at_once(&mut writer);
            publish_at_once(&mut soon_gone);
        }
        drop(soon_gone);
        assert_eq!(stands.recv(), Ok(Sequence::new(2)));
        eventually("the other is done", || fine.is_finished());

        let error = group.shutdown(writer, Duration::from_millis(5)).unwrap_err();
        let [failure] = error.failures() else { panic!("{error}") };
        assert_eq!((failure.member().name(), failure.fate()), (Some("stuck"), &Fate::Running));
        assert_eq!((failure.position().get(), failure.lag()), (2, 4));
        assert_eq!(
            error.to_string(),
            "the reader \"stuck\" is still running (4 events are left, from 2 on)"
        );
        let (tally, end) = fine.join().unwrap();
        tally.ends_at(6);
        assert_eq!(end, End::Closed);

        // If it does return some day, it stops there.
        let stuck = stuck.join_timeout(Duration::ZERO).unwrap_err();
        drop(never);
        eventually("it is done", || stuck.is_finished());
        assert_eq!((stuck.position().get(), stuck.lag()), (3, 3));
        assert_eq!(stuck.join().unwrap(), End::Stopped);
    });
}

#[test]
fn a_shutdown_stops_who_is_late_before_the_next_event() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (_open, other) = Ring::builder(8).build(|| 0_u64);
        let group = Group::new().grace(LONG);
        let (reached, stands) = mpsc::channel();
        let (on, go) = mpsc::channel();
        let late = ring.reader().name("late").managed().group(&group).spawn_with(move || {
            let event = move |_, at| {
                reached.send(at).unwrap();
                go.recv().unwrap();
            };
            With { event, idle: None, close: |end| end }
        });
        // Its ring stays open. So it ends when it is told to stop, and the other one, which
        // comes first, was told by then.
        let idle = other.reader().name("idle").managed().group(&group).spawn_with(move || {
            let close = move |end| {
                on.send(()).unwrap();
                end
            };
            With { event: |_, _| (), idle: None, close }
        });
        group.start();
        for _ in 0..6 {
            publish_at_once(&mut writer);
        }
        assert_eq!(stands.recv(), Ok(Sequence::new(0)));

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
fn a_shutdown_names_who_has_panicked() {
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
        panic_of(early);
        panic_of(at_the_end);
        never.join().unwrap();
    });
}

#[test]
fn a_shutdown_does_not_complain_about_who_was_stopped_before() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let stopped = ring.reader().managed().group(&group).spawn(|_, _, _| ()).unwrap();
        group.start();
        stopped.stop();
        eventually("it is done", || stopped.is_finished());
        publish_at_once(&mut writer);
        group.shutdown(writer, LONG).unwrap();
        assert_eq!(stopped.lag(), 1);
    });
}

#[test]
fn a_shutdown_names_who_is_stuck_and_who_had_to_wait_for_it() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new().grace(Duration::from_millis(100));
        let StuckChain { first, second, never } =
            stuck_chain(&mut writer, &ring, Wait::PARK, &group);
        let error = group.shutdown(writer, Duration::from_millis(1)).unwrap_err();
        let [stuck, waited] = error.failures() else { panic!("{error}") };
        assert_eq!((stuck.fate(), stuck.member()), (&Fate::Running, first.member()));
        assert_eq!((stuck.position().get(), stuck.lag()), (0, 2));
        assert_eq!((waited.member(), waited.lag()), (second.member(), 2));
        drop(never);
        assert_eq!(first.join().unwrap(), End::Stopped);
        assert_eq!(second.join().unwrap().1, End::Stopped);
    });
}

#[test]
fn a_shutdown_names_who_got_no_further_because_another_has_panicked() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let group = Group::new();
        let (first, second) = chain(&ring, Wait::PARK);
        let first = first.group(&group).spawn(|_, at, _| {
            if at.get() == 2 {
                give_up();
            }
        });
        let second = second.group(&group);
        let second = second.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
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
        panic_of(first.unwrap());
        let (tally, end) = second.join().unwrap();
        tally.ends_at(3);
        assert!(end.is_upstream_left());
    });
}

#[test]
fn a_group_can_be_shut_down_without_members_and_without_time() {
    finite(|| {
        let (writer, ring) = ring(8);
        Group::default().shutdown(writer, Duration::ZERO).unwrap();
        assert!(ring.is_closed());
        Group::new().drain(Duration::MAX).unwrap();
    });
}

#[test]
fn a_thread_whose_reader_is_evicted_before_the_start_is_closed_with_that() {
    finite(|| {
        let (mut writer, ring) = ring(2);
        let group = Group::new();
        let builder = ring.reader().evict_after(Duration::ZERO).managed().group(&group);
        let thread = builder.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
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
