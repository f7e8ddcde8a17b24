//! What all handles of a ring share: the protocol and the storage, side by side.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use crate::protocol::Sequencer;
use crate::waiting::{Pacing, Wait};

/// What all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) sequencer: Sequencer,
    pub(crate) slots: S,
    /// The wait strategy of readers and editors that have none of their own.
    pub(crate) reader_wait: Wait,
    /// The initial pacing of every reader and editor.
    pub(crate) pacing: Pacing,
}

/// How many readers a ring can have, unless its builder is told otherwise.
pub(crate) const MAX_READERS: usize = 64;

/// Returns when a time limit that begins now is over; `None` if that is too late for the clock, so that
/// there is no limit.
pub(crate) fn deadline_after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
