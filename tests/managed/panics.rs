//! A handler that panics ends its own thread only, and `join` returns the panic.

use std::panic;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use broadring::Ring;
use broadring::managed::ManagedThread;

use crate::common::{eventually, finite, publish_at_once, publish_next};
use crate::rig::{Checker, Closures, expect_panic, give_up, ring};

#[test]
fn a_handler_that_panics_commits_that_event_and_none_after_it() {
    finite(|| {
        for panics_at in 0..8 {
            let (mut writer, ring) = ring(8);
            for _ in 0..8 {
                publish_at_once(&mut writer);
            }
            let builder = ring.reader().name("risk").from_oldest().managed();
            let thread = builder.spawn(move |_, at, _| {
                if at.get() == panics_at {
                    give_up();
                }
            });
            let thread = thread.unwrap();
            eventually("the thread has ended", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (panics_at + 1, 7 - panics_at));
            assert_eq!(ring.reader_count(), 0, "the reader has left");
            for _ in 0..20 {
                publish_at_once(&mut writer);
            }
            let error = expect_panic(thread);
            assert_eq!(error.member().name(), Some("risk"));
            let payload = error.into_panic().unwrap();
            assert_eq!(payload.downcast_ref(), Some(&"gave up"));
        }
    });
}

#[test]
fn join_returns_a_panic_payload_that_is_not_text() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let thread = ring.reader().managed().spawn(|_, _, _| panic::resume_unwind(Box::new(17)));
        publish_next(&mut writer);
        let error = thread.unwrap().join().unwrap_err();
        assert_eq!((error.is_panic(), error.message()), (true, None));
        assert_eq!(error.into_panic().unwrap().downcast_ref(), Some(&17));
    });
}

#[test]
fn join_returns_a_panic_while_the_handler_is_built() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let thread = ring.reader().managed().spawn_with(|| -> Checker { give_up() }).unwrap();
        eventually("the thread has ended", || thread.is_finished());
        assert_eq!(ring.reader_count(), 0);
        assert_eq!(thread.position().get(), 0);
        publish_at_once(&mut writer);
        expect_panic(thread);
    });
}

#[test]
fn join_returns_a_panic_from_on_idle_and_from_on_close() {
    finite(|| {
        let (writer, ring) = ring(8);
        let idles =
            || Closures { event: |_, _| (), idle: Some(Box::new(|| give_up())), close: |_| () };
        let builder = ring.reader().managed().idle_after(Duration::from_micros(1));
        expect_panic(builder.spawn_with(idles).unwrap());

        let closes = || Closures { event: |_, _| (), idle: None, close: |_| give_up() };
        let thread: ManagedThread<u64, ()> = ring.reader().managed().spawn_with(closes).unwrap();
        drop(writer);
        expect_panic(thread);
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn the_reader_has_left_before_the_handler_is_closed_or_dropped_by_a_panic() {
    /// Notes how many readers there are when it is dropped.
    struct Counts(Ring<u64>, Sender<usize>);

    impl Drop for Counts {
        fn drop(&mut self) {
            self.1.send(self.0.reader_count()).unwrap();
        }
    }

    finite(|| {
        let (mut writer, ring) = ring(8);
        let (counted, counts) = mpsc::channel();
        let counts_when = |panics: bool| {
            let counts = Counts(ring.clone(), counted.clone());
            ring.reader().managed().spawn_with(move || {
                let event = move |_, _| {
                    if panics {
                        give_up()
                    }
                };
                Closures { event, idle: None, close: move |_| drop(counts) }
            })
        };
        let panics = counts_when(true).unwrap();
        publish_next(&mut writer);
        expect_panic(panics);
        assert_eq!(counts.recv(), Ok(0));

        let closes = counts_when(false).unwrap();
        closes.stop();
        closes.join().unwrap();
        assert_eq!(counts.recv(), Ok(0));
    });
}
