//! How a merged reader finds out which event is the next.
//!
//! It is the head with the smallest key, as soon as no writer can publish a smaller one: neither one
//! whose next event is not there yet, nor one that has just come.

#![forbid(unsafe_code)]

use broadring::{End, Observer, TryReadError};
use smallvec::SmallVec;

use super::choice::choose;
use super::lane::Lane;
use super::merged::{Merged, Run};
use crate::announcement::promise_fence;
use crate::clock::Clock;
use crate::sync::{strong, yield_now};

/// How often a reader asks before it lets others run.
const ASKS: u32 = 20;

impl<T, C: Clock> Merged<T, C> {
    /// Finds the next event: notes its lane, and how far its run goes.
    #[inline]
    pub(super) fn find(&mut self) -> Result<(), TryReadError> {
        if let Some(end) = self.ended.clone() {
            return Err(self.end(end));
        }
        self.run = Run::NONE;
        let mut asked = false;
        let mut asks = 0_u32;
        loop {
            let heads = self.look()?;
            let next = self.lanes.iter().map(|lane| lane.knowledge.next());
            match choose(next, C::EXCLUSIVE) {
                Some(choice) if choice.is_there && choice.least <= self.checked => {
                    let end = self.checked.get().saturating_add(1);
                    self.run = Run { lane: choice.lane, limit: choice.limit.min(end) };
                    return Ok(());
                }
                Some(choice) if choice.is_there => self.ask_again(&mut asks),
                Some(_) if heads == 0 => {
                    if !self.take_arrivals() {
                        return Err(TryReadError::Empty);
                    }
                }
                // It is publishing something that is not visible yet, and will wake this reader. (If it has
                // promised what was asked for, an event has that very stamp, or one that the clock does
                // not show yet: the clock is about to move.)
                Some(choice) if asked && choice.least < self.checked => {
                    return Err(TryReadError::Empty);
                }
                Some(_) => {
                    self.ask_again(&mut asks);
                    asked = true;
                }
                None => {
                    let over = self.is_over() || self.has_seen_all();
                    // Looked for once more, after the bell: whoever was the last may have come before.
                    let arrivals = strong!("finding.arrivals_at_the_end") && self.take_arrivals();
                    if !arrivals {
                        return Err(if over { self.end(End::Closed) } else { TryReadError::Empty });
                    }
                }
            }
        }
    }

    /// Looks at the next event of every lane where it is not known, and drops the lanes of writers that
    /// have left. Returns how many lanes have a head.
    #[inline]
    fn look(&mut self) -> Result<usize, TryReadError> {
        let mut heads = 0;
        let mut over = SmallVec::<[usize; 4]>::new();
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            match lane.look(&mut self.position) {
                Ok(()) => heads += usize::from(lane.knowledge.head.is_some()),
                Err(End::Closed) => over.push(index),
                Err(end) => return Err(self.end(end)),
            }
        }
        for index in over.into_iter().rev() {
            self.lanes.remove(index);
        }
        Ok(heads)
    }

    /// Asks, and lets others run first if that has not helped so often: the clock may move only when a
    /// writer that has lost its core goes on.
    #[inline]
    fn ask_again(&mut self, asks: &mut u32) {
        if *asks >= ASKS {
            yield_now();
        }
        *asks = asks.saturating_add(1);
        self.ask();
    }

    /// Reads the clock, and then asks every writer that has no event here whether it is publishing. One
    /// that is not has promised to publish nothing with a smaller stamp (O2). Nor will a writer that has
    /// not come by then (O4).
    #[cold]
    #[inline(never)]
    fn ask(&mut self) {
        let now = self.roster.clock.now();
        promise_fence();
        if strong!("finding.look_for_arrivals") {
            self.take_arrivals();
        }
        for lane in self.lanes.iter_mut().filter(|lane| lane.knowledge.head.is_none()) {
            if lane.is_settled() {
                lane.knowledge.promised(now);
            }
        }
        self.checked = now;
    }

    /// Adds a lane for each writer that has come. Returns whether one has.
    #[inline]
    fn take_arrivals(&mut self) -> bool {
        let any = self.roster.has_arrivals(self.seen);
        if any {
            let (arrivals, seen) = self.roster.arrivals(self.number);
            self.seen = seen;
            self.lanes.extend(arrivals.into_iter().map(|arrival| Lane::new(arrival, None)));
        }
        any
    }

    /// Whether it reads named sources only, and all of them have come already.
    fn has_seen_all(&self) -> bool {
        let only = self.terms.only.as_ref();
        only.is_some_and(|only| only.iter().all(|source| u64::from(source.get()) < self.seen))
    }

    /// Whether no writer is left, and none can come.
    fn is_over(&mut self) -> bool {
        loop {
            match self.bell.as_mut().map(Observer::look) {
                Some(Ok(_rung)) => (),
                Some(Err(TryReadError::Empty)) => return false,
                Some(Err(TryReadError::Ended(_))) | None => return true,
            }
        }
    }

    /// Ends the stream of this reader.
    #[cold]
    pub(super) fn end(&mut self, end: End) -> TryReadError {
        self.ended = Some(end.clone());
        // An end other than that of the order leaves events behind: they must hold nobody back.
        self.leave();
        TryReadError::Ended(end)
    }
}
