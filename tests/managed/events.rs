//! What a handler is given, and where it lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self};
use std::thread;
use std::time::Duration;

use broadring::managed::{Group, Handler, ThreadBuilder};
use broadring::{End, Ring, Sequence, Wait};

use crate::common::{
    Tally, WAITS, count, event, eventually, finite, publish_at_once, publish_next, ring_of,
};
use crate::handlers::{Checks, LONG, With, chain, ring};
use std::cell::Cell;
use std::rc::Rc;
use std::thread::ThreadId;

#[test]
fn a_thread_handles_every_event_published_after_it_was_spawned() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            for unseen in 0..count(40) {
                let start = Sequence::new(writer.cursor().get());
                let builder = ring.reader().wait(wait).managed();
                let thread = builder.spawn_with(move || Checks(Tally::at(start))).unwrap();
                for _ in 0..unseen {
                    publish_next(&mut writer);
                }
                eventually("everything is handled", || thread.lag() == 0);
                thread.stop();
                let (tally, end) = thread.join().unwrap();
                tally.ends_at(writer.cursor().get());
                assert_eq!(end, End::Stopped);
            }
        }
    });
}

#[test]
fn a_thread_that_starts_with_the_oldest_event_handles_what_is_there() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        for _ in 0..5 {
            publish_at_once(&mut writer);
        }
        let builder = ring.reader().from_oldest().managed();
        let thread = builder.spawn_with(|| Checks(Tally::at(Sequence::new(0)))).unwrap();
        drop(writer);
        let (tally, end) = thread.join().unwrap();
        tally.ends_at(5);
        assert_eq!(end, End::Closed);
    });
}

#[test]
fn a_reader_that_has_joined_already_goes_on_from_where_it_is() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(8);
        for _ in 0..5 {
            publish_at_once(&mut writer);
        }
        reader.recv().unwrap();
        let builder = ThreadBuilder::new(reader.clone());
        assert!(format!("{builder:?}").contains("position"));
        let threads = [builder, ThreadBuilder::new(reader)]
            .map(|builder| builder.spawn_with(|| Checks(Tally::at(Sequence::new(1)))).unwrap());
        assert!(threads.iter().all(|thread| thread.position().get() >= 1));
        drop(writer);
        for thread in threads {
            thread.join().unwrap().0.ends_at(5);
        }
    });
}

#[test]
fn a_closure_is_told_the_sequence_and_the_end_of_every_batch() {
    finite(|| {
        let (mut writer, ring) = ring(16);
        for _ in 0..16 {
            publish_at_once(&mut writer);
        }
        let (told, seen) = mpsc::channel();
        let thread = ring.reader().from_oldest().managed().spawn(move |&event, at, last| {
            told.send((event, at.get(), last)).unwrap();
        });
        drop(writer);
        thread.unwrap().join().unwrap();
        let seen: Vec<_> = seen.into_iter().collect();
        // They were all there when it looked for the first time.
        assert!(seen.into_iter().eq((0..16).map(|at| (event(at), at, at == 15))));
    });
}

#[test]
fn a_thread_that_is_given_no_event_is_closed_all_the_same() {
    finite(|| {
        for wait in WAITS {
            let (writer, ring) = ring(8);
            let start = Sequence::new(0);
            let builder = ring.reader().wait(wait).managed();
            let thread = builder.spawn_with(move || Checks(Tally::at(start))).unwrap();
            drop(writer);
            let (tally, end) = thread.join().unwrap();
            tally.ends_at(0);
            assert_eq!(end, End::Closed);
        }
    });
}

#[test]
fn a_thread_has_the_name_of_its_reader() {
    finite(|| {
        let (writer, ring) = ring(8);
        let name_of_thread = || With {
            event: |_, _| (),
            idle: None,
            close: |_| thread::current().name().map(str::to_owned),
        };
        let risk = ring.reader().name("risk").managed().spawn_with(name_of_thread).unwrap();
        let nobody = ring.reader().managed().spawn_with(name_of_thread).unwrap();
        assert_eq!((risk.name(), nobody.name()), (Some("risk"), None));
        drop(writer);
        assert_eq!(risk.join().unwrap().as_deref(), Some("risk"));
        assert_eq!(nobody.join().unwrap(), None);
    });
}

#[test]
fn a_handler_that_may_not_be_sent_lives_and_ends_on_its_thread() {
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
        assert_eq!(threads.len(), 5, "built, three events, closed");
        assert!(threads.iter().all(|&id| id == threads[0] && id != thread::current().id()));
    });
}

#[test]
fn a_thread_without_events_idles_again_and_again() {
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
                With { event, idle: Some(Box::new(idle)), close: |end| end }
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
fn how_a_managed_reader_waits_is_its_own_affair() {
    finite(|| {
        let (mut writer, ring) = Ring::builder(4).writer_wait(Wait::YIELD).build(|| u64::MAX);
        let start = Sequence::new(0);
        let threads = WAITS.map(|wait| {
            let builder = ring.reader().wait(wait).managed();
            builder.spawn_with(move || Checks(Tally::at(start))).unwrap()
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
fn a_thread_handles_what_those_before_it_have_handled() {
    finite(|| {
        for wait in WAITS {
            let (mut writer, ring) = ring(8);
            let group = Group::new();
            let (first, second) = chain(&ring, wait);
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
                With { event, idle: None, close: |end| end }
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
