//! Every error: one type for each way to ask.
//!
//! | operation | error |
//! |---|---|
//! | [`Ring::try_builder`](crate::Ring::try_builder) | [`CapacityError`] |
//! | [`Ring::subscribe`](crate::Ring::subscribe), [`ReaderBuilder::subscribe`](crate::ReaderBuilder::subscribe), [`Reader::try_clone`](crate::Reader::try_clone) | [`SubscribeError`] |
//! | [`Writer::try_publish`](crate::Writer::try_publish), [`Writer::try_publish_with`](crate::Writer::try_publish_with) | [`TryPublishError`] |
//! | [`Writer::publish_timeout`](crate::Writer::publish_timeout), [`Writer::publish_deadline`](crate::Writer::publish_deadline) | [`PublishTimeoutError`] |
//! | [`Writer::claim`](crate::Writer::claim), [`Writer::claim_up_to`](crate::Writer::claim_up_to) | [`ClaimError`] |
//! | [`Writer::try_claim`](crate::Writer::try_claim) | [`TryClaimError`] |
//! | [`Reader::recv`](crate::Reader::recv), [`Reader::wait_batch`](crate::Reader::wait_batch), [`Reader::run_until`](crate::Reader::run_until) | [`Closed`] |
//! | [`Reader::try_recv`](crate::Reader::try_recv), [`Reader::try_batch`](crate::Reader::try_batch) | [`TryReadError`] |
//! | [`Reader::recv_timeout`](crate::Reader::recv_timeout), [`Reader::batch_timeout`](crate::Reader::batch_timeout) | [`ReadTimeoutError`] |

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

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

    /// Returns the next power of two, if the capacity is not one and a ring can be so
    /// large.
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

/// Defines an error that carries what was not published.
macro_rules! refused {
    ($(#[$doc:meta])* $name:ident, $message:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<T>(T);

        impl<T> $name<T> {
            pub(crate) fn new(refused: T) -> Self {
                Self(refused)
            }

            /// Gives back what was not published: the event, or the closure that
            /// would have written it.
            pub fn into_inner(self) -> T {
                self.0
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($message)
            }
        }

        impl<T> Error for $name<T> {}
    };
}

refused! {
    /// The ring is full: the slowest reader is a whole ring behind. The event
    /// comes back through [`into_inner`](Self::into_inner).
    TryPublishError, "the ring is full"
}

refused! {
    /// The ring was full until the time was up. The event comes back through
    /// [`into_inner`](Self::into_inner).
    PublishTimeoutError, "the ring was full until the time was up"
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryClaimError {
    /// Fewer slots are free than were asked for.
    Full,
    /// The ring has fewer slots than were asked for.
    TooLarge(ClaimError),
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
        }
    }
}

impl Error for TryClaimError {}

impl From<ClaimError> for TryClaimError {
    fn from(error: ClaimError) -> Self {
        Self::TooLarge(error)
    }
}

/// The writer is gone and the reader has read everything: the end of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring is closed and every event was read")
    }
}

impl Error for Closed {}

/// Why there was nothing to read, from a read that does not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryReadError {
    /// Everything published was read; more may come.
    Empty,
    /// Everything published was read, and nothing more will come.
    Closed,
}

impl TryReadError {
    /// Whether more may come.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Whether the stream is over.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

impl fmt::Display for TryReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("every event published so far was read"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl Error for TryReadError {}

impl From<Closed> for TryReadError {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}

/// Why there was nothing to read, from a read that waits for a limited time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadTimeoutError {
    /// The time was up before another event was published.
    Timeout,
    /// Everything published was read, and nothing more will come.
    Closed,
}

impl ReadTimeoutError {
    /// Whether the time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether the stream is over.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

impl fmt::Display for ReadTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no event was published until the time was up"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl Error for ReadTimeoutError {}

impl From<Closed> for ReadTimeoutError {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}
