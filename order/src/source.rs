//! A source: one writer as its readers see it.

#![forbid(unsafe_code)]

use core::fmt;

use broadring::Ring;

use crate::announcement::Announcement;
use crate::stamped::Stamped;

/// The number of a writer: the first has 0, the next 1. It is never given again.
///
/// Where stamps are equal, the event of the smaller number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

impl SourceId {
    /// Makes the identity with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a writer and the merged readers share.
pub(crate) struct Shared<T> {
    pub(crate) id: SourceId,
    pub(crate) ring: Ring<Stamped<T>>,
    pub(crate) announcement: Announcement,
}

impl<T> Shared<T> {
    /// Returns the writer as users see it.
    pub(crate) fn source(&self) -> Source<T> {
        Source { id: self.id, ring: self.ring.clone() }
    }
}

/// One writer as its readers see it: its number, its name and its ring.
///
/// Through the ring it can be observed, counted and asked who holds it back, and its events can be
/// read by themselves: see [`Ring`].
pub struct Source<T> {
    id: SourceId,
    ring: Ring<Stamped<T>>,
}

impl<T> Source<T> {
    /// Returns the number of the writer.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// Returns the name of the writer, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.ring.name()
    }

    /// Returns the ring of the writer.
    pub fn ring(&self) -> &Ring<Stamped<T>> {
        &self.ring
    }
}

impl<T> Clone for Source<T> {
    fn clone(&self) -> Self {
        Self { id: self.id, ring: self.ring.clone() }
    }
}

impl<T> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("id", &self.id).field("name", &self.name()).finish()
    }
}
