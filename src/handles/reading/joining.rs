//! How a reader joins: for the first time, as a clone, again after an eviction, and, for an
//! observer, at each look.

#![forbid(unsafe_code)]

use core::mem;

use super::options::ReaderOptions;
use super::reader_core::{ReadingCore, Release};
use crate::error::{NotRetained, SubscribeError, TooManyReaders};
use crate::handles::shared::Shared;
use crate::member::Role;
use crate::protocol::{Barrier, Joined, Place, Refused, Sequencer, Start};
use crate::storage::Storage;
use crate::sync::{Arc, Finally, PlainArc};
use crate::telemetry::trace;
use crate::waiting::Wait;

/// Registers a member that has taken a gate, and makes its core.
#[inline]
fn register<S: Storage>(
    shared: Arc<Shared<S>>,
    mut joined: Joined,
    role: Role,
    name: Option<PlainArc<str>>,
    wait: Wait,
    mut options: Option<Box<ReaderOptions>>,
) -> ReadingCore<S> {
    let Joined { gate, place } = &mut joined;
    let nobody = Barrier::default();
    let barrier = options.as_ref().map_or(&nobody, |options| &options.barrier);
    let member = shared.sequencer.registry.register(gate, role, name, barrier);
    if let Some(options) = &mut options {
        if options.barrier.is_empty() {
            options.seen = options.seen.max(place.available);
        }
        // How much of that may be read depends on the options: the first poll finds out.
        place.available = place.position;
    }
    let reader = ReadingCore::new(shared, joined, wait, member, options);
    reader.finish_joining();
    trace::joined(reader.member(), reader.position());
    reader
}

/// Says why a reader cannot join.
#[cold]
fn why(sequencer: &Sequencer, start: Start, refused: Refused) -> SubscribeError {
    let ring = sequencer.shared_name();
    match (refused, start) {
        (Refused::NotThere { oldest, cursor }, Start::Exactly(sequence)) => {
            SubscribeError::NotRetained(NotRetained::new(ring, sequence, oldest, cursor))
        }
        _ => SubscribeError::Full(TooManyReaders::new(ring, sequencer.gates.capacity())),
    }
}

impl<S: Storage> ReadingCore<S> {
    /// Adds a reader or an observer to the ring.
    #[inline]
    pub(crate) fn join(
        shared: Arc<Shared<S>>,
        start: Start,
        role: Role,
        name: Option<PlainArc<str>>,
        wait: Wait,
        options: Option<Box<ReaderOptions>>,
    ) -> Result<Self, SubscribeError> {
        match shared.sequencer.join(start) {
            Ok(joined) => Ok(register(shared, joined, role, name, wait, options)),
            Err(refused) => Err(why(&shared.sequencer, start, refused)),
        }
    }

    /// Adds a reader that starts where this one is.
    pub(crate) fn try_clone(&self) -> Result<Self, SubscribeError> {
        let shared = Arc::clone(&self.shared);
        let sequencer = &shared.sequencer;
        let refused = || why(sequencer, Start::Cursor, Refused::NoGate);
        let readable = self.readable();
        let mut options = self.options().map(|options| Box::new(options.for_clone()));
        let gate = sequencer.join_as_clone(readable.start).ok_or_else(refused)?;
        if let Some(options) = &mut options {
            options.lost = options.can_lose_its_place() && !self.gate.confirm_closed();
        }
        let place = Place { position: readable.start, available: readable.end };
        let joined = Joined { gate, place };
        let name = self.member.shared_name();
        Ok(register(shared, joined, Role::Reader, name, self.wait, options))
    }

    /// See [`Reader::rejoin`](crate::Reader::rejoin).
    pub(crate) fn rejoin(&mut self) -> Result<u64, SubscribeError> {
        let before = self.position;
        let sequencer = &self.shared.sequencer;
        let mut place = if self.has_lost_its_gate() && self.gate.is_retained() {
            // The dependents that retain the gate must go on seeing where it was lost.
            let refused = || why(sequencer, Start::Cursor, Refused::NoGate);
            let joined = sequencer.join(Start::Cursor).map_err(|_| refused())?;
            joined.gate.counters().continue_from(self.gate.counters());
            sequencer.registry.transfer(&self.gate, &joined.gate);
            mem::replace(&mut self.gate, joined.gate).leave(before);
            joined.place
        } else {
            sequencer.rejoin(&self.gate, Start::Cursor)
        };
        if let Some(options) = &mut self.options {
            *options.as_mut() = ReaderOptions { lost: false, end: None, ..options.for_clone() };
            place.available = place.position;
        }
        self.move_to(place);
        let missed = place.position - before;
        self.finish_joining();
        trace::rejoined(&self.member, place.position, missed);
        Ok(missed)
    }

    /// Ends a join or a rejoin: brings the gate into its state between two polls, and wakes the
    /// threads and tasks that may have waited for it. A waker may panic, so the core must agree
    /// with its gate before this is called.
    pub(crate) fn finish_joining(&self) {
        let Self { shared, gate, position, options, .. } = self;
        let _then = Finally(|| shared.sequencer.wake_after_join(gate, *position));
        if let Some(options) = options {
            options.settle(&shared.sequencer, gate, *position);
        }
    }

    /// Whether the gate was opened, by the writer or because the stream has ended. If not, the
    /// writer cannot open it any more.
    fn has_lost_its_gate(&self) -> bool {
        let options = self.options.as_ref();
        let may_be_evicted = |options: &ReaderOptions| options.patience.is_some() && !options.held;
        options.is_some_and(|options| {
            options.end.is_some() || may_be_evicted(options) && !self.gate.hold(self.position)
        })
    }

    /// Closes the gate of an observer for a look, and returns how many events it has missed.
    pub(crate) fn begin_look(&mut self, start: Start) -> u64 {
        let before = self.position;
        let place = self.shared.sequencer.rejoin(&self.gate, start);
        self.move_to(place);
        if let Some(options) = &mut self.options {
            options.held = true;
        }
        if place.available > place.position {
            self.gate.counters().found(place.available - place.position);
        }
        // If a waker panics, the look is over.
        let looking = Release(self);
        looking.0.shared.sequencer.wake_after_join(&looking.0.gate, place.position);
        mem::forget(looking);
        place.position.saturating_sub(before)
    }

    /// Ends a look that has found nothing. The next look begins at `position`.
    pub(crate) fn end_look_at(&mut self, position: u64) {
        self.move_to(Place { position, available: position });
        self.release();
    }
}
