//! What the tests share: a disk in memory that can lose power and refuse, numbers at random, and what is in a log.

// Every test takes only some of it.
#![allow(dead_code, unused_imports)]

pub(crate) mod consumers;
pub(crate) mod disk;
pub(crate) mod random;

use std::env;

use broadring_log::{LogReader, ReadError};

pub(crate) use disk::{Disk, Image};
pub(crate) use random::Random;

/// The events that a reader finds from a sequence on, and why it does not go on, if it meets an error.
///
/// # Panics
///
/// If there are more frames than the log can have.
pub(crate) fn read(reader: &LogReader, from: u64) -> (Vec<(u64, Vec<u8>)>, Option<ReadError>) {
    let mut events = Vec::new();
    let mut frames = match reader.from(from) {
        Ok(frames) => frames,
        Err(error) => return (events, Some(error)),
    };
    for _ in 0..1_000_000 {
        match frames.next_frame() {
            Ok(None) => return (events, None),
            Ok(Some(frame)) => {
                events.extend(frame.records().map(|(at, record)| (at.get(), record.to_owned())));
            }
            Err(error) => {
                // Where nothing is lost, the next segment may still be read; otherwise it stays so.
                let position = frames.position();
                match (&error, frames.next_frame()) {
                    (_, Err(_)) => {}
                    (ReadError::Damaged(damage), Ok(Some(frame))) => {
                        assert!(damage.sequences().is_empty(), "{damage} and then more");
                        assert_eq!(frame.first_sequence(), position);
                    }
                    (_, Ok(again)) => panic!("after {error:?} there is {again:?}"),
                }
                return (events, Some(error));
            }
        }
    }
    panic!("the log does not end");
}

/// A number from the environment, for those who have more time.
pub(crate) fn setting(name: &str, usual: u64) -> u64 {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}
