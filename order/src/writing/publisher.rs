//! How a publication gets its stamp.

#![forbid(unsafe_code)]

use core::mem;

use crate::announcement::Announcement;
use crate::clock::Clock;
use crate::roster::Roster;
use crate::source::Shared;
use crate::stamp::Stamp;
use crate::stamped::Stamped;
use crate::sync::{Arc, strong};

/// What a writer needs to stamp its publications. Dropping it takes the writer off the roster: its
/// ring must be closed by then.
pub(super) struct Publisher<T, C: Clock> {
    pub(super) roster: Arc<Roster<T, C>>,
    pub(super) source: Arc<Shared<T>>,
    /// The stamp of the latest publication. The stamps of a writer never go back.
    pub(super) latest: Stamp,
}

impl<T, C: Clock> Publisher<T, C> {
    /// Begins a publication whose first event has the sequence `first`: announces it, and then reads
    /// the clock. Nothing of the user's may run before what this returns is dropped, but wakers.
    #[inline(always)]
    pub(super) fn begin(&mut self, first: u64) -> Publication<'_, C> {
        let Self { roster, source, latest } = self;
        // A stamp that is taken before it is announced is the mistake that this protocol is about.
        let early = (!strong!("publisher.begin")).then(|| roster.clock.stamp(*latest));
        source.announcement.begin(first);
        let begun = Begun { roster, announcement: &source.announcement, first };
        let stamp = early.unwrap_or_else(|| roster.clock.stamp(*latest));
        mem::forget(begun);
        *latest = stamp;
        Publication { clock: &roster.clock, stamp }
    }

    /// Writes a slot, and then begins the publication of it.
    #[inline(always)]
    pub(super) fn write<'p>(
        &'p mut self,
        slot: &mut Stamped<T>,
        first: u64,
        write: impl FnOnce(&mut T),
    ) -> Publication<'p, C> {
        write(&mut slot.event);
        let publication = self.begin(first);
        slot.stamp = publication.stamp;
        publication
    }
}

impl<T, C: Clock> Drop for Publisher<T, C> {
    fn drop(&mut self) {
        self.roster.depart(&self.source);
    }
}

/// A publication that is announced and has no stamp yet. Dropping it, which only a clock that panics
/// does, takes the announcement back: otherwise it would delay the events of all others for ever.
struct Begun<'p, T, C: Clock> {
    roster: &'p Roster<T, C>,
    announcement: &'p Announcement,
    first: u64,
}

impl<T, C: Clock> Drop for Begun<'_, T, C> {
    fn drop(&mut self) {
        self.announcement.take_back(self.first);
        // A reader that has found it may be waiting for it.
        self.roster.wake_readers();
    }
}

/// A publication that has begun. Dropping it tells the clock that it is visible, also if a waker panics.
pub(super) struct Publication<'p, C: Clock> {
    clock: &'p C,
    pub(super) stamp: Stamp,
}

impl<C: Clock> Drop for Publication<'_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        self.clock.settle(self.stamp);
    }
}
