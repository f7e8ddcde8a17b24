//! Why a stream cannot be claimed.

use std::io;

use broadring_log::storage::Holder;
use broadring_log::{LogId, OpenError};
use broadring_order::TooFarAhead;

use crate::cluster::RequestError;
use crate::wire::MAX_NAME;

/// A stream that cannot be claimed, or not be given back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Another candidate was faster, or the writer goes on.
    #[error("epoch {epoch} has the stream")]
    Lost {
        /// The epoch.
        epoch: u64,
    },
    /// The stream is another one than that which is to be shipped.
    #[error("it is the stream {found}, not {expected}")]
    OtherStream {
        /// The one that is to be shipped.
        expected: LogId,
        /// The one that it is.
        found: LogId,
    },
    /// Another process writes the embedded stream. It cannot be deposed while it lives.
    #[error("the stream is written by {0}")]
    Locked(Holder),
    /// The log of an embedded stream cannot be opened.
    #[error(transparent)]
    Open(OpenError),
    /// A name that is too long.
    #[error("the name of the writer has {0} bytes, and {MAX_NAME} are the most")]
    Name(usize),
    /// The servers do not answer, or the stream has something else than messages of the protocol.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The writer before had a clock that is too far ahead of this one.
    #[error("the clock of the writer before cannot be followed: {0}")]
    Clock(#[source] TooFarAhead),
    /// The system has no randomness to give.
    #[error("cannot choose a number at random: {0}")]
    Random(io::Error),
}
