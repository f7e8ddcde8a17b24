//! How a mirror has ended.

use std::sync::Arc;
use std::time::Duration;

use broadring::{Member, Sequence};
use broadring_log::{LogId, ReadError};

use crate::cluster::RequestError;
use crate::protocol::ChainError;
use crate::wire::WireError;

/// How a mirror has ended that has not failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MirrorEnd {
    /// It was [stopped](crate::Mirror::stop).
    Stopped,
    /// The writer has given the stream back, and the mirror was to go [no further](crate::MirrorBuilder::until_resigned).
    Resigned,
}

/// Why a mirror has stopped although the stream may go on. Its ring has everything before, and nothing else.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The stream does not have the events any more with which the ring goes on.
    #[error("event {requested} was removed from the stream: the oldest one is {oldest}")]
    Removed {
        /// The event with which the ring goes on.
        requested: Sequence,
        /// The oldest one that there is.
        oldest: Sequence,
    },
    /// The ring has more than the stream: it is the ring of another stream, or the stream was lost.
    #[error("the ring goes on with event {requested}, and the stream ends before {next}")]
    Ahead {
        /// The event with which the ring goes on.
        requested: Sequence,
        /// The sequence after the last event of the stream.
        next: Sequence,
    },
    /// A message does not follow the one before: somebody else has published into the stream, or removed from it.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A message was not sent by anybody who keeps to the protocol, or is damaged.
    #[error("message {place} of the stream, which should go on with event {next}: {source}")]
    Message {
        /// The place of the message in the stream.
        place: u64,
        /// The event with which the stream goes on.
        next: Sequence,
        /// What is wrong with it.
        source: WireError,
    },
    /// Events cannot be decoded: they have another codec, another schema, or are none.
    #[error(transparent)]
    Decode(Arc<ReadError>),
    /// The stream has something else than messages of the protocol, where the mirror has looked for its place.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The servers did not answer for [so long](crate::MirrorBuilder::give_up_after).
    #[error("the servers did not answer for {0:?}")]
    Stalled(Duration),
    /// The log of an embedded stream was replaced by another one.
    #[error("the stream is {found} now, and was {expected}")]
    OtherStream {
        /// The stream that is read.
        expected: LogId,
        /// What is in its place.
        found: LogId,
    },
    /// An editor of the ring has left, so nothing can be published any more.
    #[error("the editor {0:?} of the ring has left")]
    EditorLeft(Member),
    /// The task has panicked: in the codec, or by a mistake in here.
    #[error("its task has panicked")]
    Panicked,
}
