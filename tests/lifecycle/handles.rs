//! Every handle works without the others and on any thread.

use std::thread;

use broadring::Sequence;

use crate::common::{
    Tally, drain, events, eventually, finite, join, publish_at_once, publish_next, ring_of,
};
use crate::rig::from_oldest;

#[test]
fn the_ring_handle_still_answers_and_subscribes_after_every_other_handle_is_gone() {
    let (mut writer, reader, ring) = ring_of(16);
    for _ in 0..7 {
        publish_at_once(&mut writer);
    }
    let other = ring.clone();
    drop(ring);
    drop(reader);
    drop(writer);
    assert!(other.is_closed());
    assert_eq!((other.cursor().get(), other.reader_count(), other.capacity()), (7, 0, 16));
    assert!(from_oldest(&other).try_batch().unwrap().events().copied().eq(events(0..7)));
}

#[test]
fn the_writer_and_readers_work_without_the_ring_handle() {
    finite(|| {
        let (mut writer, reader, ring) = ring_of(4);
        drop(ring);
        let reader = thread::spawn(move || drain(reader));
        for _ in 0..100 {
            publish_next(&mut writer);
        }
        drop(writer);
        join(reader).ends_at(100);
    });
}

#[test]
fn a_reader_can_be_read_and_cloned_after_the_writer_and_the_ring_handle_are_gone() {
    let (mut writer, reader, ring) = ring_of(4);
    for _ in 0..4 {
        publish_at_once(&mut writer);
    }
    drop(writer);
    drop(ring);
    let clone = reader.clone();
    assert_eq!((reader.capacity(), clone.lag()), (4, 4));
    finite(move || drain(reader)).ends_at(4);
    finite(move || drain(clone)).ends_at(4);
}

#[test]
fn a_reader_that_is_moved_to_another_thread_goes_on_at_its_position() {
    finite(|| {
        let (mut writer, mut reader, _ring) = ring_of(64);
        let mut tally = Tally::at(reader.position());
        for hop in 1..=20 {
            publish_next(&mut writer);
            publish_next(&mut writer);
            (reader, tally) = join(thread::spawn(move || {
                tally.take(reader.recv().unwrap());
                (reader, tally)
            }));
            assert_eq!((reader.position().get(), reader.lag()), (hop, hop));
        }
        drop(writer);
        while let Ok(event) = reader.recv() {
            tally.take(event);
        }
        tally.ends_at(40);
    });
}

#[test]
fn the_writer_sees_when_the_first_reader_joins_and_when_the_last_one_leaves() {
    finite(|| {
        let (writer, reader, ring) = ring_of(4);
        assert!(writer.has_readers());
        let reading = thread::spawn(move || drop(reader));
        eventually("the last reader has left", || !writer.has_readers());
        join(reading);
        let guest = thread::spawn(move || ring.subscribe().unwrap());
        eventually("a reader has joined", || writer.has_readers());
        let guest = join(guest);
        assert_eq!(guest.position(), Sequence::new(0));
    });
}
