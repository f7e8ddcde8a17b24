//! The errors of publishing: the ring is full, or a claim can never fit.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::member::Member;

/// Writes why something was refused, and because of which member, if that is known.
pub(super) fn refusal(
    f: &mut fmt::Formatter<'_>,
    reason: &str,
    member: Option<&Member>,
) -> fmt::Result {
    f.write_str(reason)?;
    member.map_or(Ok(()), |member| write!(f, ", because of the {member}"))
}

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

            /// Makes the same error with something else to give back, for instance the event instead
            /// of a closure that would have written it.
            pub fn map<U>(self, f: impl FnOnce(T) -> U) -> $name<U> {
                $name { refused: f(self.refused), member: self.member }
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
                refusal(f, $message, self.$member())
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

const TOO_FEW: &str = "fewer slots were free than the claim asks for until the time was up";

/// Fewer slots than a claim asks for were free until the time was up; in [`ClaimTimeoutError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimTimeout {
    holder: Option<Box<Member>>,
}

impl ClaimTimeout {
    pub(crate) fn new(holder: Option<Box<Member>>) -> Self {
        Self { holder }
    }

    /// Returns the member that held the writer back in the end: the reader that was furthest
    /// behind, or an editor. `None` if it has just moved on, or was just joining.
    pub fn holder(&self) -> Option<&Member> {
        self.holder.as_deref()
    }
}

impl fmt::Display for ClaimTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        refusal(f, TOO_FEW, self.holder())
    }
}

impl Error for ClaimTimeout {}

/// Defines the error of a request for room in the ring with a time limit, which may also be a request
/// for too much. It can never be had then, however long one waits.
macro_rules! no_room_in_time {
    (
        $(#[$doc:meta])* $name:ident,
        $(#[$timeout_doc:meta])* Timeout: $reason:expr,
        $(#[$too_large_doc:meta])* TooLarge: $too_large:ident
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $(#[$timeout_doc])*
            Timeout(ClaimTimeout),
            $(#[$too_large_doc])*
            TooLarge($too_large),
        }

        impl $name {
            /// Whether the time was up, so that the same request may succeed later.
            pub fn is_timeout(&self) -> bool {
                matches!(self, Self::Timeout(_))
            }

            /// Whether the same request can never succeed.
            pub fn is_too_large(&self) -> bool {
                matches!(self, Self::TooLarge(_))
            }

            /// Returns the member that held the writer back, if the time was up and one did: see
            /// [`ClaimTimeout::holder`].
            pub fn holder(&self) -> Option<&Member> {
                match self {
                    Self::Timeout(timeout) => timeout.holder(),
                    Self::TooLarge(_) => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Timeout(timeout) => refusal(f, $reason, timeout.holder()),
                    Self::TooLarge(error) => error.fmt(f),
                }
            }
        }

        impl Error for $name {}

        impl From<$too_large> for $name {
            fn from(error: $too_large) -> Self {
                Self::TooLarge(error)
            }
        }
    };
}

pub(super) use no_room_in_time;

no_room_in_time! {
    /// A claim that could not be had in time, or never can.
    #[non_exhaustive]
    ClaimTimeoutError,
    /// Fewer slots than were asked for were free until the time was up.
    Timeout: TOO_FEW,
    /// The ring has fewer slots than were asked for.
    TooLarge: ClaimError
}
