//! The handle of a member.

#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::fmt;
use core::ops::ControlFlow;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Instant;

use broadring::{Sequence, WaitSet, Waitable};
use smallvec::SmallVec;

use super::assigned::Assigned;
use super::error::{End, ReadTimeoutError, TryReadError};
use super::member_id::MemberId;
use super::membership::Membership;

/// A member of a group: reads the partitions that are assigned to it; from
/// [`Group::join`](super::Group::join).
///
/// It may move to another thread at any time. Each batch has events of one partition, and partitions
/// are served in turn. Each call also gives up and takes partitions, if the assignment has changed:
/// see the [module](super).
///
/// A batch borrows the member, also in the arms of a `match` on the call that returns it.
///
/// Dropping it gives its partitions to the other members, at the committed positions. That takes the
/// lock of the group for a moment, and so does dropping it by a panic.
///
/// A member must come back: one that has partitions and makes no call holds their writers back, until
/// it is dropped or [evicted](super::Group::evict).
///
/// # Examples
///
/// Two members on threads of their own, which share four partitions:
///
/// ```
/// use broadring::Ring;
/// use broadring_order::group::Group;
///
/// let (writers, rings): (Vec<_>, Vec<_>) =
///     (0..4).map(|_| Ring::builder(64).build(|| 0_u64)).unzip();
/// let group = Group::new("billing", rings)?;
/// let members = [group.join()?, group.join()?].map(|mut member| {
///     std::thread::spawn(move || {
///         let mut sum = 0;
///         member.run(|_partition, _sequence, event| sum += event);
///         sum
///     })
/// });
/// for mut writer in writers {
///     writer.publish_all(1..=10);
/// }
/// let sums = members.map(|member| member.join().unwrap());
/// assert_eq!(sums.iter().sum::<u64>(), 4 * 55);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Member<E> {
    membership: Membership<E>,
    waits: WaitSet,
    /// The index of the holding to look at first.
    turn: usize,
    /// When to look for idle members again.
    look_at: u64,
}

impl<E> Member<E> {
    pub(super) fn new(membership: Membership<E>, waits: WaitSet) -> Self {
        Self { membership, waits, turn: 0, look_at: 0 }
    }

    /// Returns who this is. After [`rejoin`](Self::rejoin) it is somebody else.
    pub fn id(&self) -> &MemberId {
        &self.membership.id
    }

    /// Returns the indices of the partitions that it reads now, in no particular order. They change
    /// only in its own calls.
    pub fn partitions(&self) -> impl Iterator<Item = usize> {
        self.membership.holdings.iter().map(|holding| holding.partition)
    }

    /// Borrows all available events of the next partition that has any. Never waits for an event.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] if there is nothing to read now, [`TryReadError::Ended`] if there is
    /// nothing more to read: see [`End`].
    pub fn try_batch(&mut self) -> Result<Assigned<'_, E>, TryReadError> {
        match self.find()? {
            Some(index) => Ok(self.lend(index)),
            None => Err(TryReadError::Empty),
        }
    }

    /// Borrows all available events of the next partition that has any. Waits until there is at least
    /// one, also while the member has no partition.
    ///
    /// # Errors
    ///
    /// [`End`] when there is nothing more to read.
    pub fn wait_batch(&mut self) -> Result<Assigned<'_, E>, End> {
        let found = self.wait_until(None)?;
        Ok(self.lend(found.unwrap_or_else(|| unreachable!("there is no deadline"))))
    }

    /// Borrows all available events of the next partition that has any. Waits at most for `timeout`
    /// until there is at least one.
    ///
    /// # Errors
    ///
    /// [`ReadTimeoutError::Timeout`] if nothing came in time, [`ReadTimeoutError::Ended`] if there is
    /// nothing more to read.
    pub fn batch_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Assigned<'_, E>, ReadTimeoutError> {
        // A time that cannot be counted never comes.
        match self.wait_until(Instant::now().checked_add(timeout))? {
            Some(index) => Ok(self.lend(index)),
            None => Err(ReadTimeoutError::Timeout),
        }
    }

    /// Hands every event, with its partition and its sequence, to the closure until there is nothing
    /// more to read. Returns why.
    ///
    /// It commits after each batch, and in a long one every quarter of the ring. If it is evicted
    /// meanwhile, it learns that at its next commit: then the closure may have handled events that
    /// come to another member too.
    ///
    /// # Panics
    ///
    /// If the closure does. The events that it has handled before are committed. The one at which it
    /// panicked is not, and comes again.
    pub fn run(&mut self, mut handle: impl FnMut(usize, Sequence, &E)) -> End {
        let ended = self.run_until(|partition, sequence, event| {
            handle(partition, sequence, event);
            ControlFlow::<Infallible>::Continue(())
        });
        match ended {
            Err(end) => end,
        }
    }

    /// Hands events to the closure until it returns [`Break`](ControlFlow::Break) or there is nothing
    /// more to read. Returns the value of the `Break`. The event at which the closure breaks counts as
    /// handled, and is committed.
    ///
    /// Otherwise it is like [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// [`End`] if there was nothing more to read first. If the closure breaks just when the member is
    /// evicted, the value of the `Break` is returned, and the next call says that it was evicted.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    pub fn run_until<B>(
        &mut self,
        mut handle: impl FnMut(usize, Sequence, &E) -> ControlFlow<B>,
    ) -> Result<B, End> {
        loop {
            let batch = self.wait_batch()?;
            if let ControlFlow::Break(found) = batch.hand_out(&mut handle) {
                return Ok(found);
            }
        }
    }

    /// Joins the group again after an eviction, as a new member with the same name. Does nothing if it
    /// is a member. Takes the lock of the group for a moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring_order::group::Group;
    ///
    /// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let group = Group::new("billing", [ring])?;
    /// let mut member = group.join()?;
    /// writer.publish(7);
    ///
    /// let batch = member.try_batch()?;
    /// group.evict(batch.member());
    /// assert_eq!(batch[0], 7); // still readable
    /// assert!(batch.commit().is_err());
    /// assert!(member.try_batch().unwrap_err().end().unwrap().is_evicted());
    ///
    /// member.rejoin();
    /// assert_eq!(member.try_batch()?[0], 7); // it comes again
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rejoin(&mut self) {
        self.membership.rejoin();
    }

    /// Waits until a holding has an event, and returns its index; `None` at the deadline.
    fn wait_until(&mut self, deadline: Option<Instant>) -> Result<Option<usize>, End> {
        loop {
            if let Some(index) = self.find()? {
                return Ok(Some(index));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(None);
            }
            self.sleep(deadline);
        }
    }

    /// Follows the assignment, and returns the index of the next holding that has an event.
    fn find(&mut self) -> Result<Option<usize>, End> {
        self.look_for_idle_members();
        self.membership.follow()?;
        if let Some(index) = self.next_ready() {
            return Ok(Some(index));
        }
        // What has come to its end makes room for others.
        if self.membership.retire()?
            && let Some(index) = self.next_ready()
        {
            return Ok(Some(index));
        }
        self.membership.refused.clone().map_or(Ok(None), Err)
    }

    fn look_for_idle_members(&mut self) {
        let Some(now) = self.membership.seen() else { return };
        if now >= self.look_at {
            let group = &self.membership.group;
            let limit = group.patience.as_ref().map_or(0, |patience| patience.limit);
            self.look_at = now.saturating_add(limit / 2);
            group.evict_idle(Some(&self.membership.id));
        }
    }

    fn next_ready(&mut self) -> Option<usize> {
        let holdings = &self.membership.holdings;
        let count = holdings.len();
        let mut in_turn = (0..count).map(|offset| (self.turn + offset) % count);
        in_turn.find(|&index| !holdings[index].reader.is_empty())
    }

    /// Lends the events of a holding that has some.
    fn lend(&mut self, index: usize) -> Assigned<'_, E> {
        self.turn = index + 1;
        let Membership { group, id, seat, holdings, .. } = &mut self.membership;
        Assigned::new(group, id, seat, &mut holdings[index])
    }

    /// Sleeps until there may be something to do, at most until the deadline.
    fn sleep(&mut self, deadline: Option<Instant>) {
        let Membership { group, seat, bell, holdings, .. } = &self.membership;
        let mut handles: SmallVec<[&dyn Waitable; 9]> = SmallVec::new();
        handles.push(bell);
        handles.extend(holdings.iter().map(|holding| &holding.reader as &dyn Waitable));
        // Somebody must notice a member that does not come back.
        let nap = group.patience.as_ref().and_then(|it| Instant::now().checked_add(it.nap()));
        seat.rest();
        match deadline.into_iter().chain(nap).min() {
            Some(deadline) => drop(self.waits.wait_deadline(&handles, deadline)),
            None => drop(self.waits.wait(&handles)),
        }
        self.membership.seen();
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        let membership = &mut self.membership;
        // A closure that panics again would abort.
        let panicking = thread::panicking();
        let told = match panicking {
            false => catch_unwind(AssertUnwindSafe(|| membership.revoke_all())),
            true => {
                membership.holdings.clear();
                Ok(())
            }
        };
        let lost = membership.group.remove(&membership.id);
        let reported = catch_unwind(AssertUnwindSafe(|| membership.group.report_lost(lost)));
        if !panicking && let Err(panic) = told.and(reported) {
            resume_unwind(panic);
        }
    }
}

impl<E> fmt::Debug for Member<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", self.id())
            .field("partitions", &self.partitions().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
