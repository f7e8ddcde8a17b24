//! Why a consumer does not go on.

use core::ops::Range;

use broadring::Sequence;

use super::place::Position;
use crate::bookkeeping::CheckpointError;
use crate::error::{FileError, ReadError};
use crate::format::LogId;

/// Whatever error an effect has: `?` makes one of any.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// A batch that a consumer cannot finish.
///
/// Except for [`Checkpoint`](Self::Checkpoint), nothing of the batch has happened. The next call asks the store
/// where to go on.
///
/// # Examples
///
/// A consumer that would rather miss events than stand still, and says so:
///
/// ```
/// use broadring_log::codec::Bytes;
/// use broadring_log::{ConsumeError, KeyedConsumer, KeyedStore};
///
/// fn run<W: KeyedStore>(consumer: &mut KeyedConsumer<W, Bytes>) -> Result<(), ConsumeError> {
///     loop {
///         match consumer.run(|_, sequence, line| Ok(println!("{sequence}: {line:?}"))) {
///             Err(ConsumeError::Lost { sequences }) => {
///                 eprintln!("events {} to before {} are lost", sequences.start, sequences.end);
///                 consumer.skip_to(sequences.end)?;
///             }
///             other => return other.map(drop),
///         }
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumeError {
    /// The log does not have the next events any more. To go on behind them, `skip_to` the end of the range.
    #[error(
        "the events from {} to before {} were removed before they were consumed",
        sequences.start,
        sequences.end
    )]
    Lost {
        /// The events.
        sequences: Range<Sequence>,
    },
    /// The consumer has consumed events that the log does not have (yet): the log has lost its end, for instance
    /// because the power failed under [`Durability::System`](crate::Durability::System). Other events would get
    /// their sequences, and would be taken for consumed.
    #[error("the consumer goes on with event {next}, and the log ends before that")]
    Ahead {
        /// The next event of the consumer.
        next: Sequence,
    },
    /// The position in the store is one in another log.
    #[error("the position in the store is one in the log {found}, and this is the log {expected}")]
    OtherLog {
        /// The log that is read.
        expected: LogId,
        /// The log that the position belongs to.
        found: LogId,
    },
    /// Somebody else has moved the position meanwhile: another consumer has the same name.
    #[error("another consumer of the same name has moved the position to {found:?}")]
    Moved {
        /// Where this consumer has left it.
        expected: Option<Position>,
        /// Where it is now.
        found: Option<Position>,
    },
    /// The closure refuses an event.
    #[error("the closure has refused event {sequence}: {source}")]
    Effect {
        /// The event.
        sequence: Sequence,
        /// What the closure has returned.
        source: BoxError,
    },
    /// The store refuses.
    #[error("the store of the effects refuses: {0}")]
    Store(#[source] BoxError),
    /// The log cannot be read.
    #[error(transparent)]
    Read(ReadError),
    /// The consumer's checkpoint, beside the log, cannot be read or stored.
    ///
    /// A [`Consumer`](super::Consumer) has committed the batch by then. For a
    /// [`KeyedConsumer`](super::KeyedConsumer) the checkpoint is its position: the effects of the batch are there,
    /// and will be once more.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl ConsumeError {
    pub(super) fn store(error: impl Into<BoxError>) -> Self {
        Self::Store(error.into())
    }

    pub(super) fn checkpoint(error: FileError) -> Self {
        Self::Checkpoint(error.into())
    }
}

impl From<ReadError> for ConsumeError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Removed { requested, oldest } => Self::Lost { sequences: requested..oldest },
            error => Self::Read(error),
        }
    }
}
