//! The thread of an editor changes every event in order before a reader gets it. If it ends early, it
//! has passed on what its handler has finished, and the stream ends there.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use broadring::managed::{EditHandler, Group, ManagedThread, SpawnError, ThreadBuilder};
use broadring::{Editor, End, Ring, Sequence, Writer};

use crate::common::{
    Tally, WAITS, count, departed_upstream, event, eventually, finite, publish_at_once,
    publish_next, settle_down,
};
use crate::rig::{LONG, expect_panic, give_up};

/// A ring with an editor.
fn edited(capacity: usize) -> (Writer<u64>, Editor<u64>, Ring<u64>) {
    let (writer, [editor], ring) =
        Ring::builder(capacity).build_with_editors(["editor"], || u64::MAX);
    (writer, editor, ring)
}

/// Turns every event over, which must come in order, and returns the end.
struct Turns(Tally);

impl Turns {
    fn at(sequence: u64) -> Self {
        Self(Tally::at(Sequence::new(sequence)))
    }
}

impl EditHandler<u64> for Turns {
    type Output = (Tally, End);

    fn on_event(&mut self, event: &mut u64, sequence: Sequence, _: bool) {
        self.0.take_at(sequence, *event);
        *event = !*event;
    }

    fn on_close(self, end: End) -> Self::Output {
        (self.0, end)
    }
}

/// Reports the sequence of each event, and waits for leave to return from it. It is done after so
/// many.
struct Steps {
    reach: Sender<u64>,
    resume: Receiver<()>,
    left: u64,
}

impl EditHandler<u64> for Steps {
    type Output = End;

    fn on_event(&mut self, event: &mut u64, sequence: Sequence, _: bool) {
        self.reach.send(sequence.get()).unwrap();
        let _ = self.resume.recv();
        *event = !*event;
        self.left = self.left.checked_sub(1).expect("no event after the handler was done");
    }

    fn on_idle(&mut self) {
        self.reach.send(u64::MAX).unwrap();
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn on_close(self, end: End) -> End {
        end
    }
}

fn steps(left: u64) -> (Steps, Receiver<u64>, Sender<()>) {
    let (reach, reached) = mpsc::channel();
    let (resume, resumed) = mpsc::channel();
    (Steps { reach, resume: resumed, left }, reached, resume)
}

/// Sees that an editor has passed on these events, each turned over, and then has left.
#[track_caller]
fn expect_departed(reader: &mut broadring::Reader<u64>, passed_on: u64) {
    let end = reader.run(|&seen, at, _| assert_eq!(seen, !event(at.get())));
    assert_eq!(departed_upstream(end), ("editor \"editor\"".to_owned(), passed_on));
}

/// Joins a thread whose handler is to return only the end.
#[track_caller]
fn expect_end(thread: ManagedThread<u64, End>, end: End) {
    assert_eq!(thread.join().unwrap(), end);
}

#[test]
fn the_threads_of_editors_change_every_event_in_order_before_a_reader_gets_it() {
    finite(|| {
        for wait in WAITS {
            for capacity in [1, 4, 64] {
                let (mut writer, mut editors, ring) =
                    Ring::builder(capacity).build_with_editors(["first", "second"], || 0);
                editors.iter_mut().for_each(|editor| editor.set_wait(wait));
                let [first, second] = editors;
                let reader = ring.reader().wait(wait).managed();
                let reader = reader.spawn(|&seen, at, _| assert_eq!(seen, event(at.get())));
                let first = ThreadBuilder::new(first).spawn_with(|| Turns::at(0)).unwrap();
                let second = ThreadBuilder::new(second).spawn(|event, _, _| *event = !*event);
                for _ in 0..count(100) {
                    publish_next(&mut writer);
                }
                drop(writer);
                let (tally, end) = first.join().unwrap();
                tally.ends_at(count(100));
                assert_eq!(end, End::Closed);
                second.unwrap().join().unwrap();
                reader.unwrap().join().unwrap();
                assert_eq!(ring.cursor().get(), count(100));
            }
        }
    });
}

#[test]
fn an_editing_closure_gets_the_sequence_and_the_end_of_batch_of_every_event() {
    finite(|| {
        let (mut writer, editor, _ring) = edited(16);
        let (handled, seen) = mpsc::channel();
        (0..16).for_each(|_| publish_at_once(&mut writer));
        let thread = ThreadBuilder::new(editor).spawn(move |&mut event, at, last| {
            handled.send((event, at.get(), last)).unwrap();
        });
        drop(writer);
        thread.unwrap().join().unwrap();
        // All events had arrived when the thread looked first, so they are one batch.
        assert!(seen.into_iter().eq((0..16).map(|at| (event(at), at, at == 15))));
    });
}

#[test]
fn an_editor_whose_handler_panics_has_passed_on_the_events_before_and_not_that_one() {
    finite(|| {
        for panics_at in 0..8 {
            let (mut writer, editor, ring) = edited(8);
            let mut reader = ring.subscribe().unwrap();
            (0..8).for_each(|_| publish_at_once(&mut writer));
            let thread = ThreadBuilder::new(editor).spawn(move |event, at, _| {
                *event = !*event;
                if at.get() == panics_at {
                    give_up();
                }
            });
            let thread = thread.unwrap();
            expect_departed(&mut reader, panics_at);
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (panics_at, 8 - panics_at));
            let error = expect_panic(thread);
            assert_eq!(error.to_string(), "the editor \"editor\" panicked: gave up");
        }
    });
}

#[test]
fn an_editor_that_is_stopped_in_a_batch_passes_on_the_event_that_it_finishes_and_none_after_it() {
    finite(|| {
        for stops_at in 0..8 {
            let (mut writer, editor, ring) = edited(8);
            let mut reader = ring.subscribe().unwrap();
            (0..8).for_each(|_| publish_at_once(&mut writer));
            let (handler, reached, resume) = steps(u64::MAX);
            let thread = ThreadBuilder::new(editor).spawn_with(|| handler).unwrap();
            for at in 0..stops_at {
                assert_eq!(reached.recv(), Ok(at));
                resume.send(()).unwrap();
            }
            assert_eq!(reached.recv(), Ok(stops_at));
            assert_eq!((thread.position().get(), thread.lag()), (stops_at, 8 - stops_at));
            thread.stop();
            assert!(!thread.is_finished(), "the handler has not returned yet");
            resume.send(()).unwrap();
            expect_departed(&mut reader, stops_at + 1);
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (stops_at + 1, 7 - stops_at));
            assert!(reached.recv().is_err(), "the handler got no other event");
            expect_end(thread, End::Stopped);
        }
    });
}

#[test]
fn an_editing_thread_that_waits_for_events_is_stopped_at_once() {
    finite(|| {
        for wait in WAITS {
            for idle_after in [None, Some(LONG)] {
                for round in 0..count(20) {
                    let (mut writer, mut editors, ring) =
                        Ring::builder(8).build_with_editors(["first", "second"], || 0);
                    editors.iter_mut().for_each(|editor| editor.set_wait(wait));
                    let threads = editors.map(|editor| {
                        let mut builder = ThreadBuilder::new(editor);
                        if let Some(idle_after) = idle_after {
                            builder = builder.idle_after(idle_after);
                        }
                        builder.spawn(|_, _, _| ()).unwrap()
                    });
                    publish_next(&mut writer);
                    eventually("the event is passed on", || ring.cursor().get() == 1);
                    settle_down(round);
                    let [first, second] = threads;
                    second.stop();
                    second.join().unwrap();
                    assert!(!first.is_finished(), "the other one goes on");
                    first.stop();
                    first.join().unwrap();
                }
            }
        }
    });
}

#[test]
fn an_editor_whose_handler_is_done_has_passed_on_what_was_handled() {
    finite(|| {
        for takes in 0..=8 {
            let (mut writer, editor, ring) = edited(8);
            let mut reader = ring.subscribe().unwrap();
            (0..8).for_each(|_| publish_at_once(&mut writer));
            let (handler, _reached, resume) = steps(takes);
            drop(resume);
            let thread = ThreadBuilder::new(editor).spawn_with(|| handler).unwrap();
            expect_departed(&mut reader, takes);
            expect_end(thread, End::Stopped);
        }
    });
}

#[test]
fn an_editing_thread_without_events_calls_on_idle_again_and_again() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, mut editor, ring) = edited(8);
            editor.set_wait(wait);
            let mut reader = ring.subscribe().unwrap();
            let (handler, reached, resume) = steps(u64::MAX);
            drop(resume);
            let builder = ThreadBuilder::new(editor).idle_after(Duration::from_micros(10));
            let thread = builder.spawn_with(|| handler).unwrap();
            for at in 0..3 {
                for _ in 0..3 {
                    assert_eq!(reached.recv(), Ok(u64::MAX));
                }
                publish_next(&mut writer);
                assert_eq!(reached.iter().find(|&it| it != u64::MAX), Some(at));
                assert_eq!(reader.recv(), Ok(!event(at)));
            }
            drop(writer);
            expect_end(thread, End::Closed);
        }
    });
}

#[test]
fn the_lag_of_an_editing_thread_is_what_has_arrived_at_it() {
    finite(|| {
        let (mut writer, [first, second], ring) =
            Ring::builder(8).build_with_editors(["first", "second"], || 0);
        let group = Group::new();
        let (handler, reached, resume) = steps(u64::MAX);
        let first = ThreadBuilder::new(first).group(&group).spawn_with(|| handler).unwrap();
        let second = ThreadBuilder::new(second).group(&group).spawn(|_, _, _| ()).unwrap();
        (0..8).for_each(|_| publish_at_once(&mut writer));
        assert_eq!((first.lag(), second.lag()), (8, 0));
        group.start();
        for at in 0..3 {
            assert_eq!(reached.recv(), Ok(at));
            resume.send(()).unwrap();
        }
        assert_eq!(reached.recv(), Ok(3));
        assert_eq!((first.position().get(), first.lag()), (3, 5));
        drop(resume);
        group.shutdown(writer, LONG).unwrap();
        assert_eq!((first.lag(), second.lag(), second.position()), (0, 0, ring.cursor()));
    });
}

#[test]
fn an_editor_has_passed_everything_on_and_left_before_its_handler_is_closed() {
    /// Reads what was passed on when it is closed.
    struct Reads(broadring::Reader<u64>);

    impl EditHandler<u64> for Reads {
        type Output = (u64, End);

        fn on_event(&mut self, _: &mut u64, _: Sequence, _: bool) {}

        fn on_close(mut self, end: End) -> Self::Output {
            let behind = self.0.run(|_, _, _| ());
            assert_eq!(end.is_closed(), behind.is_closed(), "{behind}");
            (self.0.position().get(), end)
        }
    }

    finite(|| {
        for stops in [false, true] {
            let (mut writer, editor, ring) = edited(8);
            let reader = ring.subscribe().unwrap();
            let thread = ThreadBuilder::new(editor).spawn_with(|| Reads(reader)).unwrap();
            (0..5).for_each(|_| publish_at_once(&mut writer));
            if stops {
                eventually("every event is handled", || thread.lag() == 0);
                thread.stop();
                assert_eq!(thread.join().unwrap(), (5, End::Stopped));
            } else {
                drop(writer);
                assert_eq!(thread.join().unwrap(), (5, End::Closed));
            }
        }
    });
}

#[test]
fn an_editor_that_cannot_be_given_a_thread_has_left() {
    finite(|| {
        let (mut writer, [editor], ring) = Ring::builder(8).build_with_editors(["a\0b"], || 0_u64);
        let mut reader = ring.subscribe().unwrap();
        publish_at_once(&mut writer);
        let spawned = ThreadBuilder::new(editor).spawn(|_, _, _| unreachable!());
        let error = spawned.unwrap_err();
        assert!(matches!(&error, SpawnError::Thread(_)), "{error}");
        assert!(error.to_string().starts_with("no thread can be started: "), "{error}");
        assert!(reader.recv().is_err_and(|end| end.is_upstream_left()));
    });
}

#[test]
fn the_thread_of_an_editor_is_named_after_ring_and_editor() {
    finite(|| {
        let builder = Ring::builder(8).name("orders");
        let (mut writer, [editor], ring) = builder.build_with_editors(["pricing"], String::new);
        let mut reader = ring.subscribe().unwrap();
        let thread = ThreadBuilder::new(editor).spawn(|event, _, _| {
            *event = thread::current().name().unwrap().to_owned();
        });
        let thread = thread.unwrap();
        assert_eq!(thread.name(), Some("pricing"));
        writer.publish(String::new());
        assert_eq!(reader.recv().as_deref(), Ok("orders/pricing"));
        drop(writer);
        thread.join().unwrap();
    });
}
