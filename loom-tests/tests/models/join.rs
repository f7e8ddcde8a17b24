//! Joining while the writer publishes.

use broadring::{Ring, Sequence, SubscribeError, Wait};
use loom::thread;
use loom_tests::explore;

use crate::{Event, publish, read, read_to_end, ring};

#[test]
fn a_reader_that_joins_at_the_cursor_is_never_lapped() {
    // Without other readers the writer runs free until it notices this one.
    explore(6100, [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)], || {
        let (mut writer, ring) = ring(2, 1);
        let reading = thread::spawn(move || read_to_end(&mut ring.subscribe().unwrap()));
        publish(&mut writer, 0..4);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_that_joins_at_the_oldest_event_is_never_lapped() {
    explore(8000, [(0, 4), (1, 4), (2, 4)], || {
        let (mut writer, ring) = ring(2, 1);
        let reading = thread::spawn(move || {
            read_to_end(&mut ring.reader().from_oldest().subscribe().unwrap())
        });
        publish(&mut writer, 0..4);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_that_joins_at_a_sequence_starts_there_or_is_refused() {
    explore(8800, [None, Some((2, 5))], || {
        let (mut writer, ring) = ring(2, 1);
        let reading = thread::spawn(move || match ring.reader().from(2).subscribe() {
            Ok(mut reader) => {
                assert_eq!(reader.position().get(), 2);
                Some(read_to_end(&mut reader))
            }
            Err(SubscribeError::NotRetained(error)) => {
                assert!(error.oldest().get() > 2 || error.cursor().get() < 2);
                None
            }
            Err(other) => panic!("{other}"),
        });
        // If a refused reader held it back, it would wait for ever.
        publish(&mut writer, 0..5);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_that_joins_near_the_last_sequence_is_never_lapped() {
    let first = Sequence::MAX.get() - 4;
    explore(9600, [(0, 4), (1, 4), (2, 4)], move || {
        let builder = Ring::builder(2).max_readers(1).first_sequence(first);
        let (mut writer, ring) = builder.writer_wait(Wait::YIELD).build(Event::default);
        let reading = thread::spawn(move || {
            let mut reader = ring.reader().wait(Wait::YIELD).from_oldest().subscribe().unwrap();
            let (start, end) = read_to_end(&mut reader);
            (start - first, end - first)
        });
        publish(&mut writer, first..first + 4);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn no_reader_joins_ahead_of_the_cursor() {
    // With a single slot the frontier moves at every event, always to a whole
    // ring ahead.
    explore(1600, [(0, 3), (1, 3), (2, 3), (3, 3)], || {
        let (mut writer, ring) = ring(1, 1);
        let reading = thread::spawn(move || read_to_end(&mut ring.subscribe().unwrap()));
        publish(&mut writer, 0..3);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_clone_is_protected_in_a_gate_that_the_scan_has_passed() {
    // The clone takes gate 0 while the scan may be between gates 0 and 1.
    explore(300, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let leaving = ring.subscribe().unwrap();
        let mut original = ring.subscribe().unwrap();
        drop(leaving);
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            let mut clone = original.clone();
            read(&mut original, 1);
            read(&mut clone, 1);
        });
        let _ = writer.try_publish(Event::new(1));
        reading.join().unwrap();
    });
}

#[test]
fn readers_that_join_together_get_gates_of_their_own() {
    explore(13, [()], || {
        let (mut writer, ring) = ring(1, 2);
        let other = ring.clone();
        let first = thread::spawn(move || other.subscribe().unwrap());
        let mut second = ring.subscribe().unwrap();
        let mut first = first.join().unwrap();
        assert!(ring.subscribe().is_err());
        publish(&mut writer, [0]);
        assert_eq!((read(&mut first, 1), read(&mut second, 1)), (0, 0));
    });
}
