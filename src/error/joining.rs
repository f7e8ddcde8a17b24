//! The errors of joining a ring.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::member::{InRing, Member};
use crate::sequence::Sequence;
use crate::sync::PlainArc;

/// Why no reader or observer can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The ring has all the readers it was built for.
    Full(TooManyReaders),
    /// The reader was to start at an event that it cannot start at: see
    /// [`ReaderBuilder::from`](crate::ReaderBuilder::from).
    NotRetained(NotRetained),
}

impl SubscribeError {
    /// Whether the ring has all the readers it was built for.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the event at which the reader was to start is no longer in the ring, or is later than
    /// the next one.
    pub fn is_not_retained(&self) -> bool {
        matches!(self, Self::NotRetained(_))
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(error) => error.fmt(f),
            Self::NotRetained(error) => error.fmt(f),
        }
    }
}

impl Error for SubscribeError {}

/// No reader can be added: the ring has as many as it was built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyReaders {
    ring: Option<PlainArc<str>>,
    max_readers: usize,
}

impl TooManyReaders {
    pub(crate) fn new(ring: Option<PlainArc<str>>, max_readers: usize) -> Self {
        Self { ring, max_readers }
    }

    /// Returns how many readers the ring can have at once.
    pub fn max_readers(&self) -> usize {
        self.max_readers
    }
}

impl fmt::Display for TooManyReaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = InRing(self.ring.as_deref());
        write!(f, "the ring{ring} has all the readers it was built for: {}", self.max_readers)
    }
}

impl Error for TooManyReaders {}

/// A reader cannot start exactly where it was to: that event is no longer certainly in the ring, or
/// is later than the next one to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRetained {
    ring: Option<PlainArc<str>>,
    requested: Sequence,
    oldest: Sequence,
    cursor: Sequence,
}

impl NotRetained {
    pub(crate) fn new(
        ring: Option<PlainArc<str>>,
        requested: u64,
        oldest: u64,
        cursor: u64,
    ) -> Self {
        let [requested, oldest, cursor] = [requested, oldest, cursor].map(Sequence::new);
        Self { ring, requested, oldest, cursor }
    }

    /// Returns the sequence at which the reader was to start.
    pub fn requested(&self) -> Sequence {
        self.requested
    }

    /// Returns the sequence of the oldest event at which a reader could have started then. While
    /// the writer goes on, that event may be gone by the time you see this.
    pub fn oldest(&self) -> Sequence {
        self.oldest
    }

    /// Returns the cursor at that moment: the latest sequence at which a reader could have started.
    pub fn cursor(&self) -> Sequence {
        self.cursor
    }
}

impl fmt::Display for NotRetained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requested, oldest, cursor, .. } = self;
        let ring = InRing(self.ring.as_deref());
        write!(f, "no reader can start at event {requested} of the ring{ring}: ")?;
        write!(f, "it can start from {oldest} to {cursor}")
    }
}

impl Error for NotRetained {}

/// Why a reader cannot come after another one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterError {
    /// The other one reads another ring.
    OtherRing,
    /// The other one is an observer or an editor. (Every reader comes after the editors anyway.)
    NotAReader(Box<Member>),
    /// The other one has left already.
    Gone(Box<Member>),
}

impl AfterError {
    /// Whether the other one reads another ring.
    pub fn is_other_ring(&self) -> bool {
        matches!(self, Self::OtherRing)
    }

    /// Whether the other one is an observer or an editor.
    pub fn is_not_a_reader(&self) -> bool {
        matches!(self, Self::NotAReader(_))
    }

    /// Whether the other one has left already.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone(_))
    }
}

impl fmt::Display for AfterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherRing => f.write_str("a reader cannot come after a reader of another ring"),
            Self::NotAReader(member) => {
                write!(f, "a reader cannot come after the {member}, which is not a reader")
            }
            Self::Gone(member) => write!(f, "the {member} has left"),
        }
    }
}

impl Error for AfterError {}
