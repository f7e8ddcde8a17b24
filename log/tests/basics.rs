//! What is appended is there, in order, once, also after the log was opened again.

use broadring_log::codec::Bytes;
use broadring_log::{Durability, Log, LogReader, OpenError, ReadError};

fn event(number: u64) -> Vec<u8> {
    format!("event {number}, {}", "x".repeat((number % 97) as usize)).into_bytes()
}

/// Everything that a reader finds from a sequence on.
fn read(reader: &LogReader, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut frames = reader.from(from).unwrap();
    let mut events = Vec::new();
    while let Some(frame) = frames.next_frame().unwrap() {
        events
            .extend(frame.records().map(|(sequence, record)| (sequence.into(), record.to_owned())));
    }
    events
}

fn expected(numbers: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
    numbers.map(|number| (number, event(number))).collect()
}

#[test]
fn what_was_appended_is_read_again_from_any_sequence() {
    let directory = tempfile::tempdir().unwrap();
    let mut log =
        Log::options().segment_bytes(4096).frame_bytes(700).open(directory.path()).unwrap();
    for number in 0..1000 {
        assert_eq!(log.push(&Bytes, &event(number)).unwrap(), number.into());
        if number % 7 == 0 {
            assert_eq!(log.end_batch().unwrap(), (number + 1).into());
        }
    }
    log.sync().unwrap();
    for from in [0, 1, 6, 7, 8, 499, 999, 1000] {
        assert_eq!(read(&log.reader(), from), expected(from..1000));
        assert_eq!(read(&LogReader::open(directory.path()).unwrap(), from), expected(from..1000));
    }
    assert!(log.reader().segments().unwrap().len() > 10);
    log.close().unwrap();
    assert_eq!(read(&LogReader::open(directory.path()).unwrap(), 0), expected(0..1000));

    let mut log = Log::open(directory.path()).unwrap();
    assert_eq!(log.next_sequence(), 1000.into());
    assert!(log.recovery().cut().is_none());
    for number in 1000..1010 {
        log.push(&Bytes, &event(number)).unwrap();
    }
    log.close().unwrap();
    assert_eq!(read(&LogReader::open(directory.path()).unwrap(), 990), expected(990..1010));
}

#[test]
fn what_is_not_committed_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let never = Durability::Interval(std::time::Duration::from_secs(3600));
    let mut log = Log::options().durability(never).open(directory.path()).unwrap();
    for number in 0..10 {
        log.push(&Bytes, &event(number)).unwrap();
        assert_eq!(log.end_batch().unwrap(), 0.into());
    }
    assert_eq!(read(&log.reader(), 0), []);
    assert_eq!(read(&LogReader::open(directory.path()).unwrap(), 0), []);
    assert_eq!(log.sync().unwrap(), 10.into());
    assert_eq!(read(&log.reader(), 0), expected(0..10));
    assert_eq!(read(&LogReader::open(directory.path()).unwrap(), 0), expected(0..10));
}

#[test]
fn what_comes_after_damage_is_read_by_whoever_asks_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path()).unwrap();
    for number in 0..100 {
        log.push(&Bytes, &event(number)).unwrap();
        if number % 10 == 9 {
            log.end_batch().unwrap();
        }
    }
    log.close().unwrap();
    let segment = directory.path().join(format!("{:020}.frames", 0));
    let mut bytes = std::fs::read(&segment).unwrap();
    let place = bytes.windows(9).position(|window| window == b"event 34,").unwrap();
    bytes[place] ^= 1;
    std::fs::write(&segment, bytes).unwrap();

    let reader = LogReader::open(directory.path()).unwrap();
    let mut frames = reader.from(0).unwrap();
    for _ in 0..3 {
        frames.next_frame().unwrap().unwrap();
    }
    let Err(ReadError::Damaged(damage)) = frames.next_frame() else { panic!("nothing is wrong") };
    assert_eq!(damage.sequences(), 30.into()..40.into());
    assert_eq!(read(&reader, 40), expected(40..100));
    assert_eq!(read(&reader, 55), expected(55..100));
    for from in [30, 39] {
        let refused = reader.from(from).unwrap().next_frame().map(|_| ());
        assert!(matches!(refused, Err(ReadError::Damaged(again)) if again == damage));
    }
}

#[test]
fn a_directory_of_somebody_else_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    std::fs::write(&lock, "theirs").unwrap();
    std::fs::write(directory.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(Log::open(directory.path()), Err(OpenError::NotALog(_))));
    assert_eq!(std::fs::read_to_string(lock).unwrap(), "theirs");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn directories_above_a_log_are_made_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/c");
    Log::open(&path).unwrap().close().unwrap();
    assert!(LogReader::open(path).is_ok());
}
