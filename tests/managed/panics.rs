//! What becomes of a handler that panics.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use broadring::Ring;
use broadring::managed::ReaderThread;

use crate::common::{eventually, finite, publish_at_once, publish_next};
use crate::handlers::{Checks, With, give_up, panic_of, ring};
use std::panic;

#[test]
fn the_event_at_which_a_handler_panics_counts_as_read_and_none_after_it() {
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
            eventually("it is done", || thread.is_finished());
            assert_eq!((thread.position().get(), thread.lag()), (panics_at + 1, 7 - panics_at));
            assert_eq!(ring.reader_count(), 0, "the reader has left");
            for _ in 0..20 {
                publish_at_once(&mut writer);
            }
            let error = panic_of(thread);
            assert_eq!(error.member().name(), Some("risk"));
            let payload = error.into_panic().unwrap();
            assert_eq!(payload.downcast_ref(), Some(&"gave up"));
        }
    });
}

#[test]
fn a_panic_with_something_else_than_text_comes_back_too() {
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
fn a_panic_while_the_handler_is_built_comes_back() {
    finite(|| {
        let (mut writer, ring) = ring(8);
        let thread = ring.reader().managed().spawn_with(|| -> Checks { give_up() }).unwrap();
        eventually("it is done", || thread.is_finished());
        assert_eq!(ring.reader_count(), 0);
        assert_eq!(thread.position().get(), 0);
        publish_at_once(&mut writer);
        panic_of(thread);
    });
}

#[test]
fn a_panic_while_the_handler_idles_or_is_closed_comes_back() {
    finite(|| {
        let (writer, ring) = ring(8);
        let idles = || With { event: |_, _| (), idle: Some(Box::new(|| give_up())), close: |_| () };
        let builder = ring.reader().managed().idle_after(Duration::from_micros(1));
        panic_of(builder.spawn_with(idles).unwrap());

        let closes = || With { event: |_, _| (), idle: None, close: |_| give_up() };
        let thread: ReaderThread<u64, ()> = ring.reader().managed().spawn_with(closes).unwrap();
        drop(writer);
        panic_of(thread);
        assert_eq!(ring.reader_count(), 0);
    });
}

#[test]
fn the_reader_has_left_when_the_handler_is_closed_or_dropped_by_a_panic() {
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
                With { event, idle: None, close: move |_| drop(counts) }
            })
        };
        let panics = counts_when(true).unwrap();
        publish_next(&mut writer);
        panic_of(panics);
        assert_eq!(counts.recv(), Ok(0));

        let closes = counts_when(false).unwrap();
        closes.stop();
        closes.join().unwrap();
        assert_eq!(counts.recv(), Ok(0));
    });
}
