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
    /// How readers wait who do not say otherwise.
    pub(crate) reader_wait: Wait,
    /// What every reader's pacing begins with.
    pub(crate) pacing: Pacing,
}
