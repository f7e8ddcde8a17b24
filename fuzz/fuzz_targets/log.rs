//! Reads a byte string as the content of a log's last segment, and checks that whatever it is, the log is refused
//! or read, the same by everybody, and goes on.

#![no_main]

#[path = "../../log/tests/common/mod.rs"]
mod common;

use broadring_log::codec::Bytes;
use broadring_log::{Log, LogReader};
use libfuzzer_sys::fuzz_target;

use common::{Disk, Image};

/// The identity of all logs here.
const ID: [u8; 16] = *b"a log to fuzz it";

/// More events than any input should lead to.
const MANY: usize = 100_000;

/// Puts the checksum of bytes, and of what comes before them, in their place.
fn put_checksum(bytes: &mut [u8], at: usize, seed: u32) {
    bytes[at..at + 4].fill(0);
    let checksum = crc32c::crc32c_append(seed, bytes);
    bytes[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
}

/// The description of a log whose segment is the first.
fn manifest() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"brman\r\n\x1a");
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(ID);
    // Created, oldest, newest, reserved.
    bytes.extend([0; 8 + 8 + 8 + 8]);
    put_checksum(&mut bytes, 12, 0);
    bytes
}

fn segment_header() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"brlog\r\n\x1a");
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(ID);
    // First, created, reserved.
    bytes.extend([0; 8 + 8 + 16]);
    put_checksum(&mut bytes, 12, 0);
    bytes
}

fn progress(synced: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"brpr");
    bytes.extend([0; 4]);
    bytes.extend(u64::from(synced).to_le_bytes());
    bytes.extend(u64::from(synced).to_le_bytes());
    put_checksum(&mut bytes, 4, crc32c::crc32c(&ID));
    bytes
}

/// Makes the checksums right of all that looks like a frame or a trailer, so that more is reached than they let
/// through.
fn repair(bytes: &mut [u8]) {
    let seed = crc32c::crc32c(&ID);
    for at in (0..bytes.len()).step_by(8) {
        let rest = &mut bytes[at..];
        if rest.starts_with(b"brfr") && rest.len() >= 64 {
            let payload = u32::from_le_bytes(rest[12..16].try_into().unwrap()) as usize;
            let payload = payload.checked_next_multiple_of(8).unwrap_or(usize::MAX);
            if let Some(payload) = rest[64..].get(..payload) {
                let checksum = crc32c::crc32c_append(seed, payload);
                rest[8..12].copy_from_slice(&checksum.to_le_bytes());
            }
            put_checksum(&mut rest[..64], 4, seed);
        } else if rest.starts_with(b"brse") && rest.len() >= 32 {
            put_checksum(&mut rest[..32], 4, seed);
        }
    }
}

/// What a reader finds, and whether it finds the end.
fn read(reader: &LogReader, from: u64) -> (Vec<(u64, Vec<u8>)>, bool) {
    let mut events = Vec::new();
    let Ok(mut frames) = reader.from(from) else {
        return (events, false);
    };
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                for (sequence, record) in frame.records() {
                    assert_eq!(sequence.get(), from + events.len() as u64, "an event is missed");
                    events.push((sequence.get(), record.to_vec()));
                    if events.len() > MANY {
                        return (events, false);
                    }
                }
                assert_eq!(frame.end_sequence().get(), from + events.len() as u64);
            }
            Ok(None) => return (events, true),
            Err(error) => {
                assert!(error.to_string().contains("disk/"), "{error}");
                return (events, false);
            }
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let [flags, synced, content @ ..] = input else { return };
    let mut segment = segment_header();
    segment.extend(content);
    if flags & 1 != 0 {
        repair(&mut segment[64..]);
    }
    let name = format!("{:020}.frames", 0);
    let mut image = Image::from([("manifest".to_owned(), manifest()), (name, segment)]);
    if flags & 2 != 0 {
        image.insert("progress".to_owned(), progress(*synced));
    }
    let disk = Disk::with(&image);
    let reader = LogReader::open_on(disk.storage()).unwrap();
    let _ = reader.segments();
    let (before, ended) = read(&reader, 0);
    if let Some((middle, _)) = before.get(before.len() / 2) {
        // Through the index, if there is one. It may say anything, as long as the events are these.
        let (rest, _) = read(&reader, *middle);
        assert!(before[*middle as usize..].starts_with(&rest) || rest.len() > MANY / 2);
    }
    assert_eq!(disk.image(), image, "reading has changed something");

    match Log::options().open_on(disk.storage()) {
        Err(error) => assert!(error.to_string().contains("disk/"), "{error}"),
        Ok(mut log) => {
            let next = log.next_sequence().get();
            if before.len() < MANY {
                assert!(
                    !ended || next == before.len() as u64,
                    "{next} instead of {}",
                    before.len()
                );
            }
            if next >= 1 << 62 {
                return;
            }
            log.push(&Bytes, &b"more".to_vec()).unwrap();
            log.close().unwrap();
            let (after, _) = read(&LogReader::open_on(disk.storage()).unwrap(), 0);
            if after.len() < MANY {
                assert_eq!(after.last(), Some(&(next, b"more".to_vec())));
                assert!(after.starts_with(&before[..before.len().min(after.len())]));
            }
        }
    }
});
