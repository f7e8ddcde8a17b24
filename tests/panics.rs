//! What a panic in somebody else's code leaves behind, and where the panics that
//! the documentation speaks of point to.

mod common;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Once;
use std::thread;

use broadring::{Reader, Ring, Sequence, TryReadError, Writer};
use common::{Tally, event, events, finite, join, publish_at_once, ring_of};

/// Runs what must panic with a payload of the test's own.
#[track_caller]
fn must_give_up<R>(body: impl FnOnce() -> R) {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err().expect("it gives up");
    assert_eq!(payload.downcast_ref(), Some(&"gave up"));
}

fn give_up() -> ! {
    panic::resume_unwind(Box::new("gave up"))
}

/// A ring with that many events published and none read.
fn ring_with(published: u64) -> (Writer<u64>, Reader<u64>, Ring<u64>) {
    let (mut writer, reader, ring) = ring_of(16);
    for _ in 0..published {
        publish_at_once(&mut writer);
    }
    (writer, reader, ring)
}

#[test]
fn a_closure_that_panics_while_it_writes_publishes_nothing() {
    let (mut writer, mut reader, _ring) = ring_of(2);
    for sequence in 0..10 {
        must_give_up(|| {
            writer.publish_with(|slot| {
                *slot = 13;
                give_up();
            })
        });
        must_give_up(|| writer.try_publish_with(|_| give_up()).map(drop).map_err(drop));
        assert_eq!((writer.cursor().get(), writer.remaining_capacity()), (sequence, 2));
        assert_eq!(reader.try_recv(), Err(TryReadError::Empty));
        // The slot keeps what was made of it, and the writer goes on with it.
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
            must_give_up(|| {
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
fn the_event_at_which_a_handler_panics_counts_as_read_and_none_after_it() {
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
                must_give_up(|| {
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
                // The reader is as good as before.
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
fn a_panic_while_a_batch_is_held_commits_all_of_it() {
    let (writer, mut reader, _ring) = ring_with(10);
    must_give_up(|| {
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
fn an_event_whose_clone_panics_is_not_read_and_comes_again() {
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
        must_give_up(|| reader.recv());
        must_give_up(|| reader.try_recv());
        must_give_up(|| reader.recv_timeout(std::time::Duration::ZERO));
        must_give_up(|| reader.iter().next());
        PANICS.set(false);
        assert_eq!((reader.position().get(), reader.lag()), (sequence, 1));
        assert_eq!(reader.try_recv(), Ok(Fragile(sequence)));
    }
}

#[test]
fn what_an_iterator_has_given_out_before_it_panics_is_published() {
    for given_out in 0..=20 {
        // An iterator that knows its length is published in runs, another one by one.
        for knows_its_length in [true, false] {
            let (mut writer, mut reader, _ring) = ring_of(32);
            let fragile = (0..40).map(|index| {
                if index == given_out {
                    give_up();
                }
                event(index)
            });
            must_give_up(|| {
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
fn a_reader_that_panics_leaves_and_the_others_see_everything() {
    finite(|| {
        let (mut writer, steady, ring) = ring_of(4);
        let mut fragile = ring.subscribe().unwrap();
        let steady = thread::spawn(move || common::drain(steady));
        let fragile = thread::spawn(move || {
            fragile.run(|_, sequence, _| {
                if sequence.get() == 50 {
                    give_up();
                }
            });
        });
        for _ in 0..200 {
            common::publish_next(&mut writer);
        }
        assert!(fragile.join().is_err());
        assert_eq!(ring.reader_count(), 1);
        drop(writer);
        join(steady).ends_at(200);
    });
}

/// A panic as its hook saw it.
struct Seen {
    message: String,
    file: String,
    line: u32,
}

/// Runs what must panic, and returns what the panic said and where it pointed.
#[track_caller]
fn panic_of<R>(body: impl FnOnce() -> R) -> Seen {
    thread_local! {
        static CATCHING: Cell<bool> = const { Cell::new(false) };
        static CAUGHT: Cell<Option<Seen>> = const { Cell::new(None) };
    }
    static HOOK: Once = Once::new();

    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CATCHING.get() {
                return usual(info);
            }
            let location = info.location().expect("a location");
            let payload = info.payload();
            let literal = payload.downcast_ref::<&str>().map(|&message| message.to_owned());
            CAUGHT.set(Some(Seen {
                message: literal.or_else(|| payload.downcast_ref().cloned()).unwrap_or_default(),
                file: location.file().to_owned(),
                line: location.line(),
            }));
        }));
    });
    CATCHING.set(true);
    let panicked = panic::catch_unwind(AssertUnwindSafe(body)).is_err();
    CATCHING.set(false);
    assert!(panicked, "it must panic");
    CAUGHT.take().expect("the hook was called")
}

/// Whether a panic points into this very line, with that message.
#[track_caller]
fn points_here(seen: &Seen, message: &str) {
    let here = Location::caller();
    assert_eq!((seen.file.as_str(), seen.line), (here.file(), here.line()), "{}", seen.message);
    assert_eq!(seen.message, message);
}

#[test]
fn a_bad_capacity_names_the_next_power_of_two() {
    let none = |capacity: usize, next: usize| {
        format!(
            "the capacity of a ring must be a power of two, and {capacity} is not one: try {next}"
        )
    };
    points_here(&panic_of(|| Ring::<u64>::builder(0)), &none(0, 1));
    points_here(&panic_of(|| Ring::<u64>::builder(3)), &none(3, 4));
    points_here(&panic_of(|| Ring::<u64>::builder(1000)), &none(1000, 1024));
    let large = 1 << (usize::BITS - 1);
    let message = format!("a ring of capacity {large} is larger than memory can be");
    points_here(&panic_of(|| Ring::<u64>::builder(large)), &message);
    let message = format!("a ring of capacity {} is larger than memory can be", usize::MAX);
    points_here(&panic_of(|| Ring::<u64>::builder(usize::MAX)), &message);
}

#[test]
fn an_index_beyond_a_claim_points_at_the_caller() {
    let (mut writer, _reader, _ring) = ring_of(4);
    let mut claim = writer.claim(2).unwrap();
    points_here(&panic_of(|| claim[2]), "the index is 2 but 2 slots are claimed");
    points_here(&panic_of(|| claim[9] = 1), "the index is 9 but 2 slots are claimed");
    drop(claim);
    let claim = writer.claim(0).unwrap();
    points_here(&panic_of(|| claim[0]), "the index is 0 but 0 slots are claimed");
}

#[test]
fn publishing_more_than_is_claimed_points_at_the_caller_and_publishes_nothing() {
    let (mut writer, reader, _ring) = ring_of(4);
    let claim = writer.claim(2).unwrap();
    let message = "cannot publish 3 events of a claim of 2";
    points_here(&panic_of(|| claim.publish_first(3)), message);
    assert_eq!((writer.cursor().get(), reader.lag()), (0, 0));
    publish_at_once(&mut writer);
    assert_eq!(reader.lag(), 1);
}

#[test]
fn committing_beyond_a_batch_points_at_the_caller_and_commits_nothing() {
    let (_writer, mut reader, _ring) = ring_with(5);
    let mut batch = reader.try_batch_up_to(3).unwrap();
    let message = "cannot commit through 3: it is not before 3, the end of the batch";
    points_here(&panic_of(|| batch.commit_through(Sequence::new(3))), message);
    let last = Sequence::new(u64::MAX);
    let message = format!("cannot commit through {last}: it is not before 3, the end of the batch");
    points_here(&panic_of(|| batch.commit_through(last)), &message);
    assert_eq!(batch.len(), 3);
    std::mem::forget(batch);
    assert_eq!((reader.position().get(), reader.lag()), (0, 5));
}

#[test]
fn publishing_in_vain_once_an_editor_has_left_points_at_the_caller() {
    finite(|| {
        for named in ["", "pricing"] {
            let builder = Ring::builder(2);
            let (mut writer, [editor], _ring) = builder.build_with_editors([named], || 0_u64);
            publish_at_once(&mut writer);
            drop(editor);
            let message = format!("nothing more can be published: the editor {named:?} has left");
            points_here(&panic_of(|| writer.claim(2).map(drop)), &message);
            publish_at_once(&mut writer);
            points_here(&panic_of(|| writer.publish(0)), &message);
            points_here(&panic_of(|| writer.publish_with(|_| unreachable!())), &message);
            points_here(&panic_of(|| writer.publish_all([0, 1])), &message);
            points_here(&panic_of(|| writer.claim(1).map(drop)), &message);
            points_here(&panic_of(|| writer.claim_up_to(1).map(drop)), &message);
            // What asks for nothing gets it.
            assert!(writer.claim(0).unwrap().is_empty());
            assert!(writer.claim_up_to(0).unwrap().is_empty());
            assert_eq!(writer.publish_all([]).start.get(), 2);
        }
    });
}

#[test]
fn an_index_beyond_an_edit_batch_points_at_the_caller() {
    let (mut writer, [mut editor], _ring) =
        Ring::builder(4).build_with_editors(["editor"], || 0_u64);
    publish_at_once(&mut writer);
    publish_at_once(&mut writer);
    let mut batch = editor.try_batch().unwrap();
    points_here(&panic_of(|| batch[2]), "the index is 2 but the batch has 2 events");
    points_here(&panic_of(|| batch[9] = 1), "the index is 9 but the batch has 2 events");
    drop(batch);
    publish_at_once(&mut writer);
    let batch = editor.try_batch_up_to(0).unwrap();
    points_here(&panic_of(|| batch[0]), "the index is 0 but the batch has 0 events");
}

#[test]
fn one_clone_too_many_points_at_the_caller() {
    let (_writer, ring) = Ring::builder(4).max_readers(1).build(|| 0_u64);
    let reader = ring.subscribe().unwrap();
    let message = "the ring has all the readers it was built for: 1";
    points_here(&panic_of(|| reader.clone()), message);
    assert_eq!(ring.reader_count(), 1);
}

#[test]
fn an_index_beyond_a_batch_points_at_the_caller() {
    let (_writer, mut reader, _ring) = ring_with(3);
    let batch = reader.try_batch().unwrap();
    points_here(&panic_of(|| batch[3]), "the index is 3 but the batch has 3 events");
    let index = usize::MAX;
    let message = format!("the index is {index} but the batch has 3 events");
    points_here(&panic_of(|| batch[index]), &message);
}
