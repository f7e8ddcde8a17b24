//! A small log, and what may come of it when it is damaged.

use std::ops::Range;

use broadring_log::codec::{Bytes, Fixed, Postcard};
use broadring_log::{Log, LogOptions, LogReader, OpenError, ReadError};

use crate::common::{Disk, Image, read};

/// A log of several segments, on a disk.
pub(crate) struct Sample {
    pub(crate) image: Image,
    pub(crate) events: Vec<Vec<u8>>,
}

/// What a damaged log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Whether it cannot be opened for writing.
    pub(crate) refused: Option<String>,
    /// How many bytes were cut off when it was opened for writing.
    pub(crate) cut: Option<u64>,
    /// The events that are there when it was opened for writing.
    pub(crate) writable: Range<u64>,
    /// The events that are read without opening it for writing.
    pub(crate) readable: Range<u64>,
    /// Why there are no more.
    pub(crate) unreadable: Option<String>,
}

impl Outcome {
    /// Whether everything is as if nothing had happened.
    pub(crate) fn is_whole(&self, sample: &Sample) -> bool {
        let all = 0..sample.events.len() as u64;
        *self == Self { writable: all.clone(), readable: all, ..Self::default() }
    }

    /// Whether anybody is told that something is wrong.
    pub(crate) fn is_noticed(&self) -> bool {
        self.refused.is_some() || self.unreadable.is_some() || self.cut.is_some()
    }
}

impl Sample {
    /// Makes a log of three full segments and one that is written. The last batch is not known to be on the disk.
    pub(crate) fn new() -> Self {
        let disk = Disk::new(1);
        let options = options();
        let mut log = options.open_on(disk.storage()).unwrap();
        let mut events = Vec::new();
        for number in 0..60_u64 {
            let event = match number / 5 % 3 {
                0 => number.to_le_bytes().to_vec(),
                1 => format!("event {number}").repeat(1 + number as usize % 5).into_bytes(),
                _ => vec![number as u8; number as usize % 3],
            };
            if number / 5 % 3 == 0 {
                log.push(&Fixed::<[u8; 8]>::new(3), &number.to_le_bytes()).unwrap();
            } else {
                log.push(&Bytes, &event).unwrap();
            }
            events.push(event);
            if number % 4 == 3 {
                log.end_batch().unwrap();
            }
        }
        for number in 0..3_u64 {
            log.push(&Postcard::<u64>::new(2), &(number + 5)).unwrap();
            events.push(vec![number as u8 + 5]);
        }
        let mut checkpoint = log.reader().checkpoint("consumer").unwrap();
        for position in [3, 4, 5] {
            checkpoint.store(position).unwrap();
        }
        log.close().unwrap();
        let sample = Self { image: disk.image(), events };
        assert_eq!(sample.segments().len(), 4, "{:?}", sample.segments());
        sample
    }

    /// The names of the segments, oldest first.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.image.keys().filter(|name| name.ends_with(".frames")).cloned().collect()
    }

    /// The same log without the file that says how far it has come, as after a loss of power.
    pub(crate) fn without_progress(&self) -> Image {
        let mut image = self.image.clone();
        image.remove("progress");
        image
    }

    /// Opens a damaged copy, reads it in every way, and goes on with it.
    ///
    /// # Panics
    ///
    /// If there is a wrong event, or one is missed.
    pub(crate) fn try_out(&self, image: &Image) -> Outcome {
        let mut outcome = Outcome::default();
        let disk = Disk::with(image);
        match LogReader::open_on(disk.storage()) {
            Ok(reader) => {
                (outcome.readable, outcome.unreadable) = self.read(&reader);
                let _ = reader.segments();
                let _ = reader.checkpoints();
            }
            Err(error) => outcome.unreadable = Some(said(&error)),
        }
        assert_eq!(disk.image(), *image, "reading has changed something");
        let mut log = match options().open_on(disk.storage()) {
            Ok(log) => log,
            Err(error) => {
                outcome.refused = Some(said(&error));
                return outcome;
            }
        };
        outcome.cut = log.recovery().cut().map(|cut| cut.bytes());
        let (there, error) = self.read(&log.reader());
        let (oldest, next) = (log.oldest().get(), log.next_sequence().get());
        if error.is_none() {
            assert_eq!(there, oldest..next);
        }
        outcome.writable = oldest..next;
        outcome.unreadable = outcome.unreadable.or(error);
        // It goes on.
        assert_eq!(log.push(&Bytes, &b"more".to_vec()).unwrap().get(), next);
        log.close().unwrap();
        let (events, error) = read(&LogReader::open_on(disk.storage()).unwrap(), next);
        match error {
            None => assert_eq!(events, [(next, b"more".to_vec())]),
            Some(error) => outcome.unreadable = Some(said(&error)),
        }
        outcome
    }

    /// Reads from the start, and from elsewhere.
    fn read(&self, reader: &LogReader) -> (Range<u64>, Option<String>) {
        let oldest = match reader.oldest() {
            Ok(oldest) => oldest.get(),
            Err(error) => return (0..0, Some(said(&error))),
        };
        let (events, error) = read(reader, oldest);
        self.compare(oldest, &events);
        for from in [7, 44] {
            let (events, _) = read(reader, from);
            self.compare(from, &events);
        }
        (oldest..oldest + events.len() as u64, error.as_ref().map(said))
    }

    fn compare(&self, from: u64, events: &[(u64, Vec<u8>)]) {
        for (expected, (number, event)) in (from..).zip(events) {
            assert_eq!(*number, expected, "an event is missed");
            assert!(*event == self.events[expected as usize], "event {expected} is another one");
        }
    }
}

pub(crate) fn options() -> LogOptions {
    Log::options().segment_bytes(700).frame_bytes(120)
}

/// What an error says, which has to name a file.
fn said<E: Said>(error: &E) -> String {
    let text = error.text();
    assert!(text.contains("disk/"), "{text} names no file");
    text
}

/// Errors of both kinds.
trait Said {
    fn text(&self) -> String;
}

impl Said for OpenError {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Said for ReadError {
    fn text(&self) -> String {
        self.to_string()
    }
}
