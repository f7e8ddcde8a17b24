//! A handler gets every event of its reader in order, on its own thread, and learns when
//! the thread is idle.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, ThreadId};
use std::time::Duration;

use broadring::managed::{Group, Handler, ThreadBuilder};
use broadring::{End, Ring, Sequence, Wait};

use crate::common::{
    Tally, WAITS, count, event, eventually, finite, publish_at_once, publish_next, ring_of,
};
use crate::rig::{Checker, Closures, LONG, chain, expect_end, ring};

#[test]
fn a_thread_handles_every_event_published_after_it_was_spawned() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            for unseen in 0..count(40) {
                let start = writer.cursor().get();
                let builder = ring.reader().wait(wait).managed();
                let thread = builder.spawn_with(move || Checker::at(start)).unwrap();
                for _ in 0..unseen {
                    publish_next(&mut writer);
                }
                eventually("every event is handled", || thread.lag() == 0);
                thread.stop();
                expect_end(thread, writer.cursor().get(), End::Stopped);
            }
        }
    });
}

#[test]
fn a_thread_from_the_oldest_event_handles_the_events_that_are_in_the_ring() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        for _ in 0..5 {
            publish_at_once(&mut writer);
        }
        let builder = ring.reader().from_oldest().managed();
        let thread = builder.spawn_with(|| Checker::at(0)).unwrap();
        drop(writer);
        expect_end(thread, 5, End::Closed);
    });
}

#[test]
fn a_thread_made_from_a_reader_goes_on_at_its_position() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        for _ in 0..5 {
            publish_at_once(&mut writer);
        }
        reader.recv().unwrap();
        let builder = ThreadBuilder::new(reader.clone());
        assert!(format!("{builder:?}").contains("position"));
        let threads = [builder, ThreadBuilder::new(reader)]
            .map(|builder| builder.spawn_with(|| Checker::at(1)).unwrap());
        assert!(threads.iter().all(|thread| thread.position().get() >= 1));
        drop(writer);
        for thread in threads {
            thread.join().unwrap().0.ends_at(5);
        }
    });
}

#[test]
fn a_closure_gets_the_sequence_and_the_end_of_batch_of_every_event() {
    finite(|| {
        let (mut writer, ring) = ring(16);
        for _ in 0..16 {
            publish_at_once(&mut writer);
        }
        let (handled, seen) = mpsc::channel();
        let thread = ring.reader().from_oldest().managed().spawn(move |&event, at, last| {
            handled.send((event, at.get(), last)).unwrap();
        });
        drop(writer);
        thread.unwrap().join().unwrap();
        let seen: Vec<_> = seen.into_iter().collect();
        // All events were available when the thread looked first, so they are one batch.
        assert!(seen.into_iter().eq((0..16).map(|at| (event(at), at, at == 15))));
    });
}

#[test]
fn a_handler_that_got_no_event_is_closed_at_the_end_of_the_stream() {
    finite(|| {
        for wait in WAITS {
            let (writer, ring) = ring(8);
            let builder = ring.reader().wait(wait).managed();
            let thread = builder.spawn_with(|| Checker::at(0)).unwrap();
            drop(writer);
            expect_end(thread, 0, End::Closed);
        }
    });
}

#[test]
fn a_thread_has_the_name_of_its_reader() {
    finite(|| {
        let (writer, ring) = ring(8);
        let name_of_thread = || Closures {
            event: |_, _| (),
            idle: None,
            close: |_| thread::current().name().map(str::to_owned),
        };
        let risk = ring.reader().name("risk").managed().spawn_with(name_of_thread).unwrap();
        let unnamed = ring.reader().managed().spawn_with(name_of_thread).unwrap();
        assert_eq!((risk.name(), unnamed.name()), (Some("risk"), None));
        drop(writer);
        assert_eq!(risk.join().unwrap().as_deref(), Some("risk"));
        assert_eq!(unnamed.join().unwrap(), None);
    });
}

#[test]
fn a_handler_that_is_not_send_is_built_used_and_closed_on_its_thread() {
    finite(|| {
        struct Local(Rc<Cell<u64>>, Vec<ThreadId>);

        impl Handler<u64> for Local {
            type Output = (u64, Vec<ThreadId>);

            fn on_event(&mut self, &event: &u64, _: Sequence, _: bool) {
                let alias = Rc::clone(&self.0);
                alias.set(alias.get().wrapping_add(event));
                self.1.push(thread::current().id());
            }

            fn on_close(mut self, _: End) -> Self::Output {
                self.1.push(thread::current().id());
                (self.0.get(), self.1)
            }
        }

        let (mut writer, ring) = ring(8);
        let build = || Local(Rc::new(Cell::new(0)), vec![thread::current().id()]);
        let thread = ring.reader().managed().spawn_with(build).unwrap();
        for _ in 0..3 {
            publish_next(&mut writer);
        }
        drop(writer);
        let (sum, threads) = thread.join().unwrap();
        assert_eq!(sum, (0..3).map(event).fold(0, u64::wrapping_add));
        assert_eq!(threads.len(), 5, "once when built, for three events, and when closed");
        assert!(threads.iter().all(|&id| id == threads[0] && id != thread::current().id()));
    });
}

#[test]
fn a_thread_without_events_calls_on_idle_again_and_again() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            let (idled, idles) = mpsc::channel();
            let builder = ring.reader().wait(wait).managed().idle_after(Duration::from_micros(10));
            let thread = builder.spawn_with(move || {
                let mut tally = Tally::at(Sequence::new(0));
                let event = move |event, at| {
                    tally.take_at(at, event);
                    tally.ends_at(at.get() + 1);
                };
                let idle = move || {
                    let _ = idled.send(());
                };
                Closures { event, idle: Some(Box::new(idle)), close: |end| end }
            });
            for _ in 0..3 {
                for _ in 0..3 {
                    idles.recv().unwrap();
                }
                publish_next(&mut writer);
            }
            drop(writer);
            assert_eq!(thread.unwrap().join().unwrap(), End::Closed);
        }
    });
}

#[test]
fn threads_of_one_ring_can_have_different_wait_strategies() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(4).writer_wait(Wait::YIELD).build(|| u64::MAX);
        let threads = WAITS.map(|wait| {
            let builder = ring.reader().wait(wait).managed();
            builder.spawn_with(|| Checker::at(0)).unwrap()
        });
        for _ in 0..count(500) {
            publish_next(&mut writer);
        }
        drop(writer);
        for thread in threads {
            thread.join().unwrap().0.ends_at(count(500));
        }
    });
}

#[test]
fn a_dependent_thread_handles_an_event_after_its_upstream_thread() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            let group = Group::new();
            let [first, second] = chain(&ring, wait);
            let done = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&done);
            let first = first.group(&group).spawn(move |_, at, _| {
                done.store(at.get() as usize + 1, Ordering::Relaxed);
            });
            let second = second.group(&group).spawn_with(move || {
                let mut tally = Tally::at(Sequence::new(0));
                let event = move |event, at: Sequence| {
                    tally.take_at(at, event);
                    assert!(seen.load(Ordering::Relaxed) as u64 > at.get());
                };
                Closures::new(event)
            });
            group.start();
            for _ in 0..count(500) {
                publish_next(&mut writer);
            }
            group.shutdown(writer, LONG).unwrap();
            first.unwrap().join().unwrap();
            let second = second.unwrap();
            assert_eq!(second.position().get(), count(500));
            assert_eq!(second.join().unwrap(), End::Closed);
        }
    });
}
