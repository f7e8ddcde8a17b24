//! A handle on its managed thread.

#![forbid(unsafe_code)]

use super::control::Control;
use super::manageable::Manageable;
use crate::error::End;
use crate::sync::Arc;

/// A handle on its thread. Dropping it, also by a panic, notes its position and makes the handle
/// leave.
pub(super) struct Seat<H: Manageable> {
    pub(super) handle: H,
    pub(super) control: Arc<Control<H::Event>>,
}

impl<H: Manageable> Seat<H> {
    /// Builds the handler, gives it every event, and closes it.
    pub(super) fn serve<K, R>(
        self,
        make: impl FnOnce() -> K,
        feed: impl FnOnce(&mut Self, &mut K) -> End,
        close: impl FnOnce(K, End) -> R,
    ) -> (R, End) {
        let mut handler = make();
        // Declared after the handler, so that the handle leaves first if the handler panics.
        let mut seat = self;
        let end = feed(&mut seat, &mut handler);
        drop(seat);
        (close(handler, end.clone()), end)
    }
}

impl<H: Manageable> Drop for Seat<H> {
    fn drop(&mut self) {
        self.control.state.handled_below(self.handle.its_position());
    }
}
