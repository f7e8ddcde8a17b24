//! The errors of groups.

#![forbid(unsafe_code)]

use core::error::Error;
use core::fmt;

use broadring::{Sequence, SubscribeError};

use super::member_id::MemberId;
use crate::sync::Arc;

/// A group could not be built: a ring accepts no reader, or not at the position that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    pub(super) partition: usize,
    pub(super) error: SubscribeError,
}

impl BuildError {
    /// Returns the index of the ring.
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// Returns why the ring has refused the reader.
    pub fn error(&self) -> &SubscribeError {
        &self.error
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a group cannot read partition {}: {}", self.partition, self.error)
    }
}

impl Error for BuildError {}

/// A member could not join: the group has all the members it was built for. A member counts until it
/// is dropped, also if it was evicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinError {
    pub(super) group: Arc<str>,
    pub(super) max_members: usize,
}

impl JoinError {
    /// Returns the name of the group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Returns how many members the group was built for.
    pub fn max_members(&self) -> usize {
        self.max_members
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the group {:?} has all the {} members that it was built for",
            self.group, self.max_members
        )
    }
}

impl Error for JoinError {}

/// A commit was refused: the member does not own the partition any more, because it was evicted.
/// Nothing was committed, and the events come to another member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitError {
    pub(super) member: MemberId,
    pub(super) partition: usize,
    pub(super) through: Sequence,
    pub(super) committed: Sequence,
}

impl CommitError {
    /// Returns the member that has tried to commit.
    pub fn member(&self) -> &MemberId {
        &self.member
    }

    /// Returns the index of the partition.
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// Returns the last event that it tried to commit.
    pub fn through(&self) -> Sequence {
        self.through
    }

    /// Returns the position that was committed at that moment, by this member or another.
    pub fn committed(&self) -> Sequence {
        self.committed
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, partition, through, committed } = self;
        write!(
            f,
            "{member} was evicted and cannot commit event {through} of partition {partition}, \
             which is committed up to {committed}"
        )
    }
}

impl Error for CommitError {}

/// A member was evicted. It has no partitions, and gets none until it joins again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evicted {
    pub(super) member: MemberId,
}

impl Evicted {
    /// Returns the member.
    pub fn member(&self) -> &MemberId {
        &self.member
    }
}

impl fmt::Display for Evicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was evicted from its group", self.member)
    }
}

impl Error for Evicted {}

/// Why a member gets nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All rings are closed, and everything was committed.
    Closed,
    /// All partitions have ended and everything was committed, but this one has not ended by being
    /// closed.
    #[non_exhaustive]
    Broken {
        /// The index of the first such partition.
        partition: usize,
        /// How it has ended.
        end: broadring::End,
    },
    /// The member was evicted. [`Member::rejoin`](super::Member::rejoin) makes it a member again.
    Evicted(Evicted),
    /// The member is to get a partition whose ring has all the readers it was built for. Call again
    /// when one has left. Events of other partitions are handed out before this is returned.
    #[non_exhaustive]
    NoReader {
        /// The index of the partition.
        partition: usize,
        /// Why the ring has refused the reader.
        error: SubscribeError,
    },
}

impl End {
    /// Whether all rings are closed, and everything was committed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether all partitions have ended, and one of them otherwise than by being closed.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }

    /// Whether the member was evicted.
    pub fn is_evicted(&self) -> bool {
        matches!(self, Self::Evicted(_))
    }

    /// Whether a ring has all the readers it was built for.
    pub fn is_no_reader(&self) -> bool {
        matches!(self, Self::NoReader { .. })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("all rings are closed and every event was committed"),
            Self::Broken { partition, end } => write!(f, "partition {partition} has ended: {end}"),
            Self::Evicted(evicted) => evicted.fmt(f),
            Self::NoReader { partition, error } => {
                write!(f, "the member cannot read partition {partition}: {error}")
            }
        }
    }
}

impl Error for End {}

/// A member gets nothing at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryReadError {
    /// There is nothing to read now.
    Empty,
    /// There is nothing more to read.
    Ended(End),
}

impl TryReadError {
    /// Whether there is nothing to read now.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Returns why there is nothing more to read.
    pub fn end(&self) -> Option<&End> {
        match self {
            Self::Empty => None,
            Self::Ended(end) => Some(end),
        }
    }
}

impl fmt::Display for TryReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no partition of the member has an event to read"),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl Error for TryReadError {}

impl From<End> for TryReadError {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}

/// A member gets nothing in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadTimeoutError {
    /// Nothing came in time.
    Timeout,
    /// There is nothing more to read.
    Ended(End),
}

impl ReadTimeoutError {
    /// Whether nothing came in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Returns why there is nothing more to read.
    pub fn end(&self) -> Option<&End> {
        match self {
            Self::Timeout => None,
            Self::Ended(end) => Some(end),
        }
    }
}

impl fmt::Display for ReadTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no event came to the member in time"),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl Error for ReadTimeoutError {}

impl From<End> for ReadTimeoutError {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}
