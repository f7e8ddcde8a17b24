//! Why a merged reader cannot join.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::source::SourceId;

/// A merged reader that cannot join.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscribeError {
    /// There are as many merged readers as the order was built for.
    TooManyReaders {
        /// How many that is.
        max: usize,
    },
    /// The ring of one of the writers has no room for another reader, because others have subscribed
    /// to it directly.
    Source {
        /// The writer.
        source: SourceId,
        /// What its ring says.
        error: broadring::SubscribeError,
    },
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReaders { max } => {
                write!(f, "there are {max} merged readers already, and no room for more")
            }
            Self::Source { source, error } => write!(f, "the ring of source {source}: {error}"),
        }
    }
}

impl Error for SubscribeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::TooManyReaders { .. } => None,
            Self::Source { error, .. } => Some(error),
        }
    }
}
