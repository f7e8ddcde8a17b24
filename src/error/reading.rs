//! The errors of reading: nothing for the moment, or the end of the stream.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::member::Member;
use crate::sequence::Sequence;

/// Why there is nothing more to read: how the stream has ended for this reader.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The writer is gone and everything was read.
    Closed,
    /// A reader or an editor that this reader comes after is gone, and everything that it has
    /// passed on was read. Nothing more will come.
    UpstreamLeft(UpstreamLeft),
    /// The reader held the writer back for longer than it was allowed to.
    Evicted(Evicted),
    /// The thread of the handle was told to stop, or its handler is done. Only a reader, an observer or
    /// an editor with a [managed thread](crate::managed) ends like this.
    Stopped,
}

impl End {
    /// Whether the ring is closed and the reader has read everything.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether a reader or an editor that this reader comes after is gone.
    pub fn is_upstream_left(&self) -> bool {
        matches!(self, Self::UpstreamLeft(_))
    }

    /// Whether the reader was evicted.
    pub fn is_evicted(&self) -> bool {
        matches!(self, Self::Evicted(_))
    }

    /// Whether the managed thread was told to stop, or its handler is done.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the ring is closed and every event was read"),
            Self::UpstreamLeft(left) => left.fmt(f),
            Self::Evicted(evicted) => evicted.fmt(f),
            Self::Stopped => {
                f.write_str("the managed thread was stopped before the end of the stream")
            }
        }
    }
}

impl Error for End {}

/// A reader or an editor has left before the end of the stream, or was evicted, and this reader
/// comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamLeft {
    /// Boxed, to keep results small: most of them are no errors.
    member: Box<Member>,
    position: Sequence,
}

impl UpstreamLeft {
    pub(crate) fn new(member: Member, position: u64) -> Self {
        Self { member: Box::new(member), position: Sequence::new(position) }
    }

    /// Returns the member that has left.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Returns the position of that member: it has passed on everything before this, and nothing
    /// from here on.
    pub fn position(&self) -> Sequence {
        self.position
    }
}

impl fmt::Display for UpstreamLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}, which comes first, has left before event {}", self.member, self.position)
    }
}

impl Error for UpstreamLeft {}

/// A reader was evicted: it held the writer back for longer than it was allowed to, and the writer
/// went on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// Boxed, as in [`UpstreamLeft`].
    eviction: Box<Eviction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Eviction {
    member: Member,
    position: Sequence,
    missed: u64,
}

impl Evicted {
    pub(crate) fn new(member: Member, position: u64, missed: u64) -> Self {
        let position = Sequence::new(position);
        Self { eviction: Box::new(Eviction { member, position, missed }) }
    }

    /// Returns the reader that was evicted.
    pub fn member(&self) -> &Member {
        &self.eviction.member
    }

    /// Returns the position of the reader: the first event that it has not read.
    pub fn position(&self) -> Sequence {
        self.eviction.position
    }

    /// Returns how many events the reader has missed so far: those between its position and the
    /// cursor.
    pub fn missed(&self) -> u64 {
        self.eviction.missed
    }
}

impl fmt::Display for Evicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Eviction { member, position, missed } = &*self.eviction;
        write!(f, "the {member} was evicted at event {position} and has missed {missed}")
    }
}

impl Error for Evicted {}

/// Defines an error that says why there was nothing to read: for the moment, or for ever.
macro_rules! nothing_to_read {
    (
        $(#[$doc:meta])* $name:ident,
        $(#[$now_doc:meta])* $now:ident, $(#[$is_doc:meta])* $is_now:ident, $message:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $(#[$now_doc])*
            $now,
            /// Nothing more will come.
            Ended(End),
        }

        impl $name {
            $(#[$is_doc])*
            pub fn $is_now(&self) -> bool {
                matches!(self, Self::$now)
            }

            /// Whether the ring is closed and the reader has read everything.
            pub fn is_closed(&self) -> bool {
                matches!(self, Self::Ended(End::Closed))
            }

            /// Returns how the stream has ended, if it has.
            pub fn end(&self) -> Option<&End> {
                match self {
                    Self::$now => None,
                    Self::Ended(end) => Some(end),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$now => f.write_str($message),
                    Self::Ended(end) => end.fmt(f),
                }
            }
        }

        impl Error for $name {}

        impl From<End> for $name {
            fn from(end: End) -> Self {
                Self::Ended(end)
            }
        }
    };
}

nothing_to_read! {
    /// Why there was nothing to read, from a read that does not wait.
    TryReadError,
    /// Everything published so far was read; more may come.
    Empty,
    /// Whether more may come.
    is_empty, "every event published so far was read"
}

nothing_to_read! {
    /// Why there was nothing to read, from a read that waits for a limited time.
    ReadTimeoutError,
    /// The time was up before there was another event.
    Timeout,
    /// Whether the time was up.
    is_timeout, "no event was published until the time was up"
}
