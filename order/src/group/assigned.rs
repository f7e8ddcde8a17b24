//! The guard over events of one partition.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::{ControlFlow, Deref, Range};

use broadring::{Batch, BatchIter, Sequence};

use super::error::CommitError;
use super::member_id::MemberId;
use super::membership::Holding;
use super::seat::Seat;
use super::shared::Shared;

/// A guard over available events of one partition, which lends them by reference; from
/// [`Member::wait_batch`](super::Member::wait_batch).
///
/// It dereferences to a [`Batch`]. But nothing is committed unless you say so: dropping it, also by a
/// panic, and forgetting it commit nothing more, and the events come again, to this member or another
/// one.
///
/// While it is held, the writer does not touch its events, also if the member is evicted meanwhile.
/// Committing takes the lock of the partition; everything else is wait-free.
///
/// # Examples
///
/// ```
/// use broadring_order::group::Group;
///
/// # let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let group = Group::new("billing", [ring])?;
/// let mut member = group.join()?;
/// writer.publish_all([10, 20, 30]);
///
/// let mut batch = member.try_batch()?;
/// assert_eq!((batch.partition(), batch.len()), (0, 3));
/// let (first, event) = batch.first().unwrap();
/// assert_eq!(*event, 10);
/// batch.commit_through(first)?;
/// drop(batch); // commits no more
///
/// let batch = member.try_batch()?;
/// assert_eq!(batch.events().copied().collect::<Vec<_>>(), [20, 30]);
/// batch.commit()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a batch of a group commits nothing: its events come again"]
pub struct Assigned<'m, E> {
    group: &'m Shared<E>,
    member: &'m MemberId,
    seat: &'m Seat,
    partition: usize,
    generation: u64,
    /// `None` only while this is being dropped.
    batch: Option<Batch<'m, E>>,
}

impl<'m, E> Assigned<'m, E> {
    /// Lends the events of a holding that has some.
    pub(super) fn new(
        group: &'m Shared<E>,
        member: &'m MemberId,
        seat: &'m Seat,
        holding: &'m mut Holding<E>,
    ) -> Self {
        let Holding { partition, reader, generation } = holding;
        let (partition, generation) = (*partition, *generation);
        let batch = match reader.try_batch() {
            Ok(batch) => Some(batch),
            Err(error) => unreachable!("partition {partition} had events, but {error}"),
        };
        Self { group, member, seat, partition, generation, batch }
    }

    /// Returns the index of the partition.
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// Returns the member that reads it.
    pub fn member(&self) -> &MemberId {
        self.member
    }

    /// Commits all events of the batch: none of them comes again.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the member was evicted. Then nothing is committed.
    pub fn commit(mut self) -> Result<(), CommitError> {
        let Range { start, end } = self.sequences();
        let committed = if start < end { self.commit_below(end) } else { Ok(()) };
        // Moves the member's own reader too, also if the commit was refused: then the member does not
        // read on with it, and the writer need not wait for it.
        drop(self.batch.take());
        committed
    }

    /// Commits the events up to and including `sequence`, which then are no longer in the batch. Does
    /// nothing if they are committed already.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the member was evicted. Then nothing is committed.
    ///
    /// # Panics
    ///
    /// If `sequence` is after the last event of the batch.
    #[track_caller]
    pub fn commit_through(&mut self, sequence: Sequence) -> Result<(), CommitError> {
        let Range { start, end } = self.sequences();
        assert!(
            sequence < end,
            "cannot commit through {sequence}: it is not before {end}, the end of the batch"
        );
        if sequence < start {
            return Ok(());
        }
        self.commit_below(Sequence::new(sequence.get() + 1))?;
        // After the group's reader: the writer is held back by one of them all the time.
        self.batch_mut().commit_through(sequence);
        Ok(())
    }

    fn commit_below(&self, position: Sequence) -> Result<(), CommitError> {
        if let Some(patience) = &self.group.patience {
            self.seat.seen(patience.now());
        }
        let commit = self.group.partitions[self.partition].commit(self.generation, position);
        commit.map_err(|committed| CommitError {
            member: self.member.clone(),
            partition: self.partition,
            through: Sequence::new(position.get() - 1),
            committed,
        })
    }

    /// Hands the events to the closure, and commits those that it has handled, at the latest every
    /// quarter of the ring. Ends early if the closure breaks or the member was evicted.
    pub(super) fn hand_out<B>(
        self,
        handle: &mut impl FnMut(usize, Sequence, &E) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let stretch = (self.group.partitions[self.partition].ring().capacity() / 4).max(1);
        let mut passing = Passing { batch: self, handled: None };
        while !passing.batch.is_empty() {
            for (sequence, event) in passing.batch.iter().take(stretch) {
                let handled = handle(passing.batch.partition, sequence, event);
                passing.handled = Some(sequence);
                handled?;
            }
            if passing.commit().is_err() {
                break; // the next call says so
            }
        }
        ControlFlow::Continue(())
    }

    fn batch_mut(&mut self) -> &mut Batch<'m, E> {
        self.batch.as_mut().unwrap_or_else(|| unreachable!("the batch is being dropped"))
    }
}

/// A batch while a closure is given its events. Dropping it commits what the closure has handled.
struct Passing<'m, E> {
    batch: Assigned<'m, E>,
    /// The last event that was handled and is not committed.
    handled: Option<Sequence>,
}

impl<E> Passing<'_, E> {
    fn commit(&mut self) -> Result<(), CommitError> {
        self.handled.take().map_or(Ok(()), |sequence| self.batch.commit_through(sequence))
    }
}

impl<E> Drop for Passing<'_, E> {
    fn drop(&mut self) {
        // If the member was evicted, its next call says so.
        let _ = self.commit();
    }
}

impl<E> Drop for Assigned<'_, E> {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            batch.commit_first(0);
        }
    }
}

impl<'m, E> Deref for Assigned<'m, E> {
    type Target = Batch<'m, E>;

    fn deref(&self) -> &Batch<'m, E> {
        self.batch.as_ref().unwrap_or_else(|| unreachable!("the batch is being dropped"))
    }
}

impl<'a, E> IntoIterator for &'a Assigned<'_, E> {
    type Item = (Sequence, &'a E);
    type IntoIter = BatchIter<'a, E>;

    fn into_iter(self) -> BatchIter<'a, E> {
        self.iter()
    }
}

impl<E: fmt::Debug> fmt::Debug for Assigned<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assigned")
            .field("partition", &self.partition)
            .field("events", &self.batch)
            .finish_non_exhaustive()
    }
}
