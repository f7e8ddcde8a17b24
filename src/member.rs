//! The identity of a member of a ring: role, number and name.

#![forbid(unsafe_code)]

use core::fmt;

use crate::sync::PlainArc;

/// A member of a ring: the identity of a reader, an observer or an editor.
///
/// Errors and snapshots name a member with it, and with its ring if that has a name. It stays valid
/// after the handle is dropped. A clone of a reader has a number of its own and the same name.
///
/// # Examples
///
/// ```
/// let (_writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let journal = ring.reader().name("journal").subscribe()?;
/// let other = ring.subscribe()?;
/// assert_eq!(journal.member().to_string(), "reader \"journal\"");
/// assert_eq!(other.member().to_string(), "reader 1");
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Member {
    role: Role,
    number: u64,
    name: Option<PlainArc<str>>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    ring: Option<PlainArc<str>>,
}

/// What a member does at its ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Role {
    /// Reads every event: a [`Reader`](crate::Reader).
    Reader,
    /// Looks from time to time, and may miss events: an [`Observer`](crate::Observer).
    Observer,
    /// Changes events before any reader sees them: an [`Editor`](crate::Editor).
    Editor,
}

impl Member {
    pub(crate) fn new(
        role: Role,
        number: u64,
        name: Option<PlainArc<str>>,
        ring: Option<PlainArc<str>>,
    ) -> Self {
        Self { role, number, name, ring }
    }

    /// Returns the role of the member.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the number of the member. No other member of the same role at the same ring ever
    /// has it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the name that the member was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the name of its ring.
    pub fn ring(&self) -> Option<&str> {
        self.ring.as_deref()
    }

    /// Displays the member without its ring, where the ring is named anyway.
    pub(crate) fn within_ring(&self) -> WithinRing<'_> {
        WithinRing(self)
    }

    pub(crate) fn shared_name(&self) -> Option<PlainArc<str>> {
        self.name.clone()
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.within_ring().fmt(f)?;
        match self.ring() {
            Some(ring) => write!(f, " of the ring {ring:?}"),
            None => Ok(()),
        }
    }
}

/// A member as it is called where its ring is named anyway.
pub(crate) struct WithinRing<'m>(&'m Member);

impl fmt::Display for WithinRing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Member { role, number, name, .. } = self.0;
        match name {
            Some(name) => write!(f, "{role} {name:?}"),
            None => write!(f, "{role} {number}"),
        }
    }
}

/// The name of a ring, if it has one, to follow the word "ring" in a sentence.
pub(crate) struct InRing<'n>(pub(crate) Option<&'n str>);

impl fmt::Display for InRing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, " {name:?}"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reader => "reader",
            Self::Observer => "observer",
            Self::Editor => "editor",
        })
    }
}
