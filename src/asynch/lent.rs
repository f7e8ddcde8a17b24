//! A handle that is lent to a future until there is something for the task.

#![forbid(unsafe_code)]

use core::fmt;
use core::task::{Context, Poll};

use crate::error::End;

/// A handle that waits for events in a task.
pub(super) trait Awaited: fmt::Debug {
    /// What a poll finds.
    type Found;

    /// Looks for events. If there are none, registers the task, so that it is woken when there are,
    /// and sets `registered`.
    fn poll_found(
        &mut self,
        registered: &mut bool,
        cx: &Context<'_>,
    ) -> Poll<Result<Self::Found, End>>;

    /// Removes the registrations that `poll_found` has made, if any.
    fn deregister(&self, registered: &mut bool);
}

/// A handle that is lent to a future. Dropping it removes the registrations of the task.
pub(super) struct Lent<'h, H: Awaited> {
    /// `None` when the future is done.
    handle: Option<&'h mut H>,
    /// Whether the task may be registered at an event count.
    registered: bool,
}

impl<'h, H: Awaited> Lent<'h, H> {
    pub(super) fn new(handle: &'h mut H) -> Self {
        Self { handle: Some(handle), registered: false }
    }

    /// Gives the handle back when there is something, with what was found.
    #[inline]
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<(&'h mut H, H::Found), End>> {
        let Some(handle) = self.handle.take() else {
            panic!("a future was polled after it was done")
        };
        match handle.poll_found(&mut self.registered, cx) {
            Poll::Ready(found) => Poll::Ready(found.map(|found| (handle, found))),
            Poll::Pending => {
                self.handle = Some(handle);
                Poll::Pending
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.handle.is_none()
    }

    /// Writes the future with this name.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name).field("handle", &self.handle).finish()
    }
}

impl<H: Awaited> Drop for Lent<'_, H> {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.deregister(&mut self.registered);
        }
    }
}
