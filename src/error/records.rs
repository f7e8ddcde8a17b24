//! The errors of publishing records of bytes.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use super::publishing::{ClaimTimeout, no_room_in_time, refusal};
use crate::member::Member;

/// A record that is longer than any record of its ring can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordTooLarge {
    len: usize,
    max: usize,
}

impl RecordTooLarge {
    pub(crate) fn new(len: usize, max: usize) -> Self {
        Self { len, max }
    }

    /// Returns the length of the record, in bytes.
    pub fn requested(&self) -> usize {
        self.len
    }

    /// Returns the length of the longest record that the ring can hold, in bytes.
    pub fn max_record(&self) -> usize {
        self.max
    }
}

impl fmt::Display for RecordTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { len, max } = self;
        write!(f, "a record of {len} bytes is too long for this ring: the longest has {max}")
    }
}

impl Error for RecordTooLarge {}

/// A record that cannot be published now, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecordError {
    /// The ring is full: there is no room for the record.
    Full,
    /// The record is longer than any can be.
    TooLarge(RecordTooLarge),
}

impl TryRecordError {
    /// Whether the record may be published later.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the record can never be published.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge(_))
    }
}

impl fmt::Display for TryRecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("there is no room for the record"),
            Self::TooLarge(error) => error.fmt(f),
        }
    }
}

impl Error for TryRecordError {}

impl From<RecordTooLarge> for TryRecordError {
    fn from(error: RecordTooLarge) -> Self {
        Self::TooLarge(error)
    }
}

no_room_in_time! {
    /// A record that could not be published in time, or never can.
    RecordTimeoutError,
    /// There was no room for the record until the time was up.
    Timeout: "there was no room for the record until the time was up",
    /// The record is longer than any can be.
    TooLarge: RecordTooLarge
}

/// One of several records was longer than any can be. It comes back through
/// [`into_inner`](Self::into_inner); those before it are published, and those after it were not asked
/// for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefusedRecord<R> {
    record: R,
    error: RecordTooLarge,
}

impl<R> RefusedRecord<R> {
    pub(crate) fn new(record: R, error: RecordTooLarge) -> Self {
        Self { record, error }
    }

    /// Gives the record back.
    pub fn into_inner(self) -> R {
        self.record
    }

    /// Returns how long the record is, and how long it could have been.
    pub fn reason(&self) -> RecordTooLarge {
        self.error
    }
}

impl<R> fmt::Debug for RefusedRecord<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedRecord").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<R> fmt::Display for RefusedRecord<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<R> Error for RefusedRecord<R> {}
