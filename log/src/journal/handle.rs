//! The handle of a journal.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use broadring::managed::ManagedThread;
use broadring::{Ring, Sequence, Upstream};

use super::failure::{JournalError, JournalFailure};
use super::keeper::Status;
use super::stats::JournalStats;
use crate::bookkeeping::Shared;
use crate::log::Log;
use crate::reading::LogReader;
use crate::stats::Counters;

/// A reader of a ring that writes down what it finds, on a thread of its own.
///
/// Whatever it finds at once becomes one frame and one sync, so the slower the disk, the larger the batches. What it
/// has committed in the ring is as durable as the log's [policy](crate::Durability) promises: a reader that comes
/// [after](broadring::ReaderBuilder::after) the journal sees nothing that is not.
///
/// It ends with the stream. Dropping the handle leaves the thread running, which then closes the log; if the journal
/// has [failed](Self::failure), dropping the handle frees the writer.
///
/// # Examples
///
/// ```
/// use broadring::Ring;
/// use broadring_log::codec::Postcard;
/// use broadring_log::{Journal, Log};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let log = Log::open(directory)?;
/// let (mut writer, ring) = Ring::builder(64).first_sequence(log.next_sequence()).build(|| 0_u64);
/// let journal = Journal::builder(log, Postcard::new(0)).start(&ring)?;
/// let mut acknowledged = ring.reader().after(&journal)?.from_oldest().subscribe()?;
///
/// let sequence = writer.publish(7);
/// assert_eq!(acknowledged.recv(), Ok(7)); // it is on the disk
/// assert!(journal.durable() > sequence);
///
/// drop(writer);
/// let log = journal.join()?;
/// assert_eq!(log.next_sequence(), 1.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal<T> {
    thread: ManagedThread<T, Log>,
    held: Held<T>,
}

/// What the handle has besides the thread.
pub(super) struct Held<T> {
    pub(super) status: Arc<Status<T>>,
    pub(super) upstream: Upstream<T>,
    pub(super) ring: Ring<T>,
    pub(super) shared: Arc<Shared>,
    pub(super) counters: Arc<Counters>,
    pub(super) reader: LogReader,
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if self.status.failure().is_some() {
            self.status.leave();
        }
    }
}

impl<T> Journal<T> {
    pub(super) fn new(thread: ManagedThread<T, Log>, held: Held<T>) -> Self {
        Self { thread, held }
    }

    /// The sequence before which everything is as durable as the policy promises.
    pub fn committed(&self) -> Sequence {
        self.held.shared.progress().committed.into()
    }

    /// The sequence before which everything is on the disk.
    pub fn durable(&self) -> Sequence {
        self.held.shared.progress().synced.into()
    }

    /// Why the journal has stopped, if it has.
    pub fn failure(&self) -> Option<JournalFailure> {
        // It is asked last what the failure was, so that one that has failed meanwhile has not panicked.
        let gone = self.is_finished() && self.held.status.is_in_ring();
        self.held.status.failure().or_else(|| gone.then_some(JournalFailure::Panicked))
    }

    /// Why the journal goes on in memory, and for how long it has, if it does.
    pub fn in_memory(&self) -> Option<(JournalFailure, Duration)> {
        self.held.status.degraded()
    }

    /// Returns a reader of its log.
    pub fn reader(&self) -> LogReader {
        self.held.reader.clone()
    }

    /// The ring that it reads.
    pub fn ring(&self) -> &Ring<T> {
        &self.held.ring
    }

    /// Returns how it is doing.
    pub fn stats(&self) -> JournalStats {
        let log = self.held.counters.snapshot(self.held.shared.progress());
        JournalStats {
            lag: u64::from(self.held.ring.cursor()).saturating_sub(log.durable.into()),
            log,
            in_memory: self.in_memory().map(|(_, time)| time),
            failure: self.failure().map(|failure| failure.to_string()),
        }
    }

    /// Whether its thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Whether it holds the writer back.
    pub(super) fn is_in_ring(&self) -> bool {
        self.held.status.is_in_ring()
    }

    /// Makes the journal leave the ring, although the stream goes on. What it has read by then is written down.
    pub fn stop(&self) {
        self.thread.stop();
    }

    /// Waits until the stream ends, or the journal is stopped, or has failed, and returns the log.
    ///
    /// # Errors
    ///
    /// [`JournalError`], with the log if it could not be written.
    pub fn join(self) -> Result<Log, JournalError> {
        // The rest of the handle lives until the thread has ended: dropping it may leave the ring.
        let Self { thread, held } = self;
        let log = thread.join()?;
        match held.status.failure() {
            Some(failure) => Err(JournalError::Failed { failure, log: Box::new(log) }),
            None => Ok(log),
        }
    }
}

impl<T> From<&Journal<T>> for Upstream<T> {
    fn from(journal: &Journal<T>) -> Self {
        journal.held.upstream.clone()
    }
}

impl<T> fmt::Debug for Journal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("committed", &self.committed())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
