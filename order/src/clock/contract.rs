//! What every clock promises.

#![forbid(unsafe_code)]

use crate::stamp::Stamp;

/// Where stamps come from.
///
/// # Contract
///
/// *Before* and *after* are meant as in the memory model, on whichever threads: what happens before.
///
/// - [`stamp`](Self::stamp) returns nothing smaller than what [`now`](Self::now) has returned before,
///   and nothing smaller than the writer's latest stamp.
/// - When `stamp` and then [`settle`](Self::settle) have returned for one writer, `stamp` returns
///   something larger for every other one. So a publication that is over comes before those that begin
///   afterwards.
/// - When `settle` has returned, `now` returns nothing smaller than the stamp, and something larger unless
///   the clock is [exclusive](Self::EXCLUSIVE): sooner or later, but without anybody publishing again.
/// - Whatever `now` returns was the time before anything that the thread loads afterwards.
/// - [`cut`](Self::cut) is no smaller than any stamp before it, and smaller than any after it.
///
/// A clock that breaks this orders events wrongly, or keeps readers waiting, and that is all: no memory is
/// touched that should not be.
pub trait Clock: Send + Sync + 'static {
    /// Whether no stamp is ever given to two writers. Then an event need not wait until all others have
    /// promised a larger one.
    const EXCLUSIVE: bool;

    /// Reads the clock.
    fn now(&self) -> Stamp;

    /// Returns the stamp of a publication that begins now, by a writer whose latest stamp this is
    /// ([`Stamp::MIN`] for its first).
    fn stamp(&self, latest: Stamp) -> Stamp;

    /// Called when a publication with this stamp is visible. A clock that may show the same value for a
    /// while waits here until it shows more.
    #[inline]
    fn settle(&self, stamp: Stamp) {
        let _ = stamp;
    }

    /// Returns a stamp that lies between everything before and everything after.
    fn cut(&self) -> Stamp;
}
