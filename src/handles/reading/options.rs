//! The options of a reader: coming after other readers, being evictable, observing.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::error::End;
use crate::protocol::{Barrier, Gate, Sequencer};

/// What sets a reader apart from one that just reads every event as it comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReaderOptions {
    /// Those that it comes after.
    pub(crate) barrier: Barrier,
    /// For how long it may hold the writer up while it looks at nothing.
    pub(crate) patience: Option<Duration>,
    /// Whether it holds the writer up only while it looks.
    pub(super) observing: bool,
    /// Whether it looks at something now, which the writer must not take away from it:
    /// said of those whose gates are otherwise idle or open.
    pub(super) held: bool,
    /// Everything below this was there when it last looked, and is as long as it keeps its
    /// gate.
    pub(crate) seen: u64,
    /// Whether it is a clone of one that has lost its place or has come to its end.
    pub(crate) lost: bool,
    /// Why it will never read anything again, once it knows.
    pub(super) end: Option<End>,
}

impl ReaderOptions {
    /// The options of one that only looks in.
    pub(crate) fn observing() -> Self {
        Self { observing: true, ..Self::default() }
    }

    /// Whether a reader on these options is like any other.
    pub(crate) fn are_none(&self) -> bool {
        self.barrier.is_empty() && self.patience.is_none() && !self.observing
    }

    /// Returns the options of a clone.
    pub(crate) fn for_clone(&self) -> Self {
        Self { held: false, ..self.clone() }
    }

    /// Whether the gate of the reader does not always protect what comes next: the writer
    /// may open it, or it is open.
    pub(crate) fn can_lose_its_place(&self) -> bool {
        self.patience.is_some() || self.has_ended()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Leaves a gate, which was just closed at `position`, as it is before the first look, and
    /// tells the writer, who may have seen it before it was known on which options it is.
    pub(super) fn settle(&self, sequencer: &Sequencer, gate: &Gate, position: u64) {
        if self.observing {
            // While it looks it is as if it were being evicted: nobody waits for long.
            gate.set_patience(Duration::ZERO);
        } else if let Some(patience) = self.patience {
            gate.set_patience(patience);
            sequencer.gates.set_can_evict();
        }
        self.rest(gate, position);
        sequencer.gate_released();
    }

    /// Leaves a gate, which is closed at `position`, as it is between two looks.
    pub(super) fn rest(&self, gate: &Gate, position: u64) {
        if self.observing || self.lost {
            gate.open(position);
        } else if self.patience.is_some() {
            gate.idle(position);
        }
    }
}
