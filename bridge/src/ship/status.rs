//! What the task of a shipper and its handle have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use broadring::{Reader, Sequence};
use tokio::sync::Notify;

use super::failure::ShipError;
use super::stats::ShipperStats;

/// From when on it is called an outage.
const OUTAGE: Duration = Duration::from_secs(1);

/// What the task of a shipper and its handle have in common.
#[derive(Debug)]
pub(super) struct Status<T> {
    epoch: u64,
    /// A reader whose position is what the cluster has. It reads nothing. None when the shipper has left the ring, or
    /// reads none.
    gate: Mutex<Option<Reader<T>>>,
    state: Mutex<State>,
    changed: Condvar,
    counters: Counters,
    /// Whether it is to end with what it has read.
    stopping: AtomicBool,
    pub(super) stop: Notify,
}

#[derive(Debug, Default)]
struct Counters {
    acknowledged: AtomicU64,
    framed: AtomicU64,
    frames: AtomicU64,
    bytes: AtomicU64,
    in_flight: AtomicU64,
    doubts: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    ended: bool,
    failure: Option<ShipError>,
    /// Since when something is on its way without an acknowledgement.
    waiting: Option<Instant>,
}

impl<T> Status<T> {
    pub(super) fn new(epoch: u64, next: u64, gate: Option<Reader<T>>) -> Self {
        let counters = Counters {
            acknowledged: AtomicU64::new(next),
            framed: AtomicU64::new(next),
            ..Counters::default()
        };
        Self {
            epoch,
            gate: Mutex::new(gate),
            state: Mutex::default(),
            changed: Condvar::new(),
            counters,
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics in here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self) -> MutexGuard<'_, Option<Reader<T>>> {
        // The reader stays usable, whatever has panicked.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far the cluster has it, and lets the writer and those that come after go on.
    pub(super) fn acknowledge(&self, sequence: u64, frames: u64, bytes: u64) {
        // ORDERING: Relaxed. The numbers are for people; whoever needs more waits at the gate, whose ring orders it.
        self.counters.acknowledged.store(sequence, Ordering::Relaxed);
        // ORDERING: Relaxed, as above.
        self.counters.frames.fetch_add(frames, Ordering::Relaxed);
        // ORDERING: Relaxed, as above.
        self.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(gate) = &mut *self.gate() {
            while u64::from(gate.position()) < sequence {
                let most = (sequence - u64::from(gate.position())) as usize;
                // Dropping the batch commits it. It is there, because it was read already.
                if gate.try_batch_up_to(most).is_err() {
                    break;
                }
            }
        }
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Notes what is on its way.
    pub(super) fn note_window(&self, framed: u64, in_flight: usize) {
        // ORDERING: Relaxed. The numbers are for people.
        self.counters.framed.store(framed, Ordering::Relaxed);
        // ORDERING: Relaxed, as above.
        self.counters.in_flight.store(in_flight as u64, Ordering::Relaxed);
    }

    pub(super) fn note_doubt(&self) {
        // ORDERING: Relaxed. The number is for people.
        self.counters.doubts.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes since when an acknowledgement is waited for, if one is.
    pub(super) fn note_waiting(&self, since: Option<Instant>) {
        self.lock().waiting = since;
    }

    /// The task has ended.
    pub(super) fn end(&self, failure: Option<ShipError>) {
        if failure.is_none() {
            // Nobody waits for it any more.
            let gate = self.gate().take();
            drop(gate);
        }
        {
            let mut state = self.lock();
            state.ended = true;
            state.failure = state.failure.take().or(failure);
            state.waiting = None;
        }
        self.changed.notify_all();
    }

    /// Leaves the ring.
    pub(super) fn leave(&self) {
        let gate = self.gate().take();
        drop(gate);
    }

    pub(super) fn is_in_ring(&self) -> bool {
        self.gate().is_some()
    }

    pub(super) fn acknowledged(&self) -> Sequence {
        // ORDERING: Relaxed. What was acknowledged is at the servers, and not in this memory.
        self.counters.acknowledged.load(Ordering::Relaxed).into()
    }

    pub(super) fn failure(&self) -> Option<ShipError> {
        self.lock().failure.clone()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Waits until everything before a sequence is in the stream, or the task has ended, or the time is over. Returns
    /// whether it is.
    pub(super) fn wait_acknowledged(&self, sequence: u64, until: Option<Instant>) -> bool {
        let mut state = self.lock();
        loop {
            if u64::from(self.acknowledged()) >= sequence {
                return true;
            }
            if state.ended {
                return false;
            }
            let wait = match until {
                None => self.changed.wait(state),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed
                        .wait_timeout(state, left)
                        .map(|(state, _)| state)
                        .map_err(|error| PoisonError::new(error.into_inner().0))
                }
            };
            state = wait.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until the task has ended.
    pub(super) fn wait_end(&self) -> Option<ShipError> {
        let mut state = self.lock();
        while !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.failure.clone()
    }

    /// Asks the task to end with what it has read.
    pub(super) fn ask_to_stop(&self) {
        // ORDERING: Relaxed. The notification, which comes behind it, orders it for the task that it wakes.
        self.stopping.store(true, Ordering::Relaxed);
        self.stop.notify_one();
    }

    pub(super) fn is_to_stop(&self) -> bool {
        // ORDERING: Relaxed, see `ask_to_stop`.
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn stats(&self) -> ShipperStats {
        let state = self.lock();
        // ORDERING: Relaxed. The numbers are for people.
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let acknowledged = load(&self.counters.acknowledged);
        let waiting = state.waiting.map(|since| since.elapsed());
        ShipperStats {
            epoch: self.epoch,
            acknowledged: acknowledged.into(),
            // The task may acknowledge in between.
            framed: load(&self.counters.framed).max(acknowledged).into(),
            frames: load(&self.counters.frames),
            bytes: load(&self.counters.bytes),
            in_flight: load(&self.counters.in_flight),
            doubts: load(&self.counters.doubts),
            outage: waiting.filter(|&waiting| waiting >= OUTAGE),
            failure: state.failure.as_ref().map(ToString::to_string),
        }
    }
}
