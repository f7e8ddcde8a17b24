//! Closures that panic while others read and write.

use loom::thread;
use loom_tests::{explore, on_purpose, panics};

use crate::{Event, publish, read, ring};

#[test]
fn a_write_that_panics_publishes_nothing() {
    explore(160, [()], || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || {
            assert!(panics(|| {
                writer.publish_with(|slot| {
                    *slot = Event(7, 7);
                    on_purpose();
                });
            }));
            publish(&mut writer, 0..2);
        });
        read(&mut reader, 2);
        writing.join().unwrap();
    });
}

#[test]
fn a_reader_that_panics_frees_the_writer() {
    explore(83, [()], || {
        let (mut writer, ring) = ring(1, 1);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [0]);
        let reading = thread::spawn(move || {
            assert!(panics(move || drop(reader.run(|_, _, _| on_purpose()))));
        });
        publish(&mut writer, 1..3);
        reading.join().unwrap();
    });
}
