//! Leaving, and taking the gate of a reader that has left.

use broadring::{Reader, Ring, Wait, Writer};
use loom::thread;
use loom_tests::{explore, on_purpose, panics};

use crate::{Event, publish, read, ring};

/// An event whose clone panics. A reader that tries to clone it has read the slot, but commits
/// nothing: its last store to its gate is that of leaving.
#[derive(Default)]
struct Unclonable(#[allow(dead_code, reason = "a slot of some size")] u64);

impl Clone for Unclonable {
    fn clone(&self) -> Self {
        on_purpose()
    }
}

fn unclonable(readers: usize) -> (Writer<Unclonable>, Ring<Unclonable>) {
    let builder = Ring::builder(1).max_readers(readers).writer_wait(Wait::YIELD);
    builder.build(Unclonable::default)
}

fn read_and_leave(mut reader: Reader<Unclonable>) {
    assert!(panics(move || drop(reader.recv())));
}

#[test]
fn a_departed_reader_has_finished_reading_when_the_writer_goes_on() {
    explore(15, [()], || {
        let (mut writer, ring) = unclonable(1);
        let reader = ring.subscribe().unwrap();
        writer.publish(Unclonable(0));
        let reading = thread::spawn(move || read_and_leave(reader));
        writer.publish(Unclonable(1));
        reading.join().unwrap();
    });
}

#[test]
fn a_departed_reader_has_finished_reading_when_its_gate_is_taken_again() {
    // The newer reader is a clone, because any other way to join passes a fence, which would
    // hide the missing ordering.
    explore(1800, [(false, false), (false, true), (true, false), (true, true)], || {
        let (mut writer, ring) = unclonable(2);
        let leaver = ring.subscribe().unwrap();
        let mut original = ring.subscribe().unwrap();
        writer.publish(Unclonable(0));
        let leaving = thread::spawn(move || read_and_leave(leaver));
        let reading = thread::spawn(move || {
            let mut clone = original.try_clone().ok();
            drop(original.try_batch());
            drop(clone.as_mut().map(Reader::try_batch));
            (original, clone)
        });
        let published = writer.try_publish(Unclonable(1)).is_ok();
        leaving.join().unwrap();
        let (original, clone) = reading.join().unwrap();
        drop(original);
        (published, clone.is_some())
    });
}

#[test]
fn a_reader_reads_on_when_another_leaves() {
    explore(2800, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let mut staying = ring.subscribe().unwrap();
        let leaving = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let leaving = thread::spawn(move || drop(leaving));
        let staying = thread::spawn(move || read(&mut staying, 1));
        writer.publish(Event::new(1));
        leaving.join().unwrap();
        staying.join().unwrap();
    });
}
