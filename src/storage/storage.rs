//! What the handles ask of a storage, whatever it stores: where a handle is, and what is published
//! there.

#![forbid(unsafe_code)]

/// Where the contents of a ring lie, and the stamps beside them.
///
/// A *stamp* announces, where a reader is going to read anyway, that everything below some sequence is
/// published.
pub(crate) trait Storage {
    /// The part of the storage that a handle is at, so that it need not be found again at each step.
    type Block: Copy;

    /// How many sequences count as one event for the pacing of a reader.
    const UNIT: u64;

    /// Returns the block of a sequence.
    fn block(&self, sequence: u64) -> Self::Block;

    /// Moves a reader to the block of its next sequence, if everything below `available` may be read.
    fn move_reader(&self, block: &mut Self::Block, sequence: u64, available: u64);

    /// Returns the stamp of `sequence`, which is in this block. If it is above `sequence`, everything
    /// below the stamp may be read.
    fn stamped(&self, block: &Self::Block, sequence: u64) -> u64;

    /// Whether `stamped`, a stamp that was found in this block, tells everything that is published.
    fn tells_all(&self, block: &Self::Block, stamped: u64) -> bool;

    /// Prefetches what a reader waits for at `sequence`, if it does not lie with its stamp.
    fn fetch_awaited(&self, block: &Self::Block, sequence: u64);
}
