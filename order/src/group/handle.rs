//! The handle of a group.

#![forbid(unsafe_code)]

use core::fmt;

use broadring::Sequence;

use super::member_id::MemberId;
use super::shared::Shared;
use crate::sync::{SharedArc, lock};

/// A group of readers that shares partitions: each event is handled by one of its members.
///
/// Clone it and send it to any thread from which members are to join. See the [module](super) for
/// what a group promises.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
/// use broadring_order::group::Group;
///
/// let (writers, rings): (Vec<_>, Vec<_>) =
///     (0..5).map(|_| Ring::builder(64).build(|| 0_u64)).unzip();
/// let group = Group::new("billing", rings)?;
/// let first = group.join()?;
/// let second = group.join()?;
///
/// let owners = group.assignment();
/// let count = |member: &_| owners.iter().flatten().filter(|&owner| owner == member).count();
/// assert_eq!((count(first.id()), count(second.id())), (3, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Group<E> {
    pub(super) shared: SharedArc<Shared<E>>,
}

impl<E> Group<E> {
    /// Evicts a member: from now on its commits are refused, and its partitions go to the others, from
    /// the committed positions on. Returns whether it was a member.
    ///
    /// Whatever it does, it may go on. A batch that it holds stays intact, and its own readers hold the
    /// writers back until its next call, which says [`End::Evicted`](super::End::Evicted).
    ///
    /// Takes the lock of the group, and reports the changes on this thread.
    ///
    /// # Panics
    ///
    /// If the closure for changes does. The member is evicted then.
    pub fn evict(&self, member: &MemberId) -> bool {
        let lost = self.shared.remove(member);
        let was_member = lost.is_some();
        self.shared.report_lost(lost);
        was_member
    }

    /// Evicts every member that is idle for too long: see
    /// [`evict_after`](super::GroupBuilder::evict_after), without which there is none. Returns how many these
    /// were. Members do so by themselves in their calls.
    ///
    /// Takes the lock of the group, and reports the changes on this thread.
    ///
    /// # Panics
    ///
    /// If the closure for changes does. The members are evicted then.
    pub fn evict_idle(&self) -> usize {
        self.shared.evict_idle(None)
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Returns how many partitions there are, whether or not they have ended.
    pub fn partitions(&self) -> usize {
        self.shared.partitions.len()
    }

    /// Returns the members, in the order in which they have joined. Takes the lock of the group.
    pub fn members(&self) -> Vec<MemberId> {
        lock(&self.shared.control).members().map(|(id, _)| id.clone()).collect()
    }

    /// Returns the member to which each partition is assigned: `None` for all while there is no
    /// member, and for one that has ended. Takes the lock of the group.
    ///
    /// A member that is to get a partition has it only when the one before has given it up: see
    /// [`owners`](Self::owners).
    pub fn assignment(&self) -> Vec<Option<MemberId>> {
        lock(&self.shared.control).assignment()
    }

    /// Returns the member that has each partition now. Takes the lock of the group.
    pub fn owners(&self) -> Vec<Option<MemberId>> {
        lock(&self.shared.control).owners()
    }

    /// Returns the committed position of a partition: the first event that is not committed. Takes the
    /// lock of the partition.
    ///
    /// # Panics
    ///
    /// If there is no such partition.
    #[track_caller]
    pub fn committed(&self, partition: usize) -> Sequence {
        match self.shared.partitions.get(partition) {
            Some(partition) => partition.committed(),
            None => panic!("there is no partition {partition}: there are {}", self.partitions()),
        }
    }

    /// Returns how many events of all partitions are published and not committed. Takes the lock of
    /// one partition after another.
    pub fn lag(&self) -> u64 {
        self.shared.partitions.iter().map(|partition| partition.lag()).sum()
    }
}

impl<E> Clone for Group<E> {
    fn clone(&self) -> Self {
        Self { shared: SharedArc::clone(&self.shared) }
    }
}

impl<E> fmt::Debug for Group<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.name())
            .field("partitions", &self.partitions())
            .field("members", &self.members())
            .finish()
    }
}
