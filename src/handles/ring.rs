//! The shared handle: what a ring tells about itself. How to join is in `reader_builder`.

#![forbid(unsafe_code)]

use core::fmt;

use super::shared::Shared;
use crate::member::Role;
use crate::sequence::Sequence;
use crate::sync::Arc;
use crate::telemetry::{Slowest, Stats};

/// The handle that readers are made from.
///
/// It comes with the [`Writer`](crate::Writer) from [`RingBuilder::build`](crate::RingBuilder::build).
/// Clone it and send it to whoever may want to subscribe: readers join and leave
/// at any time, while the writer publishes. Dropping it changes nothing for
/// anybody.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
///
/// let (mut writer, ring) = Ring::builder(16).build(String::new);
/// let mut early = ring.subscribe()?;
/// writer.publish("first".to_owned());
///
/// let other = ring.clone();
/// let late = std::thread::spawn(move || {
///     let mut late = other.subscribe().unwrap();
///     late.position()
/// });
/// assert_eq!(late.join().unwrap().get(), 1); // starts behind the first event
/// assert_eq!(early.recv().as_deref(), Ok("first"));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
pub struct Ring<T> {
    pub(crate) shared: Arc<Shared<T>>,
}

impl<T> Ring<T> {
    /// Returns the number of slots: how far the writer can be ahead of the
    /// slowest reader, in events.
    pub fn capacity(&self) -> usize {
        self.shared.slots.capacity()
    }

    /// Returns how many readers there can be at once.
    pub fn max_readers(&self) -> usize {
        self.shared.sequencer.gates.capacity()
    }

    /// Returns how many readers there are, without observers. Others may join or leave
    /// meanwhile. Takes a lock for a moment.
    pub fn reader_count(&self) -> usize {
        self.shared.sequencer.registry.count(Role::Reader)
    }

    /// Returns the sequence that the next event will have: how many events are
    /// published, and passed on by every editor. There may be more meanwhile, never less.
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.shared.sequencer.cursor.load())
    }

    /// Whether the writer is gone. Then it stays so, and [`cursor`](Self::cursor)
    /// is final, unless editors have still to pass on what there is; readers may still join, to read what is left.
    pub fn is_closed(&self) -> bool {
        self.shared.sequencer.is_closed()
    }

    /// Takes a snapshot of what goes on: how far everybody is, how often and for how long
    /// the writer was held up, and by whom. See [`Stats`] for what the numbers mean and
    /// what it costs.
    ///
    /// Blocks for a moment if others join, leave, go to sleep or are woken just then.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(4).build(|| 0);
    /// let reader = ring.subscribe()?;
    /// writer.publish_all(0..4);
    /// assert!(writer.try_publish(4).is_err());
    ///
    /// let stats = ring.stats();
    /// assert_eq!(stats.writer.stalls, 1);
    /// assert_eq!(stats.members[0].member, *reader.member());
    /// assert!(stats.members[0].holding.is_some());
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.sequencer.stats()
    }

    /// Returns who is furthest behind, of all who can hold the writer up, by how much, and
    /// for how long it has held the writer up; `None` if nobody is behind. If several are
    /// at the same position, it is one that waits for none of the others.
    ///
    /// Everybody goes on meanwhile, so it may be somebody else by the time you see it.
    /// While the writer is held up, and by one that does not move, it is that one.
    ///
    /// Blocks for a moment if others join or leave just then.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut journal = ring.reader().name("journal").subscribe()?;
    /// let mut logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
    /// assert_eq!(ring.slowest(), None);
    ///
    /// writer.publish_all(0..5); // now both are at 0, but only one of them can do something
    /// let slowest = ring.slowest().unwrap();
    /// assert_eq!((slowest.member.name(), slowest.lag), (Some("journal"), 5));
    /// assert_eq!(slowest.holding, None); // there is still room
    ///
    /// journal.try_batch()?;
    /// assert_eq!(ring.slowest().unwrap().member, *logic.member());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn slowest(&self) -> Option<Slowest> {
        self.shared.sequencer.slowest()
    }
}

impl<T> Clone for Ring<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("readers", &self.reader_count())
            .field("closed", &self.is_closed())
            .finish()
    }
}
