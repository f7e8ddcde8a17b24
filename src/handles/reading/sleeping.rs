//! Where a reader sleeps that waits in a task or with others in a wait set: which event count wakes
//! it, and who is registered there.

#![forbid(unsafe_code)]

use super::reader_core::ReadingCore;
use crate::storage::Storage;
use crate::waiting::{Owner, Place};

impl<S: Storage> ReadingCore<S> {
    /// Returns where the reader must sleep now: at the event count of an upstream that has not come
    /// far enough, or else at that of the cursor.
    pub(crate) fn sleeps_at(&self) -> Place<'_> {
        let laggard = self.options().and_then(|options| options.barrier.laggard(self.position()));
        let moved = laggard.and_then(|laggard| laggard.gate().dependents());
        let published = &self.shared().sequencer.published;
        let events = moved.map_or(published, |dependents| &dependents.moved);
        Place { events, threshold: self.position() + 1 }
    }

    /// Removes the registrations of this owner, wherever the reader may have slept.
    pub(crate) fn deregister_task(&self, owner: Owner) {
        self.shared().sequencer.published.deregister_task(owner);
        let upstreams = self.options().into_iter().flat_map(|options| options.barrier.gates());
        for dependents in upstreams.filter_map(|gate| gate.dependents()) {
            dependents.moved.deregister_task(owner);
        }
    }
}
