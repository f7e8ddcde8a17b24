//! Removes the oldest segments, as far as nobody needs them.

use core::ops::Range;
use std::io;
use std::time::Duration;

use broadring::Sequence;

use super::writer::Log;
use crate::bookkeeping::{Manifest, now, slowest_checkpoint};
use crate::error::FileError;
use crate::segment;
use crate::trace;

/// What was removed from the front of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    sequences: Range<Sequence>,
    segments: usize,
    bytes: u64,
}

impl Removed {
    /// The events that are not there any more.
    pub fn sequences(&self) -> Range<Sequence> {
        self.sequences.clone()
    }

    /// How many segments they were.
    pub fn segments(&self) -> usize {
        self.segments
    }

    /// How many bytes they were.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Log {
    /// The oldest event that is kept, or the next one if there is none.
    pub fn oldest(&self) -> Sequence {
        self.manifest.oldest.into()
    }

    /// Removes what the [retention](super::Retention) does not keep. The log does so itself whenever a segment is
    /// full; call this to do it now, for instance because time has passed.
    ///
    /// # Errors
    ///
    /// [`FileError`] if a file cannot be removed. What was not removed is tried again the next time.
    pub fn retain(&mut self) -> Result<Removed, FileError> {
        let retention = self.options.retention;
        let needed = if retention.consumed || !retention.despite_checkpoints {
            slowest_checkpoint(&*self.storage, self.manifest.log)?
        } else {
            None
        };
        let oldest_stamp = retention.age.map(|age| now().saturating_sub(nanoseconds(age)));
        let mut bytes: u64 = self.sealed.iter().map(|sealed| sealed.bytes).sum();
        bytes += self.parts.iter().map(super::part::Part::size).sum::<u64>();

        let mut removed =
            Removed { sequences: self.oldest()..self.oldest(), segments: 0, bytes: 0 };
        for sealed in &self.sealed {
            let consumed = needed.is_some_and(|needed| needed >= sealed.end);
            let unneeded = retention.despite_checkpoints || needed.is_none() || consumed;
            let unwanted = retention.bytes.is_some_and(|most| bytes > most)
                || oldest_stamp.is_some_and(|oldest| sealed.last_stamp < oldest)
                || (retention.consumed && consumed);
            if !(unneeded && unwanted) {
                break;
            }
            removed.segments += 1;
            removed.bytes += sealed.bytes;
            removed.sequences.end = sealed.end.into();
            bytes -= sealed.bytes;
        }
        if removed.segments > 0 {
            // The manifest first: a segment before what it names is one that was to be removed.
            let manifest = Manifest { oldest: removed.sequences.end.into(), ..self.manifest };
            manifest.write(&*self.storage)?;
            self.manifest = manifest;
            let sequences = &removed.sequences;
            trace::removed(sequences.start.into(), sequences.end.into(), removed.segments);
            let unwanted = self.sealed.drain(..removed.segments).map(|sealed| sealed.first);
            self.unwanted.extend(unwanted);
        }
        self.remove_unwanted()?;
        Ok(removed)
    }

    /// Removes the files of segments that are not kept.
    pub(super) fn remove_unwanted(&mut self) -> Result<(), FileError> {
        while let Some(first) = self.unwanted.first() {
            let name = segment::name(*first);
            match self.storage.remove(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let path = self.storage.describe(&name);
                    return Err(FileError::new("remove", path, error));
                }
                _ => drop(self.unwanted.remove(0)),
            }
        }
        Ok(())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
