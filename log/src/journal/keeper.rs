//! What the journal's thread does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use broadring::managed::Handler;
use broadring::{End, Reader, Sequence};

use super::failure::{JournalFailure, OnFailure};
use crate::bookkeeping::Shared;
use crate::codec::Codec;
use crate::error::FileError;
use crate::log::Log;
use crate::trace;

/// How long to wait after a failure before the disk is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How much is written at once, in bytes, however large the batch is.
const AT_ONCE: usize = 4 << 20;

/// What the journal's thread and its handle have in common.
#[derive(Debug)]
pub(super) struct Status<T> {
    /// A reader whose position is how far the journal has committed. It reads nothing.
    ///
    /// Under a lock of its own, because moving it may wake tasks, whose wakers are the user's.
    gate: Mutex<Option<Reader<T>>>,
    state: Mutex<State>,
    /// Whoever waits for the log learns that the journal has left.
    log: Arc<Shared>,
}

#[derive(Debug, Default)]
struct State {
    failure: Option<JournalFailure>,
    degraded: Option<Degraded>,
}

/// A journal that goes on in memory.
#[derive(Clone, Debug)]
struct Degraded {
    since: Instant,
    reason: JournalFailure,
}

impl<T> Status<T> {
    pub(super) fn new(gate: Reader<T>, log: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { gate: Mutex::new(Some(gate)), state: Mutex::default(), log })
    }

    pub(super) fn failure(&self) -> Option<JournalFailure> {
        self.lock().failure.clone()
    }

    /// Why the journal goes on in memory, and for how long it has, if it does.
    pub(super) fn degraded(&self) -> Option<(JournalFailure, Duration)> {
        self.lock().degraded.clone().map(|degraded| (degraded.reason, degraded.since.elapsed()))
    }

    /// Moves the gate to a sequence.
    fn commit(&self, sequence: Sequence) {
        if let Some(gate) = &mut *self.gate() {
            while gate.position() < sequence {
                let most = (sequence - gate.position()) as usize;
                // Dropping the batch commits it. It is there, because it was read already.
                if gate.try_batch_up_to(most).is_err() {
                    break;
                }
            }
        }
    }

    /// Leaves the ring.
    pub(super) fn leave(&self) {
        let gate = self.gate().take();
        drop(gate);
        self.log.notify();
    }

    /// Whether it is still in the ring.
    pub(super) fn is_in_ring(&self) -> bool {
        self.gate().is_some()
    }

    fn gate(&self) -> MutexGuard<'_, Option<Reader<T>>> {
        // The reader stays usable, whatever has panicked.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics in here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handler of the journal's thread.
pub(super) struct Keeper<T, C> {
    pub(super) log: Log,
    pub(super) codec: C,
    pub(super) on_failure: OnFailure,
    /// How many events may wait to be synced: so many that the writer still has room.
    pub(super) most_waiting: u64,
    pub(super) status: Arc<Status<T>>,
    /// When the disk is tried again after a failure.
    pub(super) try_again: Option<Instant>,
    pub(super) done: bool,
}

impl<T, C> Keeper<T, C> {
    /// Ends a batch, and commits what the log has committed.
    fn end_batch(&mut self, last: bool) {
        if !last && self.try_again.is_some_and(|at| Instant::now() < at) {
            return self.go_on_in_memory();
        }
        // What was committed while it was in memory only must get to the disk now, whatever the policy.
        let sync = last
            || self.try_again.is_some()
            || self.log.next_sequence() - self.log.committed() >= self.most_waiting;
        let ended = if sync { self.log.sync() } else { self.log.end_batch() };
        match ended {
            Ok(committed) => {
                self.try_again = None;
                if self.status.lock().degraded.take().is_some() {
                    trace::caught_up(committed.into());
                }
                self.status.commit(committed);
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: FileError) {
        let reason = JournalFailure::File(Arc::new(error));
        match self.on_failure {
            OnFailure::Stop => self.stop(reason),
            OnFailure::Leave => {
                // In this order, so that whoever learns of the failure finds that it holds nobody back.
                self.status.leave();
                self.stop(reason);
            }
            OnFailure::Memory { .. } => {
                self.try_again = Some(Instant::now() + PAUSE);
                if self.status.degraded().is_none() {
                    trace::in_memory(&reason);
                    self.status.lock().degraded = Some(Degraded { since: Instant::now(), reason });
                }
                self.go_on_in_memory();
            }
        }
    }

    /// Commits what is in memory only, unless that has gone on for too long.
    fn go_on_in_memory(&mut self) {
        let OnFailure::Memory { within, bytes } = self.on_failure else {
            return;
        };
        let degraded = self.status.lock().degraded.clone();
        match degraded {
            Some(Degraded { since, reason })
                if since.elapsed() >= within || self.log.unsynced_bytes() > bytes =>
            {
                self.stop(reason);
            }
            _ => self.status.commit(self.log.next_sequence()),
        }
    }

    fn stop(&mut self, failure: JournalFailure) {
        trace::stopped(&failure);
        self.status.lock().failure = Some(failure);
        self.done = true;
    }
}

impl<T, C: Codec<Event = T>> Handler<T> for Keeper<T, C> {
    type Output = Log;

    fn on_event(&mut self, event: &T, _: Sequence, end_of_batch: bool) {
        if let Err(error) = self.log.push(&self.codec, event) {
            // What came before it can still be written.
            self.end_batch(true);
            return self.stop(JournalFailure::Append(Arc::new(error)));
        }
        if end_of_batch || self.log.pending_bytes() >= AT_ONCE {
            self.end_batch(false);
        }
    }

    fn on_idle(&mut self) {
        if self.try_again.is_some() || self.log.sync_due().is_some_and(|due| due <= Instant::now())
        {
            self.end_batch(false);
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn on_close(mut self, _: End) -> Log {
        if !self.done {
            self.end_batch(true);
            // What is in memory only has its time to get to the disk.
            while !self.done && self.try_again.is_some() {
                thread::sleep(PAUSE);
                self.end_batch(true);
            }
        }
        if self.status.failure().is_none() {
            self.status.leave();
        }
        self.log
    }
}
