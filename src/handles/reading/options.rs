//! The options of a reader: dependent, evictable, or observing.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::error::{AfterError, End};
use crate::member::Member;
use crate::protocol::{Barrier, Gate, Sequencer};

/// The options of a reader that is not plain, and the state that goes with them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReaderOptions {
    /// The readers that it comes after.
    pub(crate) barrier: Barrier,
    /// For how long it may hold the writer back while it holds no batch. `None`: it is not
    /// evictable.
    pub(crate) patience: Option<Duration>,
    /// Whether it is an observer, which holds the writer back only while it looks.
    pub(super) observing: bool,
    /// Whether the gate is held for a batch or a clone, and must be released afterwards. For
    /// readers whose gates are otherwise idle or open.
    pub(super) held: bool,
    /// Everything below this was available at the last poll, and still is while the reader
    /// keeps its gate.
    pub(crate) seen: u64,
    /// Whether it is a clone of a reader that was evicted, or whose stream has ended.
    pub(crate) lost: bool,
    /// How the stream has ended early for this reader, once it knows.
    pub(super) end: Option<End>,
}

impl ReaderOptions {
    /// Returns the options of an observer.
    pub(crate) fn observing() -> Self {
        Self { observing: true, ..Self::default() }
    }

    /// Whether a reader with these options is a plain reader.
    pub(crate) fn are_none(&self) -> bool {
        self.barrier.is_empty() && self.patience.is_none() && !self.observing
    }

    /// Makes the reader come after another one, `upstream`, unless that has left.
    pub(crate) fn come_after(
        &mut self,
        sequencer: &Sequencer,
        upstream: &Member,
    ) -> Result<(), AfterError> {
        let retained = sequencer.retain_gate(upstream);
        let retained = retained.ok_or_else(|| AfterError::Gone(Box::new(upstream.clone())))?;
        self.barrier.push(retained);
        Ok(())
    }

    /// Returns the options of a clone.
    pub(crate) fn for_clone(&self) -> Self {
        Self { held: false, ..self.clone() }
    }

    /// Whether the gate does not always protect the next event: the writer may open it, or it
    /// is open.
    pub(crate) fn can_lose_its_place(&self) -> bool {
        self.patience.is_some() || self.has_ended()
    }

    /// Whether the stream has ended early for this reader.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Brings a gate, which was just closed at `position`, into its state before the first
    /// poll, and wakes the writer, which may have seen the gate plainly closed.
    pub(super) fn settle(&self, sequencer: &Sequencer, gate: &Gate, position: u64) {
        if self.observing {
            // An observer does not keep the others from being evicted while it looks.
            gate.set_patience(Duration::ZERO);
        } else if let Some(patience) = self.patience {
            gate.set_patience(patience);
            sequencer.gates.set_can_evict();
        }
        self.rest(gate, position);
        sequencer.gate_released(gate, position);
    }

    /// Brings a gate, which is closed at `position`, into its state between two polls: open for an
    /// observer, idle for an evictable reader.
    pub(super) fn rest(&self, gate: &Gate, position: u64) {
        if self.observing || self.lost {
            gate.open(position);
        } else if self.patience.is_some() {
            gate.idle(position);
        }
    }
}
