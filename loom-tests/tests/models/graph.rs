//! Readers that come after other readers.

use broadring::{End, Reader, Ring, Upstream, Wait};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use loom_tests::{explore, on_purpose, panics};

use crate::{Event, publish, read, read_now, read_to_end, ring, ring_that_waits};

/// Makes two readers, the second of which comes after the first.
fn pair(ring: &Ring<Event>) -> (Reader<Event>, Reader<Event>) {
    let first = ring.reader().name("first").subscribe().unwrap();
    let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
    (first, second)
}

#[test]
fn what_a_reader_does_with_an_event_happens_before_its_dependent_sees_it() {
    explore(45, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let (mut first, mut second) = pair(&ring);
        let note = Arc::new(UnsafeCell::new(0));
        publish(&mut writer, [0]);
        let noting = thread::spawn({
            let note = Arc::clone(&note);
            move || {
                let batch = first.wait_batch().unwrap();
                // SAFETY: the other thread reads the note only after this batch is committed.
                note.with_mut(|note| unsafe { *note = batch[0].number() + 1 });
                drop(batch);
                first
            }
        });
        let start = read(&mut second, 1);
        // SAFETY: the note was written before the event was committed.
        note.with(|note| assert_eq!(unsafe { *note }, start + 1));
        drop(noting.join().unwrap());
    });
}

#[test]
fn the_last_reader_of_a_chain_holds_the_writer_back() {
    explore(460, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let (mut first, mut second) = pair(&ring);
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            read(&mut first, 1);
            read(&mut second, 1);
        });
        publish(&mut writer, [1]);
        reading.join().unwrap();
    });
}

#[test]
fn a_dependent_reads_what_its_departed_upstream_committed_and_no_more() {
    explore(4000, [0, 1], || {
        let (mut writer, ring) = ring(2, 2);
        let (mut first, mut second) = pair(&ring);
        let leaving = thread::spawn(move || {
            let read = read_now(&mut first) as u64;
            drop(first);
            read
        });
        let reading = thread::spawn(move || {
            let start = second.position().get();
            let end = second.run(|event, sequence, _| assert_eq!(event.number(), sequence.get()));
            let End::UpstreamLeft(left) = end else { panic!("{end:?}") };
            assert_eq!(left.member().name(), Some("first"));
            (second.position().get() - start, left.position().get())
        });
        publish(&mut writer, [0]);
        let left_at = leaving.join().unwrap();
        assert_eq!(reading.join().unwrap(), (left_at, left_at));
        drop(writer);
        left_at
    });
}

#[test]
fn a_departed_upstream_has_finished_reading_when_its_gate_is_vacant() {
    // The dependent of the reader that leaves may be the one that vacates its gate.
    explore(1800, [()], || {
        let builder = Ring::builder(1).max_readers(2).writer_wait(Wait::YIELD);
        let (mut writer, ring) = builder.build(Unclonable::default);
        let mut first = ring.subscribe().unwrap();
        let second = ring.reader().after(&first).unwrap().subscribe().unwrap();
        writer.publish(Unclonable(0));
        let leaving = thread::spawn(move || {
            assert!(panics(|| drop(first.recv())));
            drop(first);
        });
        let dependent = thread::spawn(move || drop(second));
        writer.publish(Unclonable(1));
        leaving.join().unwrap();
        dependent.join().unwrap();
    });
}

#[test]
fn a_reader_comes_after_one_that_runs_and_leaves_or_learns_that_it_has_left() {
    explore(900, [(false, 0), (true, 0)], || {
        let (mut writer, ring) = ring(1, 2);
        let mut first = ring.subscribe().unwrap();
        let upstream = Upstream::from(&first);
        publish(&mut writer, [0]);
        let running = thread::spawn(move || {
            read(&mut first, 1);
            drop(first);
        });
        let outcome = match ring.reader().after(&upstream) {
            Ok(after) => {
                let mut second = after.from_oldest().subscribe().unwrap();
                let start = second.position().get();
                let end = second.run(|event, at, _| assert_eq!(event.number(), at.get()));
                assert!(end.is_upstream_left());
                assert_eq!(second.position().get(), 1, "it has read what the other has");
                (true, start)
            }
            Err(error) => {
                assert!(error.is_gone());
                (false, 0)
            }
        };
        running.join().unwrap();
        // Nobody holds the writer back any more, and both gates are free.
        publish(&mut writer, [1]);
        drop([(); 2].map(|()| ring.subscribe().unwrap()));
        outcome
    });
}

#[test]
fn a_gate_that_another_reader_has_taken_meanwhile_is_not_retained() {
    explore(550, [false, true], || {
        let (mut writer, ring) = ring(1, 3);
        let first = ring.subscribe().unwrap();
        let upstream = Upstream::from(&first);
        let replacing = thread::spawn({
            let ring = ring.clone();
            move || {
                drop(first);
                ring.subscribe().unwrap()
            }
        });
        let retained = match ring.reader().after(&upstream) {
            Ok(after) => {
                let mut second = after.subscribe().unwrap();
                assert!(second.recv().unwrap_err().is_upstream_left());
                true
            }
            Err(_) => false,
        };
        // The other reader is not the upstream of anybody.
        let mut other = replacing.join().unwrap();
        publish(&mut writer, [0]);
        read(&mut other, 1);
        retained
    });
}

/// An event whose clone panics: a reader reads it, and commits nothing.
#[derive(Default)]
struct Unclonable(#[allow(dead_code, reason = "a slot of some size")] u64);

impl Clone for Unclonable {
    fn clone(&self) -> Self {
        on_purpose()
    }
}

mod sleep {
    use super::*;

    #[test]
    fn a_parked_dependent_is_woken_by_a_commit() {
        explore(33, [0], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let (mut first, mut second) = pair(&ring);
            publish(&mut writer, [0]);
            let dependent = thread::spawn(move || read(&mut second, 1));
            read(&mut first, 1);
            // So that neither leaving nor closing can be what wakes it.
            let start = dependent.join().unwrap();
            drop((first, writer));
            start
        });
    }

    #[test]
    fn a_parked_dependent_is_woken_when_its_upstream_leaves() {
        explore(155, [()], || {
            let (writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let (first, mut second) = pair(&ring);
            let dependent = thread::spawn(move || second.recv());
            drop(first);
            assert!(dependent.join().unwrap().unwrap_err().is_upstream_left());
            drop(writer);
        });
    }

    #[test]
    fn a_reader_that_joins_after_one_that_runs_is_woken_by_its_commit() {
        explore(65, [0], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let mut first = ring.subscribe().unwrap();
            let upstream = Upstream::from(&first);
            publish(&mut writer, [0]);
            let running = thread::spawn(move || {
                read(&mut first, 1);
                first
            });
            let after = ring.reader().after(&upstream).unwrap();
            let start = read(&mut after.from_oldest().subscribe().unwrap(), 1);
            // So that neither leaving nor closing can be what wakes it.
            drop((running.join().unwrap(), writer));
            start
        });
    }

    #[test]
    fn a_reader_that_joins_after_one_that_runs_is_woken_when_it_leaves() {
        explore(290, [false, true], || {
            let (writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let first = ring.subscribe().unwrap();
            let upstream = Upstream::from(&first);
            let leaving = thread::spawn(move || drop(first));
            let joined = match ring.reader().after(&upstream) {
                Ok(after) => {
                    let mut second = after.subscribe().unwrap();
                    assert!(second.recv().unwrap_err().is_upstream_left());
                    true
                }
                Err(_) => false,
            };
            leaving.join().unwrap();
            drop(writer);
            joined
        });
    }

    #[test]
    fn a_parked_dependent_is_woken_by_the_end_of_the_stream() {
        explore(38, [()], || {
            let (writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let (first, mut second) = pair(&ring);
            let dependent = thread::spawn(move || second.recv());
            drop(writer);
            assert_eq!(dependent.join().unwrap(), Err(End::Closed));
            drop(first);
        });
    }

    #[test]
    fn a_parked_dependent_is_woken_when_any_of_its_upstreams_leaves() {
        explore(105, [()], || {
            let (writer, ring) = ring_that_waits(Wait::PARK, 2, 3);
            let (first, second) = (ring.subscribe().unwrap(), ring.subscribe().unwrap());
            let builder = ring.reader().after(&second).unwrap().after(&first).unwrap();
            let mut third = builder.subscribe().unwrap();
            let dependent = thread::spawn(move || third.recv());
            drop(first);
            assert!(dependent.join().unwrap().unwrap_err().is_upstream_left());
            drop((second, writer));
        });
    }

    #[test]
    fn a_parked_dependent_is_woken_when_its_upstream_skips_events() {
        explore(90, [0], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
            let (mut first, mut second) = pair(&ring);
            publish(&mut writer, [0]);
            let dependent = thread::spawn(move || read(&mut second, 1));
            assert_eq!(first.rejoin(), Ok(1));
            // So that neither leaving nor closing can be what wakes it.
            let start = dependent.join().unwrap();
            drop((first, writer));
            start
        });
    }

    #[test]
    fn a_parked_dependent_is_woken_when_an_editor_leaves() {
        explore(85, [()], || {
            let builder = Ring::builder(2).max_readers(2).reader_wait(Wait::PARK);
            let (writer, [editor], ring) = builder.build_with_editors([""], Event::default);
            let (first, mut second) = pair(&ring);
            let dependent = thread::spawn(move || second.recv());
            drop(editor);
            assert!(dependent.join().unwrap().unwrap_err().is_upstream_left());
            drop((first, writer));
        });
    }

    #[test]
    fn a_writer_parked_behind_a_reader_that_has_ended_is_woken() {
        explore(60, [()], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 2);
            let (mut first, mut second) = pair(&ring);
            publish(&mut writer, [0]);
            read(&mut first, 1);
            drop(first);
            let writing = thread::spawn(move || publish(&mut writer, [1, 2]));
            read(&mut second, 1);
            // Slot 0 is free for event 1. For event 2 the reader must open its gate.
            assert!(second.recv().unwrap_err().is_upstream_left());
            writing.join().unwrap();
            drop(second);
        });
    }

    #[test]
    fn leaving_at_the_end_of_the_stream_is_not_leaving_early() {
        explore(18000, [(0, 1)], || {
            let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 2);
            let (mut first, mut second) = pair(&ring);
            publish(&mut writer, [0]);
            let reading = thread::spawn(move || read_to_end(&mut first));
            let dependent = thread::spawn(move || {
                let start = second.position().get();
                assert_eq!(second.run(|_, _, _| ()), End::Closed);
                (start, second.position().get())
            });
            drop(writer);
            reading.join().unwrap();
            dependent.join().unwrap()
        });
    }
}
