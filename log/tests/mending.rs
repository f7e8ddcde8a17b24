//! What is damaged in a log is found, and a repair makes the log readable again, says what is gone, and loses nothing.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use broadring_log::codec::Bytes;
use broadring_log::{Durability, Keep, Log, LogOptions, LogReader, Repair, verify};
use fastrand::Rng;

const EVENTS: u64 = 300;

fn event(number: u64) -> Vec<u8> {
    format!("event {number}, {}", "x".repeat((number % 41) as usize)).into_bytes()
}

/// Small segments, and no sync after each batch, which takes long.
fn options() -> LogOptions {
    let durability = Durability::Interval(Duration::from_secs(3600));
    Log::options().segment_bytes(2000).durability(durability)
}

/// A log of several segments, the last of them open, with a checkpoint in the middle.
fn written(directory: &Path) {
    let mut log = options().frame_bytes(150).open(directory).unwrap();
    let mut checkpoint = log.reader().checkpoint("consumer").unwrap();
    for number in 0..EVENTS {
        log.push(&Bytes, &event(number)).unwrap();
        if number % 5 == 4 {
            log.end_batch().unwrap();
        }
    }
    checkpoint.store(100).unwrap();
    checkpoint.store(120).unwrap();
    log.close().unwrap();
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> =
        names.filter(|path| path.extension().is_some_and(|it| it == "frames")).collect();
    segments.sort();
    segments
}

fn first_of(segment: &Path) -> u64 {
    segment.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Reads everything, and checks that it is what was written.
fn read(directory: &Path) -> Range<u64> {
    let reader = LogReader::open(directory).unwrap();
    let oldest = u64::from(reader.oldest().unwrap());
    let mut next = oldest;
    let mut frames = reader.from(oldest).unwrap();
    while let Some(frame) = frames.next_frame().unwrap() {
        for (sequence, record) in frame.records() {
            assert_eq!((sequence, record), (next.into(), &*event(next)));
            next += 1;
        }
    }
    oldest..next
}

fn bytes_of_all(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("lock"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Repairs a damaged log, and checks that it is good then, goes on, and has all but what is said to be gone.
fn repaired(directory: &Path, keep: Keep) -> Range<u64> {
    let before = bytes_of_all(directory);
    let dry = Repair::new().keep(keep).dry_run(true).run(directory, |_| ()).unwrap();
    assert_eq!(bytes_of_all(directory), before, "a dry run changes nothing");
    let repaired = Repair::new().keep(keep).run(directory, |_| ()).unwrap();
    assert_eq!(repaired.mended.len(), dry.mended.len());
    assert_eq!(repaired.gone, dry.gone);

    let again = verify(directory, |_| ()).unwrap();
    assert!(again.is_good(), "{repaired:?}\n{again:?}");
    let kept = read(directory);
    assert_eq!(repaired.sequences, kept.start.into()..kept.end.into());
    let gone: u64 =
        repaired.gone.iter().map(|gone| gone.end - gone.start).sum::<u64>() + kept.end - kept.start;
    assert!(gone == EVENTS || repaired.perhaps_more, "{repaired:?}");
    if kept.end < 120 {
        assert_eq!(repaired.ahead, [("consumer".to_owned(), 120.into())]);
    }

    // It goes on, with what comes next.
    let mut log = options().open(directory).unwrap();
    assert_eq!(log.next_sequence(), kept.end.into());
    for number in kept.end..kept.end + 100 {
        log.push(&Bytes, &event(number)).unwrap();
        log.end_batch().unwrap();
    }
    log.close().unwrap();
    assert!(verify(directory, |_| ()).unwrap().is_good());
    assert_eq!(read(directory), kept.start..kept.end + 100);
    // A repair of a good log changes nothing.
    let before = bytes_of_all(directory);
    assert!(Repair::new().run(directory, |_| ()).unwrap().mended.is_empty());
    assert_eq!(bytes_of_all(directory), before);
    kept
}

/// Damages a log, finds so many damages, and repairs it.
fn damaged(keep: Keep, damage: impl FnOnce(&Path)) -> Range<u64> {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    written(directory);
    assert!(verify(directory, |_| ()).unwrap().is_good());
    damage(directory);
    assert!(!verify(directory, |_| ()).unwrap().is_good());
    repaired(directory, keep)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_manifest_that_is_gone_is_made_anew_from_the_segments() {
    let kept = damaged(Keep::Oldest, |directory| {
        fs::remove_file(directory.join("manifest")).unwrap();
    });
    assert_eq!(kept, 0..EVENTS);
}

#[test]
fn a_manifest_that_is_damaged_is_kept_beside_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    written(directory);
    change(&directory.join("manifest"), |bytes| bytes[20] ^= 4);
    assert!(Log::open(directory).is_err());
    assert_eq!(repaired(directory, Keep::Oldest), 0..EVENTS);
    assert!(directory.join("removed-manifest.cut").exists());
}

#[test]
fn a_header_and_a_seal_are_made_anew_without_loss() {
    for keep in [Keep::Oldest, Keep::Newest] {
        for index in 0..2 {
            let header = |directory: &Path| {
                change(&segments(directory)[index], |bytes| bytes[40] ^= 1);
            };
            assert_eq!(damaged(keep, header), 0..EVENTS);
        }
        let trailer = |directory: &Path| {
            change(&segments(directory)[1], |bytes| *bytes.last_mut().unwrap() ^= 1);
        };
        assert_eq!(damaged(keep, trailer), 0..EVENTS);
        let excess = |directory: &Path| {
            change(&segments(directory)[1], |bytes| bytes.extend([7; 100]));
        };
        assert_eq!(damaged(keep, excess), 0..EVENTS);
    }
}

#[test]
fn a_damaged_frame_costs_what_is_on_one_side_of_it() {
    let damage = |directory: &Path| change(&segments(directory)[2], |bytes| bytes[700] ^= 1);
    let kept = damaged(Keep::Oldest, damage);
    assert!(kept.start == 0 && kept.end > 0 && kept.end < EVENTS, "{kept:?}");
    // The frames behind the damaged one in the same segment are kept as well.
    let newest = damaged(Keep::Newest, damage);
    assert_eq!(newest.end, EVENTS);
    let lost = newest.start - kept.end;
    assert!(0 < lost && lost <= 5, "only the events of one frame are lost: {kept:?}, {newest:?}");
}

#[test]
fn what_is_behind_the_last_damage_is_kept_also_in_the_last_segment() {
    let kept = damaged(Keep::Newest, |directory| {
        let segments = segments(directory);
        for segment in [&segments[1], &segments[segments.len() - 2]] {
            change(segment, |bytes| bytes[900] ^= 1);
        }
        change(segments.last().unwrap(), |bytes| bytes[70] ^= 1);
    });
    assert!(kept.start > EVENTS - 60 && kept.end == EVENTS, "{kept:?}");
}

#[test]
fn a_segment_that_is_gone_costs_what_is_on_one_side_of_it() {
    let mut sequences = 0..0;
    let mut remove = |directory: &Path| {
        let segments = segments(directory);
        sequences = first_of(&segments[2])..first_of(&segments[3]);
        fs::remove_file(&segments[2]).unwrap();
    };
    let oldest = damaged(Keep::Oldest, &mut remove);
    let newest = damaged(Keep::Newest, &mut remove);
    assert_eq!((oldest, newest), (0..sequences.start, sequences.end..EVENTS));
}

#[test]
fn an_oldest_segment_that_is_gone_costs_only_itself() {
    let mut second = 0;
    let kept = damaged(Keep::Oldest, |directory| {
        let segments = segments(directory);
        second = first_of(&segments[1]);
        fs::remove_file(&segments[0]).unwrap();
    });
    assert_eq!(kept, second..EVENTS);
}

#[test]
fn an_end_that_is_gone_is_found_and_said() {
    let kept = damaged(Keep::Oldest, |directory| {
        change(segments(directory).last().unwrap(), |bytes| bytes.truncate(bytes.len() - 100));
    });
    assert!(kept.end < EVENTS);
    let kept = damaged(Keep::Oldest, |directory| {
        fs::remove_file(segments(directory).last().unwrap()).unwrap();
    });
    assert!(kept.end < EVENTS);
}

#[test]
fn a_segment_of_another_log_is_set_aside() {
    let other = tempfile::tempdir().unwrap();
    written(other.path());
    let damage = |directory: &Path| {
        let segment = &segments(directory)[1];
        fs::copy(other.path().join(segment.file_name().unwrap()), segment).unwrap();
    };
    assert!(damaged(Keep::Oldest, damage).end < 100);
    assert_eq!(damaged(Keep::Newest, damage).end, EVENTS);
}

#[test]
fn a_checkpoint_without_a_position_and_a_log_without_segments_are_good() {
    let directory = tempfile::tempdir().unwrap();
    let log = Log::open(directory.path()).unwrap();
    let checkpoint = log.reader().checkpoint("consumer").unwrap();
    assert_eq!(checkpoint.position(), None);
    for _ in 0..2 {
        let report = verify(directory.path(), |_| ()).unwrap();
        assert!(report.is_good() && report.checkpoints == 1, "{report:?}");
        assert!(report.written);
    }
    log.close().unwrap();
    let report = verify(directory.path(), |_| ()).unwrap();
    assert!(report.is_good() && !report.written, "{report:?}");
}

#[test]
fn a_damaged_checkpoint_is_set_aside() {
    let kept = damaged(Keep::Oldest, |directory| {
        change(&directory.join("consumer.checkpoint"), |bytes| {
            bytes[8] ^= 1;
            bytes[4096 + 8] ^= 1;
        });
        assert!(LogReader::open(directory).unwrap().checkpoint("consumer").is_err());
    });
    assert_eq!(kept, 0..EVENTS);
}

#[test]
fn an_end_that_was_not_finished_is_no_damage() {
    let directory = tempfile::tempdir().unwrap();
    written(directory.path());
    let last = segments(directory.path()).pop().unwrap();
    for tail in [&[0; 1000][..], &[1; 77], &[0; 3]] {
        change(&last, |bytes| bytes.extend(tail));
        let report = verify(directory.path(), |_| ()).unwrap();
        assert!(report.is_good(), "{report:?}");
        let found = report.tail.expect("it is said");
        assert_eq!((found.bytes, found.zeros), (tail.len() as u64, tail[0] == 0));
        let log = Log::open(directory.path()).unwrap();
        assert_eq!(log.recovery().cut().map(|cut| cut.bytes()), Some(tail.len() as u64));
    }
}

/// Changes something at random, in a file of the log.
fn damage_at_random(directory: &Path, random: &mut Rng) -> String {
    let mut files = segments(directory);
    files.extend(["manifest", "progress"].map(|name| directory.join(name)));
    let path = random.choice(&files).unwrap();
    let size = fs::metadata(path).map_or(0, |there| there.len() as usize);
    let at = random.usize(..size.max(1));
    match random.u8(..6) {
        _ if size == 0 => {}
        0 | 1 => change(path, |bytes| bytes[at] ^= 1 << random.u8(..8)),
        2 => change(path, |bytes| bytes.truncate(at)),
        3 => change(path, |bytes| {
            let end = (at + random.usize(1..500)).min(size);
            bytes[at..end].fill(0);
        }),
        4 => change(path, |bytes| {
            let noise: Vec<u8> = (0..random.usize(1..500)).map(|_| random.u8(..)).collect();
            bytes.splice(at..at, noise);
        }),
        _ => fs::remove_file(path).unwrap(),
    }
    format!("{} at {at} of {size}", path.display())
}

#[test]
fn any_damage_is_found_and_can_be_repaired() {
    let times = std::env::var("BROADRING_LOG_DAMAGES").map_or(80, |times| times.parse().unwrap());
    let seed = std::env::var("BROADRING_LOG_SEED")
        .map_or_else(|_| fastrand::u64(..), |it| it.parse().unwrap());
    println!("BROADRING_LOG_SEED={seed} BROADRING_LOG_DAMAGES={times}");
    let mut random = Rng::with_seed(seed);
    let original = tempfile::tempdir().unwrap();
    written(original.path());
    for time in 0..times {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        for (path, bytes) in bytes_of_all(original.path()) {
            fs::write(directory.join(path.file_name().unwrap()), bytes).unwrap();
        }
        let before = bytes_of_all(directory);
        let damages = random.usize(1..4);
        let done: Vec<_> = (0..damages).map(|_| damage_at_random(directory, &mut random)).collect();
        println!("{time}: {done:?}");
        if bytes_of_all(directory) == before {
            continue;
        }
        let report = verify(directory, |_| ()).unwrap();
        if report.is_good() {
            // What says how far the log went may be missing, and then a missing end is none. What is there is right.
            let kept = read(directory);
            assert!(kept.start == 0 && (kept.end == EVENTS || damages > 1), "{report:?}");
            continue;
        }
        let keep = if random.bool() { Keep::Oldest } else { Keep::Newest };
        let repaired = Repair::new().keep(keep).run(directory, |_| ()).unwrap();
        let again = verify(directory, |_| ()).unwrap();
        assert!(again.is_good(), "{repaired:?}\n{again:?}");
        let kept = read(directory);
        let mut log = Log::open(directory).unwrap();
        assert_eq!(log.next_sequence(), kept.end.into());
        log.push(&Bytes, &event(kept.end)).unwrap();
        log.close().unwrap();
        assert_eq!(read(directory), kept.start..kept.end + 1);
    }
}
