//! Describing a group, or a member, before it is made.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

use broadring::{Ring, Sequence, Wait, WaitSet};

use super::change::Change;
use super::control::Control;
use super::error::{BuildError, JoinError};
use super::handle::Group;
use super::member::Member;
use super::membership::Membership;
use super::partition::Partition;
use super::seat::Patience;
use super::shared::{OnChange, Shared};
use crate::sync::{Arc, Mutex, SharedArc};

/// How many members a group can have unless set.
const MAX_MEMBERS: usize = 64;

impl Group<()> {
    /// Starts to describe a group, of which the rings come last.
    pub fn builder(name: impl Into<String>) -> GroupBuilder {
        GroupBuilder::new(name.into())
    }
}

impl<E> Group<E> {
    /// Makes a group that begins with the next events that are published to these rings. The first
    /// ring is partition 0.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a ring has no room for two more readers.
    ///
    /// # Panics
    ///
    /// If there are no rings.
    #[track_caller]
    pub fn new(
        name: impl Into<String>,
        rings: impl IntoIterator<Item = Ring<E>>,
    ) -> Result<Self, BuildError> {
        GroupBuilder::new(name.into()).build(rings)
    }

    /// Adds a member. It takes its partitions at its first call. Takes the lock of the group for a
    /// moment.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if the group has all the members it was built for.
    pub fn join(&self) -> Result<Member<E>, JoinError> {
        self.member().join()
    }

    /// Starts to describe a member: its name, and how it waits.
    pub fn member(&self) -> MemberBuilder<E> {
        MemberBuilder::new(SharedArc::clone(&self.shared))
    }
}

/// Describes a group before it is built; from [`Group::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use broadring::Ring;
/// use broadring_order::group::Group;
///
/// let (writers, rings): (Vec<_>, Vec<_>) =
///     (0..4).map(|_| Ring::builder(64).build(|| 0_u64)).unzip();
/// let group = Group::builder("billing")
///     .from_oldest()
///     .evict_after(Duration::from_secs(30))
///     .on_change(|change| println!("{change:?}"))
///     .build(rings)?;
/// assert_eq!(group.partitions(), 4);
/// # Ok::<(), broadring_order::group::BuildError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct GroupBuilder {
    name: Arc<str>,
    max_members: usize,
    start: Start,
    patience: Option<Patience>,
    on_change: Option<OnChange>,
}

/// Where a group begins.
enum Start {
    Cursor,
    Oldest,
    At(Vec<Sequence>),
}

impl GroupBuilder {
    pub(super) fn new(name: String) -> Self {
        let (max_members, start) = (MAX_MEMBERS, Start::Cursor);
        Self { name: name.into(), max_members, start, patience: None, on_change: None }
    }

    /// Sets how many members there can be at once: 64 unless set. A member counts until it is dropped.
    pub fn max_members(self, max_members: usize) -> Self {
        Self { max_members, ..self }
    }

    /// Begins with the oldest events that are still in the rings: see
    /// [`ReaderBuilder::from_oldest`](broadring::ReaderBuilder::from_oldest). Unless set, the group
    /// begins with the next event that is published.
    pub fn from_oldest(self) -> Self {
        Self { start: Start::Oldest, ..self }
    }

    /// Begins each partition at a position of its own, such as the one that was committed before a
    /// restart: see [`ReaderBuilder::from`](broadring::ReaderBuilder::from).
    pub fn from(self, positions: impl IntoIterator<Item = impl Into<Sequence>>) -> Self {
        Self { start: Start::At(positions.into_iter().map(Into::into).collect()), ..self }
    }

    /// Lets members be evicted that do not come back: a member for which published events wait that
    /// are not committed, because it holds a batch or makes no call, and which has made no call and
    /// no commit for so long. A member that waits in a call is never idle.
    ///
    /// Other members notice: each looks at about this interval, in its calls, also while it waits. If
    /// there is no other member, or all of them hang, nobody does; call
    /// [`Group::evict_idle`] yourself then. A member that handles one batch for longer than this
    /// without a commit is evicted, and what it has handled comes again. So allow for the longest
    /// batch, or commit on the way.
    ///
    /// It costs each call and each commit a look at the clock.
    pub fn evict_after(self, patience: Duration) -> Self {
        Self { patience: Some(Patience::new(patience)), ..self }
    }

    /// Sets what is called when partitions come and go. When and where: see the
    /// [module](super#changes).
    ///
    /// The closure may use the group, but must not wait for one of its members.
    pub fn on_change(self, on_change: impl Fn(&Change) + Send + Sync + 'static) -> Self {
        Self { on_change: Some(Box::new(on_change)), ..self }
    }

    /// Builds the group. From now on it holds the writers of these rings back.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a ring has no room for two more readers, or if the group cannot begin at the
    /// [position](Self::from) that was asked for.
    ///
    /// # Panics
    ///
    /// If there are no rings, or not as many as positions.
    #[track_caller]
    pub fn build<E>(
        self,
        rings: impl IntoIterator<Item = Ring<E>>,
    ) -> Result<Group<E>, BuildError> {
        let Self { name, max_members, start, patience, on_change } = self;
        let rings: Vec<Ring<E>> = rings.into_iter().collect();
        assert!(!rings.is_empty(), "a group needs at least one ring");
        if let Start::At(positions) = &start {
            let (positions, rings) = (positions.len(), rings.len());
            assert!(positions == rings, "there are {positions} positions but {rings} rings");
        }
        let open = |(partition, ring): (usize, Ring<E>)| {
            let reader = ring.reader().name(&*name);
            let reader = match &start {
                Start::Cursor => reader,
                Start::Oldest => reader.from_oldest(),
                Start::At(positions) => reader.from(positions[partition]),
            };
            let committed = reader.subscribe().map_err(|error| BuildError { partition, error })?;
            // To learn now, and not from a member, that there is room for the owner too.
            drop(committed.try_clone().map_err(|error| BuildError { partition, error })?);
            Ok(Partition::new(ring, committed))
        };
        let partitions =
            rings.into_iter().enumerate().map(open).collect::<Result<Box<[_]>, _>>()?;
        let (control, bell) = Control::new(partitions.len(), max_members);
        let control = Mutex::new(control);
        let shared = Shared { name, max_members, bell, control, partitions, patience, on_change };
        Ok(Group { shared: SharedArc::new(shared) })
    }
}

impl fmt::Debug for GroupBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupBuilder")
            .field("name", &self.name)
            .field("max_members", &self.max_members)
            .finish_non_exhaustive()
    }
}

/// Describes a member before it joins; from [`Group::member`].
#[must_use = "a description does nothing until `join` is called"]
pub struct MemberBuilder<E> {
    group: SharedArc<Shared<E>>,
    name: Option<Arc<str>>,
    wait: Wait,
}

impl<E> MemberBuilder<E> {
    pub(super) fn new(group: SharedArc<Shared<E>>) -> Self {
        Self { group, name: None, wait: Wait::default() }
    }

    /// Names the member. Errors and changes use the name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets how the member waits: [`Wait::PARK`] unless set.
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Joins the group. Partitions are assigned to the member at once; it takes them at its first
    /// call. Takes the lock of the group for a moment.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if the group has all the members it was built for.
    pub fn join(self) -> Result<Member<E>, JoinError> {
        let Self { group, name, wait } = self;
        // Before the member is added: so its bell rings.
        let bell = group.bell.observe().map_err(|_| JoinError {
            group: Arc::clone(&group.name),
            max_members: group.max_members,
        })?;
        let waits = WaitSet::new().strategy(wait);
        Ok(Member::new(Membership::new(group, bell, name), waits))
    }
}

impl<E> fmt::Debug for MemberBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberBuilder")
            .field("group", &self.group.name)
            .field("name", &self.name)
            .field("wait", &self.wait)
            .finish()
    }
}
