//! Where reading begins: at a sequence, or at a time.

use std::time::{SystemTime, UNIX_EPOCH};

use broadring::Sequence;

use super::frames::Frames;
use super::reader::LogReader;
use crate::error::ReadError;

impl LogReader {
    /// Begins to read at a sequence.
    ///
    /// # Errors
    ///
    /// [`ReadError::Removed`] if the event is not kept any more. A sequence that is not there yet is waited for.
    pub fn from(&self, sequence: impl Into<Sequence>) -> Result<Frames, ReadError> {
        let sequence = sequence.into();
        let oldest = self.oldest()?;
        if sequence < oldest {
            return Err(ReadError::Removed { requested: sequence, oldest });
        }
        Ok(Frames::new(self.clone(), sequence.into(), 0))
    }

    /// Begins to read at the first frame that was made at this time or later.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the log cannot be read.
    pub fn from_time(&self, time: SystemTime) -> Result<Frames, ReadError> {
        let stamp = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        self.from_stamp(stamp)
    }

    /// Begins to read at the first frame with this stamp or a later one.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the log cannot be read.
    pub fn from_stamp(&self, stamp: u64) -> Result<Frames, ReadError> {
        let mut start = u64::from(self.oldest()?);
        for segment in self.segments()? {
            if segment.last_stamp.is_none_or(|last| last >= stamp) {
                start = segment.sequences.0.into();
                break;
            }
            start = segment.sequences.1.map_or(start, Into::into);
        }
        Ok(Frames::new(self.clone(), start, stamp))
    }
}
