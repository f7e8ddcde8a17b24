//! Readers on terms: those that come after others, may be evicted, or only look in.

#![forbid(unsafe_code)]

use core::mem;
use std::time::{Duration, Instant};

use super::Reader;
use super::look::Hold;
use crate::barrier::Barrier;
use crate::error::{End, Evicted, SubscribeError, TryReadError, UpstreamLeft};
use crate::gates::Gate;
use crate::sequencer::{Ending, Place, Sequencer, Start};
use crate::trace;
use crate::unwind::Finally;

/// What sets a reader apart from one that just reads every event as it comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// Those that it comes after.
    pub(crate) barrier: Barrier,
    /// For how long it may hold the writer up while it looks at nothing.
    pub(crate) patience: Option<Duration>,
    /// Whether it holds the writer up only while it looks.
    fleeting: bool,
    /// Whether it looks at something now, which the writer must not take away from it:
    /// said of those whose gates are otherwise idle or open.
    pub(super) held: bool,
    /// Everything below this was there when it last looked, and is as long as it keeps its
    /// gate.
    pub(crate) seen: u64,
    /// Whether it is a clone of one that has lost its place or has come to its end.
    pub(crate) lost: bool,
    /// Why it will never read anything again, once it knows.
    end: Option<End>,
}

impl Terms {
    /// The terms of one that only looks in.
    pub(crate) fn fleeting() -> Self {
        Self { fleeting: true, ..Self::default() }
    }

    /// Whether a reader on these terms is like any other.
    pub(crate) fn are_plain(&self) -> bool {
        self.barrier.is_empty() && self.patience.is_none() && !self.fleeting
    }

    /// Returns the terms of a clone.
    pub(crate) fn for_a_clone(&self) -> Self {
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
    /// tells the writer, who may have seen it before it was known on which terms it is.
    fn settle(&self, sequencer: &Sequencer, gate: &Gate, position: u64) {
        if self.fleeting {
            // While it looks it is as if it were being evicted: nobody waits for long.
            gate.set_patience(Duration::ZERO);
        } else if let Some(patience) = self.patience {
            gate.set_patience(patience);
            sequencer.gates.set_can_evict();
        }
        self.rest(gate, position);
        sequencer.released();
    }

    /// Leaves a gate, which is closed at `position`, as it is between two looks.
    fn rest(&self, gate: &Gate, position: u64) {
        if self.fleeting || self.lost {
            gate.open(position);
        } else if self.patience.is_some() {
            gate.idle(position);
        }
    }
}

/// Releases what a reader holds briefly when it is dropped, also by a panic.
pub(crate) struct Release<'r, T>(pub(crate) &'r mut Reader<T>);

impl<T> Drop for Release<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.0.terms.is_some() {
            self.0.release();
        }
    }
}

impl<T> Reader<T> {
    /// As `look_ahead`, on terms, where nothing is known to be there.
    #[cold]
    pub(super) fn look_ahead_on_terms(&mut self) -> Option<Hold> {
        let seen = self.terms.as_ref().is_some_and(|terms| terms.seen > self.position);
        let at_once = seen || self.pacing.rests(self.position);
        let found = if at_once { self.catch_up_on_terms() } else { self.look_paced() };
        found.then(|| self.hold())
    }

    /// For how long the gate protects what was found.
    pub(crate) fn hold(&self) -> Hold {
        if self.terms.as_ref().is_some_and(|terms| terms.held) {
            Hold::Brief
        } else {
            Hold::Standing
        }
    }

    /// As `catch_up`, on terms.
    #[cold]
    pub(super) fn catch_up_on_terms(&mut self) -> bool {
        match self.look() {
            Some(seen @ Ok(_)) => self.take_on_terms(seen).is_ok(),
            _ => false,
        }
    }

    /// As `try_fill`, on terms, where nothing is known to be there.
    #[cold]
    pub(super) fn try_fill_on_terms(&mut self) -> Result<Hold, TryReadError> {
        let seen = self.look().ok_or(TryReadError::Empty)?;
        Ok(self.take_on_terms(seen)?)
    }

    /// As `look`, on terms.
    #[cold]
    pub(super) fn look_on(&self, terms: &Terms) -> Option<Result<u64, End>> {
        if let Some(end) = &terms.end {
            return Some(Err(end.clone()));
        }
        if terms.patience.is_some() && self.gate.is_open() {
            return Some(Err(self.evicted()));
        }
        if terms.seen > self.position {
            return Some(Ok(terms.seen));
        }
        if terms.barrier.is_empty() {
            return self.all_there_is().map(Ok).or_else(|| self.look_at_ring());
        }
        let reach = terms.barrier.reach(self.position);
        if reach.end > self.position {
            return Some(Ok(reach.end));
        }
        // Who leaves at the end of the stream does so when it is closed: so that is asked
        // after the barrier.
        match (self.shared.sequencer.ending(self.position), reach.stopped) {
            (Some(ending @ (Ending::Closed | Ending::Broken(_))), _) => Some(self.ended(ending)),
            (_, Some((stopped, at))) => {
                Some(Err(End::UpstreamLeft(UpstreamLeft::new(stopped.member().clone(), at))))
            }
            (_, None) => None,
        }
    }

    /// As `take`, on terms. Now the writer must not open the gate any more until `release`.
    #[cold]
    pub(super) fn take_on_terms(&mut self, seen: Result<u64, End>) -> Result<Hold, End> {
        match (seen, &mut self.terms) {
            (Ok(end), Some(terms)) => {
                if terms.patience.is_some() && !terms.held {
                    if !self.gate.hold(self.position) {
                        return Err(self.evicted());
                    }
                    terms.held = true;
                }
                if mem::replace(&mut terms.seen, end) < end {
                    self.found(end);
                } else {
                    self.available = end;
                }
                Ok(self.hold())
            }
            (Err(end @ End::UpstreamLeft(_)), Some(terms)) => {
                if terms.end.is_none() {
                    // It will never read on, and so nobody may wait for it.
                    terms.end = Some(end.clone());
                    terms.held = false;
                    self.shared.sequencer.retire(&self.gate, self.position);
                }
                Err(end)
            }
            (Ok(_), None) => unreachable!("it is on terms"),
            (Err(end), _) => Err(end),
        }
    }

    /// As `wait_for`, on terms: waits for one after the other of those that have not come
    /// far enough, and for the cursor if there are none; and no longer than until `stopped`
    /// says so.
    #[cold]
    pub(super) fn wait_on_terms(
        &mut self,
        deadline: Option<Instant>,
        stopped: impl Fn() -> bool,
    ) -> Option<Result<Hold, End>> {
        let parks = &self.gate.counters().parks;
        let seen = loop {
            if stopped() {
                break Err(End::Stopped);
            }
            if let Some(seen) = self.look() {
                break seen;
            }
            let sequencer = &self.shared.sequencer;
            let barrier = self.terms.as_ref().map(|terms| &terms.barrier);
            let laggard = barrier.and_then(|barrier| barrier.laggard(self.position));
            let moved = laggard.and_then(|laggard| laggard.gate().dependents());
            let events = moved.map_or(&sequencer.published, |dependents| &dependents.moved);
            let passed = || laggard.is_some_and(|it| it.gate().progress().position > self.position);
            self.wait.until(events, self.position + 1, deadline, parks, || {
                (stopped() || passed() || self.look().is_some()).then_some(())
            })?;
        };
        Some(self.take_on_terms(seen))
    }

    /// Lends a batch what may be read. If the gate is held for that alone, what is left when
    /// the batch is forgotten may not be read without another look, and so will be released.
    #[cold]
    pub(crate) fn lend(&mut self) {
        if self.hold() == Hold::Brief {
            self.available = self.position;
        }
    }

    /// Ends what a batch or a clone has begun: the writer may open the gate again, or it is
    /// opened.
    #[cold]
    pub(crate) fn release(&mut self) {
        let Some(terms) = &mut self.terms else { return };
        if !mem::take(&mut terms.held) {
            return;
        }
        self.available = self.position;
        terms.rest(&self.gate, self.position);
        self.shared.sequencer.released();
    }

    /// Goes on with the next event to be published, whatever has become of those before it,
    /// and returns how many that leaves out.
    ///
    /// This is how a reader that was evicted comes back. One that was not may call it to
    /// catch up. It does not bring back those that the reader comes after: if one of them
    /// has left, the next read says so again. Those that come after this reader learn
    /// nothing of it if it was not evicted: what is left out counts as committed.
    ///
    /// Lock-free, as joining is; takes a lock for a moment if it has to join anew, because
    /// others come after the place that it has lost.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if it has to join anew and the ring has all its readers.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut writer, ring) = broadring::Ring::builder(8).build(|| 0);
    /// let mut reader = ring.subscribe()?;
    /// writer.publish_all([1, 2, 3]);
    /// assert_eq!(reader.rejoin()?, 3);
    /// writer.publish(4);
    /// assert_eq!(reader.recv(), Ok(4));
    /// # Ok::<(), broadring::SubscribeError>(())
    /// ```
    pub fn rejoin(&mut self) -> Result<u64, SubscribeError> {
        let before = self.position;
        let sequencer = &self.shared.sequencer;
        let mut place = if self.has_lost_its_gate() && self.gate.is_kept() {
            // Those that keep it must go on seeing where it was lost.
            let refused = || SubscribeError::new(sequencer.gates.capacity());
            let joined = sequencer.join(Start::Cursor).ok_or_else(refused)?;
            joined.gate.counters().continue_from(self.gate.counters());
            sequencer.roster.move_to(&self.gate, &joined.gate);
            mem::replace(&mut self.gate, joined.gate).leave(before);
            joined.place
        } else {
            sequencer.enter(&self.gate, Start::Cursor)
        };
        if let Some(terms) = &mut self.terms {
            *terms.as_mut() = Terms { lost: false, end: None, ..terms.for_a_clone() };
            place.available = place.position;
        }
        self.stand_at(place);
        let missed = place.position - before;
        self.settle_in();
        trace::rejoined(&self.member, place.position, missed);
        Ok(missed)
    }

    /// Begins at a gate that it was just given, or has just closed. Whoever is woken by that
    /// may panic: so the reader has to be there by then.
    pub(crate) fn settle_in(&self) {
        let Self { shared, gate, position, terms, .. } = self;
        let _then = Finally(|| shared.sequencer.has_joined(gate, *position));
        if let Some(terms) = terms {
            terms.settle(&shared.sequencer, gate, *position);
        }
    }

    /// Whether its gate is open. If not, it will not be opened any more.
    fn has_lost_its_gate(&self) -> bool {
        let terms = self.terms.as_ref();
        let may_be_evicted = |terms: &Terms| terms.patience.is_some() && !terms.held;
        terms.is_some_and(|terms| {
            terms.end.is_some() || may_be_evicted(terms) && !self.gate.hold(self.position)
        })
    }

    /// Closes the gate of one that only looks in, and returns how many events it has missed.
    pub(crate) fn look_in(&mut self, start: Start) -> u64 {
        let before = self.position;
        let place = self.shared.sequencer.enter(&self.gate, start);
        self.stand_at(place);
        if let Some(terms) = &mut self.terms {
            terms.held = true;
        }
        if place.available > place.position {
            self.gate.counters().found(place.available - place.position);
        }
        // If somebody who is woken panics, the look is over.
        let looking = Release(self);
        looking.0.shared.sequencer.has_joined(&looking.0.gate, place.position);
        mem::forget(looking);
        place.position.saturating_sub(before)
    }

    /// Ends a look that has found nothing: the next one begins at `position`.
    pub(crate) fn look_away_at(&mut self, position: u64) {
        self.stand_at(Place { position, available: position });
        self.release();
    }

    /// Says that it was evicted, and how much it has missed by now.
    pub(super) fn evicted(&self) -> End {
        let missed = self.shared.sequencer.cursor.load() - self.position;
        End::Evicted(Evicted::new(self.position, missed))
    }
}
