//! The shared handle, from which readers are made, and what a ring tells about itself.
//!
//! Its methods that build a ring or add a reader are in `ring_builder` and `reader_builder`.

#![forbid(unsafe_code)]

use core::fmt;

use super::shared::Shared;
use crate::member::Role;
use crate::sequence::Sequence;
use crate::storage::Slots;
use crate::sync::Arc;
use crate::telemetry::{Slowest, Stats};

/// The handle that readers are made from.
///
/// It comes with the [`Writer`](crate::Writer) from
/// [`RingBuilder::build`](crate::RingBuilder::build). Clone it and send it to any thread that
/// may want to subscribe: readers join and leave at any time, while the writer publishes.
/// Dropping it has no effect on the other handles.
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
    pub(crate) shared: Arc<Shared<Slots<T>>>,
}

impl<T> Ring<T> {
    /// Returns the name of the ring, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.shared.sequencer.name()
    }

    /// Returns the number of slots: by how many events the writer can be ahead of the slowest
    /// reader.
    pub fn capacity(&self) -> usize {
        self.shared.slots.capacity()
    }

    /// Returns how many readers and observers the ring can have at once.
    pub fn max_readers(&self) -> usize {
        self.shared.sequencer.gates.capacity()
    }

    /// Returns how many readers there are, not counting observers. Readers may join or leave
    /// meanwhile. Takes a lock for a moment.
    pub fn reader_count(&self) -> usize {
        self.shared.sequencer.registry.count(Role::Reader)
    }

    /// Returns the cursor: the sequence that the next event will have, the end of the events that
    /// are published and passed on by every editor. It may grow meanwhile, and never falls.
    /// Wait-free.
    pub fn cursor(&self) -> Sequence {
        Sequence::new(self.shared.sequencer.cursor.load())
    }

    /// Whether the ring is closed, because the writer is gone. Then it stays closed, and
    /// [`cursor`](Self::cursor) is final, unless editors have still to pass events on. Readers
    /// may still join, to read what is left. Wait-free.
    pub fn is_closed(&self) -> bool {
        self.shared.sequencer.is_closed()
    }

    /// Takes a snapshot of the ring: the position of every member, how often and for how long
    /// the writer was held back, and by which members. See [`Stats`] for what the numbers mean
    /// and what it costs.
    ///
    /// Blocks for a moment while another thread joins, leaves, goes to sleep or is woken.
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

    /// Returns the slowest member: of the members that can hold the writer back, the one that
    /// is furthest behind, by how much, and for how long it has held the writer back. `None` if
    /// none is behind. If several are at the same position, it is one that waits for none of
    /// the others.
    ///
    /// The members go on meanwhile, so it may be another one by the time you see the answer.
    /// While a member that does not move holds the writer back, it is that member.
    ///
    /// Blocks for a moment while another thread joins or leaves.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut journal = ring.reader().name("journal").subscribe()?;
    /// let mut logic = ring.reader().name("logic").after(&journal)?.subscribe()?;
    /// assert_eq!(ring.slowest(), None);
    ///
    /// writer.publish_all(0..5); // now both are at 0, but only one of them can read
    /// let slowest = ring.slowest().unwrap();
    /// assert_eq!((slowest.member.name(), slowest.lag), (Some("journal"), 5));
    /// assert_eq!(slowest.holding, None); // there is still room
    ///
    /// drop(journal.try_batch()?);
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
            .field("name", &self.name())
            .field("capacity", &self.capacity())
            .field("cursor", &self.cursor())
            .field("readers", &self.reader_count())
            .field("closed", &self.is_closed())
            .finish()
    }
}
