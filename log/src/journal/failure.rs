//! What happens when a journal cannot write.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use broadring::managed::JoinError;

use crate::error::{AppendError, FileError};
use crate::log::Log;

/// What a journal does when the file system refuses: the disk is full, or broken, or gone.
///
/// An event that cannot be encoded stops the journal, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Commits nothing more. The ring fills, and then
    /// [`Journal::publish`](crate::Journal::publish) returns the event with the reason. A writer that publishes by itself
    /// waits, or learns from [`publish_timeout`](broadring::Writer::publish_timeout) that the journal holds it back; readers that come
    /// after the journal get nothing more. [`Journal::failure`](crate::Journal::failure) has the reason. It stays so
    /// until the journal is joined or its handle is dropped; so keep the handle.
    #[default]
    Stop,
    /// Goes on in memory, and tries again meanwhile, for so long and for so many bytes at most. Then it stops.
    ///
    /// In that time readers that come after the journal see events that are not on the disk;
    /// [`Journal::durable`](crate::Journal::durable) tells how far it is.
    Memory {
        /// For how long.
        within: Duration,
        /// For how many bytes.
        bytes: usize,
    },
    /// Leaves the ring: the stream goes on without being written down. Readers that come after the journal read
    /// what it has committed, and then learn that it has left.
    Leave,
}

/// Why a journal has stopped.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalFailure {
    /// The file system refuses.
    #[error(transparent)]
    File(Arc<FileError>),
    /// Its thread has panicked, for instance in the codec. [`Journal::join`](crate::Journal::join) has the panic.
    #[error("its thread has panicked")]
    Panicked,
    /// An event cannot be written down.
    #[error(transparent)]
    Append(Arc<AppendError>),
}

impl JournalFailure {
    /// Whether the disk, or what this user may have of it, is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::File(error) if error.is_full())
    }
}

/// A journal that has ended otherwise than by the end of the stream.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It could not write.
    #[error("the journal has stopped: {failure}")]
    Failed {
        /// The reason.
        #[source]
        failure: JournalFailure,
        /// The log, which has in memory what could not be written. [`Log::sync`] tries again.
        log: Box<Log>,
    },
    /// It has panicked, for instance in a codec.
    #[error(transparent)]
    Panicked(#[from] JoinError),
}

impl JournalError {
    /// The reason, if it could not write.
    pub fn failure(&self) -> Option<&JournalFailure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::Panicked(_) => None,
        }
    }
}

impl fmt::Debug for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { failure, .. } => {
                f.debug_struct("Failed").field("failure", failure).finish_non_exhaustive()
            }
            Self::Panicked(error) => f.debug_tuple("Panicked").field(error).finish(),
        }
    }
}
