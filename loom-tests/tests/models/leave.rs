//! Leaving, and taking the place of one who left.

use broadring::{Reader, Ring, Wait, Writer};
use loom::thread;
use loom_tests::{explore, on_purpose, panics};

use crate::{Event, publish, read, ring};

/// An event that cannot be cloned. A reader that tries has looked at the slot
/// when it panics, but commits nothing: the last that is heard of it is that it
/// leaves.
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

fn look_and_leave(mut reader: Reader<Unclonable>) {
    assert!(panics(move || drop(reader.recv())));
}

#[test]
fn a_reader_that_leaves_frees_the_writer_after_its_last_look() {
    explore(15, [()], || {
        let (mut writer, ring) = unclonable(1);
        let reader = ring.subscribe().unwrap();
        writer.publish(Unclonable(0));
        let reading = thread::spawn(move || look_and_leave(reader));
        writer.publish(Unclonable(1));
        reading.join().unwrap();
    });
}

#[test]
fn the_looks_of_one_who_left_are_over_when_its_gate_has_another_reader() {
    // The newer reader is a clone: whoever joins otherwise passes a fence, which
    // would do as well.
    explore(2000, [(false, false), (false, true), (true, false), (true, true)], || {
        let (mut writer, ring) = unclonable(2);
        let leaver = ring.subscribe().unwrap();
        let mut original = ring.subscribe().unwrap();
        writer.publish(Unclonable(0));
        let leaving = thread::spawn(move || look_and_leave(leaver));
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
fn one_leaves_and_the_other_reads_on() {
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
