//! Parking and waking: no wake-up is lost. A lost one deadlocks the model.

use broadring::Wait;
use loom::thread;
use loom_tests::explore;

use crate::{publish, read, read_to_end, ring_that_waits};

#[test]
fn a_parked_reader_is_woken_by_an_event() {
    explore(17, [0], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || read(&mut reader, 1));
        publish(&mut writer, [0]);
        // So that closing cannot be what wakes it.
        let start = reading.join().unwrap();
        drop(writer);
        start
    });
}

#[test]
fn parked_readers_are_all_woken() {
    explore(860, [(0, 0)], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 2);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.subscribe().unwrap();
        let first = thread::spawn(move || read(&mut first, 1));
        let second = thread::spawn(move || read(&mut second, 1));
        publish(&mut writer, [0]);
        let starts = (first.join().unwrap(), second.join().unwrap());
        drop(writer);
        starts
    });
}

#[test]
fn a_parked_reader_is_woken_by_the_end_of_the_stream() {
    explore(19, [(0, 0)], || {
        let (writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || read_to_end(&mut reader));
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_parked_writer_is_woken_by_a_commit() {
    explore(12, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let writing = thread::spawn(move || publish(&mut writer, [1]));
        read(&mut reader, 1);
        // So that leaving cannot be what wakes it.
        writing.join().unwrap();
        drop(reader);
    });
}

#[test]
fn a_parked_writer_is_woken_by_the_slower_of_two_commits() {
    explore(330, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 2);
        let mut first = ring.subscribe().unwrap();
        let mut second = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            read(&mut first, 1);
            first
        });
        let writing = thread::spawn(move || publish(&mut writer, [1]));
        read(&mut second, 1);
        writing.join().unwrap();
        drop((reading.join().unwrap(), second));
    });
}

#[test]
fn a_parked_writer_is_woken_when_the_last_reader_leaves() {
    explore(30, [()], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 1, 1);
        let reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let writing = thread::spawn(move || publish(&mut writer, [1]));
        drop(reader);
        writing.join().unwrap();
    });
}

#[test]
fn a_writer_parked_behind_a_joining_reader_is_woken_when_it_has_joined() {
    // The joining reader closes its gate a whole ring back, then moves it forward to the
    // oldest event. When that is event 1, slot 0 is free, and only the join itself can wake
    // the writer.
    explore(90, [0, 1], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        publish(&mut writer, 0..2);
        let writing = thread::spawn(move || {
            publish(&mut writer, [2]);
            writer
        });
        let mut reader = ring.reader().from_oldest().subscribe().unwrap();
        let start = reader.position().get();
        if start == 0 {
            read(&mut reader, 1);
        }
        drop(writing.join().unwrap());
        drop(reader);
        start
    });
}

#[test]
fn a_writer_parked_behind_a_refused_reader_is_woken() {
    explore(150, [true, false], || {
        let (mut writer, ring) = ring_that_waits(Wait::PARK, 2, 1);
        publish(&mut writer, 0..2);
        let writing = thread::spawn(move || {
            publish(&mut writer, [2]);
            writer
        });
        // The gate that the reader takes is at event 0 at first, also if event 1 is the oldest.
        let joined = ring.reader().from(0).subscribe();
        let refused = joined.is_err();
        if let Ok(mut reader) = joined {
            read(&mut reader, 1);
        }
        drop(writing.join().unwrap());
        refused
    });
}
