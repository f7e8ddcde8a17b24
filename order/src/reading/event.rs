//! An event in its place in the merged order.

#![forbid(unsafe_code)]

use broadring::Sequence;

use crate::source::SourceId;
use crate::stamp::Stamp;

/// An event in its place in the merged order: by reference in batches, by value where it is cloned.
///
/// Events are ordered by stamp, then by source, then by sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ordered<E> {
    /// The place in the merged order: how many events come before this one. Without a gap, and the same
    /// for every reader, whenever it has joined.
    pub position: u64,
    /// The stamp of its publication.
    pub stamp: Stamp,
    /// The writer.
    pub source: SourceId,
    /// The sequence in the ring of the writer: how many events it had published before. Without a gap.
    pub sequence: Sequence,
    /// The event.
    pub event: E,
}
