//! The errors of publishing: the ring is full, or a claim can never fit.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use crate::member::Member;

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

/// A claim that could not be had in time, or never can.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimTimeoutError {
    /// Fewer slots than were asked for were free until the time was up.
    Timeout(ClaimTimeout),
    /// The ring has fewer slots than were asked for.
    TooLarge(ClaimError),
}

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

impl ClaimTimeoutError {
    /// Whether the time was up, so that the claim may succeed later.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Whether the claim can never succeed.
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

impl fmt::Display for ClaimTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fewer slots were free than the claim asks for until the time was up")?;
        match &self.holder {
            Some(member) => write!(f, ", because of the {member}"),
            None => Ok(()),
        }
    }
}

impl Error for ClaimTimeout {}

impl fmt::Display for ClaimTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::TooLarge(error) => error.fmt(f),
        }
    }
}

impl Error for ClaimTimeoutError {}

impl From<ClaimError> for ClaimTimeoutError {
    fn from(error: ClaimError) -> Self {
        Self::TooLarge(error)
    }
}
