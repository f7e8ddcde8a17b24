//! The shared handle from which merged readers are made.

#![forbid(unsafe_code)]

use core::fmt;
use std::time::Duration;

use broadring::Wait;

use super::merged::Merged;
use crate::clock::{Clock, Monotonic};
use crate::error::SubscribeError;
use crate::roster::{Roster, Terms};
use crate::source::{Source, SourceId};
use crate::sync::Arc;

/// What merged readers are made from. Clone it, send it to other threads, and subscribe from any of
/// them at any time.
///
/// # What each writer's ring tells
///
/// Everything that a [`Ring`](broadring::Ring) tells and lends is there for each source by itself:
/// [`sources`](Self::sources) returns them. So statistics, the slowest reader and observers are those of
/// the rings. A merged reader has the same name in all of them. There is no merged observer: which
/// events an observer misses would be different in each ring, and what is left of an order then is not
/// one that two observers could agree on.
pub struct Order<T, C: Clock = Monotonic> {
    roster: Arc<Roster<T, C>>,
}

impl<T, C: Clock> Order<T, C> {
    pub(crate) fn new(roster: Arc<Roster<T, C>>) -> Self {
        Self { roster }
    }

    /// Adds a merged reader. It gets every event whose publication begins after this returns, and none
    /// that was published before this is called.
    ///
    /// Takes a lock for a moment, and joins the ring of every writer.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if there are too many readers.
    pub fn subscribe(&self) -> Result<Merged<T, C>, SubscribeError> {
        self.reader().subscribe()
    }

    /// Returns a builder of a merged reader with options.
    pub fn reader(&self) -> MergedBuilder<T, C> {
        let terms = Terms { name: None, patience: None, only: None };
        MergedBuilder { order: self.clone(), terms, wait: Wait::default() }
    }

    /// Returns the writers that are there, in the order in which they have come.
    pub fn sources(&self) -> Vec<Source<T>> {
        self.roster.sources()
    }

    /// Returns how many events were published so far, by all writers, those that have left included.
    pub fn published(&self) -> u64 {
        self.roster.published()
    }

    /// Returns the clock that stamps the publications.
    pub fn clock(&self) -> &C {
        &self.roster.clock
    }
}

impl<T, C: Clock> Clone for Order<T, C> {
    fn clone(&self) -> Self {
        Self { roster: Arc::clone(&self.roster) }
    }
}

impl<T, C: Clock> fmt::Debug for Order<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("sources", &self.sources()).finish_non_exhaustive()
    }
}

/// Builds a merged reader; from [`Order::reader`].
#[must_use = "a builder does nothing by itself"]
pub struct MergedBuilder<T, C: Clock = Monotonic> {
    order: Order<T, C>,
    terms: Terms,
    wait: Wait,
}

impl<T, C: Clock> MergedBuilder<T, C> {
    /// Names the reader, in the ring of every writer.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.terms.name = Some(name.into());
        self
    }

    /// Sets how the reader waits: [`Wait::PARK`] unless set.
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// Lets any writer evict the reader that finds its ring full for so long because of it, and the
    /// reader without a batch in its hands. An evicted reader gets
    /// [`End::Evicted`](broadring::End::Evicted) once it asks for more, leaves all rings, and may
    /// [come back](Merged::rejoin).
    pub fn evict_after(mut self, patience: Duration) -> Self {
        self.terms.patience = Some(patience);
        self
    }

    /// Lets the reader see the events of these sources only. It then holds back no other writer.
    ///
    /// Positions count the events of these sources alone, of those that are there when the reader joins
    /// or come later. The stream ends when all of them have come and left.
    pub fn only(mut self, sources: impl IntoIterator<Item = SourceId>) -> Self {
        self.terms.only = Some(sources.into_iter().collect());
        self
    }

    /// Adds the reader: see [`Order::subscribe`].
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] if there are too many readers.
    pub fn subscribe(self) -> Result<Merged<T, C>, SubscribeError> {
        let Self { order, terms, wait } = self;
        Merged::join(order.roster, terms, wait)
    }
}

impl<T, C: Clock> fmt::Debug for MergedBuilder<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Terms { name, patience, only } = &self.terms;
        f.debug_struct("MergedBuilder")
            .field("name", name)
            .field("wait", &self.wait)
            .field("evict_after", patience)
            .field("only", only)
            .finish_non_exhaustive()
    }
}
