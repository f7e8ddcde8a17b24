//! Publishing with an error when the journal has stopped.

use core::fmt;
use std::time::Duration;

use broadring::{Sequence, Writer};

use super::failure::JournalFailure;
use super::handle::Journal;

/// How long the writer waits for room before it looks whether the journal has stopped.
const LOOK: Duration = Duration::from_millis(20);

impl<T> Journal<T> {
    /// Publishes an event, and waits for room as [`Writer::publish`] does, unless the journal
    /// [stops](super::OnFailure::Stop): then nothing will make room any more, and the event comes back with the reason.
    ///
    /// While there is room this is [`Writer::try_publish`], and as fast. What was published and is not written down
    /// stays in the ring and, as far as the journal has read it, in its log's memory.
    ///
    /// # Errors
    ///
    /// [`StoppedError`] with the event.
    ///
    /// # Examples
    ///
    /// ```
    /// use broadring::Ring;
    /// use broadring_log::codec::Bytes;
    /// use broadring_log::{Journal, Log};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// let log = Log::open(directory.path())?;
    /// let (mut writer, ring) = Ring::builder(64).build(Vec::new);
    /// let journal = Journal::builder(log, Bytes).start(&ring)?;
    /// match journal.publish(&mut writer, b"an event".to_vec()) {
    ///     Ok(sequence) => println!("published as {sequence}"),
    ///     Err(stopped) => {
    ///         eprintln!("{stopped}");
    ///         let not_published = stopped.into_inner();
    ///         assert_eq!(not_published, b"an event");
    ///     }
    /// }
    /// drop(writer);
    /// journal.join()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish(&self, writer: &mut Writer<T>, event: T) -> Result<Sequence, StoppedError<T>> {
        let mut event = match writer.try_publish(event) {
            Ok(sequence) => return Ok(sequence),
            Err(refused) => refused.into_inner(),
        };
        loop {
            // One that has left the ring holds nobody back.
            if let Some(failure) = self.failure()
                && self.is_in_ring()
            {
                return Err(StoppedError { event, failure });
            }
            event = match writer.publish_timeout(event, LOOK) {
                Ok(sequence) => return Ok(sequence),
                Err(refused) => refused.into_inner(),
            };
        }
    }
}

/// An event that was not published, because the journal has stopped. The event is inside.
#[derive(Clone)]
pub struct StoppedError<T> {
    event: T,
    failure: JournalFailure,
}

impl<T> StoppedError<T> {
    /// Returns the event.
    pub fn into_inner(self) -> T {
        self.event
    }

    /// Why the journal has stopped.
    pub fn failure(&self) -> &JournalFailure {
        &self.failure
    }
}

impl<T> fmt::Debug for StoppedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoppedError").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for StoppedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal has stopped: {}", self.failure)
    }
}

impl<T> core::error::Error for StoppedError<T> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.failure)
    }
}
