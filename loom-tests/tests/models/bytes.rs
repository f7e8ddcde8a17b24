//! A ring of records: no reader sees a part of a record, one that is being written, or what lay there
//! a lap ago.

use broadring::{ByteReader, ByteRing, ByteWriter, Wait};
use loom::thread;
use loom_tests::explore;

/// A ring of so many bytes, whose handles yield to loom while they wait.
fn ring(capacity: usize, readers: usize, wait: Wait) -> (ByteWriter, ByteRing) {
    let builder = ByteRing::builder(capacity).max_readers(readers);
    builder.reader_wait(wait).writer_wait(wait).build()
}

/// Publishes the records with these numbers, each of so many bytes.
fn publish(writer: &mut ByteWriter, numbers: impl IntoIterator<Item = u8>, len: usize) {
    for number in numbers {
        let mut record = writer.claim(len).unwrap();
        record.fill(number);
        record.publish();
    }
}

/// Reads to the end of the stream, and returns the numbers of the records.
fn read_to_end(reader: &mut ByteReader, len: usize) -> Vec<u8> {
    let mut numbers = Vec::new();
    reader.run(|record, _, _| {
        assert!(
            record.len() == len && record.iter().all(|byte| *byte == record[0]),
            "a torn record"
        );
        let next = numbers.last().is_none_or(|last| record[0] == last + 1);
        assert!(next, "not the next record");
        numbers.push(record[0]);
    });
    numbers
}

#[test]
fn a_reader_sees_whole_records_in_order() {
    // Two records of two words each fill the ring, but for the header behind the last one.
    explore(12800, [vec![0, 1, 2]], || {
        let (mut writer, ring) = ring(32, 1, Wait::YIELD);
        let mut reader = ring.subscribe().unwrap();
        let reading = thread::spawn(move || read_to_end(&mut reader, 8));
        publish(&mut writer, 0..3, 8);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_record_behind_a_padding_is_seen_with_it() {
    // The second record does not fit before the end: a padding of a word comes first.
    explore(2100, [vec![0, 1]], || {
        let (mut writer, ring) = ring(64, 1, Wait::YIELD);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [9], 8);
        drop(reader.try_batch().unwrap());
        publish(&mut writer, [9], 24);
        drop(reader.try_batch().unwrap());
        let reading = thread::spawn(move || read_to_end(&mut reader, 16));
        publish(&mut writer, 0..2, 16);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_that_is_behind_takes_whole_records_by_the_cursor() {
    explore(940, [vec![0, 1, 2]], || {
        let (mut writer, ring) = ring(64, 1, Wait::YIELD);
        let mut reader = ring.subscribe().unwrap();
        publish(&mut writer, [0], 8);
        let reading = thread::spawn(move || read_to_end(&mut reader, 8));
        publish(&mut writer, 1..3, 8);
        drop(writer);
        reading.join().unwrap()
    });
}

#[test]
fn a_reader_that_joins_sees_whole_records_from_the_next_one_on() {
    let outcomes = [vec![], vec![2], vec![1, 2], vec![0, 1, 2]];
    explore(5400, outcomes, || {
        let (mut writer, ring) = ring(32, 1, Wait::YIELD);
        let reading = thread::spawn(move || read_to_end(&mut ring.subscribe().unwrap(), 8));
        publish(&mut writer, 0..3, 8);
        drop(writer);
        reading.join().unwrap()
    });
}

mod sleep {
    use super::*;

    #[test]
    fn a_parked_reader_of_records_is_woken() {
        explore(44, [()], || {
            let (mut writer, ring) = ring(32, 1, Wait::PARK);
            let mut reader = ring.subscribe().unwrap();
            let reading = thread::spawn(move || {
                drop(reader.wait_batch().unwrap());
                reader
            });
            publish(&mut writer, [0], 8);
            // So that closing cannot be what wakes it.
            drop((reading.join().unwrap(), writer));
        });
    }

    #[test]
    fn a_writer_parked_for_want_of_room_is_woken() {
        explore(12, [()], || {
            let (mut writer, ring) = ring(32, 1, Wait::PARK);
            let mut reader = ring.subscribe().unwrap();
            publish(&mut writer, [0], 8);
            let writing = thread::spawn(move || publish(&mut writer, [1], 8));
            drop(reader.try_batch().unwrap());
            // So that leaving cannot be what wakes it.
            writing.join().unwrap();
            drop(reader);
        });
    }
}
