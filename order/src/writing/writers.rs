//! The handle that hands out writers.

#![forbid(unsafe_code)]

use core::fmt;

use super::publisher::Publisher;
use super::writer::Writer;
use crate::clock::{Clock, Monotonic};
use crate::roster::Roster;
use crate::stamp::Stamp;
use crate::sync::Arc;

/// Hands out writers of one order, at any time, from any thread. Clone it to hand out writers
/// elsewhere.
///
/// The order ends when the last writer and the last of these handles are dropped. So drop it when no
/// more writers will come: readers wait for more as long as it lives.
///
/// # Examples
///
/// ```
/// use broadring_order::Writers;
///
/// let (writers, order) = Writers::builder(64).build(|| 0_u64);
/// let mut reader = order.subscribe()?;
/// for number in 1..=4 {
///     let mut writer = writers.join();
///     std::thread::spawn(move || writer.publish_all(0..10 * number));
/// }
/// drop(writers);
/// let mut sum = 0;
/// reader.run(|event| sum += event.event);
/// assert_eq!(sum, [10, 20, 30, 40].iter().map(|n| n * (n - 1) / 2).sum());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writers<T, C: Clock = Monotonic> {
    pub(super) roster: Arc<Roster<T, C>>,
}

impl<T, C: Clock> Writers<T, C> {
    /// Adds a writer. Its ring is built here, which calls the factory for every slot. Takes a lock for a
    /// moment.
    ///
    /// # Panics
    ///
    /// If the factory does, or after 2^32 writers.
    pub fn join(&self) -> Writer<T, C>
    where
        T: Send + Sync,
    {
        self.writer().join()
    }

    /// Returns a builder of a writer with a name or a capacity of its own.
    pub fn writer(&self) -> WriterBuilder<'_, T, C> {
        WriterBuilder { writers: self, name: None, capacity: None }
    }

    /// Returns the clock that stamps the publications.
    pub fn clock(&self) -> &C {
        &self.roster.clock
    }
}

impl<T, C: Clock> Clone for Writers<T, C> {
    fn clone(&self) -> Self {
        self.roster.hold();
        Self { roster: Arc::clone(&self.roster) }
    }
}

impl<T, C: Clock> Drop for Writers<T, C> {
    fn drop(&mut self) {
        self.roster.release();
    }
}

impl<T, C: Clock> fmt::Debug for Writers<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writers").finish_non_exhaustive()
    }
}

/// Builds a writer; from [`Writers::writer`].
#[must_use = "a builder does nothing by itself"]
pub struct WriterBuilder<'w, T, C: Clock = Monotonic> {
    writers: &'w Writers<T, C>,
    name: Option<String>,
    capacity: Option<usize>,
}

impl<T, C: Clock> WriterBuilder<'_, T, C> {
    /// Names the writer, and its ring.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets the number of slots of its ring, a power of two; that of the order unless set.
    pub fn capacity(self, capacity: usize) -> Self {
        Self { capacity: Some(capacity), ..self }
    }

    /// Adds the writer: see [`Writers::join`].
    ///
    /// # Panics
    ///
    /// If the capacity is not a power of two, if the factory panics, or after 2^32 writers.
    #[track_caller]
    pub fn join(self) -> Writer<T, C>
    where
        T: Send + Sync,
    {
        let Self { writers, name, capacity } = self;
        let roster = Arc::clone(&writers.roster);
        let (ring, source) = roster.enrol(name, capacity);
        let writer = Writer::new(ring, Publisher { roster, source, latest: Stamp::MIN });
        // Only now: if a waker panics, the writer leaves.
        writers.roster.wake_readers();
        writer
    }
}

impl<T, C: Clock> fmt::Debug for WriterBuilder<'_, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterBuilder")
            .field("name", &self.name)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
