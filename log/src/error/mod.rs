//! Everything that can go wrong with a log.

mod damage;

use std::io;

use broadring::Sequence;

use crate::codec::{CodecId, DecodeError, EncodeError, SchemaId};
use crate::storage::{Holder, LockError};

pub use damage::{Damage, DamageKind};

/// A failure of the file system, with what was being done.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {file}: {source}")]
pub struct FileError {
    action: &'static str,
    file: String,
    source: io::Error,
}

impl FileError {
    pub(crate) fn new(action: &'static str, file: impl Into<String>, source: io::Error) -> Self {
        Self { action, file: file.into(), source }
    }

    /// The file that it is about.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The kind of the system's error.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Whether the disk, or what this user may have of it, is full.
    pub fn is_full(&self) -> bool {
        matches!(
            self.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }
}

/// A log that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such directory, and it is not to be made.
    #[error("there is no directory {0}")]
    NoDirectory(String),
    /// The directory has files, and none of a log.
    #[error("{0} is not a log")]
    NotALog(String),
    /// Another process writes the log.
    #[error("{0} is locked: {1}")]
    Locked(String, Holder),
    /// The log was written by a newer version of this library.
    #[error(
        "{file} has version {version} of the format, and this program reads version {} at most",
        crate::format::VERSION
    )]
    NewerFormat {
        /// The file that says so.
        file: String,
        /// The version that it has.
        version: u32,
    },
    /// Something in the log is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

impl OpenError {
    pub(crate) fn from_lock(directory: String, error: LockError) -> Self {
        match error {
            LockError::Held(holder) => Self::Locked(directory, holder),
            LockError::Io(error) => Self::File(FileError::new("lock", directory, error)),
        }
    }
}

/// An event that cannot be appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// An event cannot be encoded.
    #[error("event {sequence}: {source}")]
    Encode {
        /// The event.
        sequence: Sequence,
        /// The reason.
        source: EncodeError,
    },
    /// An event is longer than it may be.
    #[error(
        "event {sequence} has {size} bytes, and {} are the most that an event may have",
        crate::format::MAX_PAYLOAD / 2
    )]
    TooLarge {
        /// The event.
        sequence: Sequence,
        /// Its length in bytes.
        size: usize,
    },
    /// A frame has events of one codec and one version of their type. A log begins another one by itself.
    #[error("event {sequence} has another codec or schema than those before it in the frame")]
    OtherKind {
        /// The event.
        sequence: Sequence,
    },
}

/// A log that cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The events are not in the log any more.
    #[error("event {requested} was removed: the oldest one is {oldest}")]
    Removed {
        /// The event that was to be read.
        requested: Sequence,
        /// The oldest one that there is.
        oldest: Sequence,
    },
    /// The frame was written with another codec.
    #[error("event {sequence} was written with the codec {found}, not {expected}")]
    OtherCodec {
        /// The first event of the frame.
        sequence: Sequence,
        /// What it was to be read with.
        expected: CodecId,
        /// What it was written with.
        found: CodecId,
    },
    /// The frame has a version of the type that the codec does not read.
    #[error(
        "event {sequence} has version {found} of its type, which the codec for version {expected} does not read"
    )]
    OtherSchema {
        /// The first event of the frame.
        sequence: Sequence,
        /// The version that the codec writes.
        expected: SchemaId,
        /// The version that was found.
        found: SchemaId,
    },
    /// A record is no event of the type.
    #[error("event {sequence}: {source}")]
    Decode {
        /// The event.
        sequence: Sequence,
        /// The reason.
        source: DecodeError,
    },
    /// Something in the log is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The log cannot be opened for reading any more.
    #[error(transparent)]
    Open(Box<OpenError>),
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<OpenError> for ReadError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged(damage) => Self::Damaged(damage),
            OpenError::File(error) => Self::File(error),
            error => Self::Open(Box::new(error)),
        }
    }
}
