//! Where a reader sleeps that waits in a task or with others in a wait set: which event count wakes
//! it, and who is registered there.

#![forbid(unsafe_code)]

use super::reader_core::ReadingCore;
use crate::storage::Storage;
use crate::waiting::{EventCount, Owner};

impl<S: Storage> ReadingCore<S> {
    /// Returns the event count where the reader must sleep now: that of an upstream that has not come
    /// far enough, or else that of the cursor.
    pub(crate) fn sleeps_at(&self) -> &EventCount {
        let laggard = self.options().and_then(|options| options.barrier.laggard(self.position()));
        let moved = laggard.and_then(|laggard| laggard.gate().dependents());
        moved.map_or(&self.shared().sequencer.published, |dependents| &dependents.moved)
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
