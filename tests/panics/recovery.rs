//! After a panic in code of the user, each handle is usable, and it is defined which events count
//! as published and which as read.

use std::cell::Cell;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use broadring::{Reader, Ring, Sequence, TryReadError};

use crate::common::{
    Tally, drain, event, events, finite, join, publish_at_once, publish_next, ring_of,
};
use crate::rig::ring_with;

/// Runs code that must panic through [`give_up`].
#[track_caller]
fn expect_panic<R>(body: impl FnOnce() -> R) {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err().expect("it must panic");
    assert_eq!(payload.downcast_ref(), Some(&"gave up"));
}

/// Panics without a message on standard error.
fn give_up() -> ! {
    panic::resume_unwind(Box::new("gave up"))
}

#[test]
fn a_writing_closure_that_panics_publishes_nothing() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    for sequence in 0..10 {
        expect_panic(|| {
            writer.publish_with(|slot| {
                *slot = 13;
                give_up();
            })
        });
        expect_panic(|| writer.try_publish_with(|_| give_up()).map(drop).map_err(drop));
        assert_eq!((writer.cursor().get(), writer.remaining_capacity()), (sequence, 2));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        // The slot keeps what was written to it, and the writer uses it for the next event.
        writer.publish_with(|slot| {
            assert_eq!(*slot, 13);
            *slot = event(sequence);
        });
        assert_eq!(reader.try_recv(), Ok(event(sequence)));
    }
}

#[test]
fn a_panic_while_a_claim_is_held_publishes_nothing() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(4);
        for sequence in 0..10 {
            expect_panic(|| {
                let mut claim = writer.claim(3).unwrap();
                for (index, slot) in claim.iter_mut().enumerate() {
                    *slot = 13;
                    if index == 1 {
                        give_up();
                    }
                }
                claim.publish()
            });
            assert_eq!((writer.cursor().get(), writer.remaining_capacity()), (sequence, 4));
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            publish_at_once(&mut writer);
            assert_eq!(reader.try_recv(), Ok(event(sequence)));
        }
    });
}

#[test]
fn publish_all_publishes_every_item_from_before_its_iterator_panicked() {
    for given_out in 0..=20 {
        // If the iterator knows its length, its items are published in runs, else singly.
        for knows_its_length in [true, false] {
            let (mut writer, mut reader, _ring) = ring_of(32);
            let fragile = (0..40).map(|index| {
                if index == given_out {
                    give_up();
                }
                event(index)
            });
            expect_panic(|| {
                if knows_its_length {
                    writer.publish_all(fragile)
                } else {
                    writer.publish_all(fragile.filter(|_| true))
                }
            });
            assert_eq!(writer.cursor().get(), given_out);
            let mut tally = Tally::at(reader.position());
            if let Ok(batch) = reader.try_batch() {
                batch.for_each(|&event, at| tally.take_at(at, event));
            }
            assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
            assert_eq!(writer.remaining_capacity(), 32);
            let published = writer.publish_all(events(given_out..given_out + 3));
            assert_eq!(published.end.get(), given_out + 3);
            reader.try_batch().unwrap().for_each(|&event, at| tally.take_at(at, event));
            tally.ends_at(given_out + 3);
        }
    }
}

#[test]
fn a_handler_that_panics_commits_that_event_and_none_after_it() {
    finite(|| {
        type Handle = fn(&mut Reader<u64>, &mut dyn FnMut(Sequence, u64));
        let handles: [(&str, Handle); 4] = [
            ("run", |reader, handle| drop(reader.run(|&event, at, _| handle(at, event)))),
            ("run_until", |reader, handle| {
                let _ = reader.run_until(|&event, at, _| {
                    handle(at, event);
                    ControlFlow::<()>::Continue(())
                });
            }),
            ("for_each", |reader, handle| {
                reader.try_batch().unwrap().for_each(|&event, at| handle(at, event));
            }),
            ("try_for_each", |reader, handle| {
                let _ = reader.try_batch().unwrap().try_for_each(|&event, at| {
                    handle(at, event);
                    ControlFlow::<()>::Continue(())
                });
            }),
        ];
        for (name, handle) in handles {
            for panics_at in 0..16 {
                let (mut writer, mut reader, _ring) = ring_with(16);
                let mut tally = Tally::at(reader.position());
                expect_panic(|| {
                    handle(&mut reader, &mut |at, event| {
                        tally.take_at(at, event);
                        if at.get() == panics_at {
                            give_up();
                        }
                    });
                });
                assert_eq!(reader.position().get(), panics_at + 1, "{name}");
                assert_eq!(reader.lag(), 15 - panics_at);
                assert_eq!(writer.remaining_capacity() as u64, panics_at + 1);
                // The reader is still usable.
                publish_at_once(&mut writer);
                while let Ok(event) = reader.try_recv() {
                    tally.take(event);
                }
                tally.ends_at(17);
            }
        }
    });
}

#[test]
fn a_panic_that_drops_a_batch_commits_all_of_it() {
    let (writer, mut reader, _ring) = ring_with(10);
    expect_panic(|| {
        for (sequence, _) in &reader.try_batch().unwrap() {
            if sequence.get() == 3 {
                give_up();
            }
        }
    });
    assert_eq!((reader.position().get(), reader.lag()), (10, 0));
    assert_eq!(writer.remaining_capacity(), 16);
}

#[test]
fn an_event_whose_clone_panics_is_not_consumed() {
    thread_local! {
        static PANICS: Cell<bool> = const { Cell::new(false) };
    }

    #[derive(Debug, PartialEq)]
    struct Fragile(u64);

    impl Clone for Fragile {
        fn clone(&self) -> Self {
            if PANICS.get() {
                give_up();
            }
            Self(self.0)
        }
    }

    let (mut writer, ring) = Ring::builder(4).build(|| Fragile(0));
    let mut reader = ring.subscribe().unwrap();
    for sequence in 0..10 {
        writer.publish(Fragile(sequence));
        PANICS.set(true);
        expect_panic(|| reader.recv());
        expect_panic(|| reader.try_recv());
        expect_panic(|| reader.recv_timeout(Duration::ZERO));
        expect_panic(|| reader.iter().next());
        PANICS.set(false);
        assert_eq!((reader.position().get(), reader.lag()), (sequence, 1));
        assert_eq!(reader.try_recv(), Ok(Fragile(sequence)));
    }
}

#[test]
fn a_reader_whose_thread_panics_leaves_and_the_other_readers_get_every_event() {
    finite(|| {
        let (mut writer, steady, ring) = ring_of(4);
        let mut fragile = ring.subscribe().unwrap();
        let steady = thread::spawn(move || drain(steady));
        let fragile = thread::spawn(move || {
            fragile.run(|_, sequence, _| {
                if sequence.get() == 50 {
                    give_up();
                }
            });
        });
        for _ in 0..200 {
            publish_next(&mut writer);
        }
        assert!(fragile.join().is_err());
        assert_eq!(ring.reader_count(), 1);
        drop(writer);
        join(steady).ends_at(200);
    });
}
