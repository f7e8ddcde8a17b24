//! A thread can be stopped before the end of the stream, and stops between two events.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use broadring::managed::{Group, Handler};
use broadring::{End, Sequence};

use crate::common::{
    Tally, WAITS, count, event, eventually, finite, join, publish_at_once, publish_next,
};
use crate::rig::{Checker, LONG, StuckChain, expect_end, ring, step_by_step, stuck_chain};

#[test]
fn a_thread_that_waits_for_events_is_stopped_at_once() {
    finite(|| {
        for wait in WAITS {
            for idle_after in [None, Some(LONG)] {
                let (mut writer, ring) = ring(8);
                for _ in 0..count(20) {
                    let start = ring.cursor().get();
                    let mut builder = ring.reader().wait(wait).managed();
                    if let Some(idle_after) = idle_after {
                        builder = builder.idle_after(idle_after);
                    }
                    let thread = builder.spawn_with(move || Checker::at(start)).unwrap();
                    publish_next(&mut writer);
                    eventually("the event is handled", || thread.lag() == 0);
                    thread.stop();
                    expect_end(thread, ring.cursor().get(), End::Stopped);
                    assert!(!writer.has_readers());
                }
            }
        }
    });
}

#[test]
fn a_thread_that_waits_for_its_upstream_reader_is_stopped_at_once() {
    finite(|| {
        for wait in WAITS {
            for _ in 0..count(20) {
                let (mut writer, ring) = ring(8);
                let StuckChain { first, second, hold } =
                    stuck_chain(&mut writer, &ring, wait, &Group::new());
                second.stop();
                expect_end(second, 0, End::Stopped);
                drop(hold);
                drop(writer);
                assert_eq!(first.join().unwrap(), End::Closed);
            }
        }
    });
}

#[test]
fn a_thread_that_is_stopped_in_a_batch_finishes_its_event_and_gets_no_other() {
    finite(|| {
        for stops_at in 0..8 {
            let (mut writer, ring) = ring(8);
            for _ in 0..8 {
                publish_at_once(&mut writer);
            }
            let (thread, reached, resume) = step_by_step(&ring);
            for at in 0..stops_at {
                assert_eq!(reached.recv().unwrap().get(), at);
                resume.send(()).unwrap();
            }
            assert_eq!(reached.recv().unwrap().get(), stops_at);
            assert_eq!((thread.position().get(), thread.lag()), (stops_at, 8 - stops_at));
            thread.stop();
            assert!(!thread.is_finished(), "the handler has not returned yet");
            resume.send(()).unwrap();
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!(ring.reader_count(), 0);
            assert_eq!((thread.position().get(), thread.lag()), (stops_at + 1, 7 - stops_at));
            assert_eq!(thread.join().unwrap(), End::Stopped);
            assert!(reached.recv().is_err(), "the handler got no other event");
        }
    });
}

#[test]
fn stopping_one_thread_does_not_stop_the_others() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let checks = || ring.reader().managed().spawn_with(|| Checker::at(0));
        let (stopped, goes_on) = (checks().unwrap(), checks().unwrap());
        for _ in 0..20 {
            publish_next(&mut writer);
        }
        stopped.stop();
        let (tally, end) = stopped.join().unwrap();
        tally.ends_at(tally.next().get());
        assert_eq!(end, End::Stopped);
        for _ in 0..20 {
            publish_next(&mut writer);
        }
        drop(writer);
        expect_end(goes_on, 40, End::Closed);
    });
}

#[test]
fn a_stopped_thread_has_handled_every_event_before_its_position() {
    /// Starts its tally at the first event that it gets.
    struct Tallies(Option<Tally>);

    impl Handler<u64> for Tallies {
        type Output = (Option<Tally>, End);

        fn on_event(&mut self, &event: &u64, sequence: Sequence, _: bool) {
            self.0.get_or_insert_with(|| Tally::at(sequence)).take_at(sequence, event);
        }

        fn on_close(self, end: End) -> Self::Output {
            (self.0, end)
        }
    }

    finite(|| {
        let (mut writer, ring) = ring(8);
        let events = count(20_000);
        let publishing = thread::spawn(move || {
            for _ in 0..events {
                publish_next(&mut writer);
            }
        });
        for round in 0.. {
            if round >= 10 && publishing.is_finished() {
                break;
            }
            let thread = ring.reader().managed().spawn_with(|| Tallies(None)).unwrap();
            // In some rounds before the first event, in others after up to three events.
            let stop_from = thread.position() + round % 4;
            eventually("the thread has handled that many events", || {
                thread.position() >= stop_from || thread.is_finished()
            });
            thread.stop();
            eventually("the thread has ended", || thread.is_finished());
            let position = thread.position();
            let (tally, end) = thread.join().unwrap();
            if let Some(tally) = tally {
                tally.ends_at(position.get());
            }
            assert!(end == End::Stopped || end == End::Closed && ring.is_closed(), "{end}");
        }
        join(publishing);
        assert_eq!((ring.cursor().get(), ring.reader_count()), (events, 0));
    });
}

#[test]
fn a_handler_that_is_done_gets_no_more_events() {
    struct Takes(u64);

    impl Handler<u64> for Takes {
        type Output = (u64, End);

        fn on_event(&mut self, _: &u64, _: Sequence, _: bool) {
            self.0 = self.0.checked_sub(1).expect("no event after the handler was done");
        }

        fn is_done(&self) -> bool {
            self.0 == 0
        }

        fn on_close(self, end: End) -> (u64, End) {
            (self.0, end)
        }
    }

    finite(|| {
        for takes in 0..=8 {
            let (mut writer, ring) = ring(8);
            for _ in 0..8 {
                publish_at_once(&mut writer);
            }
            let builder = ring.reader().from_oldest().managed();
            let thread = builder.spawn_with(move || Takes(takes)).unwrap();
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (takes, 8 - takes));
            assert!(!writer.has_readers());
            assert_eq!(thread.join().unwrap(), (0, End::Stopped));
        }
    });
}

#[test]
fn join_timeout_returns_the_handle_of_a_thread_that_still_runs() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (thread, reached, resume) = step_by_step(&ring);
        let thread = thread.join_timeout(Duration::ZERO).unwrap_err();
        publish_next(&mut writer);
        drop(writer);
        reached.recv().unwrap();
        let thread = thread.join_timeout(Duration::from_millis(1)).unwrap_err();
        assert_eq!((thread.name(), thread.lag()), (Some("steps"), 1));
        resume.send(()).unwrap();
        assert_eq!(thread.join_timeout(LONG).unwrap().unwrap(), End::Closed);
    });
}

#[test]
fn a_thread_goes_on_without_its_handle() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let (handled, events) = mpsc::channel();
        let spawned = ring.reader().managed().spawn(move |&event, _, _| {
            handled.send(event).unwrap();
        });
        drop(spawned.unwrap());
        for at in 0..20 {
            publish_next(&mut writer);
            assert_eq!(events.recv(), Ok(event(at)));
        }
        drop(writer);
        assert!(events.recv().is_err(), "the closure is dropped at the end");
        eventually("the reader has left", || ring.reader_count() == 0);
    });
}
