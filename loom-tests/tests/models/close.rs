//! The end of the stream.

use loom::thread;
use loom_tests::explore;

use crate::{publish, read_now, read_to_end, ring};

#[test]
fn a_reader_that_sees_the_ring_closed_sees_everything_published() {
    explore(6, [false, true], || {
        let (mut writer, ring) = ring(2, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || {
            publish(&mut writer, [0]);
            drop(writer);
        });
        let closed = ring.is_closed();
        if closed {
            assert_eq!(ring.cursor().get(), 1);
            assert_eq!(read_now(&mut reader), 1);
        }
        writing.join().unwrap();
        closed
    });
}

#[test]
fn nothing_is_lost_at_the_end() {
    explore(120, [(0, 2)], || {
        let (mut writer, ring) = ring(2, 1);
        let mut reader = ring.subscribe().unwrap();
        let writing = thread::spawn(move || {
            publish(&mut writer, 0..2);
            drop(writer);
        });
        let ends = read_to_end(&mut reader);
        writing.join().unwrap();
        ends
    });
}
