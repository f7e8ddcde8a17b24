//! Readers beside the writer, in its process and in another one, get every event once and in order, while segments
//! are begun and removed; what was removed is an error that says so.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use broadring_log::codec::Bytes;
use broadring_log::{Durability, Frames, Log, LogReader, ReadError, Retention};

/// Set in the other process: the directory of the log.
const OTHER: &str = "BROADRING_LOG_READ";

const EVENTS: u64 = 30_000;

fn event(number: u64) -> Vec<u8> {
    let mut event = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes().repeat(12);
    event.truncate(8 + (number % 83) as usize);
    event
}

/// What a reader has seen.
#[derive(Debug, Default)]
struct Seen {
    events: u64,
    removed: u64,
}

/// Reads until the last event.
///
/// # Panics
///
/// If an event is wrong, or one is missed, or the writer is dead.
fn follow(reader: &LogReader, slow: bool) -> Seen {
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut seen = Seen::default();
    let mut frames = begin(reader, 0, &mut seen);
    while frames.position().get() < EVENTS {
        assert!(Instant::now() < deadline, "the reader is stuck at {}", frames.position());
        let position = frames.position().get();
        match frames.wait_frame(Some(deadline)) {
            Ok(Some(frame)) => {
                let mut next = position;
                for (number, record) in frame.records() {
                    assert_eq!(number.get(), next, "an event is missed");
                    assert!(record == event(next), "event {next} is another one");
                    next += 1;
                }
                assert_eq!(frame.end_sequence().get(), next);
                seen.events += next - position;
                if slow {
                    // So that segments are removed before they are read.
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Ok(None) => panic!("nothing more comes at {position}"),
            Err(ReadError::Removed { requested, oldest }) => {
                assert_eq!(requested.get(), position);
                frames = begin(reader, oldest.get(), &mut seen);
                assert!(frames.position().get() > position);
                seen.removed += frames.position().get() - position;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(seen.events + seen.removed, EVENTS);
    seen
}

/// Begins at a sequence, or at the oldest one if that was removed.
fn begin(reader: &LogReader, mut from: u64, seen: &mut Seen) -> Frames {
    let asked = from;
    loop {
        match reader.from(from) {
            Ok(frames) => {
                if asked == 0 {
                    seen.removed += from;
                }
                return frames;
            }
            Err(ReadError::Removed { requested, oldest }) => {
                assert!(requested.get() == from && oldest > requested);
                from = oldest.get();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Looks at what there is, again and again.
fn look(reader: &LogReader, done: &AtomicBool) {
    while !done.load(Ordering::Acquire) {
        let segments = reader.segments().unwrap();
        let segments: Vec<_> = segments.iter().map(|segment| segment.sequences).collect();
        for pair in segments.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{segments:?}");
        }
        drop(reader.from_stamp(0).unwrap());
        thread::yield_now();
    }
}

fn write(directory: &Path, retention: Retention, durability: Durability) -> (Seen, Seen) {
    let options = Log::options().segment_bytes(8 * 1024).frame_bytes(1000);
    let mut log = options.retention(retention).durability(durability).open(directory).unwrap();
    let (beside, slow, looking) = (log.reader(), log.reader(), log.reader());
    let done = AtomicBool::new(false);
    let other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "another_process_reads"])
        .env(OTHER, directory)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    thread::scope(|scope| {
        let beside = scope.spawn(move || follow(&beside, false));
        let slow = scope.spawn(move || follow(&slow, true));
        let looks = scope.spawn(|| look(&looking, &done));
        for number in 0..EVENTS {
            log.push(&Bytes, &event(number)).unwrap();
            if number % 37 == 0 {
                log.end_batch().unwrap();
            }
        }
        log.sync().unwrap();
        done.store(true, Ordering::Release);
        let output = other.wait_with_output().unwrap();
        let text = [&output.stdout[..], &output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
        looks.join().unwrap();
        (beside.join().unwrap(), slow.join().unwrap())
    })
}

#[test]
fn another_process_reads() {
    // Without the directory this is only a part of the tests below.
    if let Some(directory) = env::var_os(OTHER) {
        follow(&LogReader::open(directory).unwrap(), false);
    }
}

#[test]
fn every_reader_gets_every_event_while_segments_are_begun() {
    let directory = tempfile::tempdir().unwrap();
    let (beside, slow) = write(directory.path(), Retention::EVERYTHING, Durability::System);
    assert_eq!((beside.events, slow.events), (EVENTS, EVENTS));
}

#[test]
fn what_was_removed_is_an_error_and_nothing_else_is_missed() {
    let directory = tempfile::tempdir().unwrap();
    let retention = Retention::EVERYTHING.bytes(64 * 1024);
    let (_, slow) = write(directory.path(), retention, Durability::System);
    println!("the slow reader has seen {slow:?}");
}

#[test]
fn readers_see_what_is_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let within = Duration::from_secs(3600);
    let durability = Durability::Every { events: 1000, within };
    let retention = Retention::EVERYTHING.bytes(256 * 1024);
    write(directory.path(), retention, durability);
}

#[test]
fn an_event_is_removed_exactly_when_it_is_older_than_the_oldest() {
    let directory = tempfile::tempdir().unwrap();
    let options = Log::options().segment_bytes(1000).retention(Retention::EVERYTHING.bytes(3000));
    let mut log = options.open(directory.path()).unwrap();
    let mut early = log.reader().from(0).unwrap();
    for number in 0..500 {
        log.push(&Bytes, &event(number)).unwrap();
        log.end_batch().unwrap();
    }
    let oldest = log.oldest().get();
    assert!(oldest > 100);
    for reader in [log.reader(), LogReader::open(directory.path()).unwrap()] {
        for from in 0..500 {
            match reader.from(from) {
                Err(ReadError::Removed { requested, oldest: found }) => {
                    assert!(from < oldest);
                    assert_eq!((requested.get(), found.get()), (from, oldest));
                }
                Ok(mut frames) => {
                    assert!(from >= oldest);
                    let frame = frames.next_frame().unwrap().unwrap();
                    let first = frame.records().next().unwrap();
                    assert_eq!(first, (from.into(), &event(from)[..]));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    let error = early.next_frame().map(|frame| frame.is_some()).unwrap_err();
    assert!(matches!(error, ReadError::Removed { .. }), "{error}");
}
