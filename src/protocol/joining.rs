//! Joining: how a reader gets a gate, and where it starts.
//!
//! Either a scan of the writer sees the new gate, or the new reader sees the frontier that the scan
//! worked under, and starts where nothing is being written (I3).

#![forbid(unsafe_code)]

use super::gate::Gate;
use super::sequencer::Sequencer;
use crate::sync::{Ordering, PlainArc, fence, ordering, strong};

/// Where a new reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the next event to be published.
    Cursor,
    /// With the latest event, if it is certainly intact.
    Latest,
    /// With the oldest event that is certainly intact, at or after this sequence.
    Oldest(u64),
    /// With the event of this sequence, or not at all.
    Exactly(u64),
}

/// Why a reader cannot join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Every gate is taken.
    NoGate,
    /// The reader was to start exactly at an event that is not certainly intact, or that is after
    /// the next one to be published.
    NotThere { oldest: u64, cursor: u64 },
}

/// What a reader gets when it joins.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) gate: PlainArc<Gate>,
    pub(crate) place: Place,
}

/// The place of a reader in the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The first event to read, which is the position of the gate.
    pub(crate) position: u64,
    /// The end of what may be read at once.
    pub(crate) available: u64,
}

impl Sequencer {
    /// Takes a gate for a new reader. Once the reader's own state agrees with its gate, the caller
    /// must call `wake_after_join`. Lock-free, unless it is refused.
    ///
    /// The gate is taken at a position that is certainly not too far ahead, and moved to its place
    /// once the frontier is known: see [`place_reader`](Self::place_reader).
    pub(crate) fn join(&self, start: Start) -> Result<Joined, Refused> {
        let gate = self.gates.take(self.conservative_start(start)).ok_or(Refused::NoGate)?;
        self.stall_timers.reset(&gate);
        let (place, oldest) = self.place_reader(&gate, start);
        if let Start::Exactly(sequence) = start
            && place.position != sequence
        {
            // It is in nobody's barrier. The writer may have seen it, and sleep because of it.
            gate.leave(place.position);
            if strong!("joining.refuse") {
                self.freed.wake_all();
            }
            return Err(Refused::NotThere { oldest, cursor: place.available });
        }
        Ok(Joined { gate, place })
    }

    /// Closes a gate that its reader has opened, or moves it forward, to start anew. Once the
    /// reader's own state agrees with its gate, the caller must call `wake_after_join`:
    /// dependents may be waiting for events that the reader skips. Lock-free.
    pub(crate) fn rejoin(&self, gate: &Gate, start: Start) -> Place {
        gate.advance(self.conservative_start(start));
        self.place_reader(gate, start).0
    }

    /// Wakes the writer and the dependents of a reader that has joined, or rejoined, at
    /// `position`. They may have seen its gate at the first, conservative place, and gone to
    /// sleep.
    pub(crate) fn wake_after_join(&self, gate: &Gate, position: u64) {
        if strong!("joining.wake") {
            self.wake_waiting_for(gate, position);
        }
    }

    /// Returns a position at which a gate can be closed at first: certainly not ahead of the
    /// place where its reader will start.
    fn conservative_start(&self, start: Start) -> u64 {
        let cursor = self.cursor.load();
        let a_ring_back = cursor.saturating_sub(self.capacity);
        match start {
            Start::Cursor => cursor,
            Start::Latest => a_ring_back,
            Start::Oldest(from) | Start::Exactly(from) => from.max(a_ring_back).min(cursor),
        }
    }

    /// Moves a gate, which has just been closed, to the place where its reader starts. Returns the
    /// place, and the oldest event that is certainly intact.
    ///
    /// The fence pairs with the one in `ClaimWindow::scan`. Either the writer's scan sees the
    /// gate, or this sees the frontier that the scan worked under, below which the writer may
    /// write without another scan. Under that frontier nothing from `frontier − capacity` on is
    /// written, so the oldest intact event is there, or where the stream begins (I3).
    fn place_reader(&self, gate: &Gate, start: Start) -> (Place, u64) {
        if strong!("joining.fence") {
            // ORDERING: SeqCst fence; pairs with the one in `ClaimWindow::scan` (I3).
            fence(Ordering::SeqCst);
        }
        // ORDERING: Acquire pairs with the Release in `ClaimWindow::scan`: the frontier is at most
        // `capacity` ahead of the cursor loaded next, so no reader starts ahead of the cursor.
        let frontier = self.frontier.load(ordering!("joining.frontier", Acquire));
        let available = self.cursor.load();
        let intact = frontier.saturating_sub(self.capacity).max(self.first);
        assert!(intact <= available, "a reader would start ahead of the cursor");
        let position = match start {
            Start::Cursor => available,
            Start::Latest => intact.max(available.saturating_sub(1)),
            Start::Oldest(from) | Start::Exactly(from) => intact.max(from).min(available),
        };
        gate.advance(position);
        (Place { position, available }, intact)
    }

    /// Takes a gate for a clone at `position`, which the gate of the original protects. `None`
    /// if every gate is taken. Lock-free.
    ///
    /// No fence is needed. The original's gate holds the writer back for as long as it stands at
    /// `position`. A scan that misses the new gate, and sees the original's gate move on, finds the
    /// position in the directory: see `Gates::scan`.
    pub(crate) fn join_as_clone(&self, position: u64) -> Option<PlainArc<Gate>> {
        let gate = self.gates.take_as_clone(position)?;
        self.stall_timers.reset(&gate);
        Some(gate)
    }
}
