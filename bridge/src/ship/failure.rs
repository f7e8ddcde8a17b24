//! Why a shipper has stopped.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use broadring::Sequence;
use broadring_log::{AppendError, JournalFailure, ReadError};

use crate::cluster::RequestError;

/// Why a shipper has stopped although its stream goes on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShipError {
    /// There is another writer. Nothing that this one has not acknowledged by now will be acknowledged; some of it may be
    /// in the stream, before the claim of the other one.
    #[error("epoch {by} has the stream")]
    Deposed {
        /// The epoch of the other writer.
        by: u64,
    },
    /// Nothing was acknowledged for [so long](crate::OnOutage::Fail).
    #[error("nothing was acknowledged for {0:?}")]
    Outage(Duration),
    /// An event cannot be encoded.
    #[error(transparent)]
    Encode(Arc<AppendError>),
    /// A frame is longer than the servers take.
    #[error("event {first} and those in its frame have {size} bytes, and the servers take {most}")]
    TooLarge {
        /// The first event of the frame.
        first: Sequence,
        /// The bytes of the frame.
        size: usize,
        /// How many the servers take.
        most: usize,
    },
    /// The log that is shipped cannot be read.
    #[error(transparent)]
    Read(Arc<ReadError>),
    /// The stream has something else than messages of the protocol.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The shipper's own reader is no reader of the ring any more: one that it comes after has left.
    #[error("cannot read the ring any more: {0}")]
    Ring(broadring::End),
    /// The log of an [embedded](crate::Stream::embedded) stream cannot be written.
    #[error(transparent)]
    Journal(JournalFailure),
    /// The task has panicked: in the codec, or by a mistake in here.
    #[error("its task has panicked")]
    Panicked,
}

/// An event that was not published, because the shipper has stopped. The event is inside.
#[derive(Clone)]
pub struct StoppedError<T> {
    pub(super) event: T,
    pub(super) failure: ShipError,
}

impl<T> StoppedError<T> {
    /// Returns the event.
    pub fn into_inner(self) -> T {
        self.event
    }

    /// Why the shipper has stopped.
    pub fn failure(&self) -> &ShipError {
        &self.failure
    }
}

impl<T> fmt::Debug for StoppedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoppedError").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for StoppedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the shipper has stopped: {}", self.failure)
    }
}

impl<T> core::error::Error for StoppedError<T> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.failure)
    }
}
