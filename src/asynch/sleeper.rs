//! How a task sleeps that waits at one event count all the time.

#![forbid(unsafe_code)]

use core::mem;
use core::task::{Context, Poll};

use crate::sync::Counter;
use crate::waiting::{Owner, Place};

/// A task that waits at an event count.
pub(super) struct Sleeper<'p> {
    pub(super) place: Place<'p>,
    pub(super) owner: Owner,
    /// Counts how often the task sleeps.
    pub(super) parks: &'p Counter,
}

impl Sleeper<'_> {
    /// Looks for something. If there is nothing, registers the task, so that it is woken when there
    /// is, sets `registered`, and looks again. Only a control leaves that second look out.
    #[inline]
    pub(super) fn poll<F>(
        &self,
        registered: &mut bool,
        cx: &Context<'_>,
        looks_again: impl FnOnce() -> bool,
        look: impl Fn() -> Option<F>,
    ) -> Poll<F> {
        let mut found = look();
        if found.is_none() {
            let Place { events, threshold } = self.place;
            if events.register_task(self.owner, threshold, cx.waker()) {
                self.parks.add(1);
            }
            *registered = true;
            if looks_again() {
                found = look();
            }
        }
        found.map_or(Poll::Pending, |found| {
            self.deregister(registered);
            Poll::Ready(found)
        })
    }

    /// Removes the registration that `poll` has made, if any.
    pub(super) fn deregister(&self, registered: &mut bool) {
        if mem::take(registered) {
            self.place.events.deregister_task(self.owner);
        }
    }
}
