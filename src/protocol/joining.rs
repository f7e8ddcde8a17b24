//! Joining: how a reader gets a gate, and where it starts.

#![forbid(unsafe_code)]

use super::gate::Gate;
use super::sequencer::Sequencer;
use crate::sync::{Ordering, PlainArc, fence, ordering, strong};

/// Where a new reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the next event to be published.
    Cursor,
    /// With the latest event, if that is certainly still there.
    Latest,
    /// With the oldest event that is certainly still there, of those from here on.
    Oldest(u64),
}

/// What a reader gets when it joins.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) gate: PlainArc<Gate>,
    pub(crate) place: Place,
}

/// Where a reader stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The first event to read.
    pub(crate) position: u64,
    /// The end of what may be read at once.
    pub(crate) available: u64,
}

impl Sequencer {
    /// Takes a gate, for a reader that starts there; `None` if every gate is taken. When the
    /// reader is there, `wake_after_join` must follow. Lock-free.
    ///
    /// The gate is taken at a position that is certainly not too far ahead, and
    /// moved to its place once the frontier is known: see [`place_reader`](Self::place_reader).
    pub(crate) fn join(&self, start: Start) -> Option<Joined> {
        let gate = self.gates.take(self.conservative_start(start))?;
        self.stall_timers.reset(&gate);
        let place = self.place_reader(&gate, start);
        Some(Joined { gate, place })
    }

    /// Closes a gate that its reader has opened. When the reader stands there,
    /// `wake_after_join` must follow: those that come after it may have waited for what it leaves out. Lock-free.
    pub(crate) fn rejoin(&self, gate: &Gate, start: Start) -> Place {
        gate.advance(self.conservative_start(start));
        self.place_reader(gate, start)
    }

    /// Wakes those who may have waited for a reader that has joined at `position`, or come
    /// back there: the writer may have found its gate where it was at first.
    pub(crate) fn wake_after_join(&self, gate: &Gate, position: u64) {
        if strong!("joining.wake") {
            self.wake_waiting_for(gate, position);
        }
    }

    /// Returns a position where a gate can be closed at first: certainly not ahead of
    /// where its reader will start.
    fn conservative_start(&self, start: Start) -> u64 {
        let cursor = self.cursor.load();
        match start {
            Start::Cursor => cursor,
            Start::Latest => cursor.saturating_sub(self.capacity),
            Start::Oldest(from) => from.max(cursor.saturating_sub(self.capacity)).min(cursor),
        }
    }

    /// Moves a gate, which has just been closed, to where its reader starts.
    ///
    /// The fence pairs with that of `ClaimWindow::scan`: either the writer's scan sees the
    /// gate, or this sees the frontier that the scan worked under, below which the writer
    /// may write without asking again. Nothing from `frontier − capacity` on is written
    /// under it, so that is where the oldest event is (I3).
    fn place_reader(&self, gate: &Gate, start: Start) -> Place {
        if strong!("joining.fence") {
            // ORDERING: SeqCst fence; pairs with the one in `ClaimWindow::scan` (I3).
            fence(Ordering::SeqCst);
        }
        // ORDERING: Acquire pairs with the Release in `ClaimWindow::scan`: the
        // frontier is at most `capacity` ahead of the cursor loaded next, so
        // nobody starts ahead of the cursor.
        let frontier = self.frontier.load(ordering!("joining.frontier", Acquire));
        let available = self.cursor.load();
        let intact = frontier.saturating_sub(self.capacity);
        assert!(intact <= available, "a reader would start ahead of the cursor");
        let position = match start {
            Start::Cursor => available,
            Start::Latest => intact.max(available.saturating_sub(1)),
            Start::Oldest(from) => intact.max(from).min(available),
        };
        gate.advance(position);
        Place { position, available }
    }

    /// Adds a reader at `position`, which the caller protects with a gate of its
    /// own; `None` if every gate is taken. Lock-free.
    ///
    /// No fence is needed. The caller's gate holds the writer back for as long as it
    /// stands at `position`, and a scan that misses the new gate but sees the caller's
    /// move on repeats itself: see `Gates::smallest`.
    pub(crate) fn join_as_clone(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.gates.take_as_clone(position)?;
        self.stall_timers.reset(&gate);
        Some(gate)
    }
}
