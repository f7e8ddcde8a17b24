//! What lies in a slot: an event and its stamp.

#![forbid(unsafe_code)]

use crate::stamp::Stamp;

/// An event and its stamp, as they lie in the ring of a writer.
///
/// Whoever reads from [the ring of one source](crate::Source::ring) gets these. The events of one
/// publication, for instance of a claim, have the same stamp.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped<T> {
    pub(crate) stamp: Stamp,
    pub(crate) event: T,
}

impl<T> Stamped<T> {
    /// Returns the stamp that the event was published with.
    #[inline]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Returns the event.
    #[inline]
    pub fn event(&self) -> &T {
        &self.event
    }
}
