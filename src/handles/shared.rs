//! What all handles of a ring share: the protocol and the storage, side by side.

#![forbid(unsafe_code)]

use crate::protocol::Sequencer;
use crate::storage::Slots;
use crate::waiting::{Pacing, Wait};

/// What all handles of a ring share.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    pub(crate) sequencer: Sequencer,
    pub(crate) slots: Slots<T>,
    /// The wait strategy of readers and editors that have none of their own.
    pub(crate) reader_wait: Wait,
    /// The initial pacing of every reader and editor.
    pub(crate) pacing: Pacing,
}
