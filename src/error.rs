//! Every error. Each kind of request has an error type of its own; the crate's documentation has
//! a table of them.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::member::Member;
use crate::sequence::Sequence;

/// A capacity that no ring can have: it must be a power of two, from 1 up to what
/// memory can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityError {
    capacity: usize,
    suggestion: Option<usize>,
}

impl CapacityError {
    pub(crate) fn new(capacity: usize, suggestion: Option<usize>) -> Self {
        Self { capacity, suggestion }
    }

    /// Returns the capacity that was asked for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the next power of two, if the capacity is not one and a ring can be that large.
    pub fn suggestion(&self) -> Option<usize> {
        self.suggestion
    }
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = self.capacity;
        match self.suggestion {
            Some(next) => write!(
                f,
                "the capacity of a ring must be a power of two, and {capacity} is not one: try {next}"
            ),
            None => write!(f, "a ring of capacity {capacity} is larger than memory can be"),
        }
    }
}

impl Error for CapacityError {}

/// No reader can be added: the ring has as many as it was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscribeError {
    max_readers: usize,
}

impl SubscribeError {
    pub(crate) fn new(max_readers: usize) -> Self {
        Self { max_readers }
    }

    /// Returns how many readers the ring can have at once.
    pub fn max_readers(&self) -> usize {
        self.max_readers
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ring has all the readers it was built for: {}", self.max_readers)
    }
}

impl Error for SubscribeError {}

/// A reader cannot come after one of another ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherRingError;

impl fmt::Display for OtherRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reader cannot come after a reader of another ring")
    }
}

impl Error for OtherRingError {}

/// Defines an error that gives back what was not published, and names a member of the ring.
macro_rules! refused {
    ($(#[$doc:meta])* $name:ident, $(#[$member_doc:meta])* $member:ident, $message:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name<T> {
            refused: T,
            member: Option<Box<Member>>,
        }

        impl<T> $name<T> {
            pub(crate) fn new(refused: T, member: Option<Box<Member>>) -> Self {
                Self { refused, member }
            }

            /// Gives back what was not published: the event, or the closure that
            /// would have written it.
            pub fn into_inner(self) -> T {
                self.refused
            }

            $(#[$member_doc])*
            pub fn $member(&self) -> Option<&Member> {
                self.member.as_deref()
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field(stringify!($member), &self.member)
                    .finish_non_exhaustive()
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($message)?;
                match &self.member {
                    Some(member) => write!(f, ", because of the {member}"),
                    None => Ok(()),
                }
            }
        }

        impl<T> Error for $name<T> {}
    };
}

refused! {
    /// The ring is full: the slowest reader is a whole ring behind. The event
    /// comes back through [`into_inner`](Self::into_inner).
    TryPublishError,
    /// Returns the editor that has left, if one has. Then nothing that is published from now on
    /// will be read, even when readers of earlier events make room for it.
    editor_left, "the ring is full"
}

refused! {
    /// The ring was full until the time was up. The event comes back through
    /// [`into_inner`](Self::into_inner).
    PublishTimeoutError,
    /// Returns the member that held the writer back in the end: the reader that was furthest
    /// behind, or an editor. `None` if it has just moved on, or was just joining.
    holder, "the ring was full until the time was up"
}

/// A claim of more slots than the ring has, which no waiting can satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimError {
    requested: usize,
    capacity: usize,
}

impl ClaimError {
    pub(crate) fn new(requested: usize, capacity: usize) -> Self {
        Self { requested, capacity }
    }

    /// Returns how many slots were asked for.
    pub fn requested(&self) -> usize {
        self.requested
    }

    /// Returns how many slots the ring has.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requested, capacity } = self;
        write!(f, "a claim of {requested} slots can never fit a ring of {capacity}")
    }
}

impl Error for ClaimError {}

/// A claim that cannot be had now, or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryClaimError {
    /// Fewer slots are free than were asked for.
    Full,
    /// The ring has fewer slots than were asked for.
    TooLarge(ClaimError),
    /// This editor has left, and nothing more can be published.
    EditorLeft(Member),
}

impl TryClaimError {
    /// Whether the claim may succeed later.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the claim can never succeed.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge(_))
    }
}

impl fmt::Display for TryClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("fewer slots are free than the claim asks for"),
            Self::TooLarge(error) => error.fmt(f),
            Self::EditorLeft(editor) => {
                write!(f, "nothing more can be published: the {editor} has left")
            }
        }
    }
}

impl Error for TryClaimError {}

impl From<ClaimError> for TryClaimError {
    fn from(error: ClaimError) -> Self {
        Self::TooLarge(error)
    }
}

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
    /// The reader was told to stop, or its handler is done. Only a reader with a
    /// [managed thread](crate::managed) ends like this.
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

    /// Whether the reader was told to stop, or its handler is done.
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
            Self::Stopped => f.write_str("the reader was stopped before the end of the stream"),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evicted {
    position: Sequence,
    missed: u64,
}

impl Evicted {
    pub(crate) fn new(position: u64, missed: u64) -> Self {
        Self { position: Sequence::new(position), missed }
    }

    /// Returns the position of the reader: the first event that it has not read.
    pub fn position(&self) -> Sequence {
        self.position
    }

    /// Returns how many events the reader has missed so far: those between its position and the
    /// cursor.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

impl fmt::Display for Evicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, missed } = self;
        write!(f, "the reader was evicted at event {position} and has missed {missed}")
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
