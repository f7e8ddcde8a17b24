//! How a reader joins.

#![forbid(unsafe_code)]

use core::fmt;

use crate::error::SubscribeError;
use crate::reader::Reader;
use crate::ring::Ring;
use crate::sequencer::Start;
use crate::wait::Wait;

/// Describes a reader before it joins; from [`Ring::reader`].
///
/// # Examples
///
/// ```
/// use broadring::{Ring, Wait};
///
/// let (mut writer, ring) = Ring::builder(8).build(|| 0);
/// writer.publish(1);
/// writer.publish(2);
/// let mut journal = ring.reader().name("journal").wait(Wait::YIELD).from_oldest().subscribe()?;
/// assert_eq!(journal.name(), Some("journal"));
/// assert_eq!(journal.recv(), Ok(1));
/// assert_eq!(journal.recv(), Ok(2));
/// # Ok::<(), broadring::SubscribeError>(())
/// ```
#[must_use = "a description does nothing until `subscribe` is called"]
pub struct ReaderBuilder<T> {
    ring: Ring<T>,
    name: Option<Box<str>>,
    wait: Wait,
    start: Start,
}

impl<T> ReaderBuilder<T> {
    pub(crate) fn new(ring: Ring<T>) -> Self {
        let wait = ring.shared.reader_wait;
        Self { ring, name: None, wait, start: Start::Cursor }
    }

    /// Gives the reader a name, for [`Reader::name`] and for its `Debug` output. The
    /// ring knows nothing of it.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into().into()), ..self }
    }

    /// Sets how the reader waits; the ring's default unless set.
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Starts the reader with the next event to be published. This is what it
    /// does unless told otherwise.
    pub fn from_cursor(self) -> Self {
        Self { start: Start::Cursor, ..self }
    }

    /// Starts the reader with the oldest event that is still there.
    ///
    /// That is every event until a whole ring is published, and from then on the
    /// latest half of a ring at least, a whole ring at most: the writer has reserved
    /// the other slots, to write them without asking. Claims of more than half of
    /// the ring, also those that are refused or dropped, reserve more than that.
    ///
    /// The reader is then as far behind as a reader can be, and the writer has to
    /// wait for it, at once or within half a ring.
    pub fn from_oldest(self) -> Self {
        Self { start: Start::Oldest, ..self }
    }

    /// Adds the reader. From the moment this returns the writer never laps it.
    ///
    /// Lock-free, at any time, from any thread, while the writer publishes. Until
    /// this returns, the reader may look to the writer as if it were a whole ring
    /// behind, and so the ring as if it were full.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if the ring has all the readers it was built for.
    pub fn subscribe(self) -> Result<Reader<T>, SubscribeError> {
        let Self { ring, name, wait, start } = self;
        match ring.shared.sequencer.join(start) {
            Some(joined) => Ok(Reader::new(ring.shared, joined, wait, name)),
            None => Err(SubscribeError::new(ring.max_readers())),
        }
    }
}

impl<T> fmt::Debug for ReaderBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderBuilder")
            .field("name", &self.name)
            .field("wait", &self.wait)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
